/**
 * The committed bytes of the WebAssembly module: built from the sources beside them, and holding nothing that could
 * touch the host's heap unasked, read section by section from the binary format.
 */
import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {binariesSource, callsSource, compileSource} from '../../../scripts/build_wasm.mjs';
import {CALLS} from '../../../src/kernels/wasm/module/calls';
import {bytesOf, importingSharedMemory} from '../../../src/kernels/wasm/module/instantiate';

const folder = new URL('../../../src/kernels/wasm/module/', import.meta.url);
const builds = ['simd', 'relaxed-simd'] as const;

/** Section numbers of the WebAssembly specification, 5.5.2. */
const SECTION = {import: 2, table: 4, memory: 5, global: 6, start: 8, element: 9, data: 11};

/** An unsigned LEB128 number and where it ends. */
function leb(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

/** The contents of each section, by its number. */
function sections(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at]!;
    const [size, start] = leb(bytes, at + 1);
    found.set(id, bytes.subarray(start, start + size));
    at = start + size;
  }
  return found;
}

/** The mutability flags of a global section whose globals are i32 constants. */
function mutabilities(section: Uint8Array): number[] {
  const [count, start] = leb(section, 0);
  const flags: number[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    expect(section[at], 'i32').toBe(0x7f);
    flags.push(section[at + 1]!);
    expect(section[at + 2], 'i32.const').toBe(0x41);
    const [, end] = leb(section, at + 3);
    expect(section[end], 'end').toBe(0x0b);
    at = end + 1;
  }
  expect(at).toBe(section.length);
  return flags;
}

describe('the WebAssembly module', () => {
  it('is what its sources give', async () => {
    expect(await callsSource()).toBe(readFileSync(new URL('assembly/calls.ts', folder), 'utf8'));
    expect(await binariesSource()).toBe(readFileSync(new URL('binaries.ts', folder), 'utf8'));
  });

  it('reads the fields of its calls where they are written: words in the order of the description', async () => {
    // The compiler's own answer for each field, in the order of the description.
    const names = Object.entries(CALLS).flatMap(([call, fields]) =>
      Object.keys(fields).map((field) => ({call, field})),
    );
    const probe = [
      `import {${Object.keys(CALLS).join(', ')}} from './calls';`,
      ...names.map(
        ({call, field}, i) => `export function f${i}(): usize { return offsetof<${call}>('${field}'); }`,
      ),
    ];
    const exports = new WebAssembly.Instance(new WebAssembly.Module(await compileSource(probe.join('\n'))))
      .exports;
    const offsets = names.map((_, i) => (exports[`f${i}`] as () => number)());
    const expected = Object.values(CALLS).flatMap((fields) => Object.keys(fields).map((_, i) => 4 * i));
    expect(names.length).toBeGreaterThan(150);
    expect(offsets).toEqual(expected);
  });
});

describe.each(builds)('the %s build', (build) => {
  const bytes = bytesOf(build);
  const found = sections(bytes);

  it('weighs at most 85 kB', () => {
    expect(bytes.length).toBeLessThanOrEqual(85_000);
  });

  it('has no data, no start, no table and no memory of its own', () => {
    for (const name of ['data', 'start', 'table', 'element', 'memory'] as const) {
      expect(found.has(SECTION[name]), name).toBe(false);
    }
  });

  it('has no global that changes', () => {
    const flags = mutabilities(found.get(SECTION.global) ?? Uint8Array.of(0));
    expect(flags).toEqual(flags.map(() => 0));
  });

  it('imports a memory of any size and nothing else', () => {
    const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
    // One import: a memory (2) with flags 0, without a maximum, of at least 0 pages.
    expect([...found.get(SECTION.import)!]).toEqual([1, ...name('env'), ...name('memory'), 2, 0, 0]);
  });
});

describe('the import of a shared memory', () => {
  it('is patched into either build', () => {
    for (const build of builds) {
      const patched = sections(importingSharedMemory(bytesOf(build))).get(SECTION.import)!;
      expect([...patched.subarray(-6)], build).toEqual([2, 3, 0, 0x80, 0x80, 4]);
    }
  });

  it('takes a shared memory', () => {
    const memory = new WebAssembly.Memory({initial: 1, maximum: 16384, shared: true});
    const module = new WebAssembly.Module(importingSharedMemory(bytesOf('simd')));
    const {packDense} = new WebAssembly.Instance(module, {env: {memory}}).exports as {
      packDense(...numbers: number[]): void;
    };
    const call = {from: 0, to: 64, groups: 1, inputs: 2, outputs: 2, rowBytes: 8, panelBytes: 64};
    const words = Object.keys(CALLS.PackCall).map((field) => call[field as keyof typeof call] ?? 0);
    new Int32Array(memory.buffer).set(words, 64);
    const floats = new Float32Array(memory.buffer);
    floats.set([1, 2, 3, 4]);
    packDense(256, 0, 2);
    expect([...floats.subarray(16, 32)]).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0]);
  });
});
