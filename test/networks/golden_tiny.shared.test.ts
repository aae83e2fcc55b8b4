/**
 * Small networks of the authors' code in evaluation and in training: logits, the gradient of the input and of every
 * parameter, and the moving averages after the step, from test/golden/tiny. A gradient is recorded as its sum, its
 * norm, its first and its last element, of which none depends on the order of the axes.
 */
import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {freeze} from '../../src/inference/freeze';
import {mmaction2, type NameMap} from '../../src/models/checkpoints/names';
import {createNetwork} from '../../src/networks';
import {registerGradients} from '../../src/ops/grads/register';
import {type BackendName, inBrowser} from '../support/backends';
import {bitsAt, fillInput, hashOf} from '../support/fill';
import {readGoldenJson} from '../support/golden';
import {conformingImplementations} from '../support/implementations';
import {fillWeights} from './golden_networks';

type Summary = [sum: number, norm: number, first: number, last: number];

interface Case {
  name: string;
  sts: boolean;
  mode: 'eval' | 'train';
  /** `[batch, 3, time, height, width]` */
  input_shape: [number, number, number, number, number];
  parameters: number;
  logits: number[][];
  grad: Record<string, Summary>;
  /** Sum and norm. */
  buffers_after: Record<string, [number, number]> | null;
}

interface Tiny {
  /** How the cases' names begin. */
  cases: string;
  network: string;
  names: NameMap;
  options?: Record<string, unknown>;
  /** The gate in training, where it is not GATE. */
  trainGate?: number;
}

/** float32 against the authors' float64, relative to the norm; seen are up to 6e-6. */
const GATE = 2e-5;

/**
 * In training, gradients are sums over all positions, 8192 of SlowFast's first layer. The cpu backend adds them up in
 * double precision, wasm and tensorflow in float32, where n terms cost up to n * 2^-24 (less in blocks, as its kernels do). Seen are 5e-5.
 */
const FLOAT32_TRAIN_GATE = 8192 * 2 ** -24;

/**
 * In these cases an input of a ReLU is so near to zero that float32 may see it on the other side, and then the gradients that
 * come through it differ by 1e-2 of their norm. X3D: one of 46,080, within 1e-6 of zero (3e-8 by the wasm kernels, -8e-7 by
 * stock ops). SlowFast: one of 292,864 (-2.8e-6 on cpu, 6e-7 by the wasm kernels without relaxed SIMD, where the inputs of
 * that layer differ by up to 2e-5).
 */
const GATE_AT_A_KINK: Record<string, number> = {
  tiny_x3d_sts_train: 3e-2,
  tiny_slowfast_4x16_sts_train: 3e-2,
};

/** The composed forms take minutes, and have the tests of every op. A page runs those of webgl, Node the others. */
const tested = conformingImplementations.filter(
  ({name, backend}) => name.endsWith('kernels') && (!inBrowser || backend === 'webgl'),
);

const NETWORKS: Tiny[] = [
  {cases: 'tiny_slowfast_4x16', network: 'slowfast_tiny', names: mmaction2.slowFast()},
  {
    cases: 'tiny_slowfast_8x8',
    network: 'slowfast_tiny',
    names: mmaction2.slowFast(),
    options: {speedRatio: 4, lateralTaps: 7},
  },
  {cases: 'tiny_slowonly', network: 'slowonly_tiny', names: mmaction2.slowOnly()},
  {cases: 'tiny_x3d', network: 'x3d_tiny', names: mmaction2.x3d()},
  {cases: 'tiny_ircsn', network: 'ircsn_tiny', names: mmaction2.csn()},
  {cases: 'tiny_r2plus1d', network: 'r2plus1d_tiny', names: mmaction2.r2plus1d()},
  {
    cases: 'tiny_r2plus1d_tstride',
    network: 'r2plus1d_tiny',
    names: mmaction2.r2plus1d(),
    options: {temporalStrides: [1, 2, 2, 2]},
    // The last stage has one position and two clips, and batch normalization of two values divides by their difference:
    // other roundings of the input (1e-7) change the gradients by 3e-3.
    trainGate: 2e-2,
  },
];

const {cases} = await readGoldenJson<{cases: Case[]}>('tiny/tiny.json');
const weights = new Map<string, tf.Tensor>();
let model: tfl.LayersModel | undefined;

beforeAll(registerGradients);
afterEach(() => {
  model?.dispose();
  model = undefined;
  tf.dispose([...weights.values()]);
  weights.clear();
});

/**
 * The cpu backend takes most of the time of these tests, and its kernels are those loops that the tests of ops have at every
 * geometry: STS in training and the plain networks in evaluation are enough, and of SlowFast, the widest, the other backends. On GPUs each shape of each
 * of the host's ops is compiled, in software: a step of training of dense convolutions in a page, of depthwise ones, squeeze-and-excite and
 * the long sums of a wide layer in Node.
 */
function isFor(backend: BackendName, {name, sts, mode}: Pick<Case, 'name' | 'sts' | 'mode'>): boolean {
  if (inBrowser) return name === 'tiny_slowonly_sts_train' || ANSWERS_ON_WEBGL.includes(name);
  if (backend === 'webgpu') return name === 'tiny_x3d_sts_train';
  return backend !== 'cpu' || (sts === (mode === 'train') && !name.startsWith('tiny_slowfast'));
}

/** A case of each family. */
const ANSWERS_ON_WEBGL = ['slowfast_4x16', 'slowonly', 'x3d', 'ircsn', 'r2plus1d'].map(
  (name) => `tiny_${name}_sts_eval`,
);

/** Whether a page computes no gradients of it: those of the host are compiled shape by shape, and the kernels are tested op by op. */
const isOfAnswers = ({mode}: Case) => inBrowser && mode === 'eval';

