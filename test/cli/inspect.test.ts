/** The command `inspect`: the golden checkpoints against their manifest, hostile files, odd names, what it refuses. */
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {main} from '../../src/cli/main';
import {summarizePayload} from '../../src/cli/output/pickle_summary';
import {entryOf, safetensors} from '../../src/models/checkpoints';
import {box} from './fake';

const folder = fileURLToPath(new URL('../golden/checkpoints/', import.meta.url));

async function inspect(...args: string[]) {
  const {io, written} = box();
  return {code: await main(['inspect', ...args], io), ...written};
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'inspect-'));
});
afterAll(() => rmSync(scratch, {recursive: true}));

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(scratch, name), bytes);
  return join(scratch, name);
}

/** The header of a safetensors file, read with nothing of ours. */
function headerOf(path: string): [string, {dtype: string; shape: number[]}][] {
  const bytes = readFileSync(path);
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString());
  return Object.entries<{dtype: string; shape: number[]}>(header).filter(([name]) => name !== '__metadata__');
}

describe('inspect', () => {
  it.each([
    ['mmaction_tiny_slowonly.pth', 'mmaction_tiny_slowonly.safetensors', /zip/],
    ['mmaction_tiny_slowonly_legacy.pth', 'mmaction_tiny_slowonly.safetensors', /legacy/],
    ['timm_tiny_x3d.pth.tar', 'timm_tiny_x3d.safetensors', /zip/],
    ['zoo.safetensors', 'zoo.safetensors', /^safetensors$/],
  ])('%s holds the tensors of %s', async (name, reference, format) => {
    const {code, out, err} = await inspect(folder + name, '--json');
    expect([code, err]).toEqual([0, '']);
    const answer = JSON.parse(out);
    const known = headerOf(folder + reference);
    const tensors = new Map(
      answer.tensors.map((t: {name: string; dtype: string; shape: number[]}) => [t.name, [t.dtype, t.shape]]),
    );
    expect(tensors).toEqual(new Map(known.map(([key, {dtype, shape}]) => [key, [dtype, shape]])));
    expect(answer.parameters).toBe(
      known.reduce((sum, [, {shape}]) => sum + shape.reduce((size, length) => size * length, 1), 0),
    );
    expect(answer.bytes).toBe(readFileSync(folder + name).length);
    expect(answer.format).toMatch(format);
  });

  it('shows the beginning of long metadata, such as the layers of a model', async () => {
    const path = file('long.safetensors', safetensors.write([], {topology: 'x'.repeat(5000)}));
    const {out} = await inspect(path);
    expect(out).toContain(`topology  ${'x'.repeat(200)}… (5000 characters; --json has all)`);
    expect(JSON.parse((await inspect(path, '--json')).out).metadata.topology).toHaveLength(5000);
  });

  it('prints aligned columns, and what is besides the tensors', async () => {
    const {out} = await inspect(`${folder}mmaction_tiny_slowonly.pth`);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(
      /mmaction_tiny_slowonly\.pth: .*zip.*, at state_dict, 104 tensors, [\d,]+ parameters, 365,447 bytes$/,
    );
    const rows = lines.slice(2, 2 + 104);
    expect(rows[0]).toMatch(/^backbone\.conv1\.conv\.weight +F32 +\[4, 3, 1, 7, 7\]$/);
    expect(new Set(rows.map((row) => row.lastIndexOf('[')))).toHaveProperty('size', 1);
    expect(lines).toContain('besides the tensors');
    expect(lines).toContain('  meta: dict of 11');
    expect(lines).toContain('    epoch: 1');
    expect(lines).toContain('    state: dict of 53');
  });

  it('--at chooses among several places; errors name the file', async () => {
    const path = `${folder}world/student_teacher.pth`;
    const {code, err} = await inspect(path);
    expect(code).not.toBe(0);
    expect(err).toContain(path);
    expect(err).toContain('--at');
    const {out} = await inspect(path, '--at', 'teacher', '--json');
    expect(JSON.parse(out)).toMatchObject({at: ['teacher'], payload: [{key: 'student'}, {key: 'optimizer'}]});
  });

  it('prints metadata, and odd names without their control characters', async () => {
    const one = entryOf(new Float32Array(2), [2]);
    const bytes = safetensors.write([['a\u001b[31m\nb', one]], {network: 'x', note: 'two\nlines'});
    const {out} = await inspect(file('odd.safetensors', bytes));
    expect(out.split('\n').slice(1)).toEqual([
      '',
      '"a [31m b"  F32  [2]',
      '',
      'metadata',
      '  network  x',
      '  note     two lines',
      '',
    ]);
  });

  it('says so of a file without tensors', async () => {
    const {code, out} = await inspect(file('empty.safetensors', safetensors.write([])));
    expect([code, out.replace(/^.*: /, '')]).toEqual([0, 'safetensors, 0 tensors, 0 parameters, 16 bytes\n']);
  });

  it('shows its help', async () => {
    expect((await inspect('--help')).out).toMatch(/usage: tfjs-sts inspect FILE/);
  });
});

