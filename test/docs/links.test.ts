/**
 * Links inside the repository, in every Markdown page, lead to a file, and to a heading where they name one. Those of the
 * README do so from anywhere: npm shows it without the other files.
 */
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['docs', 'examples', 'experiments', 'models', 'benchmarks', 'scripts'];
const pages = [
  ...readdirSync(root),
  ...folders.flatMap((folder) =>
    readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'}).map((name) => `${folder}/${name}`),
  ),
].filter((name) => name.endsWith('.md'));

/** The heading's anchor as GitHub makes it. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

function hasHeading(path: string, anchor: string): boolean {
  const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm);
  return [...headings].some(([, heading]) => anchorOf(heading!) === anchor);
}

it('finds the pages', () => {
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/guide/sts.md', 'docs/support.md']));
});

const HOME =
  /^https:\/\/(github\.com\/tfjs-sts\/tfjs-sts\/(blob|tree)|raw\.githubusercontent\.com\/tfjs-sts\/tfjs-sts)\/main\//;

it('package.json names the repository that the README links to', () => {
  const {repository, homepage, bugs} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(repository.url).toBe('git+https://github.com/tfjs-sts/tfjs-sts.git');
  expect([homepage, bugs.url]).toEqual(
    ['#readme', '/issues'].map((end) => `https://github.com/tfjs-sts/tfjs-sts${end}`),
  );
});

it('the README has no link that depends on where it is shown', () => {
  const targets = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\]\(([^)\s]+)\)/g)];
  expect(targets.length).toBeGreaterThan(10);
  for (const [, target] of targets) expect(target).toMatch(/^(https:|#)/);
});

it.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    const isHome = HOME.test(target!);
    if (!isHome && /^[a-z]+:/.test(target!)) continue;
    const [path = '', anchor] = target!.replace(HOME, '').split('#');
    const from = isHome ? root : resolve(root, dirname(page));
    const file = path === '' ? join(root, page) : resolve(from, path);
    expect(existsSync(file), `${page}: ${target}`).toBe(true);
    expect(relative(root, file).startsWith('..'), `${page}: ${target} leaves the repository`).toBe(false);
    if (anchor !== undefined && statSync(file).isFile()) {
      expect(hasHeading(file, anchor), `${page}: ${target}`).toBe(true);
    }
  }
});