const networkOf = ({name}: Case) => name.replace(/_(sts|plain)_(eval|train)$/, '');

it('has a network for every case', () => {
  const known = NETWORKS.map((network) => network.cases);
  expect(new Set(cases.map(networkOf))).toEqual(new Set(known));
});

describe.each(tested)('$name', ({backend, use}) => {
  beforeAll(use);

  const casesHere = cases.filter((golden) => isFor(backend, golden));
  const networks = NETWORKS.filter(({cases: prefix}) =>
    casesHere.some((golden) => networkOf(golden) === prefix),
  );
  describe.each(networks)('$cases', ({cases: prefix, network, names, options, trainGate}) => {
    const trainGateOf = (name: string) =>
      backend === 'cpu' ? GATE : (GATE_AT_A_KINK[name] ?? FLOAT32_TRAIN_GATE);
    const own = casesHere.filter((golden) => networkOf(golden) === prefix);

    it.each(own.map((golden) => [golden.name, golden] as const))('%s', async (_, golden) => {
      const [, , frames, height, width] = golden.input_shape;
      const name = golden.sts ? `${network}_sts` : network;
      model = createNetwork(name, {frames, height, width, classes: 7, weightless: true, ...options});
      fillWeights(model, names, weights);
      const gate = golden.mode === 'train' ? (trainGate ?? trainGateOf(golden.name)) : GATE;
      const errors = isOfAnswers(golden) ? await answers(model, golden) : await step(model, names, golden);
      expect(errors.filter(([, error]) => !(error <= gate))).toEqual([]);
    });
  });
});

/** The answers of the network and of its frozen form. */
async function answers(network: tfl.LayersModel, golden: Case): Promise<[string, number][]> {
  const clip = clipOf(golden);
  const frozen = freeze(network);
  const given = [network.predict(clip), frozen.predict(clip)] as tf.Tensor[];
  frozen.dispose();
  const [plain, fused] = await Promise.all(given.map((logits) => logits.data()));
  tf.dispose([clip, given]);
  const expected = golden.logits.flat();
  return [
    ['answer', compare(plain!, expected)],
    ['answer, frozen', compare(fused!, expected)],
  ];
}

/** `[batch, time, height, width, 3]` */
function clipOf({input_shape: [batch, channels, time, height, width]}: Case): tf.Tensor {
  const values = fillInput([batch, channels, time, height, width], [0, 2, 3, 4, 1]);
  return tf.tensor5d(values, [batch, time, height, width, channels]);
}

/** One step and every difference from the golden case, relative to the norm of what is compared. */
async function step(network: tfl.LayersModel, names: NameMap, golden: Case): Promise<[string, number][]> {
  const [batch] = golden.input_shape;
  const given = clipOf(golden);
  const clip = tf.variable(given, true, 'input');
  given.dispose();
  const factors = tf.tensor2d(lossFactors(batch * 7), [batch, 7]);
  let logits: tf.Tensor | undefined;
  const {value, grads} = tf.variableGrads(() => {
    const answer = network.apply(clip, {training: golden.mode === 'train'}) as tf.Tensor;
    logits = tf.keep(answer.clone());
    return tf.sum(tf.mul(answer, factors));
  });
  const errors: [string, number][] = [['logits', compare(await logits!.data(), golden.logits.flat())]];
  const keyOf = new Map(
    network.weights.map((weight) => [weight.name, names.toTorch(weight.originalName)!.name]),
  );
  keyOf.set('input', 'input');
  const seen = Object.entries(grads).map(([variable, gradient]) => [keyOf.get(variable)!, gradient] as const);
  expect(seen.map(([key]) => key).sort()).toEqual(Object.keys(golden.grad).sort());
  expect(seen.reduce((size, [key, {size: n}]) => size + (key === 'input' ? 0 : n), 0)).toBe(
    golden.parameters,
  );
  for (const [key, gradient] of seen) {
    errors.push([key, compareSummary((await gradient.data()) as Float32Array, golden.grad[key]!)]);
  }
  for (const weight of network.weights) {
    const key = keyOf.get(weight.name)!;
    const expected = golden.buffers_after?.[key];
    if (expected)
      errors.push([
        key,
        compare(summary((await weight.read().data()) as Float32Array).slice(0, 2), expected),
      ]);
  }
  tf.dispose([value, grads, logits!, clip, factors]);
  return errors;
}

/** What the authors' logits were multiplied by: the filling rule's numbers from [-1, 1) for the key 'g'. */
function lossFactors(count: number): number[] {
  return Array.from({length: count}, (_, i) => ((bitsAt(hashOf('g'), i) >>> 9) - 4194304) / 4194304);
}

function summary(values: Float32Array): Summary {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  return [sum, Math.sqrt(squares), values[0]!, values.at(-1)!];
}

/** The sum is of many elements: its error is measured against that of as many independent ones. */
function compareSummary(values: Float32Array, expected: Summary): number {
  const [sum, norm, first, last] = summary(values);
  const [goldenSum, goldenNorm, goldenFirst, goldenLast] = expected;
  const errors = [
    (sum - goldenSum) / Math.sqrt(values.length),
    norm - goldenNorm,
    first - goldenFirst,
    last - goldenLast,
  ];
  return relative(errors, goldenNorm);
}

/** The largest difference over the norm. */
function compare(values: ArrayLike<number>, expected: readonly number[]): number {
  const differences = expected.map((value, i) => values[i]! - value);
  return relative(differences, Math.hypot(...expected));
}

/** Behind a ReLU that lets nothing through, gradients are exact zeros. */
function relative(errors: number[], norm: number): number {
  const largest = Math.max(...errors.map(Math.abs));
  return largest === 0 ? 0 : largest / norm;
}
