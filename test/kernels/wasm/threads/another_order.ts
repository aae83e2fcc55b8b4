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
    const isLeft = new Set(left);
    // What they wait for stands behind the table.
    const all = new Int32Array(runtime.memory.buffer, table);
    const mayBegin = (turn: number) => {
      const waits = all.subarray(word(turn, 'waits')).subarray(0, word(turn, 'waitCount'));
      return waits.every((other) => !isLeft.has(other));
    };
    while (left.length > 0) {
      const next = left.reduce((last, turn, i) => (mayBegin(turn) ? i : last), 0);
      onTurn(next);
      const [turn] = left.splice(next, 1) as [number];
      isLeft.delete(turn);
      const thread = Math.floor(random() * runtime.threads);
      const call = (word(turn, 'call') >>> 0) + thread * word(turn, 'stride');
      functions[word(turn, 'run')]!(call, 0, word(turn, 'rows'));
    }
  };
}
