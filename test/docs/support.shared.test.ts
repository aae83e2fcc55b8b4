/**
 * docs/support.md tells the truth: its tables against kernelCoverage(), and every op, gradient and layer in them run
 * on every backend of this environment and compared with cpu.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import * as sts from '../../src/entries';
import {STOCK_KERNEL_NAMES} from '../../src/kernels/registry';
import {fillWeights, numbers} from '../layers/contract';
import {type BackendName, backendNames, startBackend} from '../support/backends';
import {readRepositoryFile} from '../support/golden';
import {implementations} from '../support/implementations';

const page = new TextDecoder().decode(await readRepositoryFile('docs/support.md'));

type Row = Record<string, string>;

/** The rows of the table whose heading's first column is `first`, by their first column without backquotes. */
function table(first: string): Map<string, Row> {
  const lines = page.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${first} |`));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const columns = cells(lines[start]!);
  return new Map(
    lines.slice(start + 2, end).map((line) => {
      const row = cells(line);
      return [row[0]!.replaceAll('`', ''), Object.fromEntries(columns.map((column, i) => [column, row[i]!]))];
    }),
  );
}

const entries: Record<BackendName, () => Promise<unknown>> = {
  cpu: () => import('../../src/entries/backends/cpu'),
  wasm: () => import('../../src/entries/backends/wasm'),
  webgl: () => import('../../src/entries/backends/webgl'),
  webgpu: () => import('../../src/entries/backends/webgpu'),
  tensorflow: () => import('../../src/entries/node'),
};

type Op = (x: tf.Tensor5D, filter: tf.Tensor5D, bias: tf.Tensor1D) => tf.Tensor;

interface OpCase {
  op: Op;
  filter: number[];
  outputs: number;
}

const x = [2, 3, 4, 6, 4];
const strides = [1, 2, 2];

const ops: Record<string, OpCase> = {
  conv3d: {
    op: (x, filter, bias) => sts.fused.conv3d({x, filter, strides, pad: 'same', bias, groups: 2}),
    filter: [3, 3, 3, 2, 6],
    outputs: 6,
  },
  depthwiseConv3d: {
    op: (x, filter, bias) => sts.fused.depthwiseConv3d({x, filter, strides, pad: 'same', bias}),
    filter: [3, 3, 3, 4, 2],
    outputs: 8,
  },
  stsConv3d: {
    op: (x, filter, bias) => sts.fused.stsConv3d({x, filter, bias}),
    filter: [3, 1, 1, 4, 7],
    outputs: 7,
  },
  stsDepthwiseConv3d: {
    op: (x, filter, bias) => sts.fused.stsDepthwiseConv3d({x, filter, strides, pad: 1, bias}),
    filter: [3, 3, 3, 4, 1],
    outputs: 4,
  },
};

type Values = Record<string, Float32Array>;

/** Output and gradients of an op. */
async function runOp({op, filter, outputs}: OpCase): Promise<Values> {
  const inputs = [numbers(x, 1), numbers(filter, 2), numbers([outputs], 3)];
  const run = (...[x, filter, bias]: tf.Tensor[]) =>
    op(x as tf.Tensor5D, filter as tf.Tensor5D, bias as tf.Tensor1D);
  const y = run(...inputs);
  const dy = numbers(y.shape, 4);
  const [dx, dfilter, dbias] = tf.grads(run)(inputs, dy);
  return read({y, dx: dx!, dfilter: dfilter!, dbias: dbias!});
}

