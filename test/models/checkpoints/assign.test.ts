/** Checkpoints into and out of tfjs models: all or nothing, names without surprises, a round trip through a file. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {beforeAll, describe, expect, it} from 'vitest';
import {
  assign,
  Checkpoint,
  type CheckpointEntry,
  compare,
  entryOf,
  fromLayersModel,
  read,
  safetensors,
} from '../../../src/models/checkpoints';
import {CheckpointEntry as Entry} from '../../../src/models/checkpoints/checkpoint';
import {decodeFloat16, encodeFloat16Array} from '../../../src/models/checkpoints/float16';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const NAMES = [
  'conv/kernel',
  'conv/bias',
  'bn/gamma',
  'bn/beta',
  'head/kernel',
  'head/bias',
  'bn/moving_mean',
  'bn/moving_variance',
];

function model(): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({name: 'conv', filters: 3, kernelSize: 2, inputShape: [4, 4, 2]}),
      tfl.layers.batchNormalization({name: 'bn'}),
      tfl.layers.flatten(),
      tfl.layers.dense({name: 'head', units: 2}),
    ],
  });
}

const values = async (of: tfl.LayersModel) =>
  Promise.all(of.weights.map(async (w) => [...(await w.read().data())]));

/** A checkpoint that fits, with values of its own. */
function fitting(of: tfl.LayersModel): [string, CheckpointEntry][] {
  return of.weights.map((weight, i) => {
    const shape = weight.shape.map(Number);
    const size = shape.reduce((a, b) => a * b, 1);
    return [
      weight.originalName,
      entryOf(
        Float32Array.from({length: size}, (_, k) => i + k / 64),
        shape,
      ),
    ];
  });
}

