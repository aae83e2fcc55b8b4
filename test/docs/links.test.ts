/** Links inside the repository, in every Markdown page, lead to a file, and to a heading where they name one. */
import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect, it} from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['docs', 'examples', 'models', 'benchmarks', 'scripts'];
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

it.each(pages)('%s', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
  for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target!)) continue;
    const [path = '', anchor] = target!.split('#');
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
    expect(existsSync(file), `${page}: ${target}`).toBe(true);
    expect(relative(root, file).startsWith('..'), `${page}: ${target} leaves the repository`).toBe(false);
    if (anchor !== undefined && statSync(file).isFile()) {
      expect(hasHeading(file, anchor), `${page}: ${target}`).toBe(true);
    }
  }
});
