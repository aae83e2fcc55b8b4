/**
 * What every layer of the package has to hold to, as one suite that a test file runs per layer: construction, shapes,
 * config, saving, training, memory. Values are not checked here; see the test of each layer.
 */
import * as tf from '@tensorflow/tfjs-core';
import {type LayersModel, type layers, loadLayersModel, sequential} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {layers as sts} from '../../src/layers';
import type {HostShape} from '../../src/layers/host/layer_arguments';
import {registerLayers} from '../../src/layers/register';
import {registerGradients} from '../../src/ops/grads/register';
import {backendNames, startBackend} from '../support/backends';

type Layer = layers.Layer;

export interface LayerCase {
  name: string;
  create: (place: {inputShape?: number[]; name?: string}) => Layer;
  /** `[time, height, width, channels]`, or channels first as the layer takes it. */
  inputShape: number[];
  outputShape: number[];
  /** The output of an input whose time, height and width are unknown; `unknownInput` is that input. */
  unknownInput: HostShape;
  unknownOutput: HostShape;
  weights: Record<string, number[]>;
}

/** Prepares what the entries of the package do, then runs the suite of one layer on every backend of Node. */
export function describeLayer(layer: LayerCase): void {
  describe.each(backendNames)(`${layer.name} on %s`, (backend) => {
    beforeAll(() => startLayers(backend));
    it('has the shapes and weights that it says, symbolic and eager alike', () => checkShapes(layer));
    it('survives its config', () => checkConfig(layer));
    it('saves and loads with bit-equal predictions', () => checkSaving(layer));
    it('lowers the loss in a few training steps', () => checkTraining(layer));
    it('leaks no tensor, forward, backward and when disposed', () => checkMemory(layer));
  });
}

/** Starts a backend and registers gradients and classes, as importing the package does. */
export async function startLayers(backend: (typeof backendNames)[number]): Promise<void> {
  await startBackend(backend);
  registerGradients();
  registerLayers();
}

/** Numbers that look random and are the same on every backend. */
export function numbers(shape: readonly number[], seed = 1): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({length: size}, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 1.3);
  return tf.tensor(values, [...shape]);
}

/** Gives a layer's weights values that differ from the initial zeros and ones; the vectors, variances too, positive. */
export function fillWeights(layer: Layer): void {
  tf.tidy(() => {
    const value = ({shape}: tf.Tensor, i: number) =>
      tf.add(tf.mul(numbers(shape, i + 3), 0.2), shape.length === 1 ? 0.5 : 0);
    layer.setWeights(layer.getWeights().map(value));
  });
}

/** A layer's config as the host writes it into a file: null for undefined. */
export function configOf(layer: Layer): tf.serialization.ConfigDict {
  return JSON.parse(JSON.stringify(layer.getConfig(), (_, value) => (value === undefined ? null : value)));
}

/** Saves into memory, through JSON text as a file would, and loads. */
export async function saveAndLoad(model: LayersModel): Promise<LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return {modelArtifactsInfo: {dateSaved: new Date(0), modelTopologyType: 'JSON'}};
    }),
  );
  const modelTopology = JSON.parse(JSON.stringify(artifacts!.modelTopology));
  return loadLayersModel(tf.io.fromMemory({...artifacts!, modelTopology}));
}

function checkShapes({
  create,
  inputShape,
  outputShape,
  unknownInput,
  unknownOutput,
  weights,
}: LayerCase): void {
  const x = numbers([2, ...inputShape]);
  const layer = create({name: 'subject'});
  const eager = layer.apply(x) as tf.Tensor;
  expect(eager.shape).toEqual([2, ...outputShape]);
  expect(layer.computeOutputShape([null, ...inputShape])).toEqual([null, ...outputShape]);
  expect(layer.computeOutputShape([2, ...inputShape])).toEqual([2, ...outputShape]);
  expect(layer.computeOutputShape(unknownInput)).toEqual(unknownOutput);
  const named = layer.weights.map(({originalName, shape}) => [originalName.replace('subject/', ''), shape]);
  expect(Object.fromEntries(named)).toEqual(weights);
  const free = create({name: 'free', inputShape: unknownInput.slice(1) as number[]});
  const model = sequential({layers: [free]});
  expect(model.outputShape).toEqual(unknownOutput);
  expect((model.predict(x) as tf.Tensor).shape).toEqual([2, ...outputShape]);
}

