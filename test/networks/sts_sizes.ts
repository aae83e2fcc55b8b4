/** Which heights and widths a family with depthwise STS takes: those of the authors' code, and an error that says so. */
import {beforeAll, describe, expect, it} from 'vitest';
import {createNetwork} from '../../src/networks';
import {startBackend} from '../support/backends';

const lengths = Array.from({length: 100}, (_, i) => i + 1);

/** @param least the authors' code was seen to take least..32, and that and a multiple of 32 */
export function describeStsSizes(network: string, least: number): void {
  const isTaken = (length: number) => length >= least && (length + 32 - least) % 32 < 33 - least;
  const refusal = new RegExp(
    `: (height|width) must be in ${least}..32, or that and a multiple of 32; got \\d+\\. .* without sts every size`,
  );
  const refuses = (name: string, size: {height?: number; width?: number}) => {
    try {
      createNetwork(name, {frames: 1, weightless: true, ...size}).dispose();
      return false;
    } catch (error) {
      expect(String(error)).toMatch(refusal);
      return true;
    }
  };

  describe('sizes', () => {
    beforeAll(() => startBackend('wasm'));

    it('with STS are those of the authors, and an error tells them', () => {
      const taken = lengths.filter((length) => !refuses(`${network}_sts`, {height: length}));
      expect(taken).toEqual(lengths.filter(isTaken));
      expect(refuses(`${network}_sts`, {width: 48})).toBe(true);
    });

    it('without STS are all', () => {
      const refused = lengths.filter((length) => refuses(network, {height: length, width: 101 - length}));
      expect(refused).toEqual([]);
    });
  });
}
