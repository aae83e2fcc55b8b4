/**
 * `inflateCheckpoint` and `storeCheckpoint`: image networks start video networks, whose files `loadModel` reads. Values are
 * compared with plain loops over the image network's tensors.
 */
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import '../../../src/entries/backends/cpu';
import {Checkpoint, entryOf, names, read} from '../../../src/models/checkpoints';
import {inflateCheckpoint, storeCheckpoint} from '../../../src/models/convert';
import {loadModel} from '../../../src/models/zoo';
import {createNetwork} from '../../../src/networks';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {fill} from '../../support/fill';
import {goldenCheckpoint, registerGoldenNetworks, X3D} from './golden';

const scratch = mkdtempSync(join(tmpdir(), 'inflate-'));
afterAll(() => rmSync(scratch, {recursive: true}));
beforeAll(async () => {
  registerGoldenNetworks();
  await tf.setBackend('cpu');
});

/** An image network under foreign names, every tensor filled by its key. */
function imageCheckpoint(network: string, map: names.NameMap): Checkpoint {
  const model = createNetwork(network, {classes: 3, weightless: true});
  const tensors = model.weights.map(({originalName, shape}) => {
    const key = map.toTorch(originalName)!;
    const frame = shape.length === 5 ? shape.slice(1) : shape;
    const theirs = key.axes.map((axis) => frame[axis]!);
    return [key.name, entryOf(fill(key.name, theirs), theirs)] as const;
  });
  model.dispose();
  return new Checkpoint(tensors);
}

describe('inflateCheckpoint', () => {
  it('takes what the image network has and starts the rest anew', () => {
    const before = tf.memory().numTensors;
    const image = goldenCheckpoint('timm_tiny_x3d.pth.tar');
    const {checkpoint, report, origin} = inflateCheckpoint(image, X3D, {classes: 4});
    expect(tf.memory().numTensors).toBe(before);
    expect(origin).toBe('timm');
    expect(report.kept).toEqual(['classifier/kernel', 'classifier/bias']);
    expect(report.unused).toEqual(['classifier/kernel', 'classifier/bias', 'fc1/bias']);
    expect(report.copied).toHaveLength(checkpoint.tensors.size - 2);
    // [channels, 1, 3, 3, 3] and [3, 3, 3, channels, 1].
    const theirs = image.get('get_feature.layer1.0.conv2.conv.weight');
    const [channels, values] = [theirs.shape[0]!, theirs.toFloat32()];
    checkpoint
      .get('layer1_0_conv2/depthwise_kernel')
      .toFloat32()
      .forEach((value, i) => {
        expect(value).toBe(values[(i % channels) * 27 + Math.floor(i / channels)]);
      });
    expect(checkpoint.get('classifier/kernel').shape).toEqual([32, 4]);
    expect(Object.fromEntries(checkpoint.metadata)).toMatchObject({network: X3D, classes: '4', rule: 'sts'});
  });

  it.each([
    ['mean', [1 / 3, 1 / 3, 1 / 3]],
    ['sts', [0, 1, 0]],
    ['taper', [1 / 9, 1 / 3, 1 / 9]],
  ] as const)('gives kernels slices in time by rule %s', (rule, slices) => {
    const image = imageCheckpoint('slowonly_tiny_basic', names.torchvision.slowOnly());
    const {checkpoint} = inflateCheckpoint(image, 'slowonly_tiny_basic', {rule});
    const [outputs, inputs] = [32, 16];
    const frame = fill('layer3.0.conv1.weight', [outputs, inputs, 3, 3]);
    checkpoint
      .get('layer3_0_conv1/kernel')
      .toFloat32()
      .forEach((value, i) => {
        const [o, c] = [i % outputs, Math.floor(i / outputs) % inputs];
        const place = Math.floor(i / (outputs * inputs));
        const expected = frame[(o * inputs + c) * 9 + (place % 9)]! * slices[Math.floor(place / 9)]!;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 ** -23 * Math.abs(expected));
      });
  });

  it('says what does not fit, and what makes no sense', () => {
    const image = goldenCheckpoint('timm_tiny_x3d.pth.tar');
    expect(() => inflateCheckpoint(image, 'slowonly_tiny')).toThrow(FormatError);
    const {checkpoint, report} = inflateCheckpoint(image, 'slowonly_tiny', {strict: false});
    expect(report.missing.length).toBeGreaterThan(0);
    expect(checkpoint.names()).toEqual([...report.copied, ...report.inflated]);
    expect(() => inflateCheckpoint(image, X3D, {keepClassifier: true, classes: 4})).toThrow(
      InvalidArgumentError,
    );
    expect(() => inflateCheckpoint(image, 'slowfast_tiny', {keepClassifier: true})).toThrow(
      /slowfast_tiny orders its features otherwise/,
    );
    expect(() => inflateCheckpoint(image, X3D, {rule: 'men' as 'mean'})).toThrow(/unknown rule "men"/);
  });
});

describe('storeCheckpoint', () => {
  it('writes a file with its metadata, of which loadModel makes the model', async () => {
    const {checkpoint} = inflateCheckpoint(goldenCheckpoint('timm_tiny_x3d.pth.tar'), X3D);
    const path = join(scratch, 'deep', 'start.safetensors');
    await storeCheckpoint(checkpoint, pathToFileURL(path), {dtype: 'float16'});
    const file = read(readFileSync(path));
    expect(file.metadata).toEqual(checkpoint.metadata);
    for (const [, {dtype, shape}] of file) expect(dtype).toBe(shape.length > 1 ? 'F16' : 'F32');
    const {model, info} = await loadModel(path);
    expect(info.network).toBe(X3D);
    model.dispose();
  });

  it('refuses what is no place for a file', async () => {
    await expect(storeCheckpoint(new Checkpoint([]), 'https://example.org/a.safetensors')).rejects.toThrow(
      /storeCheckpoint: .* is no path that ends in \.safetensors; .* take the bytes of safetensors\.write/,
    );
    const path = join(scratch, 'whole.safetensors');
    const broken = entryOf(new Float32Array([Number.NaN, 1]), [2, 1]);
    await expect(
      storeCheckpoint(new Checkpoint([['a/kernel', broken]]), path, {dtype: 'uint8'}),
    ).rejects.toThrow(/not finite/);
    expect(existsSync(path)).toBe(false);
  });
});