describe('assign', () => {
  it('gives every weight its values, whichever model of that name comes first', async () => {
    const [first, second] = [model(), model()];
    const entries = fitting(first);
    expect(second.weights[0]!.name).not.toBe('conv/kernel');
    for (const target of [first, second]) {
      const report = assign(target, new Checkpoint(entries.reverse()));
      expect(report).toEqual({assigned: NAMES, missing: [], extra: [], misshapen: []});
    }
    const expected = fitting(first).map(([, entry]) => [...entry.toFloat32()]);
    expect(await values(first)).toEqual(expected);
    expect(await values(second)).toEqual(expected);
  });

  it('says so when its arguments are exchanged, or are something else', () => {
    const target = model();
    const checkpoint = new Checkpoint(fitting(target));
    const cases: [unknown, unknown, RegExp][] = [
      [
        checkpoint,
        target,
        /a model and a checkpoint, .* in this order; got an object of class Checkpoint and an object/,
      ],
      [target, undefined, /; got an object of class \w+ and undefined/],
      [target, Promise.resolve(checkpoint), /and a Promise; await it/],
      [{}, checkpoint, /; got an object of class Object and/],
    ];
    for (const call of [assign, compare]) {
      for (const [first, second, message] of cases) {
        const act = () => call(first as never, second as never);
        expect(act).toThrow(InvalidArgumentError);
        expect(act).toThrow(message);
        expect(act).toThrow(`checkpoints.${call.name}: `);
      }
    }
  });

  it('leaks no tensor', () => {
    const target = model();
    const before = tf.memory().numTensors;
    assign(target, new Checkpoint(fitting(target)));
    expect(() => assign(target, new Checkpoint([]))).toThrow();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('strict: lists missing, extra and misshapen, and assigns nothing', async () => {
    const target = model();
    const before = await values(target);
    const entries = fitting(target).filter(([name]) => name !== 'bn/beta' && name !== 'head/bias');
    entries.push(['other/kernel', entries[0]![1]]);
    entries[1] = ['conv/bias', entryOf(Float32Array.of(1, 2), [2])];
    let error: unknown;
    try {
      assign(target, new Checkpoint(entries));
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidArgumentError);
    const {message} = error as Error;
    expect(message).toContain('missing (2): bn/beta, head/bias');
    expect(message).toContain('extra (1): other/kernel');
    expect(message).toContain('misshapen (1): conv/bias needs [3], given [2]');
    expect(await values(target)).toEqual(before);
  });

  it('not strict: assigns what fits and reports the rest, as compare has foretold', async () => {
    const target = model();
    const before = await values(target);
    const entries = fitting(target).filter(([name]) => name === 'bn/gamma');
    entries.push(['x', entries[0]![1]], ['conv/bias', entryOf(Float32Array.of(1, 2), [2])]);
    const foretold = compare(target, new Checkpoint(entries));
    expect(await values(target)).toEqual(before);
    const report = assign(target, new Checkpoint(entries), {strict: false});
    expect(foretold).toEqual(report);
    expect(report).toEqual({
      assigned: ['bn/gamma'],
      missing: NAMES.filter((name) => name !== 'bn/gamma' && name !== 'conv/bias'),
      extra: ['x'],
      misshapen: [{name: 'conv/bias', expected: [3], given: [2]}],
    });
    const after = await values(target);
    expect(after[2]).toEqual([2, 2 + 1 / 64, 2 + 2 / 64]);
    after[2] = before[2]!;
    expect(after).toEqual(before);
  });

  it('names: maps, leaves aside with null, refuses two sources for one weight', () => {
    const target = model();
    const foreign = fitting(target).map(([name, entry]): [string, CheckpointEntry] => [
      `module.${name}`,
      entry,
    ]);
    foreign.push(['module.counter', entryOf(BigInt64Array.of(7n), [])]);
    const names = (key: string) => (key === 'module.counter' ? null : key.slice('module.'.length));
    expect(assign(target, new Checkpoint(foreign), {names}).assigned).toEqual(NAMES);
    const twice = () => assign(target, new Checkpoint(foreign), {names: () => 'conv/bias'});
    expect(twice).toThrow(/module\.conv\/kernel and module\.conv\/bias both map to the weight conv\/bias/);
  });

  it('a tensor that turns out damaged at the end leaves the first weights alone', async () => {
    const target = model();
    const before = await values(target);
    const entries = fitting(target);
    const [name, last] = entries.pop()!;
    entries.push([name, new Entry('F32', last.shape, () => new Uint8Array(1))]);
    const tensors = tf.memory().numTensors;
    expect(() => assign(target, new Checkpoint(entries))).toThrow(FormatError);
    expect(await values(target)).toEqual(before);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('weights of one name cannot be told apart', () => {
    const inner = () =>
      tfl.sequential({layers: [tfl.layers.dense({name: 'same', units: 2, inputShape: [2]})]});
    const nested = tfl.sequential({layers: [inner(), inner()]});
    expect(() => assign(nested, new Checkpoint([]))).toThrow(
      /two weights of the model are called same\/kernel/,
    );
  });

  it('a layer used twice has its weights once', () => {
    const shared = tfl.layers.dense({name: 'shared', units: 2});
    const input = tfl.input({shape: [2]});
    const output = shared.apply(shared.apply(input)) as tfl.SymbolicTensor;
    const target = tfl.model({inputs: input, outputs: output});
    expect(assign(target, new Checkpoint(fitting(target))).assigned).toEqual([
      'shared/kernel',
      'shared/bias',
    ]);
  });

  it('other float types and integers are converted', async () => {
    const target = model();
    const entries = fitting(target);
    entries[2] = ['bn/gamma', entryOf(Float64Array.of(1, 2, 3), [3]).toFloat('F16')];
    entries[3] = ['bn/beta', entryOf(BigInt64Array.of(4n, 5n, 6n), [3])];
    assign(target, new Checkpoint(entries));
    const after = await values(target);
    expect([after[2], after[3]]).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

describe('fromLayersModel', () => {
  it('round trip through a file, exactly in F32, rounded once in F16', async () => {
    const source = model();
    const weights = await values(source);
    for (const dtype of ['F32', 'F16'] as const) {
      const checkpoint = read(safetensors.write(await fromLayersModel(source, {dtype}), {from: 'test'}));
      expect(checkpoint.names()).toEqual(NAMES);
      expect([...checkpoint].every(([, entry]) => entry.dtype === dtype)).toBe(true);
      const target = model();
      assign(target, checkpoint);
      const rounded = (row: number[]) =>
        dtype === 'F32' ? row : [...decodeFloat16(encodeFloat16Array(row))];
      expect(await values(target)).toEqual(weights.map(rounded));
    }
  });

  it('is a copy: the model may change afterwards', async () => {
    const source = model();
    const checkpoint = await fromLayersModel(source);
    const before = checkpoint.get('bn/gamma').toFloat32();
    assign(source, new Checkpoint(fitting(source)));
    expect(checkpoint.get('bn/gamma').toFloat32()).toEqual(before);
  });
});
