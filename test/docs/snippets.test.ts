/**
 * The js blocks of README.md and of docs/ run, page by page as one program each, against the sources. Where a line
 * ends in `console.log(...); // text`, that text is what must be printed.
 */
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {format} from 'node:util';
import {describe, expect, it} from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a page may import, by the name in the package. */
const modules: Record<string, () => Promise<object>> = {
  '@tensorflow/tfjs-core': () => import('@tensorflow/tfjs-core'),
  '@tensorflow/tfjs-layers': () => import('@tensorflow/tfjs-layers'),
  '@tensorflow/tfjs-backend-cpu': () => import('@tensorflow/tfjs-backend-cpu'),
  '@tensorflow/tfjs-backend-wasm': () => import('@tensorflow/tfjs-backend-wasm'),
  'node:fs/promises': () => import('node:fs/promises'),
  'tfjs-sts': () => import('../../src/entries'),
  'tfjs-sts/ops': () => import('../../src/entries/ops'),
  'tfjs-sts/networks': () => import('../../src/entries/networks'),
  'tfjs-sts/train': () => import('../../src/entries/train'),
  'tfjs-sts/zoo': () => import('../../src/entries/zoo'),
  'tfjs-sts/checkpoints': () => import('../../src/entries/checkpoints'),
  'tfjs-sts/convert': () => import('../../src/entries/convert'),
  'tfjs-sts/onnx': () => import('../../src/entries/onnx'),
  'tfjs-sts/timeline': () => import('../../src/entries/timeline'),
  'tfjs-sts/video': () => import('../../src/entries/video'),
  'tfjs-sts/cpu': () => import('../../src/entries/backends/cpu'),
  'tfjs-sts/wasm': () => import('../../src/entries/backends/wasm'),
  'tfjs-sts/webgpu': () => import('../../src/entries/backends/webgpu'),
  'tfjs-sts/node': () => import('../../src/entries/node'),
};

function load(name: string): Promise<object> {
  const found = modules[name];
  if (found === undefined) throw new Error(`test/docs/snippets.test.ts knows no module ${name}`);
  return found();
}

const pages = [
  'README.md',
  ...readdirSync(`${root}docs`, {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Page {
  path: string;
  /** The blocks, one after the other, and empty lines elsewhere: errors tell the line of the page. */
  program: string;
}

function programOf(path: string): Page {
  let inside = false;
  const lines = readFileSync(root + path, 'utf8')
    .split('\n')
    .map((line) => {
      const fence = line.startsWith('```');
      if (fence) inside = !inside && line === '```js';
      return inside && !fence ? line : '';
    });
  return {path, program: lines.join('\n')};
}

/** Imports become awaited calls, since a function body cannot hold import declarations, nor import.meta. */
function withoutImports(program: string): string {
  return program
    .replace(/^import \* as (\w+) from '([^']+)';$/gm, "const $1 = await load('$2');")
    .replace(/^import \{([^}]+)\} from '([^']+)';$/gm, "const {$1} = await load('$2');")
    .replace(/^import '([^']+)';$/gm, "await load('$1');")
    .replaceAll('import.meta.resolve(', 'resolve(');
}

interface Printed {
  line: number;
  text: string;
  expected: string | undefined;
}

/** Runs a program and notes what each of its console.log calls printed. */
async function run(program: string): Promise<Printed[]> {
  const printed: Printed[] = [];
  const expectations = program.split('\n').map((line) => /console\.log\(.*\); \/\/ (.*)$/.exec(line)?.[1]);
  const log = (line: number, ...values: unknown[]) => {
    printed.push({line, text: format(...values), expected: expectations[line - 1]});
  };
  const numbered = withoutImports(program)
    .split('\n')
    .map((line, i) => line.replaceAll('console.log(', `log(${i + 1}, `))
    .join('\n');
  const AsyncFunction = (async () => {}).constructor as new (
    ...args: string[]
  ) => (load: unknown, log: unknown, resolve: unknown) => Promise<void>;
  const resolve = (name: string) => import.meta.resolve(name);
  await new AsyncFunction('load', 'log', 'resolve', numbered)(load, log, resolve);
  return printed;
}

const programs = pages.map(programOf).filter(({program}) => program.trim() !== '');

it('finds the pages', () => {
  const paths = programs.map(({path}) => path);
  expect(paths).toEqual(expect.arrayContaining(['README.md', 'docs/support.md', 'docs/guide/sts.md']));
});

describe.each(programs)('$path', ({path, program}) => {
  it('runs, and prints what it says', async () => {
    const printed = await run(program);
    for (const {line, text, expected} of printed) {
      if (expected !== undefined) expect(text, `${path}:${line}`).toBe(expected);
    }
    const said = program.match(/console\.log\(.*\); \/\/ /g) ?? [];
    expect(printed.filter(({expected}) => expected !== undefined).length).toBe(said.length);
  });
});
