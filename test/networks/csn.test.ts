/** ir-CSN against the authors' code: video with STS on and off, and images. */
import {beforeAll, describe, expect, it} from 'vitest';
import {createNetwork} from '../../src/networks';
import {startBackend} from '../support/backends';
import {imageNetworks, videoNetworks} from './golden_files';
import {describeGoldenNetwork} from './golden_networks';

await describeGoldenNetwork(videoNetworks.ircsn_r50);
await describeGoldenNetwork(imageNetworks.ircsn_r50);

/** What the authors' code was seen to take: 29..32, and that and a multiple of 32. */
const isTaken = (length: number) => length >= 29 && (length + 32 - 29) % 32 < 33 - 29;
const refuses = (name: string, size: {height?: number; width?: number}) => {
  try {
    createNetwork(name, {frames: 1, weightless: true, ...size}).dispose();
    return false;
  } catch (error) {
    expect(String(error)).toMatch(
      /with sts, (height|width) must be in 29..32, or that and a multiple of 32; got \d+/,
    );
    return true;
  }
};
const lengths = Array.from({length: 100}, (_, i) => i + 1);

describe('sizes', () => {
  beforeAll(() => startBackend('wasm'));

  it('with STS are those of the authors, and an error tells them', () => {
    const taken = lengths.filter((length) => !refuses('ircsn_tiny_sts', {height: length}));
    expect(taken).toEqual(lengths.filter(isTaken));
    expect(refuses('ircsn_tiny_sts', {width: 48})).toBe(true);
  });

  it('without STS are all', () => {
    expect(lengths.filter((length) => refuses('ircsn_tiny', {height: length, width: 101 - length}))).toEqual(
      [],
    );
  });
});
