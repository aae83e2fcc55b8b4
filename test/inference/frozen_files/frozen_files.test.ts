/**
 * Frozen models in files: every way there and back with the same bits, files of others and hostile ones refused. What is
 * checked of the data itself is test/inference/freeze/data.test.ts.
 */
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type FrozenModel, freeze} from '../../../src/inference/freeze';
import {frozenModelFile, loadFrozenModel, saveFrozenModel} from '../../../src/inference/frozen_files';
import {registerLayers, layers as sts} from '../../../src/layers';
import {entryOf, read, safetensors} from '../../../src/models/checkpoints';
import {loadModel} from '../../../src/models/zoo';
import {FormatError, InvalidArgumentError, UnavailableError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';
import {scramble} from '../freeze/same_answers';

const folder = mkdtempSync(join(tmpdir(), 'frozen-'));
const path = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, {recursive: true}));

/** Weights of every kind that a file has: floats, whole numbers, truth values. */
class Gate extends tfl.layers.Layer {
  /** @nocollapse */
  static className = 'GateOfFilesTest';
  override build(): void {
    const ones = tfl.initializers.ones();
    this.addWeight('shift', [3], 'int32', ones, undefined, false);
    this.addWeight('open', [3], 'bool', ones, undefined, false);
    this.built = true;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [shift, open] = this.weights.map((weight) => weight.read()) as [tf.Tensor, tf.Tensor];
    const x = [inputs].flat()[0]!;
    return tf.tidy(() => tf.where(open, tf.add(x, shift), tf.zerosLike(x)));
  }
}

let frozen: FrozenModel;
let x: tf.Tensor;
let expected: number[];
let bytes: Uint8Array;

beforeAll(async () => {
  await startBackend('wasm');
  registerLayers();
  tf.serialization.registerClass(Gate);
  const network = tfl.sequential({
    name: 'gated',
    layers: [
      sts.stsConv3d({filters: 3, kernelSize: [3, 1, 1], inputShape: [3, 4, 4, 2]}),
      sts.batchNorm3d(),
      tfl.layers.reLU(),
      sts.globalAveragePooling3d(),
      new Gate({name: 'gate'}),
    ],
  });
  scramble({weights: network.layers.slice(0, 4).flatMap(({weights}) => weights)} as tfl.LayersModel);
  const gate = network.getLayer('gate');
  gate.weights[0]!.write(tf.tensor1d([-2, 3, 2 ** 30], 'int32'));
  gate.weights[1]!.write(tf.tensor1d([true, false, true], 'bool'));
  frozen = freeze(network);
  x = tf.randomNormal([2, 3, 4, 4, 2], 0, 1, 'float32', 5);
  expected = Array.from((network.predict(x) as tf.Tensor).dataSync());
  bytes = await frozenModelFile(frozen);
});

async function expectThere(source: Parameters<typeof loadFrozenModel>[0]): Promise<void> {
  const before = tf.memory().numTensors;
  const loaded = await loadFrozenModel(source);
  const y = loaded.predict(x) as tf.Tensor;
  // The convolution is folded in both, and the rest is exact to rounding.
  expect(Array.from(y.dataSync())).toEqual(Array.from((frozen.predict(x) as tf.Tensor).dataSync()));
  y.dataSync().forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(expected[i]!)));
  });
  loaded.dispose();
  tf.dispose(y);
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 1);
}

