/**
 * Kernels that want space beside their tensors, recorded: a run has space of its own, not where it lay when they were recorded. And one
 * whose result is zeros but for what it copies, in the place of other values.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, expect, it} from 'vitest';
import '../../../src/entries/backends/wasm';
import {
  BatchNormTrain,
  BatchNormTrainGrad,
  GateGrad,
  IndirectConv3D,
} from '../../../src/geometry/kernel_names';
import {type BeginTape, RECORDER} from '../../../src/geometry/recording';
import {startBackend} from '../../support/backends';

beforeAll(() => startBackend('wasm'));

const X = [2, 3, 9, 9, 5];
const CHANNELS = [5];

it.each<[string, readonly (readonly number[])[], readonly string[], tf.NamedAttrMap]>([
  [BatchNormTrain, [X, CHANNELS, CHANNELS], ['x', 'gamma', 'beta'], {epsilon: 1e-3, activation: 'relu'}],
  [
    BatchNormTrainGrad,
    [X, X, CHANNELS, CHANNELS, CHANNELS, CHANNELS],
    ['dy', 'x', 'gamma', 'beta', 'mean', 'variance'],
    {epsilon: 1e-3, activation: 'relu'},
  ],
  [GateGrad, [X, X, [2, 1, 1, 1, 5]], ['dy', 'x', 'gate'], {}],
  [
    tf.PadV2,
    [[6, 9, 45]],
    ['x'],
    {
      paddings: [
        [0, 0],
        [1, 2],
        [5, 0],
      ],
      constantValue: 0,
    },
  ],
])('%s', (kernelName, shapes, names, attrs) => {
  const backend = tf.backend();
  const given = shapes.map((shape, i) => tf.randomUniform([...shape], 0.5, 1.5, 'float32', i + 1));
  const {kernelFunc} = tf.getKernel(kernelName, 'wasm')!;
  const compute = (tensors: readonly tf.TensorInfo[]) =>
    [
      kernelFunc({inputs: Object.fromEntries(names.map((name, i) => [name, tensors[i]!])), attrs, backend}),
    ].flat();
  const values = (made: readonly tf.TensorInfo[]) =>
    made.map((info) => {
      const tensor = tf.engine().makeTensorFromTensorInfo(info, backend);
      const read = [...tensor.dataSync()];
      tensor.dispose();
      return read;
    });
  const {[RECORDER]: begin} = tf.getKernel(IndirectConv3D, 'wasm') as tf.KernelConfig & {
    [RECORDER]: BeginTape;
  };
  const tape = begin(backend)!;
  const made = tape.record(() => compute(given.map((tensor) => tape.given(tensor))));
  expect(made.length).toBeGreaterThan(0);
  const recording = tape.finish(made);
  // What lay where the space was when it was recorded.
  const others = given.map((tensor) => tf.fill(tensor.shape, Number.NaN));
  const before = others.map((tensor) => [...tensor.dataSync()]);
  const [run, expected] = [values(recording.run(given)!), values(compute(given))];
  expect(run).toEqual(expected);
  expect(run.flat().every(Number.isFinite)).toBe(true);
  expect(others.map((tensor) => [...tensor.dataSync()])).toEqual(before);
  tf.dispose([...given, ...others]);
});
