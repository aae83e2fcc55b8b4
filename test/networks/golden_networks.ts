/**
 * Tests of a network against the authors' code: every case of a file of test/golden/networks, logits of the network and
 * of its frozen form, and each traced point, within 20 times the rounding error that the authors' own float32 has. Both
 * the weights and the input follow the filling rule, so the name map of the family is tested with it. By the kernels for wasm.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../src/inference/freeze';
import {registerKernels} from '../../src/kernels/registry';
import {kernelConfigs as wasmKernels} from '../../src/kernels/wasm';
import type {NameMap} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import {startBackend} from '../support/backends';
import {fill, fillInput} from '../support/fill';
import {readGolden, readGoldenJson} from '../support/golden';
import {readGoldenDoubles} from '../support/safetensors';
import type {GoldenNetwork} from './golden_files';

/** A tensor of the authors' network, in PyTorch's layout: statistics and some of its values. */
interface Point {
  name: string;
  shape: number[];
  mean: number;
  std: number;
  absmax: number;
  first4?: number[];
  first16?: number[];
  /** At flat index floor(j * size / count). */
  spread16?: number[];
  max_abs_diff_f32_f64: number;
}

export interface Case {
  name: string;
  sts: boolean;
  /** `[batch, 3, time, height, width]`, `[batch, 3, height, width]` of an image, `[batch, views, 3, ...]` of views. */
  input_shape: number[];
  /** Missing for a case of several views. */
  logits_shape?: number[];
  output_shape?: number[];
  max_abs_diff_f32_f64: number;
  points?: Point[];
  sts_calls?: Point[];
}

/** How often a case may exceed the authors' own rounding error. */
const GATE = 20;

/**
 * Declares the tests of one golden file.
 *
 * @param options.cases pattern of the cases' names; default: all of one view
 * @param options.weights what was made for networks with the same keys, for the caller to dispose; default: made for this file
 */
export async function describeGoldenNetwork(
  golden: GoldenNetwork,
  options: {cases?: RegExp; weights?: Map<string, tf.Tensor>} = {},
): Promise<void> {
  // Those of several views are held to the same gate in test/video/recognize.
  const {cases: pattern = /(?<!_recognizer)$/, weights = new Map<string, tf.Tensor>()} = options;
  const file = await readGoldenJson<{cases: Case[]}>(`networks/${golden.file}.json`);
  const cases = file.cases.filter(({name}) => pattern.test(name));
  const expected = readGoldenDoubles(await readGolden(`networks/${golden.file}.safetensors`));

  describe(golden.file, () => {
    beforeAll(async () => {
      await startBackend('wasm');
      registerKernels(wasmKernels);
    });
    if (options.weights === undefined) afterAll(() => tf.dispose([...weights.values()]));

    it.each(cases.map((goldenCase) => [goldenCase.name, goldenCase] as const))('%s', (_, goldenCase) => {
      const points = [
        ...(goldenCase.points ?? []).map((point) => ({point, layer: golden.pointLayer(point.name)})),
        ...(goldenCase.sts_calls ?? []).map((point) => ({point, layer: golden.stsLayer(point.name)})),
      ];
      const model = build(golden, goldenCase);
      fillWeights(model, golden.names, weights);
      // The host gives nothing for a model's second output of the same layer, so each layer is asked once.
      const head = model.outputLayers[0]!.name;
      const layers = [...new Set([head, ...points.map(({layer}) => layer)])];
      const outputs = trace(model, layers, goldenCase);
      const output = (layer: string) => outputs[layers.indexOf(layer)]!;
      const errors = points.map(
        ({point, layer}) =>
          [point.name, pointError(point, output(layer)) / point.max_abs_diff_f32_f64] as const,
      );
      const answer = answerError(goldenCase, output(head), expected);
      errors.push(['answer', answer / goldenCase.max_abs_diff_f32_f64]);
      const frozen = freeze(model);
      model.dispose();
      const frozenAnswer = tf.tidy(() => frozen.predict(inputOf(goldenCase)) as tf.Tensor);
      frozen.dispose();
      const frozenError = answerError(goldenCase, frozenAnswer, expected);
      errors.push(['answer, frozen', frozenError / goldenCase.max_abs_diff_f32_f64]);
      tf.dispose([...outputs, frozenAnswer]);
      expect(errors.filter(([, error]) => !(error <= GATE))).toEqual([]);
    });
  });
}

/** The outputs of layers. The model that asks for them shares its layers with `model`, which disposes of them. */
function trace(model: tfl.LayersModel, layers: readonly string[], goldenCase: Case): tf.Tensor[] {
  const outputs = layers.map((layer) => model.getLayer(layer).output as tfl.SymbolicTensor);
  const traced = tfl.model({inputs: model.inputs, outputs});
  return tf.tidy(() => {
    const result = traced.predict(inputOf(goldenCase));
    return Array.isArray(result) ? result : [result];
  });
}

/** The network for a case: views are a batch of clips; frames that come as views become the time axis. */
export function build(golden: GoldenNetwork, goldenCase: Case): tfl.LayersModel {
  const {sts, logits_shape, output_shape} = goldenCase;
  const [, , frames, height, width] = clipShape(goldenCase);
  const [, classes] = (logits_shape ?? output_shape)!;
  const activation = logits_shape ? 'linear' : 'softmax';
  const options = {frames: frames!, height: height!, width: width!, classes: classes!, activation} as const;
  return createNetwork(golden.network(sts), {...options, weightless: true});
}

