/** The host's build for one thread made one with a shared memory: a byte apart, and only where that is what it is. */
import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {bytesOf} from '../../../../src/kernels/wasm/module/instantiate';
import {withSharedMemory} from '../../../../src/kernels/wasm/threads/shared_build';
import {FormatError} from '../../../../src/util/errors';
import {wasmPaths} from '../../../support/wasm_paths_node';

const original = new Uint8Array(readFileSync(`${wasmPaths}tfjs-backend-wasm-simd.wasm`));

describe('withSharedMemory', () => {
  it('changes one byte, from 1 to 3, and leaves what it was given', () => {
    const before = original.slice();
    const shared = withSharedMemory(original);
    expect(Buffer.compare(original, before)).toBe(0);
    expect(shared.length).toBe(original.length);
    const changed = [...shared].flatMap((byte, i) => (byte === original[i] ? [] : [[original[i], byte]]));
    expect(changed).toEqual([[1, 3]]);
    expect(WebAssembly.validate(shared)).toBe(true);
  });

  it.each([
    ['a module without a memory of its own', bytesOf('simd')],
    ['a module whose memory is shared already', withSharedMemory(original)],
    ['a memory without a maximum', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 3, 1, 0, 1)],
    ['two memories', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 7, 2, 1, 1, 2, 1, 1, 2)],
    ['a file that ends too soon', original.subarray(0, 200)],
    ['a file that lacks its last bytes', original.subarray(0, -10)],
    ['nothing', new Uint8Array()],
  ])('refuses %s', (_, bytes) => {
    expect(() => withSharedMemory(bytes)).toThrow(FormatError);
  });
});
