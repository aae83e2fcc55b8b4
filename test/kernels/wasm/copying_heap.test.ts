/**
 * A backend that hides its memory and shows its bytes alone: tensors are copied into a memory of the module's own and
 * results back.
 */
import {expect, it} from 'vitest';
import {setThreads} from '../../../src/wasm';
import {itComputesExactly} from './exact_cases';
import {liveBackend} from './wasm_host';

itComputesExactly({
  hide() {
    const emscripten = liveBackend().wasm as unknown as {asm: object};
    // Its functions stay: the backend itself calls them.
    emscripten.asm = {...emscripten.asm, memory: undefined};
  },
});

it('cannot have threads, and says so', async () => {
  await expect(setThreads(2)).rejects.toThrow(/without a shared memory/);
});