describe('inspect refuses in one line with exit code 1', () => {
  const bad = readdirSync(folder).filter((name) => /^(evil|bad)_/.test(name));
  it.each(bad)('%s', async (name) => {
    const {code, out, err} = await inspect(folder + name);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^tfjs-sts: [^\n]+\n$/);
    expect(err).not.toMatch(/unexpected error/);
  });

  it.each([
    ['no file', [], /inspect needs a FILE/],
    ['two files', ['a', 'b'], /inspect takes one FILE, got 2/],
    [
      'an unknown option',
      ['a', '--fast'],
      /inspect has no option --fast; known are --at, --json, --help; a file name/,
    ],
    ['an absent file', ['/absent/a.pth'], /no such file: '\/absent\/a\.pth'/],
    ['a folder', [folder], /is a folder; a file is needed/],
    ['a file of another kind', [fileURLToPath(import.meta.url)], /in none of the known formats/],
  ])('%s', async (_, args, message) => {
    const {code, out, err} = await inspect(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/unexpected error/);
  });
});

describe('summarizePayload', () => {
  it('ends for a dict that holds itself, and is bounded for a wide one', () => {
    const itself = new Map<unknown, unknown>();
    itself.set('me', itself);
    const wide = new Map(Array.from({length: 1000}, (_, i) => [`k${i}`, i]));
    const nodes = summarizePayload(
      new Map<unknown, unknown>([
        ['itself', itself],
        ['wide', wide],
        ['text', 'x'.repeat(500)],
      ]),
    );
    expect(nodes[0]).toEqual({key: 'itself', what: 'dict of 1', children: [{key: 'me', what: 'dict of 1'}]});
    expect(nodes[1]!.children).toHaveLength(20);
    expect(nodes[1]!.more).toBe(980);
    expect(nodes[2]!.what).toBe(`"${'x'.repeat(60)}"...`);
  });

  it('names what Python has and JavaScript has not', () => {
    const values: [unknown, string][] = [
      [null, 'None'],
      [true, 'True'],
      [12n, '12'],
      [Object.freeze([1]), 'tuple of 1'],
      [[1, 2], 'list of 2'],
      [new Set([1]), 'set of 1'],
      [new Uint8Array(3), 'bytes of 3'],
      [entryOf(new Int32Array(2), [1, 2]), 'tensor I32 [1, 2]'],
    ];
    const nodes = summarizePayload(new Map(values.map(([value], i) => [`k${i}`, value])));
    expect(nodes.map(({what}) => what)).toEqual(values.map(([, what]) => what));
    expect(summarizePayload(null)).toEqual([]);
    expect(summarizePayload([1])).toEqual([{key: '', what: 'list of 1'}]);
  });
});