function checkConfig({create, inputShape}: LayerCase): void {
  const layer = create({name: 'subject', inputShape});
  const config = configOf(layer);
  const [cls, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[layer.getClassName()]!;
  const again = fromConfig(cls, structuredClone(config)) as Layer;
  expect(again).toBeInstanceOf(layer.constructor);
  expect(configOf(again)).toEqual(config);
}

async function checkSaving({create, inputShape}: LayerCase): Promise<void> {
  const model = sequential({layers: [create({name: 'subject', inputShape})]});
  fillWeights(model.getLayer('subject'));
  const loaded = await saveAndLoad(model);
  const x = numbers([2, ...inputShape]);
  const [before, after] = [model.predict(x) as tf.Tensor, loaded.predict(x) as tf.Tensor];
  expect(configOf(loaded.getLayer('subject'))).toEqual(configOf(model.getLayer('subject')));
  expect(await after.data()).toEqual(await before.data());
}

/** A pointwise convolution in front makes the loss depend on the layer's input gradient, also without weights. */
function trainingModel({create, inputShape}: LayerCase): LayersModel {
  const channelsFirst =
    create({}).getConfig().dataFormat === 'channelsFirst' || create({}).getConfig().axis === 1;
  const channels = inputShape[channelsFirst ? 0 : 3]!;
  const model = sequential();
  const dataFormat = channelsFirst ? 'channelsFirst' : 'channelsLast';
  model.add(sts.conv3d({filters: channels, kernelSize: 1, inputShape, dataFormat, name: 'front'}));
  model.add(create({name: 'subject'}));
  model.layers.forEach(fillWeights);
  model.compile({optimizer: tf.train.sgd(0.02), loss: 'meanSquaredError'});
  return model;
}

async function checkTraining(layer: LayerCase): Promise<void> {
  const model = trainingModel(layer);
  const subject = model.getLayer('subject');
  const before = subject.getWeights().map((weight) => weight.dataSync().slice());
  const [x, y] = [numbers([4, ...layer.inputShape]), numbers([4, ...layer.outputShape], 2)];
  const {history} = await model.fit(x, y, {epochs: 6, batchSize: 4, shuffle: false, verbose: 0});
  const losses = history.loss as number[];
  expect(losses.every(Number.isFinite)).toBe(true);
  for (let epoch = 1; epoch < losses.length; epoch++) expect(losses[epoch]).toBeLessThan(losses[epoch - 1]!);
  // Every weight takes part, the moving averages too.
  subject.getWeights().forEach((weight, i) => {
    expect(weight.dataSync()).not.toEqual(before[i]);
  });
}

async function checkMemory(layer: LayerCase): Promise<void> {
  const start = tf.memory().numTensors;
  const model = trainingModel(layer);
  const [x, y] = [numbers([2, ...layer.inputShape]), numbers([2, ...layer.outputShape], 2)];
  await model.trainOnBatch(x, y);
  const warm = tf.memory().numTensors;
  await model.trainOnBatch(x, y);
  expect(tf.memory().numTensors).toBe(warm);
  tf.dispose(model.predict(x));
  expect(tf.memory().numTensors).toBe(warm);
  const subject = model.getLayer('subject');
  const inner = numbers([1, ...layer.inputShape]);
  tf.dispose([subject.apply(inner) as tf.Tensor, inner]);
  expect(tf.memory().numTensors).toBe(warm);
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([x, y]);
  expect(tf.memory().numTensors).toBe(start);
}