async function read(tensors: Record<string, tf.Tensor>): Promise<Values> {
  const entries = Object.entries(tensors).map(
    async ([name, tensor]) => [name, Float32Array.from(await tensor.data())] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

const layers: Record<string, () => Parameters<typeof fillWeights>[0]> = {
  'layers.conv3d': () => sts.layers.conv3d({filters: 6, kernelSize: 3, groups: 2, activation: 'hardSwish'}),
  'layers.depthwiseConv3d': () => sts.layers.depthwiseConv3d({kernelSize: 3, strides, padding: 'same'}),
  'layers.stsConv3d': () => sts.layers.stsConv3d({filters: 6, kernelSize: [3, 1, 1]}),
  'layers.stsDepthwiseConv3d': () => sts.layers.stsDepthwiseConv3d({kernelSize: 3, strides, padding: 1}),
  'layers.batchNorm3d': () => sts.layers.batchNorm3d(),
  'layers.globalAveragePooling3d': () => sts.layers.globalAveragePooling3d(),
  'layers.zeroPadding3d': () => sts.layers.zeroPadding3d({padding: [1, 1, 2]}),
  'layers.separableConv3d': () => sts.layers.separableConv3d({filters: 5, kernelSize: 3, padding: 'same'}),
  'layers.conv3dTranspose': () => sts.layers.conv3dTranspose({filters: 5, kernelSize: 3, strides}),
  'layers.groupNormalization': () => sts.layers.groupNormalization({groups: 2}),
  'layers.unitNormalization': () => sts.layers.unitNormalization(),
  'layers.rmsNormalization': () => sts.layers.rmsNormalization(),
  'layers.normalization': () => sts.layers.normalization({mean: [1, 2, 3, 4], variance: [4, 3, 2, 1]}),
  'layers.globalMaxPooling3d': () => sts.layers.globalMaxPooling3d(),
  'layers.cropping3d': () => sts.layers.cropping3d({cropping: [1, 1, [0, 2]]}),
  'layers.upSampling3d': () => sts.layers.upSampling3d({size: [1, 2, 3]}),
  'layers.spatialDropout3d': () => sts.layers.spatialDropout3d({rate: 0.4, seed: 5}),
  'layers.dropPath': () => sts.layers.dropPath({rate: 0.4, seed: 5}),
  'layers.colorHistogram': () => sts.layers.colorHistogram({levels: 4}),
  'layers.frameSimilarity': () => sts.layers.frameSimilarity({reach: 2}),
};

/** What layers take that do not take every clip. */
const inputShapes: Record<string, number[]> = {
  'layers.colorHistogram': [2, 3, 4, 5, 3],
  'layers.frameSimilarity': [2, 4, 6],
};

/** Layers whose work is that of an op in the table of ops, or of its gradient. */
const convolutional = new Set([
  ...Object.keys(ops).map((name) => `layers.${name}`),
  'layers.separableConv3d',
  'layers.conv3dTranspose',
]);

/** Output in prediction and in training, gradients by the input and by every weight. */
async function runLayer(name: string): Promise<Values> {
  const layer = layers[name]!();
  const input = numbers(inputShapes[name] ?? x, 5);
  const y = layer.apply(input) as tf.Tensor;
  fillWeights(layer);
  const predicted = layer.apply(input) as tf.Tensor;
  const dy = numbers(y.shape, 6);
  const loss = (x: tf.Tensor) =>
    tf.sum(tf.mul(layer.apply(x, {training: true}) as tf.Tensor, dy)) as tf.Scalar;
  const dx = tf.grad(loss)(input);
  const weights = layer.trainableWeights.length > 0 ? tf.variableGrads(() => loss(input)).grads : {};
  const gradients = Object.values(weights).map((gradient, i) => [`dw${i}`, gradient]);
  const values = await read({predicted, dx, ...Object.fromEntries(gradients)});
  layer.dispose();
  return values;
}

function expectClose(found: Values, expected: Values): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const difference = values.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - found[name]![i]!)),
      0,
    );
    expect(difference / scale, name).toBeLessThan(2e-5);
    expect(found[name]!.length, name).toBe(values.length);
  }
}

const gradientRows = {
  'gradient of all four by x': 'IndirectConv3DBackpropInput',
  'gradient of all four by the filter': 'IndirectConv3DBackpropFilter',
} as const;
const biasRow = 'gradient of all four by the bias';

