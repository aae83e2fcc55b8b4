/**
 * Proof that the import table bites: small source trees, each with one import, go through the very script that guards
 * src/. A forbidden arrow has to end it with exit code 1 and be named; the legal ones have to pass.
 */
import {spawnSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';

/** Every file that the arrows below point to or start from; the arrows are added to them as imports. */
const files = [
  'src/entries/index.ts',
  'src/util/shapes.ts',
  'src/geometry/conv_info.ts',
  'src/geometry/taps.ts',
  'src/ops/conv3d.ts',
  'src/kernels/registry.ts',
  'src/kernels/cpu/STSConv3D.ts',
  'src/kernels/wasm/STSConv3D.ts',
  'src/kernels/wasm/memory/heap.ts',
  'src/kernels/wasm/plan/call_plan.ts',
  'src/layers/conv3d.ts',
  'src/networks/x3d.ts',
  'src/models/checkpoints/checkpoint.ts',
  'src/models/inflate/inflate.ts',
  'src/models/zoo/load.ts',
  'src/video/clips/read_clip.ts',
  'src/cli/main.ts',
];

interface Arrow {
  from: string;
  statement: string;
  /** The words of the script about it. */
  why: string;
}

const arrow = (from: string, statement: string, why: string): Arrow => ({from, statement, why});

const forbidden: Arrow[] = [
  arrow('src/util/shapes.ts', "import '@tensorflow/tfjs-core';", 'util may not import @tensorflow/tfjs-core'),
  arrow('src/util/shapes.ts', "import '../ops/conv3d';", 'util may not import ops'),
  arrow('src/ops/conv3d.ts', "import '../kernels/registry';", 'ops may not import kernels'),
  arrow('src/ops/conv3d.ts', "import type {} from '../layers/conv3d';", 'ops may not import layers'),
  arrow(
    'src/ops/conv3d.ts',
    "import '@tensorflow/tfjs-layers';",
    'ops may not import @tensorflow/tfjs-layers',
  ),
  arrow(
    'src/kernels/cpu/STSConv3D.ts',
    "import '../wasm/STSConv3D';",
    'kernels/cpu may not import kernels/wasm',
  ),
  arrow('src/kernels/cpu/STSConv3D.ts', "import '../../ops/conv3d';", 'kernels may not import ops'),
  arrow('src/kernels/cpu/STSConv3D.ts', "import '@tensorflow/tfjs-backend-cpu';", 'by `import type` only'),
  arrow(
    'src/kernels/wasm/STSConv3D.ts',
    "void import('@tensorflow/tfjs-backend-cpu');",
    'by `import type` only',
  ),
  arrow(
    'src/kernels/wasm/memory/heap.ts',
    "import '../plan/call_plan';",
    'kernels/wasm/memory may not import kernels/wasm/plan',
  ),
  arrow('src/layers/conv3d.ts', "import '../networks/x3d';", 'layers may not import networks'),
  arrow('src/geometry/conv_info.ts', "import '../ops/conv3d';", 'geometry may not import ops'),
  arrow('src/networks/x3d.ts', "import '../ops/conv3d';", 'networks may not import ops'),
  arrow(
    'src/networks/x3d.ts',
    "import '../models/checkpoints/checkpoint';",
    'networks may not import models/checkpoints',
  ),
  arrow('src/models/checkpoints/checkpoint.ts', "import '@tensorflow/tfjs-layers';", 'by `import type` only'),
  arrow(
    'src/models/checkpoints/checkpoint.ts',
    "import 'node:fs';",
    "models/checkpoints may not use Node's own modules",
  ),
  arrow(
    'src/models/inflate/inflate.ts',
    "import '../../networks/x3d';",
    'models/inflate may not import networks',
  ),
  arrow(
    'src/models/zoo/load.ts',
    "import '../../video/clips/read_clip';",
    'models/zoo may not import video/clips',
  ),
  arrow('src/models/zoo/load.ts', "void import('../../cli/main');", 'models/zoo may not import cli'),
  arrow(
    'src/video/clips/read_clip.ts',
    "import '../../models/zoo/load';",
    'video/clips may not import models/zoo',
  ),
  arrow('src/entries/index.ts', "import '../cli/main';", 'entries may not import cli'),
  arrow('src/entries/index.ts', "import '@tensorflow/tfjs-core/dist/ops/conv3d';", 'deep imports'),
  arrow('src/entries/index.ts', "import 'left-pad';", 'entries may not import left-pad'),
  arrow('src/entries/index.ts', "import '../../scripts/tool';", 'there is no such file'),
  arrow('src/layers/conv3d.ts', "import '../ops/missing';", 'there is no such file'),
];

const allowed: [from: string, statement: string][] = [
  ['src/kernels/wasm/plan/call_plan.ts', "import '../memory/heap';"],
  ['src/ops/conv3d.ts', "import '../util/shapes';"],
  ['src/ops/conv3d.ts', "import '../geometry/conv_info';"],
  ['src/ops/conv3d.ts', "import '@tensorflow/tfjs-core';"],
  ['src/kernels/cpu/STSConv3D.ts', "import '../registry';"],
  ['src/kernels/cpu/STSConv3D.ts', "import '../../geometry/conv_info';"],
  ['src/kernels/cpu/STSConv3D.ts', "import type {} from '@tensorflow/tfjs-backend-cpu';"],
  ['src/kernels/wasm/STSConv3D.ts', "void import('@tensorflow/tfjs-backend-wasm');"],
  ['src/layers/conv3d.ts', "import '../ops/conv3d';"],
  ['src/networks/x3d.ts', "import '../layers/conv3d';"],
  ['src/models/zoo/load.ts', "import '../../networks/x3d';"],
  ['src/cli/main.ts', "import '../entries/index';"],
  ['src/entries/index.ts', "import '../video/clips/read_clip';"],
];

const repository = resolve(import.meta.dirname, '../..');
let root: string;

function write(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), {recursive: true});
  writeFileSync(join(root, path), text);
}