describe('there and back', () => {
  it('a path, and a file: URL, whole or not at all', async () => {
    await saveFrozenModel(frozen, path('a.safetensors'));
    await saveFrozenModel(frozen, pathToFileURL(path('b.safetensors')));
    expect(readdirSync(folder).sort()).toEqual(['a.safetensors', 'b.safetensors']);
    expect(readFileSync(path('a.safetensors'))).toEqual(readFileSync(path('b.safetensors')));
    await expectThere(path('a.safetensors'));
    await expectThere(pathToFileURL(path('b.safetensors')));
  });

  it('bytes, a buffer, a Blob', async () => {
    await expectThere(bytes);
    await expectThere(bytes.slice().buffer as ArrayBuffer);
    await expectThere(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  });

  it('an IOHandler of the host, its weights in one buffer or in several', async () => {
    let saved: tf.io.ModelArtifacts = {};
    const handler: tf.io.IOHandler = {
      save: async (artifacts) => {
        saved = JSON.parse(JSON.stringify({...artifacts, weightData: undefined}));
        saved.weightData = artifacts.weightData!;
        return {modelArtifactsInfo: {dateSaved: new Date(), modelTopologyType: 'JSON'}};
      },
      load: async () => saved,
    };
    await saveFrozenModel(frozen, handler);
    await expectThere(handler);
    const whole = saved.weightData as ArrayBuffer;
    saved = {...saved, weightData: [whole.slice(0, 5), whole.slice(5)]};
    await expectThere(handler);
    saved = {...saved, weightData: whole.slice(1)};
    await expect(loadFrozenModel(handler)).rejects.toThrow(/loadFrozenModel: the weights end within/);
  });

  it('loadModel, which reads networks, says what reads it', async () => {
    await saveFrozenModel(frozen, path('c.safetensors'));
    await expect(loadModel(path('c.safetensors'))).rejects.toThrow(/is a frozen model; loadFrozenModel/);
  });

  it('other programs read the tensors by their names', () => {
    const checkpoint = read(bytes);
    expect(checkpoint.get('gate/shift').values()).toEqual(new Int32Array([-2, 3, 2 ** 30]));
    expect(checkpoint.get('gate/open').dtype).toBe('BOOL');
    expect(JSON.parse(checkpoint.metadata.get('frozen_model')!)).toMatchObject({version: 1, name: 'gated'});
  });
});

describe('what is refused', () => {
  it('a model that is not frozen, by either way of saving', async () => {
    const network = tfl.sequential({layers: [tfl.layers.dense({units: 1, inputShape: [2]})]});
    const given: [unknown, RegExp][] = [
      [network, /: got a LayersModel; freeze\(model\) makes/],
      [undefined, /: takes a FrozenModel, as of freeze or loadFrozenModel; got undefined/],
    ];
    for (const [model, message] of given) {
      for (const save of [
        () => saveFrozenModel(model as never, path('not')),
        () => frozenModelFile(model as never),
      ]) {
        await expect(save()).rejects.toThrow(InvalidArgumentError);
        await expect(save()).rejects.toThrow(message);
      }
    }
    network.dispose();
    expect(readdirSync(folder)).not.toContain('not');
  });

  const graph = () => JSON.parse(read(bytes).metadata.get('frozen_model')!) as Record<string, unknown>;
  const file = (
    metadata: Record<string, string>,
    tensors: Iterable<[string, never]> = [...read(bytes)] as never,
  ) => safetensors.write(tensors, metadata);

  it.each<[string, () => Uint8Array, RegExp]>([
    ['what is no safetensors file', () => new Uint8Array(99), /it is no safetensors file/],
    ['a truncated file', () => bytes.subarray(0, bytes.length - 1), /truncated or damaged/],
    ['weights of a network', () => file({network: 'x3d_s'}), /of weights, not of a frozen model; loadModel/],
    ['steps that are no JSON', () => file({frozen_model: '{'}), /frozen_model is no JSON/],
    ['another version', () => file({frozen_model: JSON.stringify({...graph(), version: 7})}), /version 7/],
    [
      'doubles',
      () => file({frozen_model: '{}'}, [['a', entryOf(new Float64Array(1), [1]) as never]]),
      /"a" is F64/,
    ],
    [
      'a name of the prototype',
      () => file({frozen_model: JSON.stringify(graph()).replace('gate/shift', '__proto__')}),
      /there is no tensor "__proto__"/,
    ],
    [
      'JSON that is nested without end',
      () =>
        file({
          frozen_model: JSON.stringify(graph()).replace(
            '"settings":{',
            `"settings":{"a":${'['.repeat(5000)}${']'.repeat(5000)},`,
          ),
        }),
      /nested deeper/,
    ],
  ])('%s', async (_, make, message) => {
    const before = tf.memory().numTensors;
    const loading = loadFrozenModel(make());
    await expect(loading).rejects.toThrow(FormatError);
    await expect(loading).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('changed bytes of the header: an error of ours or a model, and nothing stays', async () => {
    const before = tf.memory().numTensors;
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 8;
    let state = 1;
    const random = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const changed = bytes.slice();
      changed[random(length)] = 32 + random(95);
      try {
        (await loadFrozenModel(changed)).dispose();
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('settings that JSON cannot hold, before anything is written', async () => {
    const masked = tfl.sequential({
      layers: [
        tfl.layers.masking({maskValue: Number.NaN, inputShape: [2, 3]}),
        tfl.layers.simpleRNN({units: 1, recurrentInitializer: 'glorotNormal'}),
      ],
    });
    const model = freeze(masked);
    await expect(saveFrozenModel(model, path('nan.safetensors'))).rejects.toThrow(
      /saveFrozenModel: a layer of .* has the setting maskValue NaN.*toData/,
    );
    expect(readdirSync(folder)).not.toContain('nan.safetensors');
  });

  it('targets and sources of other kinds', async () => {
    await expect(saveFrozenModel(frozen, path('a.json'))).rejects.toThrow(
      /saveFrozenModel: .*no path that ends in .safetensors.*frozenModelFile/,
    );
    await expect(saveFrozenModel(frozen, {} as never)).rejects.toThrow(InvalidArgumentError);
    await expect(loadFrozenModel({} as never)).rejects.toThrow(/loadFrozenModel: a path, an address, bytes/);
    await expect(loadFrozenModel(bytes, {sha: ''} as never)).rejects.toThrow(
      /unknown option sha; did you mean sha256/,
    );
    const missing = loadFrozenModel(path('missing.safetensors'));
    await expect(missing).rejects.toThrow(UnavailableError);
    await expect(missing).rejects.toThrow(/^loadFrozenModel: cannot read .*missing.safetensors/);
  });
});