describe('the tables', () => {
  const packageOps = [...Object.keys(sts)].filter(
    (name) => /conv3d$/i.test(name) && name !== 'replaceConv3d',
  );

  it('have a row for every op and its gradients', () => {
    expect(packageOps.sort()).toEqual(Object.keys(ops).sort());
    const rows = [...Object.keys(ops), ...Object.keys(gradientRows), biasRow];
    expect([...table('op').keys()]).toEqual(rows);
  });

  it('have a row for every layer', () => {
    const names = Object.keys(sts.layers).map((name) => `layers.${name}`);
    expect([...table('layer').keys()].sort()).toEqual(names.sort());
    expect(Object.keys(layers).sort()).toEqual(names.sort());
  });

  it('have a row for every kernel of the host that an entry replaces', () => {
    expect([...table('host kernel').keys()]).toEqual([...STOCK_KERNEL_NAMES]);
  });
});

/** What cpu gives, once for all backends. */
const expected: Record<string, Values> = {};
beforeAll(async () => {
  await startBackend('cpu');
  await entries.cpu();
  for (const [name, op] of Object.entries(ops)) expected[name] = await runOp(op);
  for (const name of Object.keys(layers)) expected[name] = await runLayer(name);
});

describe.each(backendNames)('the column %s', (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
    await entries[backend]();
  });

  it.each(Object.keys(ops))('says what runs for %s, and it runs', async (name) => {
    expect(table('op').get(name)![backend]).toBe(sts.kernelCoverage(backend).IndirectConv3D);
    expectClose(await runOp(ops[name]!), expected[name]!);
    expect(sts.kernelCoverage(backend).IndirectConv3D).toBe(table('op').get(name)![backend]);
  });

  it('says what runs for the gradients', () => {
    const coverage = sts.kernelCoverage(backend);
    for (const [row, kernel] of Object.entries(gradientRows)) {
      expect(table('op').get(row)![backend]).toBe(coverage[kernel as keyof typeof coverage]);
    }
    expect(table('op').get(biasRow)![backend]).toBe('composed');
  });

  it("says which of the host's own kernels are replaced", () => {
    const coverage = sts.kernelCoverage(backend);
    for (const name of STOCK_KERNEL_NAMES) {
      expect(table('host kernel').get(name)![backend], name).toBe(coverage[name]);
    }
  });

  it.each(Object.keys(layers))('is right about %s', async (name) => {
    const own = name === 'layers.batchNorm3d' ? sts.kernelCoverage(backend).BatchNormTrain : 'composed';
    expect(table('layer').get(name)![backend]).toBe(convolutional.has(name) ? 'as its op' : own);
    expectClose(await runLayer(name), expected[name]!);
  });
});

describe('the composed form', () => {
  it('calls the stock kernels that the page lists, and no others', async () => {
    const putBack = await implementations.find(({name}) => name === 'wasm, composed')!.use();
    const called = new Set<string>();
    const geometries: OpCase[] = [
      ...Object.values(ops),
      {
        op: (x, filter, bias) =>
          sts.fused.conv3d({x, filter, strides: [2, 2, 2], pad: 'same', dilations: 2, bias}),
        filter: [3, 3, 3, 4, 5],
        outputs: 5,
      },
    ];
    for (const {op, filter, outputs} of geometries) {
      const inputs = [numbers(x, 1), numbers(filter, 2), numbers([outputs], 3)];
      const run = (...[x, filter, bias]: tf.Tensor[]) =>
        op(x as tf.Tensor5D, filter as tf.Tensor5D, bias as tf.Tensor1D);
      const dy = numbers(run(...inputs).shape, 4);
      const {kernels} = await tf.profile(() => {
        tf.grads(run)(inputs, dy);
      });
      for (const {name, inputShapes} of kernels) {
        called.add(name);
        const largest = Math.max(...inputShapes.map((shape) => shape?.length ?? 0));
        if (name === 'PadV2' || name === 'Reverse') expect(largest, name).toBeLessThan(5);
      }
    }
    putBack();
    const [, list] = /<!-- stock kernels -->([^<]*)<!-- end -->/.exec(page)!;
    const listed = [...list!.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect([...called].filter((name) => !name.startsWith('Indirect')).sort()).toEqual(listed.sort());
  });
});
