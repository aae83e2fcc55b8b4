/**
 * `convertCheckpoint` and the way back, `torchCheckpoint`: the authors' files as checkpoints of ours that answer as the authors'
 * code does, and what does not fit as a report or an error.
 */
import * as tf from '@tensorflow/tfjs-core';
import {beforeAll, describe, expect, it} from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import '../../../src/entries/backends/cpu';
import {Checkpoint, entryOf, read, safetensors, storedAs} from '../../../src/models/checkpoints';
import {convertCheckpoint, type Origin, torchCheckpoint} from '../../../src/models/convert';
import {loadModel} from '../../../src/models/zoo';
import {FormatError} from '../../../src/util/errors';
import {errorOf, goldenCheckpoint, registerGoldenNetworks, SLOW_ONLY, X3D_IMAGE} from './golden';

beforeAll(async () => {
  registerGoldenNetworks();
  await tf.setBackend('cpu');
});

const SLOW_ONLY_FILE = 'mmaction_tiny_slowonly.pth';

describe('convertCheckpoint', () => {
  it.each([
    ['mmaction_tiny_slowonly_legacy.pth', SLOW_ONLY, 'mmaction2', SLOW_ONLY_FILE],
    ['mmaction_tiny_slowonly.safetensors', SLOW_ONLY, 'mmaction2', SLOW_ONLY_FILE],
    ['timm_tiny_x3d_clean_legacy.pth', X3D_IMAGE, 'timm', 'timm_tiny_x3d.pth.tar'],
  ])('of %s gives a checkpoint that answers as the authors do', async (file, network, origin, answers) => {
    const before = tf.memory().numTensors;
    const converted = await convertCheckpoint(goldenCheckpoint(file), network);
    expect(tf.memory().numTensors).toBe(before);
    expect(converted).toMatchObject({network, origin});
    expect(converted.report.copied).toHaveLength(converted.checkpoint.tensors.size);
    const {model, info} = await loadModel(converted.checkpoint);
    expect(info).toMatchObject({name: 'Checkpoint', network, mean: [123.675, 116.28, 103.53], labels: []});
    expect(errorOf(model, answers)).toBeLessThan(1e-5);
    model.dispose();
  });

  it('takes its own result again, also from a file of bytes', async () => {
    const {checkpoint} = await convertCheckpoint(goldenCheckpoint(SLOW_ONLY_FILE), SLOW_ONLY);
    const again = await convertCheckpoint(read(safetensors.write(storedAs(checkpoint, 'uint8'))), SLOW_ONLY);
    expect(again.origin).toBe('tfjs-sts');
    expect(again.checkpoint.names()).toEqual(checkpoint.names());
    expect(again.checkpoint.metadata).toEqual(checkpoint.metadata);
    for (const [, {dtype}] of again.checkpoint) expect(dtype).toBe('F32');
  });

  it('reports what does not fit instead of throwing, if asked to', async () => {
    const tensors = new Map(goldenCheckpoint(SLOW_ONLY_FILE));
    tensors.delete('backbone.layer2.0.conv2.conv.weight');
    tensors.set('backbone.layer9.weight', entryOf(new Float32Array(1), [1]));
    tensors.set('backbone.conv1.bn.bias', entryOf(new Float32Array(3), [3]));
    const changed = new Checkpoint(tensors);
    const {checkpoint, report} = await convertCheckpoint(changed, SLOW_ONLY, {strict: false});
    expect(report).toMatchObject({
      missing: ['layer2_0_conv2/kernel'],
      extra: ['backbone.layer9.weight'],
      misshapen: [{name: 'conv1_bn/beta', expected: [4], given: [3]}],
    });
    expect(checkpoint.names().sort()).toEqual([...report.copied].sort());
    await expect(convertCheckpoint(changed, SLOW_ONLY)).rejects.toThrow(FormatError);
    await expect(convertCheckpoint(changed, SLOW_ONLY)).rejects.toThrow(
      `convertCheckpoint: the checkpoint (names of mmaction2) does not fit ${SLOW_ONLY}: 1 missing (layer2_0_conv2/kernel); ` +
        '1 extra (backbone.layer9.weight); 1 misshapen (conv1_bn/beta needs [4], given [3])',
    );
  });

  it.each([
    ['names of nobody', SLOW_ONLY, {names: 'keras' as Origin}, /names is "keras".*nown are mmaction2, timm/],
    [
      'names without such a family',
      SLOW_ONLY,
      {names: 'efficientnet_pytorch'},
      /has no names for .* slowonly/,
    ],
    ['a network of nobody', 'slowonly_goldn_sts', {}, /no network is called "slowonly_goldn_sts"/],
  ] as const)('refuses %s', async (_, network, options, message) => {
    await expect(convertCheckpoint(goldenCheckpoint(SLOW_ONLY_FILE), network, options)).rejects.toThrow(
      message,
    );
  });
});

describe('torchCheckpoint', () => {
  it.each([
    ['mmaction2', SLOW_ONLY_FILE],
    ['timm', SLOW_ONLY_FILE],
  ] as const)('gives names of %s, which convertCheckpoint takes back', async (names, file) => {
    const original = goldenCheckpoint(file);
    const {checkpoint} = await convertCheckpoint(original, SLOW_ONLY);
    const loaded = await loadModel(checkpoint);
    const state = await torchCheckpoint(loaded, {names});
    loaded.model.dispose();
    if (names === 'mmaction2') expect(state.names().sort()).toEqual(original.names().sort());
    const again = await convertCheckpoint(read(safetensors.write(state)), SLOW_ONLY);
    expect(again.origin).toBe(names);
    // The state dict says what its input is: the same as before, and what loadModel worked out.
    expect(Object.fromEntries(again.checkpoint.metadata)).toMatchObject({
      ...Object.fromEntries(checkpoint.metadata),
      frames: '8',
      crop: '32',
    });
    for (const [name, entry] of checkpoint)
      expect(again.checkpoint.get(name).toFloat32(), name).toEqual(entry.toFloat32());
  });

  it('refuses a model of no network', async () => {
    const {checkpoint} = await convertCheckpoint(goldenCheckpoint(SLOW_ONLY_FILE), SLOW_ONLY);
    const {model, info} = await loadModel(checkpoint);
    await expect(torchCheckpoint({model, info: {...info, network: null}})).rejects.toThrow(
      /Checkpoint does not say which network it is/,
    );
    model.dispose();
  });
});
