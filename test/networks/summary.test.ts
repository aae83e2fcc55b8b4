/**
 * Parameters and multiply-accumulates against counts of the authors' PyTorch networks (networks.json of the golden
 * vectors, test/golden/networks/counts.json here) and against numbers worked out by hand.
 */
import {readFileSync} from 'node:fs';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterEach, beforeAll, describe, expect, it} from 'vitest';
import {layers} from '../../src/layers';
import {createNetwork, type NetworkSummary, summarize} from '../../src/networks';
import {InvalidArgumentError} from '../../src/util/errors';
import {startBackend} from '../support/backends';

beforeAll(() => startBackend('cpu'));

interface Count {
  /** Name in the registry. */
  network: string;
  classes: number;
  /** `[frames, height, width]` */
  size: [number, number, number];
  parameters: number;
  macs: number;
}

const counts: Count[] = JSON.parse(
  readFileSync(new URL('../golden/networks/counts.json', import.meta.url), 'utf8'),
);

let model: tfl.LayersModel | undefined;
afterEach(() => {
  model?.dispose();
  model = undefined;
});

function summaryOf(layer: tfl.layers.Layer, shape: number[]): NetworkSummary {
  const input = tfl.input({shape});
  model = tfl.model({inputs: input, outputs: layer.apply(input) as tfl.SymbolicTensor});
  return summarize(model);
}

describe('the authors networks', () => {
  it.each(counts.map((count) => [count.network, count.size.join(' x '), count] as const))(
    '%s at %s',
    (network, _, {classes, size: [frames, height, width], parameters, macs}) => {
      model = createNetwork(network, {classes, frames, height, width, weightless: true});
      const summary = summarize(model);
      expect([summary.parameters, summary.macs]).toEqual([parameters, macs]);
      expect(summary.name).toBe(network);
      expect(summary.layers.map(({name}) => name)).toEqual(model.layers.map(({name}) => name));
    },
  );
});

describe('summarize', () => {
  it('counts layers of this package, and tells moving averages from parameters', () => {
    const conv = layers.conv3d({filters: 6, kernelSize: [3, 1, 1], groups: 2, name: 'conv'});
    expect(summaryOf(conv, [5, 2, 3, 4]).layers[1]).toEqual({
      name: 'conv',
      className: 'GroupedConv3D',
      outputShape: [null, 3, 2, 3, 6],
      parameters: 3 * 2 * 6 + 6,
      statistics: 0,
      macs: 3 * 2 * 3 * (3 * 2 * 6),
    });
    const norm = summaryOf(layers.batchNorm3d({name: 'norm'}), [5, 2, 3, 4]);
    expect([norm.parameters, norm.statistics, norm.macs]).toEqual([8, 8, 0]);
  });

  it.each([
    ['dense', tfl.layers.dense({units: 5}), [7, 3], 7 * 3 * 5],
    ['conv2d', tfl.layers.conv2d({filters: 5, kernelSize: 3, strides: 2}), [9, 7, 2], 4 * 3 * 9 * 2 * 5],
    [
      'conv2d, channels first',
      tfl.layers.conv2d({filters: 5, kernelSize: 3, dataFormat: 'channelsFirst'}),
      [2, 9, 7],
      7 * 5 * 9 * 2 * 5,
    ],
    [
      'depthwiseConv2d',
      tfl.layers.depthwiseConv2d({kernelSize: 3, depthMultiplier: 2}),
      [5, 5, 4],
      9 * 9 * 4 * 2,
    ],
    ['conv3d', tfl.layers.conv3d({filters: 2, kernelSize: 2}), [3, 4, 5, 3], 2 * 3 * 4 * 8 * 3 * 2],
    ['maxPooling3d', tfl.layers.maxPooling3d({}), [4, 4, 4, 2], 0],
  ])('counts %s of the host', (_, layer, shape, macs) => {
    expect(summaryOf(layer, shape).macs).toBe(macs);
  });

  it('counts a shared layer for each use in the model, and no use elsewhere', () => {
    const dense = tfl.layers.dense({units: 4, useBias: false});
    const input = tfl.input({shape: [4]});
    const twice = dense.apply(dense.apply(input)) as tfl.SymbolicTensor;
    dense.apply(tfl.input({shape: [4]}));
    model = tfl.model({inputs: input, outputs: twice});
    const {parameters, macs} = summarize(model);
    expect([parameters, macs]).toEqual([16, 32]);
  });

  it('counts nested models', () => {
    const inner = tfl.sequential({layers: [tfl.layers.dense({units: 3, inputShape: [2]})]});
    model = tfl.sequential({layers: [inner, tfl.layers.dense({units: 5})]});
    expect(summarize(model)).toMatchObject({parameters: 9 + 20, macs: 6 + 15});
  });

  it('counts frozen weights as parameters', () => {
    const layer = layers.batchNorm3d({trainable: false});
    expect(summaryOf(layer, [1, 1, 1, 3])).toMatchObject({parameters: 6, statistics: 6});
  });

  it.each([
    ['this package', layers.conv3d({filters: 1, kernelSize: 1}), [null, 2, 2, 1]],
    ['the host', tfl.layers.conv2d({filters: 1, kernelSize: 1}), [null, 2, 1]],
  ])('refuses unknown lengths, layers of %s', (_, layer, shape) => {
    expect(() => summaryOf(layer, shape as number[])).toThrow(InvalidArgumentError);
  });
});
