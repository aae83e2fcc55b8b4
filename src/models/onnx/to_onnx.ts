/**
 * A model as an ONNX file: the walk from its outputs back to its inputs, layer by layer, and the way in and out of the
 * graph. What a layer becomes is in rules/layers.ts.
 */
import type {LayersModel, SymbolicTensor} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../util/errors';
import {checkLayersModel} from '../../util/models';
import {checkOptions, optionNames} from '../../util/names';
import {byteLength, joined} from '../../util/protobuf';
import type {PartialShape} from '../../util/shapes';
import {firstFromLast, Graph, type Value} from './graph';
import type {LayerConfig} from './layer_call';
import {modelFields, type OnnxGraph, type OnnxNode, type OnnxPort} from './model_proto';
import {applyRule, LAYER_CLASSES} from './rules/layers';

export interface ToOnnxOptions {
  /**
   * How tensors of rank 5 enter and leave the ONNX model: 'channelsLast', `[batch, time, height, width, channels]` as in
   * this package (a Transpose at the border), or 'channelsFirst', `[batch, channels, time, height, width]` as in
   * PyTorch. Tensors of other ranks stay as they are, and a model whose own layers are channels first needs no option.
   * Default 'channelsLast'.
   */
  layout?: 'channelsLast' | 'channelsFirst';
  /** Texts to keep in the file's metadata_props, such as the names of the classes. */
  metadata?: Readonly<Record<string, string>>;
}

const KNOWN = optionNames<ToOnnxOptions>({layout: true, metadata: true});

type Layer = LayersModel['layers'][number];
type Weights = ReadonlyMap<number, Float32Array>;

/** The class of the host's that has a layer inside. */
const STEPWISE = 'TimeDistributed';

/** What a message of Protocol Buffers may have at most. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * A model as a file for ONNX Runtime and whatever else reads ONNX: operator set 17, weights inside, inference alone
 * (batch normalization uses its moving averages, dropout does nothing). STS convolutions become Conv, Slice, Reshape,
 * Transpose, Add and Concat. The batch is of any length; the other lengths are those of the model.
 *
 * Inputs and outputs have the names of the model's (`model.inputNames`, `model.outputNames`), with a number behind a name
 * that comes twice.
 *
 * @param model a functional or sequential model of this package's layers and those of TensorFlow.js that a video network
 *   is made of: convolutions, pooling and padding of clips and images, normalization, dense, activation, merging and
 *   reshaping layers; nested models and TimeDistributed too
 * @returns the bytes of a ModelProto
 * @throws InvalidArgumentError for a layer or activation that has no form in ONNX, naming it; for a model with unknown
 *   lengths besides the batch; and for a model whose file would exceed 2 GiB
 * @example
 * await writeFile('x3d_s_sts.onnx', await toOnnx(model));
 */
export async function toOnnx(model: LayersModel, options: ToOnnxOptions = {}): Promise<Uint8Array> {
  checkOptions('toOnnx', options, KNOWN);
  checkLayersModel('toOnnx', model);
  const {layout = 'channelsLast', metadata = {}} = options;
  if (layout !== 'channelsLast' && layout !== 'channelsFirst') {
    throw new InvalidArgumentError(
      `toOnnx: layout must be 'channelsLast' or 'channelsFirst'; got ${JSON.stringify(layout)}.`,
    );
  }
  const fields = modelFields(graphOf(model, layout === 'channelsFirst', await weightsOf(model)), metadata);
  const length = byteLength(fields);
  if (length > MAX_BYTES) {
    throw new InvalidArgumentError(
      `toOnnx: the file would have ${length} bytes; ONNX with its weights inside has ${MAX_BYTES} at most.`,
    );
  }
  return joined(fields);
}

/** @param channelsFirst the order of rank-5 tensors at the borders */
function graphOf(model: LayersModel, channelsFirst: boolean, weights: Weights): OnnxGraph {
  const graph = new Graph();
  const isFirst = (shape: PartialShape) => channelsFirst && shape.length === 5;
  const port = (name: string, shape: PartialShape): OnnxPort =>
    isFirst(shape) ? {name, shape: firstFromLast(5).map((axis) => shape[axis]!)} : {name, shape};
  const inputs = model.inputs.map((tensor, i): Value => {
    const shape = batchShape(tensor.shape, `the input ${model.inputNames[i]}`);
    return {name: graph.unique(model.inputNames[i]!), shape, channelsFirst: isFirst(shape)};
  });
  // Taken before any node can get them. An Identity gives a value its name outside, whatever it is called inside.
  const names = model.outputNames.map((name) => graph.unique(name));
  const outputs = applyModel(graph, model, inputs, weights);
  const last = outputs.map((value, i): OnnxNode => {
    const {name} = graph.ordered(value, isFirst(value.shape));
    return {name: names[i]!, operator: 'Identity', inputs: [name], output: names[i]!, attributes: {}};
  });
  return {
    name: model.name,
    nodes: [...graph.nodes, ...last],
    constants: graph.constants,
    inputs: inputs.map(({name, shape}) => port(name, shape)),
    outputs: outputs.map(({shape}, i) => port(names[i]!, shape)),
  };
}

