/** R(2+1)D against the authors' code: video with STS on and off, and images. */
import {beforeAll, describe, expect, it} from 'vitest';
import {createNetwork} from '../../src/networks';
import {startBackend} from '../support/backends';
import {imageNetworks, videoNetworks} from './golden_files';
import {describeGoldenNetwork} from './golden_networks';

await describeGoldenNetwork(videoNetworks.r2plus1d_r34_8x8);
await describeGoldenNetwork(imageNetworks.r2plus1d_r34_8x8);

describe('r2plus1d_tiny', () => {
  beforeAll(() => startBackend('wasm'));

  const build = (name: string, options: Record<string, unknown>) =>
    createNetwork(name, {weightless: true, ...options});
  const temporalStrides = [1, 2, 2, 1];

  it.each(['r2plus1d_tiny', 'r2plus1d_tiny_sts'])('%s takes every size and clip length', (name) => {
    for (const length of [1, 2, 7, 33, 50]) {
      const model = build(name, {frames: length, height: length, width: 51 - length});
      expect(model.outputs[0]!.shape).toEqual([null, 7]);
      model.dispose();
    }
  });

  it('gives an answer for each frame that strides in time leave', () => {
    const model = build('r2plus1d_tiny', {frames: 9, pool: 'frame', temporalStrides});
    expect(model.outputs[0]!.shape).toEqual([null, 3, 7]);
    model.dispose();
  });

  it('refuses what strides in time cannot be or cannot divide', () => {
    expect(() => build('r2plus1d_tiny', {temporalStrides: [1, 2]})).toThrow(
      /must be 4 whole numbers.*got \[1,2\]/,
    );
    expect(() => build('r2plus1d_tiny', {temporalStrides: [1, 0, 1, 1]})).toThrow(
      /at least 1, one for each stage/,
    );
    expect(() => build('r2plus1d_tiny_sts', {frames: 6, temporalStrides})).toThrow(/multiple of 4; got 6/);
  });
});