/** Writes the tree with `imports` (file -> its statements) and runs the script on it. */
function check(imports: Record<string, string[]>) {
  for (const file of files) write(file, [...(imports[file] ?? []), 'export {};', ''].join('\n'));
  const {status, stdout, stderr} = spawnSync(
    process.execPath,
    [join(repository, 'scripts/import_table.mjs'), root],
    {
      cwd: repository,
      encoding: 'utf8',
    },
  );
  return {status, output: stdout + stderr};
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'tfjs-sts-imports-'));
  write('package.json', '{"name": "fixture", "type": "module"}');
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
});

afterAll(() => rmSync(root, {recursive: true, force: true}));

function grouped(arrows: readonly (readonly [from: string, statement: string])[]) {
  const imports: Record<string, string[]> = {};
  for (const [from, statement] of arrows) {
    imports[from] ??= [];
    imports[from].push(statement);
  }
  return imports;
}

describe('the import table', () => {
  it('lets the legal arrows pass', () => {
    const {status, output} = check(grouped(allowed));
    expect(output).toContain(`${allowed.length} imports, 0 forbidden`);
    expect(status).toBe(0);
  });

  it('names every forbidden arrow, and no other', () => {
    const {status, output} = check(grouped(forbidden.map(({from, statement}) => [from, statement])));
    for (const {from, statement, why} of forbidden) {
      const target = /'(.*)'/.exec(statement)?.[1];
      const line = output.split('\n').find((text) => text.startsWith(`${from} -> ${target}: `));
      expect(line, `${from}: ${statement}`).toContain(why);
    }
    expect(output).toContain(`${forbidden.length} imports, ${forbidden.length} forbidden`);
    expect(status).toBe(1);
  });

  it('fails on a cycle inside a folder', () => {
    const {status, output} = check({
      'src/geometry/taps.ts': ["import './conv_info';"],
      'src/geometry/conv_info.ts': ["import './taps';"],
    });
    expect(output).toContain('it closes a cycle');
    expect(status).toBe(1);
  });
});