/** Values by the id of the weight. Read before the walk, since a backend may only give them later. */
async function weightsOf(model: LayersModel): Promise<Weights> {
  const values = new Map<number, Float32Array>();
  for (const weight of model.weights) {
    const data = await weight.read().data();
    if (!(data instanceof Float32Array)) {
      throw new InvalidArgumentError(
        `toOnnx: the weight ${weight.originalName} is ${weight.dtype}; float32 weights can be exported.`,
      );
    }
    values.set(weight.id, data);
  }
  return values;
}

/** The outputs of a model for these inputs. Each tensor of the model is made once. */
function applyModel(graph: Graph, model: LayersModel, inputs: readonly Value[], weights: Weights): Value[] {
  const made = new Map<number, Value>(model.inputs.map(({id}, i) => [id, inputs[i]!]));
  const make = (tensor: SymbolicTensor): Value => {
    const known = made.get(tensor.id);
    if (known !== undefined) return known;
    const {inputTensors, outputTensors} = tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!;
    const values = applyLayer(
      graph,
      tensor.sourceLayer,
      inputTensors.map(make),
      outputTensors.map(({shape}) => shape),
      weights,
    );
    outputTensors.forEach(({id}, i) => {
      made.set(id, values[i]!);
    });
    return made.get(tensor.id)!;
  };
  return model.outputs.map(make);
}

function applyLayer(
  graph: Graph,
  layer: Layer,
  inputs: readonly Value[],
  outputShapes: readonly PartialShape[],
  weights: Weights,
): Value[] {
  if (isModel(layer)) return applyModel(graph, layer, inputs, weights);
  const className = layer.getClassName();
  const label = `${className} "${layer.name}"`;
  const outputShape = batchShape(outputShapes[0]!, label);
  if (className === STEPWISE) return [applyToSteps(graph, layer, inputs[0]!, outputShape, weights)];
  const value = applyRule(graph, className, {
    label,
    name: layer.name,
    // Configs are open maps in the host's types; the rules of a class read what its getConfig writes.
    config: layer.getConfig() as LayerConfig,
    inputs,
    outputShape,
    weight(name) {
      const weight = layer.weights.find(({originalName}) => originalName.endsWith(`/${name}`));
      return weight && {shape: weight.shape as number[], values: weights.get(weight.id)!};
    },
  });
  if (value !== undefined) return [value];
  throw new InvalidArgumentError(
    `toOnnx: the layer ${label} has no form in ONNX here. Put layers of these classes in its place: ` +
      `${[...LAYER_CLASSES, STEPWISE].join(', ')}.`,
  );
}

/** A layer on each step of its input: the steps are part of the batch meanwhile. */
function applyToSteps(
  graph: Graph,
  layer: Layer,
  x: Value,
  outputShape: PartialShape,
  weights: Weights,
): Value {
  const inner = (layer as Layer & {readonly layer: Layer}).layer;
  const {name: ordered, shape} = graph.ordered(x, false);
  const lengths = shape.slice(2) as number[];
  const steps: Value = {
    name: graph.inBatch(layer.name, ordered, lengths),
    shape: [null, ...lengths],
    channelsFirst: false,
  };
  const [y] = applyLayer(graph, inner, [steps], [[null, ...outputShape.slice(2)]], weights);
  const {name} = graph.ordered(y!, false);
  return {
    name: graph.inBatch(layer.name, name, outputShape.slice(1) as number[]),
    shape: outputShape,
    channelsFirst: false,
  };
}

/** A model inside a model is a layer with layers of its own. */
function isModel(layer: Layer): layer is LayersModel {
  return 'containerNodes' in layer;
}

/** The shape with an open batch. */
function batchShape(shape: PartialShape, what: string): PartialShape {
  const result = [null, ...shape.slice(1)];
  if (!result.slice(1).includes(null)) return result;
  throw new InvalidArgumentError(
    `toOnnx: ${what} has unknown lengths, [${shape.map((n) => n ?? 'null').join(', ')}]; only the batch may ` +
      'have any length. Build the model for one size of clip.',
  );
}