/** `[batch * views, 3, time, height, width]` */
function clipShape({input_shape: shape}: Case): number[] {
  if (shape.length === 4) return [shape[0]!, shape[1]!, 1, shape[2]!, shape[3]!];
  if (shape.length === 5) return shape;
  const [batch, views, channels, time, height, width] = shape as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Three crops, and in each as many views as there are frames.
  if (time === 1) return [batch * 3, channels, views / 3, height, width];
  return [batch * views, channels, time, height, width];
}

/** The input clip as our layout has it, `[batch, time, height, width, 3]`. */
export function inputOf(goldenCase: Case): tf.Tensor {
  const {input_shape: shape} = goldenCase;
  const [batch, channels, time, height, width] = clipShape(goldenCase) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const ours: [number, number, number, number, number] = [batch, time, height, width, channels];
  // Frames as views lie outside the channels in the authors' tensor, [batch, crops, frames, 3, 1, height, width].
  if (shape.length === 6 && shape[3] === 1) {
    return tf.tensor5d(fillInput([batch, time, channels, height, width], [0, 1, 3, 4, 2]), ours);
  }
  return tf.tensor5d(fillInput([batch, channels, time, height, width], [0, 2, 3, 4, 1]), ours);
}

/** Tensors are made once for all cases of a file: STS on and off, and all sizes, have the same weights. */
export function fillWeights(model: tfl.LayersModel, names: NameMap, made: Map<string, tf.Tensor>): void {
  for (const weight of model.weights) {
    const theirs = names.toTorch(weight.originalName);
    if (theirs === null) throw new Error(`The name map has no key for ${weight.originalName}.`);
    const back = names.fromTorch(theirs.name);
    expect(back?.name).toBe(weight.originalName);
    const shape = theirs.axes.map((axis) => weight.shape[axis]!);
    const key = `${theirs.name} ${shape}`;
    let tensor = made.get(key);
    if (tensor === undefined) {
      tensor = tf.tensor(fill(theirs.name, shape, [...back!.axes]), weight.shape as number[]);
      made.set(key, tensor);
    }
    weight.write(tensor);
  }
}

/** The largest difference of a point in any of its recorded numbers. */
function pointError(point: Point, output: tf.Tensor): number {
  const values = output.dataSync() as Float32Array;
  const at = torchIndex(point.shape);
  const differences: number[] = [];
  const compare = (flat: number, value: number) => differences.push(Math.abs(values[at(flat)]! - value));
  (point.first16 ?? point.first4 ?? []).forEach((value, i) => {
    compare(i, value);
  });
  const spread = point.spread16 ?? [];
  spread.forEach((value, j) => {
    compare(Math.floor((j * values.length) / spread.length), value);
  });
  expect(torchOrder(output.shape)).toEqual(point.shape);
  const {mean, std, absmax} = statistics(values);
  differences.push(Math.abs(mean - point.mean), Math.abs(std - point.std), Math.abs(absmax - point.absmax));
  return Math.max(...differences);
}

/** Channels after the batch, as the authors' shapes have them. */
function torchOrder(shape: number[]): number[] {
  return shape.length === 5 ? [0, 4, 1, 2, 3].map((axis) => shape[axis]!) : shape;
}

/** From a flat index of the authors' `[batch, channels, time, height, width]` (or shorter) to one of our tensor. */
function torchIndex(shape: number[]): (flat: number) => number {
  if (shape.length !== 5) return (flat) => flat;
  const [, channels, ...lengths] = shape as [number, number, number, number, number];
  const positions = lengths.reduce((size, length) => size * length, 1);
  return (flat) => {
    const [position, row] = [flat % positions, Math.floor(flat / positions)];
    const [channel, clip] = [row % channels, Math.floor(row / channels)];
    return (clip * positions + position) * channels + channel;
  };
}

function statistics(values: Float32Array): {mean: number; std: number; absmax: number} {
  let [sum, absmax] = [0, 0];
  for (const value of values) {
    sum += value;
    absmax = Math.max(absmax, Math.abs(value));
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return {mean, std: Math.sqrt(squares / values.length), absmax};
}

/** Logits of the clip, or the mean of the views' probabilities. */
function answerError(goldenCase: Case, answer: tf.Tensor, golden: Map<string, Float64Array>): number {
  const shape = (goldenCase.logits_shape ?? goldenCase.output_shape)!;
  const expected = golden.get(`${goldenCase.name}/${goldenCase.logits_shape ? 'logits' : 'probs'}_f64`)!;
  const [batch, classes] = shape as [number, number];
  const values = answer.dataSync();
  const views = answer.shape[0]! / batch;
  let error = expected.length === batch * classes ? 0 : Number.POSITIVE_INFINITY;
  expected.forEach((value, i) => {
    const [video, label] = [Math.floor(i / classes), i % classes];
    let sum = 0;
    for (let view = 0; view < views; view++) sum += values[(video * views + view) * classes + label]!;
    // Written so that a NaN counts as an error.
    const difference = Math.abs(sum / views - value);
    if (!(difference <= error)) error = difference;
  });
  return error;
}
