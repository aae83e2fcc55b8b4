/**
 * Whether what comes out of a model is probabilities already or logits that want a softmax: read from the layers that lead to
 * the output. No values are looked at.
 */
import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {TRAINING_ONLY} from './training_only';

export type OutputKind = 'logits' | 'probabilities';

/**
 * Activations whose values are probabilities: of classes that exclude each other (softmax) or not (sigmoid). Not the logarithm
 * of a softmax, since the softmax of that is the softmax itself.
 */
const PROBABILITIES = new Set(['softmax', 'sigmoid', 'hardSigmoid', 'hard_sigmoid']);

/** Layers that hand probabilities on, as they are or as means of several; where they have an activation it must be linear. */
const HAND_ON = new Set([
  ...TRAINING_ONLY,
  ...['Activation', 'Reshape', 'Flatten', 'Permute', 'Masking', 'Average'],
  ...['AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D'],
  ...['GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalAveragePooling3D'],
]);

/** What of a layer is looked at; a model within a model is a layer, too. */
interface LayerLike {
  getClassName(): string;
  getConfig(): Record<string, unknown>;
  readonly inboundNodes: readonly {readonly inputTensors: readonly SymbolicTensor[]}[];
  readonly inputs?: readonly SymbolicTensor[];
  readonly outputs?: readonly SymbolicTensor[];
  /** Of a wrapper such as TimeDistributed. */
  readonly layer?: LayerLike;
}

/**
 * What the first output of a model is.
 *
 * - `'probabilities'`: it ends in a softmax over the last axis or a sigmoid, as a layer of its own, as the activation of another
 *   one, within a nested model or a wrapper; dropout, reshaping and means of such values may follow.
 * - `'logits'`: everything else, the logarithm of a softmax included.
 *
 * @param model a LayersModel, or one that knows it, as a frozen model does
 */
export function outputKind(
  model: {readonly outputKind: OutputKind} | {readonly outputs: readonly SymbolicTensor[]},
): OutputKind {
  if ('outputKind' in model) return model.outputKind;
  return isProbabilities(model.outputs[0]!) ? 'probabilities' : 'logits';
}

/** @param given the values for a model's inputs; absent for the outermost one */
function isProbabilities(
  tensor: SymbolicTensor,
  given?: ReadonlyMap<SymbolicTensor, () => boolean>,
): boolean {
  const passed = given?.get(tensor);
  if (passed !== undefined) return passed();
  const layer = tensor.sourceLayer as unknown as LayerLike;
  const sources = layer.inboundNodes[tensor.nodeIndex]?.inputTensors ?? [];
  const {inputs, outputs} = layer;
  if (inputs !== undefined && outputs !== undefined) {
    const inner = new Map(
      inputs.map((input, i) => [input, () => sources[i] !== undefined && isProbabilities(sources[i], given)]),
    );
    return isProbabilities(outputs[tensor.tensorIndex]!, inner);
  }
  if (endsInProbabilities(layer, tensor.shape.length)) return true;
  return handsOn(layer) && sources.length > 0 && sources.every((source) => isProbabilities(source, given));
}

function endsInProbabilities(layer: LayerLike, rank: number): boolean {
  const {axis = -1, activation} = layer.getConfig();
  if (layer.getClassName() === 'Softmax') return axis === -1 || axis === rank - 1;
  if (layer.layer !== undefined) {
    // Bidirectional and TimeDistributed: what the layer within ends in.
    const {outputs} = layer.layer;
    return outputs === undefined
      ? endsInProbabilities(layer.layer, rank - 1)
      : outputKind({outputs}) === 'probabilities';
  }
  return typeof activation === 'string' && PROBABILITIES.has(activation);
}

function handsOn(layer: LayerLike): boolean {
  const {activation = 'linear'} = layer.getConfig();
  return HAND_ON.has(layer.getClassName()) && activation === 'linear';
}
