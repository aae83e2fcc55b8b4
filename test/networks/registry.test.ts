/** Names: what the registry lists, refuses and accepts from users. */
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {
  createNetwork,
  defineVariants,
  listNetworks,
  type NetworkConfig,
  type NetworkDefinition,
  networkDefinition,
  registerNetwork,
} from '../../src/networks';
import {InvalidArgumentError} from '../../src/util/errors';
import {startBackend} from '../support/backends';

beforeAll(() => startBackend('cpu'));

const config: NetworkConfig = {
  frames: 2,
  height: 4,
  width: 4,
  classes: 3,
  pool: 'clip',
  activation: 'linear',
  weightless: true,
};

function ownNetwork(name: string) {
  const build = ({frames, height, width, classes}: NetworkConfig) => {
    const clip = tfl.input({shape: [frames, height, width, 3]});
    const flat = tfl.layers.flatten().apply(clip) as tfl.SymbolicTensor;
    return tfl.model({
      inputs: clip,
      outputs: tfl.layers.dense({units: classes}).apply(flat) as tfl.SymbolicTensor,
    });
  };
  return defineVariants('own', build, {
    [name]: {description: 'flatten and dense, for this test', config},
  })[0]!;
}

describe('listNetworks', () => {
  it('has unique names of lower case letters, digits and underscores', () => {
    const names = listNetworks({tiny: true}).map(({name}) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(names).toEqual(expect.arrayContaining(['efficientnet_lite0', 'efficientnet_lite0_sts']));
  });

  it('filters by family and by part of the name, and leaves the tiny ones to those who ask', () => {
    const names = (filter: object) => listNetworks(filter).map(({name}) => name);
    expect(names({family: 'mobilenet_v2', name: 'sts'})).toEqual(['mobilenet_v2_sts']);
    expect(names({family: 'mobilenet_v2', name: 'sts', tiny: true})).toEqual([
      'mobilenet_v2_sts',
      'mobilenet_v2_tiny_sts',
    ]);
    expect(listNetworks({family: 'none'})).toEqual([]);
  });
});

describe('createNetwork', () => {
  it('names the known networks when asked for another', () => {
    expect(() => createNetwork('efficientnet_b0')).toThrow(InvalidArgumentError);
    expect(() => createNetwork('efficientnet_b0')).toThrow(
      /"efficientnet_b0".*nown are .*efficientnet_lite0_sts/,
    );
  });
});

describe('registerNetwork', () => {
  it('adds a network, once', () => {
    const definition = ownNetwork('own_network');
    registerNetwork(definition);
    registerNetwork(definition);
    expect(listNetworks({family: 'own'})).toEqual([definition]);
    expect(networkDefinition('own_network')).toBe(definition);
    expect(createNetwork('own_network', {classes: 4}).outputs[0]!.shape).toEqual([null, 4]);
  });

  it('refuses a name that is taken and one that is no name', () => {
    expect(() => registerNetwork(ownNetwork('efficientnet_lite0'))).toThrow(/efficientnet_lite0 is taken/);
    expect(() => registerNetwork(ownNetwork('Own-Network'))).toThrow(/no network name/);
    const nameless = ['own_name', undefined, {}] as unknown as NetworkDefinition[];
    for (const definition of nameless)
      expect(() => registerNetwork(definition)).toThrow(/undefined is no network name; give a definition/);
    expect(listNetworks({name: 'undefined'})).toEqual([]);
  });

  it('is known to another copy of the package, such as its CommonJS build', async () => {
    const definition = ownNetwork('known_to_both');
    registerNetwork(definition);
    // By a query, which makes a second module of the file; a reset of all modules would make one of every file for those tests
    // too that share this process.
    const copy = '../../src/networks/registry.ts?copy';
    const other = (await import(/* @vite-ignore */ copy)) as typeof import('../../src/networks/registry');
    expect(other.registerNetwork).not.toBe(registerNetwork);
    expect(other.networkDefinition('known_to_both')).toBe(definition);
    other.registerNetwork(definition);
    expect(other.listNetworks({name: 'known_to_both'})).toHaveLength(1);
  });
});
