/** A stand-in for threads that go through a table of turns: whatever is not waited for comes later than it would. */
import type {WasmRuntime} from '../../../../src/kernels/wasm/runtime/wasm_runtime';
import {TURN} from '../../../../src/kernels/wasm/threads/worker_source';
import {seededRandom} from '../../../../src/util/seeded_random';

/**
 * Runs turns one by one, of those that may begin always the last one, with the call of any thread.
 *
 * @param onTurn told for each how many before it are left
 */
export function inAnotherOrder(
  runtime: WasmRuntime,
  onTurn: (before: number) => void = () => {},
): (table: number, count: number) => void {
  const random = seededRandom(5);
  const functions = Object.values(runtime.module);
  return (table, count) => {
    const words = new Int32Array(runtime.memory.buffer, table, count * TURN.words);
    const word = (turn: number, name: keyof typeof TURN) => words[turn * TURN.words + TURN[name]]!;
    const left = Array.from({length: count}, (_, i) => i);
    while (left.length > 0) {
      // All turns before the first that is left are done.
      const next = left.reduce((last, turn, i) => (word(turn, 'wait') <= left[0]! ? i : last), 0);
      onTurn(next);
      const [turn] = left.splice(next, 1) as [number];
      const thread = Math.floor(random() * runtime.threads);
      const call = (word(turn, 'call') >>> 0) + thread * word(turn, 'stride');
      functions[word(turn, 'run')]!(call, 0, word(turn, 'rows'));
    }
  };
}
