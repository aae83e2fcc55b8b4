/**
 * Name maps against the authors' state dicts (test/golden/state_dicts.json: keys and shapes of their twelve networks,
 * without the norms' counts of batches): every key has one place of its shape, every weight has a key, and back.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import {assign, Checkpoint, entryOf} from '../../../src/models/checkpoints';
import {mmaction2, nameMap, renamed, timm} from '../../../src/models/checkpoints/names';
import {createNetwork} from '../../../src/networks';
import {startBackend} from '../../support/backends';
import {readGoldenJson} from '../../support/golden';

type StateDict = Record<string, number[]>;
type Network = keyof typeof FAMILIES;

const FAMILIES = {
  slowfast_r50_4x16: 'slowFast',
  slowfast_r50_8x8: 'slowFast',
  slowonly_r50_8x8: 'slowOnly',
  r2plus1d_r34_8x8: 'r2plus1d',
  ircsn_r50: 'csn',
  x3d_s: 'x3d',
} as const;

const golden =
  await readGoldenJson<Record<'video_k400' | 'image', Record<Network, StateDict>>>('state_dicts.json');

beforeAll(() => startBackend('cpu'));

const cases = (Object.keys(FAMILIES) as Network[]).flatMap((network) => [
  {name: network, names: mmaction2[FAMILIES[network]](), keys: golden.video_k400[network]},
  {name: `${network}_image`, names: timm[FAMILIES[network]](), keys: golden.image[network]},
]);

const permuted = (shape: readonly number[], axes: readonly number[]) => axes.map((axis) => shape[axis]!);

describe.each(cases)('$name', ({name, names, keys}) => {
  it('has one weight of its shape for each key, and a key for each weight', () => {
    const model = createNetwork(name, {height: 32, width: 32, weightless: true});
    const weights = Object.fromEntries(model.weights.map(({originalName, shape}) => [originalName, shape]));
    model.dispose();
    const mapped = Object.entries(keys).map(([key, shape]) => {
      const ours = names.fromTorch(key);
      return [ours?.name ?? `nothing for ${key}`, ours && permuted(shape, ours.axes)];
    });
    expect(mapped.length).toBe(Object.keys(weights).length);
    expect(Object.fromEntries(mapped)).toEqual(weights);
  });

  it('comes back to the key and the shape', () => {
    for (const [key, shape] of Object.entries(keys)) {
      const ours = names.fromTorch(key)!;
      const theirs = names.toTorch(ours.name)!;
      expect(theirs.name).toBe(key);
      expect(permuted(permuted(shape, ours.axes), theirs.axes)).toEqual(shape);
    }
  });

  it('leaves the count of batches aside, and knows no other names', () => {
    expect(names.isLeftAside('backbone.conv1.bn.num_batches_tracked')).toBe(true);
    expect(Object.keys(keys).filter(names.isLeftAside)).toEqual([]);
    for (const key of ['', 'weight', 'backbone.conv9.weight', 'optimizer.layer1.0.conv1.conv.weight'])
      expect(names.fromTorch(key)).toBeNull();
    for (const weight of ['', 'kernel', 'conv9/kernel', 'xlayer1_0_conv1/kernel', 'classifier/gamma'])
      expect(names.toTorch(weight)).toBeNull();
  });
});

describe('nameMap', () => {
  it('carries numbers over by their names, and takes the first row that fits', () => {
    const names = nameMap([
      {torch: 'a{x}.special', ours: 'special{x}', kind: 'norm'},
      {torch: 'a{x}.b{y}', ours: 'b{y}_of_a{x}', kind: 'conv'},
      {torch: 'a{x}.special', ours: 'never', kind: 'norm'},
    ]);
    expect(names.fromTorch('a12.b3.weight')?.name).toBe('b3_of_a12/kernel');
    expect(names.toTorch('b3_of_a12/bias')?.name).toBe('a12.b3.bias');
    expect(names.fromTorch('a7.special.running_var')?.name).toBe('special7/moving_variance');
    expect(names.fromTorch('aX.b3.weight')).toBeNull();
    expect(names.fromTorch('a1.b3xweight')).toBeNull();
  });
});

describe('renamed', () => {
  const count = (size: number) => Float32Array.from({length: size}, (_, i) => i);
  const names = nameMap([{torch: 'fc', ours: 'classifier', kind: 'dense'}]);

  it('reorders axes, leaves counts out, keeps names that it does not know', () => {
    const checkpoint = renamed(
      new Checkpoint([
        ['fc.weight', entryOf(count(6), [2, 3])],
        ['fc.bias', entryOf(count(2), [2])],
        ['bn.num_batches_tracked', entryOf(new BigInt64Array(1), [])],
        ['other.weight', entryOf(count(4), [2, 2])],
      ]),
      names,
    );
    expect(checkpoint.names()).toEqual(['classifier/kernel', 'classifier/bias', 'other.weight']);
    const kernel = checkpoint.get('classifier/kernel');
    expect([kernel.shape, [...kernel.toFloat32()]]).toEqual([
      [3, 2],
      [0, 3, 1, 4, 2, 5],
    ]);
  });

  it('lets assign report what does not fit', () => {
    const model = createNetwork('slowonly_tiny', {weightless: true});
    const checkpoint = renamed(
      new Checkpoint([
        ['cls_head.fc_cls.weight', entryOf(count(7 * 256), [7, 256, 1, 1, 1])],
        ['cls_head.fc_cls.bias', entryOf(count(7), [7])],
        ['cls_head.fc2.bias', entryOf(count(7), [7])],
      ]),
      mmaction2.slowOnly(),
    );
    const report = assign(model, checkpoint, {strict: false});
    expect(report.misshapen.map(({name}) => name)).toEqual(['classifier/kernel']);
    expect(report.extra).toEqual(['cls_head.fc2.bias']);
    expect(report.assigned).toEqual(['classifier/bias']);
    const bias = model.weights.find(({originalName}) => originalName === 'classifier/bias')!;
    expect([...tf.tidy(() => bias.read().dataSync())]).toEqual([...count(7)]);
    model.dispose();
  });
});
