/**
 * Masks, by which recurrent layers pass over steps of a sequence. A frozen model hands them on from layer to layer as
 * `predict` does, each to the readers of its value alone; what the host does wrong with them is refused before any answer.
 */
import {layers, type SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {Call, Layer} from '../layers/models/graph';
import {InvalidArgumentError} from '../util/errors';

/** Layers with masks of their own making for values without one; a custom layer may be another. */
function startsMask(layer: Layer): boolean {
  if (!layer.supportsMasking || HAND_ON.has(layer.getClassName())) return false;
  return layer.computeMask !== layers.Layer.prototype.computeMask && !isUnmaskedEmbedding(layer);
}

function isUnmaskedEmbedding(layer: Layer): boolean {
  return layer.getClassName() === 'Embedding' && !layer.getConfig().maskZero;
}

/** The host's: of several masks they make one of a wrong shape, and leave out the last. */
const MERGES = new Set([
  'Add',
  'Average',
  'Concatenate',
  'Dot',
  'Maximum',
  'Minimum',
  'Multiply',
  'Subtract',
]);

/** Layers whose `computeMask` gives a mask only where it is given one. */
const HAND_ON = new Set([...MERGES, 'RNN', 'SimpleRNN', 'GRU', 'LSTM', 'ConvLSTM2D', 'Bidirectional']);

/**
 * The values of a model that may come with a mask.
 *
 * @param masked the inputs that do
 * @throws InvalidArgumentError where a layer of the host combines masks, which it does wrongly
 */
export function maskedValues(
  calls: readonly Call[],
  masked: Iterable<SymbolicTensor> = [],
): ReadonlySet<SymbolicTensor> {
  const values = new Set(masked);
  for (const {layer, inputs, outputs} of calls) {
    const isGiven = inputs.some((input) => values.has(input));
    if (isGiven && MERGES.has(layer.getClassName())) refuse(layer);
    if ((isGiven && layer.supportsMasking) || startsMask(layer)) {
      for (const output of outputs) values.add(output);
    }
  }
  return values;
}

function refuse(layer: Layer): never {
  throw new InvalidArgumentError(
    `freeze: layer "${layer.name}" (${layer.getClassName()}) combines values with masks, and TensorFlow.js makes a wrong ` +
      'mask of them. Take the masks away before it (Masking, or maskZero of Embedding), or call predict of the model itself.',
  );
}
