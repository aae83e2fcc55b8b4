/** The moving averages of batch normalization: at once, or those of a whole model together where it runs for a step of training. */
import {dispose, keep, mul, sub, type Tensor, tidy} from '@tensorflow/tfjs-core';
import type {LayerVariable} from '@tensorflow/tfjs-layers';
import {SgdUpdate} from '../../geometry/update_kernels';
import {runUpdateKernel} from '../../ops/update_kernels';

/** An average and what it moves to, times `correction`, by the share of 1 - momentum. The value is no longer the caller's. */
export interface Move {
  readonly average: LayerVariable;
  readonly value: Tensor;
  readonly correction: number;
  readonly momentum: number;
}

/** Moves that wait for others, by their averages. */
let waiting: Map<LayerVariable, Move> | undefined;

/** An average that moves twice does so in turn. */
export function moveAverages(moves: readonly Move[]): void {
  if (waiting === undefined) {
    moveNow(moves);
    return;
  }
  for (const move of moves) {
    if (waiting.has(move.average)) moveWaiting(waiting);
    waiting.set(move.average, {...move, value: keep(move.value)});
  }
}

/** Runs layers whose averages move at the end, in one call of a kernel where the backend has it; if they fail, none does. */
export function movingTogether<Result>(run: () => Result): Result {
  if (waiting !== undefined) return run();
  const moves = new Map<LayerVariable, Move>();
  waiting = moves;
  try {
    const result = run();
    moveWaiting(moves);
    return result;
  } finally {
    waiting = undefined;
    drop(moves);
  }
}

function moveWaiting(moves: Map<LayerVariable, Move>): void {
  if (moves.size > 0) moveNow([...moves.values()]);
  drop(moves);
}

function drop(moves: Map<LayerVariable, Move>): void {
  for (const {value} of moves.values()) dispose(value);
  moves.clear();
}

/** average = average - (average - value * correction) * (1 - momentum): a step of gradient descent along the distance. */
function moveNow(moves: readonly Move[]): void {
  tidy(() => {
    const weights = moves.map(({correction, momentum}) => ({
      ...{gradientFactor: -correction, weightDecay: 1, learningRate: 1 - momentum},
    }));
    const inputs = moves.flatMap(({average, value}) => [average.read(), value]);
    const attrs = {weights, momentumFactor: 0, nesterov: false, overwrites: false};
    const atOnce = runUpdateKernel(SgdUpdate, inputs, attrs);
    moves.forEach(({average, value, correction, momentum}, i) => {
      const old = average.read();
      const corrected = () => (correction === 1 ? value : mul(value, correction));
      average.write(atOnce?.[i] ?? sub(old, mul(sub(old, corrected()), 1 - momentum)));
    });
  });
}
