/**
 * The golden vectors of TransNetV2 and how to read them: outputs of the authors' network, traced point by point in float64,
 * for clips that are formulas of whole numbers. test/golden/transnetv2/README.md says how they were made.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {expect} from 'vitest';
import {assign, expanded, read} from '../../src/models/checkpoints';
import {transnetv2Pytorch} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import type {FamilyOverrides} from '../../src/networks/definition';
import {readGolden, readGoldenJson, readRepositoryFile} from '../support/golden';
import {readGoldenBytes, readGoldenDoubles} from '../support/safetensors';
import {fillWeights} from './golden_networks';

interface GoldenCase {
  /** `[batch, time, height, width, 3]` */
  readonly input_shape: readonly number[];
  /** Of all bytes. */
  readonly input_sum: number;
  readonly points: Readonly<Record<string, {readonly shape: readonly number[]; readonly absmax: number}>>;
}

const [HEIGHT, WIDTH] = [27, 48];

/** What float32 may be away from the authors' network in float64: of a point's largest value; of heads as it is. */
const TOLERANCES = {point: 4e-6, logits: 3e-5, probabilities: 2e-6};

/** A clip by a formula of frame t, row y, column x, channel c. */
function clipBy(frames: number, value: (t: number, y: number, x: number, c: number, i: number) => number) {
  const bytes = new Float32Array(frames * HEIGHT * WIDTH * 3);
  for (let i = 0; i < bytes.length; i++) {
    const [position, c] = [Math.floor(i / 3), i % 3];
    const [row, x] = [Math.floor(position / WIDTH), position % WIDTH];
    bytes[i] = value(Math.floor(row / HEIGHT), row % HEIGHT, x, c, i);
  }
  return bytes;
}

/** Stripes that move, others from every 37th frame on. */
export const waves = (frames: number) =>
  clipBy(frames, (t, y, x, c) => {
    const s = Math.floor(t / 37);
    const shear = Math.floor((x * y * (s + 2)) / 8);
    return (7 * x * (1 + s) + 11 * y * (4 - s) + 29 * c * (s + 1) + 2 * t + shear) % 256;
  });

export const noise = (frames: number) =>
  clipBy(frames, (_t, _y, _x, _c, i) => Math.imul(i, 2654435761) >>> 24);

const both = () => {
  const later = waves(42).subarray(30 * HEIGHT * WIDTH * 3);
  return Float32Array.of(...later, ...noise(12));
};

const CLIPS: Readonly<Record<string, (() => Float32Array) | undefined>> = {
  noise9: () => noise(9),
  narrow9: () => noise(9),
  batch2: both,
  waves1: () => waves(1),
  black3: () => new Float32Array(3 * HEIGHT * WIDTH * 3),
};

/** The vectors of one folder under test/golden. */
export class GoldenTransNetV2 {
  private constructor(
    readonly folder: string,
    private readonly cases: Readonly<Record<string, GoldenCase>>,
  ) {}

  static async read(folder = 'transnetv2'): Promise<GoldenTransNetV2> {
    const {cases} = await readGoldenJson<{cases: Record<string, GoldenCase>}>(`${folder}/vectors/cases.json`);
    return new GoldenTransNetV2(folder, cases);
  }

  /** The clip of a case as a tensor: by its formula, or the frames that are stored with it. */
  async clip(name: string): Promise<tf.Tensor5D> {
    const {input_shape, input_sum} = this.cases[name]!;
    const bytes = CLIPS[name]?.() ?? readGoldenBytes(await this.file(name), `${name}/frames`);
    const sum = (bytes as Uint8Array).reduce((total, byte) => total + byte, 0);
    if (sum !== input_sum) throw new Error(`The clip ${name} has bytes of sum ${sum}, not ${input_sum}.`);
    return tf.tensor5d(Float32Array.from(bytes), input_shape as [number, number, number, number, number]);
  }

  /** How far each traced point of a case is from the golden one, as a part of what is allowed. */
  async errors(name: string, outputs: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, number>> {
    const golden = readGoldenDoubles(await this.file(name));
    const errors = new Map<string, number>();
    for (const [point, output] of outputs) {
      const {shape, absmax} = this.cases[name]!.points[point]!;
      const expected = golden.get(`${name}/${point}/f64`);
      if (expected === undefined) continue;
      const values = await output.data();
      if (String(output.shape) !== String(shape))
        throw new Error(`${point} is [${output.shape}], not [${shape}].`);
      const allowed = allowedAt(point, absmax);
      const worst = expected.reduce((most, value, j) => {
        const at = Math.floor((j * values.length) / expected.length);
        const apart = Math.abs(values[at]! - value) / allowed;
        return apart <= most ? most : Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart;
      }, 0);
      errors.set(point, worst);
    }
    return errors;
  }

  private file(name: string): Promise<Uint8Array> {
    return readGolden(`${this.folder}/vectors/${name}.safetensors`);
  }

  /** The traced points of a case. */
  points(name: string): string[] {
    return Object.keys(this.cases[name]!.points);
  }
}

function allowedAt(point: string, absmax: number): number {
  if (point.endsWith('/logits')) return TOLERANCES.logits;
  return point.endsWith('/probabilities') ? TOLERANCES.probabilities : TOLERANCES.point * absmax;
}

/** The layer whose output is a traced point. */
export function layerOf(point: string): string {
  if (/cell1$/.test(point)) return `${point.replaceAll('/', '_')}_bn`;
  return point.replace(/\/(logits|probabilities|output)$/, '').replaceAll('/', '_');
}

/** The model with the traced points as outputs, in their order. It shares its layers with the model. */
export function tracedModel(model: tfl.LayersModel, points: readonly string[]): tfl.LayersModel {
  const outputs = points.map((point) => model.getLayer(layerOf(point)).output as tfl.SymbolicTensor);
  return tfl.model({inputs: model.inputs, outputs});
}

/** What a model or a frozen one gives for the clip, by point. */
export function outputsOf(
  model: {predict(x: tf.Tensor): tf.Tensor | tf.Tensor[]},
  clip: tf.Tensor,
  points: readonly string[],
): Map<string, tf.Tensor> {
  const outputs = [model.predict(clip)].flat();
  return new Map(points.map((point, i) => [point, outputs[i]!]));
}

/** The network with the weights that ship. */
export async function trainedNetwork(options: FamilyOverrides): Promise<tfl.LayersModel> {
  const model = createNetwork('transnet_v2', {weightless: true, ...options});
  const weights = expanded(read(await readRepositoryFile('models/transnet_v2.safetensors')));
  expect(assign(model, weights).assigned.length).toBe(model.weights.length);
  return model;
}

/** The network of two filters with weights by formula. */
export async function narrowNetwork(options: FamilyOverrides): Promise<tfl.LayersModel> {
  const model = createNetwork('transnet_v2', {weightless: true, filters: 2, hidden: 8, ...options});
  fillWeights(model, transnetv2Pytorch.transNetV2(), new Map());
  return model;
}
