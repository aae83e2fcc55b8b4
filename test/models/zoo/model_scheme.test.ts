/** Models of the catalog through tf.loadLayersModel: the same weights as loadModel gives, one handler, names only. */
import {readFile} from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import '../../../src/entries/zoo';
import {loadModel, registerModelScheme} from '../../../src/models/zoo';
import {InvalidArgumentError, UnavailableError} from '../../../src/util/errors';
import {startBackend} from '../../support/backends';

beforeAll(() => startBackend('wasm'));

const bytes = (model: tfl.LayersModel) =>
  model.weights.map((weight) => Buffer.from(weight.read().dataSync<'float32'>().slice().buffer));

describe('sts://', () => {
  it('gives what loadModel gives, its input and labels as metadata, and leaves no tensor behind', async () => {
    const ours = await loadModel('efficientnet_lite0_sts', {readFile});
    const before = tf.memory().numTensors;
    const fractions: number[] = [];
    const model = await tfl.loadLayersModel('sts://efficientnet_lite0_sts.in1k', {
      onProgress: (fraction) => fractions.push(fraction),
    });
    expect(model.inputs[0]!.shape).toEqual(ours.model.inputs[0]!.shape);
    const [theirs, expected] = [bytes(model), bytes(ours.model)];
    expect(theirs.length).toBe(expected.length);
    expect(theirs.every((values, i) => values.equals(expected[i]!))).toBe(true);
    expect(model.getUserDefinedMetadata()).toEqual({
      ...ours.info,
      name: 'efficientnet_lite0_sts.in1k',
    });
    expect(fractions.at(-1)).toBe(1);
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
    ours.model.dispose();
  });

  it('takes a model that is no network of the registry', async () => {
    const model = await tfl.loadLayersModel('sts://camera_movement');
    expect(model.outputs[0]!.shape).toEqual([null, 9]);
    expect(model.getUserDefinedMetadata()).toMatchObject({frames: 16, size: [27, 48]});
    model.dispose();
  });

  it('has one handler however often it is registered, and leaves other addresses alone', () => {
    registerModelScheme();
    registerModelScheme();
    expect(tf.io.getLoadHandlers('sts://efficientnet_lite0').length).toBe(1);
    for (const address of ['stst://x', 'https://example.org/sts://x'])
      expect(tf.io.getLoadHandlers(address).filter((handler) => !('path' in handler))).toEqual([]);
  });

  it.each(['sts://efficientnet_lite1', 'sts:///etc/model.json', 'sts://models/x.safetensors', 'sts://'])(
    '%s is refused',
    async (address) => {
      const act = tfl.loadLayersModel(address);
      await expect(act).rejects.toThrow(InvalidArgumentError);
      await expect(act).rejects.toThrow(/nown are efficientnet_lite0, efficientnet_lite0_sts/);
    },
  );

  it('says of a checkpoint that it does not ship', async () => {
    await expect(tfl.loadLayersModel('sts://x3d_s_sts.k400')).rejects.toThrow(UnavailableError);
  });
});
