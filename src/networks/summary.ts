/**
 * What a model weighs and costs, layer by layer: numbers for people and for tests, printed by nobody here. Counts as
 * papers of this field do: multiply-accumulates of convolutions and dense layers, and nothing for normalization, pooling,
 * activations and sums.
 */
import {LayersModel, type layers} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../util/errors';
import {type PartialShape, sizeOf} from '../util/shapes';

type Layer = layers.Layer;

export interface LayerSummary {
  readonly name: string;
  readonly className: string;
  /** The first entry, null, is the batch. */
  readonly outputShape: PartialShape;
  /** Numbers that training changes, frozen ones too. */
  readonly parameters: number;
  /** The moving averages of batch normalization, which PyTorch calls buffers. */
  readonly statistics: number;
  /** Multiply-accumulates for one clip. */
  readonly macs: number;
}

export interface NetworkSummary {
  readonly name: string;
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly statistics: number;
  readonly macs: number;
}

/** A layer that counts for itself: those of this package do, without the host's help. */
interface CountingLayer extends Layer {
  multiplyAccumulates(inputShape: PartialShape): number;
}

/** Layers of the host whose every kernel entry is used once for each position of the output. */
const HOST_CLASSES = ['Dense', 'Conv1D', 'Conv2D', 'Conv3D', 'DepthwiseConv2D', 'SeparableConv2D'];

/**
 * Parameters and multiply-accumulates of a model, per layer and in all.
 *
 * @param model a functional or sequential model with known lengths, the batch excepted; nested models count as a layer
 * @returns the layers in the order of the model; a layer that is used several times has its parameters once
 * @throws InvalidArgumentError for a layer that multiplies and has unknown lengths
 *
 * ```ts
 * const {parameters, macs} = summarize(createNetwork('slowonly_r50_8x8_sts', {weightless: true}));
 * ```
 */
export function summarize(model: LayersModel): NetworkSummary {
  const summaries = model.layers.map((layer) => summarizeLayer(model, layer));
  const total = (key: 'parameters' | 'statistics' | 'macs') =>
    summaries.reduce((sum, summary) => sum + summary[key], 0);
  return {
    name: model.name,
    layers: summaries,
    parameters: total('parameters'),
    statistics: total('statistics'),
    macs: total('macs'),
  };
}

function summarizeLayer(model: LayersModel, layer: Layer): LayerSummary {
  const uses = usesIn(model, layer);
  return {
    name: layer.name,
    className: layer.getClassName(),
    outputShape: uses[0]!.output,
    parameters: countWeights(layer, false),
    statistics: countWeights(layer, true),
    macs: uses.reduce((sum, {input, output}) => sum + layerMacs(layer, input, output), 0),
  };
}

/**
 * The shapes of the layer's calls in this model. A layer may be shared with other models; the host lists the calls of a
 * functional model under these keys. A sequential model has no such list, and its layers are its own.
 */
function usesIn(model: LayersModel, layer: Layer): {input: PartialShape; output: PartialShape}[] {
  const listed = layer.inboundNodes.filter((_, i) => model.containerNodes.has(`${layer.name}_ib-${i}`));
  const uses = listed.length > 0 ? listed : layer.inboundNodes;
  return uses.map(({inputShapes, outputShapes}) => ({
    input: inputShapes[0] as PartialShape,
    output: outputShapes[0] as PartialShape,
  }));
}

function countWeights(layer: Layer, statistics: boolean): number {
  return layer.weights
    .filter(({originalName}) => /moving_(mean|variance)$/.test(originalName) === statistics)
    .reduce((sum, {shape}) => sum + sizeOf(shape as number[]), 0);
}

function layerMacs(layer: Layer, inputShape: PartialShape, outputShape: PartialShape): number {
  if (layer instanceof LayersModel) return summarize(layer).macs;
  if ('multiplyAccumulates' in layer) return (layer as CountingLayer).multiplyAccumulates(inputShape);
  if (!HOST_CLASSES.includes(layer.getClassName())) return 0;
  const kernels = layer.weights.filter(({shape}) => shape.length > 1).map(({shape}) => shape as number[]);
  return positions(layer, outputShape) * kernels.reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/** Positions of a host layer's output for one entry of the batch. */
function positions(layer: Layer, outputShape: PartialShape): number {
  const lengths = outputShape.slice(1);
  if (lengths.includes(null)) {
    throw new InvalidArgumentError(
      `summarize: layer "${layer.name}" has an output of unknown size [${outputShape.map((n) => n ?? 'null').join(', ')}]; ` +
        'build the model for the lengths that are to be counted.',
    );
  }
  const first = layer.getConfig().dataFormat === 'channelsFirst';
  const channels = first ? lengths[0]! : lengths.at(-1)!;
  return sizeOf(lengths as number[]) / channels;
}
