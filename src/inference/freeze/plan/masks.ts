/** Which layers give masks, and what the host does wrong with them, which is refused before any answer. */
import {layers} from '@tensorflow/tfjs-layers';
import type {Layer} from '../../../layers/models/graph';
import {InvalidArgumentError} from '../../../util/errors';

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
 * Whether what a layer gives may come with a mask.
 *
 * @param isGiven whether a mask may come with one of its inputs
 * @throws InvalidArgumentError where a layer of the host combines masks, which it does wrongly
 */
export function givesMask(layer: Layer, isGiven: boolean): boolean {
  if (isGiven && MERGES.has(layer.getClassName())) refuse(layer);
  return layer.supportsMasking && (isGiven || startsMask(layer));
}

/** Layers with masks of their own making for values without one; a custom layer may be another. */
function startsMask(layer: Layer): boolean {
  if (HAND_ON.has(layer.getClassName())) return false;
  return layer.computeMask !== layers.Layer.prototype.computeMask && !isUnmaskedEmbedding(layer);
}

function isUnmaskedEmbedding(layer: Layer): boolean {
  return layer.getClassName() === 'Embedding' && !layer.getConfig().maskZero;
}

function refuse(layer: Layer): never {
  throw new InvalidArgumentError(
    `freeze: layer "${layer.name}" (${layer.getClassName()}) combines values with masks, and TensorFlow.js makes a wrong ` +
      'mask of them. Take the masks away before it (Masking, or maskZero of Embedding), or call predict of the model itself.',
  );
}
