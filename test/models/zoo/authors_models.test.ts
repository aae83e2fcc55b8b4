/**
 * The rows of the authors' models against their figures written down a second time, and what happens to a file of one:
 * a network in the authors' names goes through `convert`, and `loadModel` then knows everything about it.
 */
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {main} from '../../../src/cli/main';
import {type CheckpointEntry, entryOf, safetensors} from '../../../src/models/checkpoints';
import {mmaction2, type NameMap, timm} from '../../../src/models/checkpoints/names';
import {LABELS, loadLabels, loadModel} from '../../../src/models/zoo';
import {clipOf} from '../../../src/models/zoo/model_info';
import {AUTHORS_MODELS} from '../../../src/models/zoo/table/authors_models';
import {createNetwork, networkDefinition} from '../../../src/networks';
import {UnavailableError} from '../../../src/util/errors';
import {box} from '../../cli/fake';
import {startBackend} from '../../support/backends';

/** Top-1 as reported: ImageNet, Kinetics-400 after 50 and 100 epochs, Something-Something V2. */
const REPORTED: Readonly<Record<string, readonly (number | null)[]>> = {
  slowfast_r50_4x16: [79.9, 76.2, 76.9, 57.2],
  slowfast_r50_8x8: [79.1, 77.2, 77.9, null],
  slowonly_r50_8x8: [79.9, 75.7, null, 62.7],
  r2plus1d_r34_8x8: [79.6, 76.2, null, 63],
  ircsn_r50: [78.8, 76.8, 76.7, 61.4],
  x3d_s: [74.8, 72.5, 73.9, 58.3],
};
const TAGS = ['image.in1k', 'sts.k400', 'sts.k400_e100', 'sts.ssv2'];

/** Frames, distance, side of a crop on Kinetics-400; frames on Something-Something V2. */
const CLIPS: Readonly<Record<string, readonly [number, number, number, number?]>> = {
  slowfast_r50_4x16: [32, 2, 256, 32],
  slowfast_r50_8x8: [32, 2, 256],
  slowonly_r50_8x8: [8, 8, 256, 8],
  r2plus1d_r34_8x8: [8, 8, 256, 8],
  ircsn_r50: [32, 2, 256, 8],
  x3d_s: [13, 6, 192, 8],
};

const scratch = mkdtempSync(join(tmpdir(), 'published-'));
beforeAll(() => startBackend('wasm'));
afterAll(() => rmSync(scratch, {recursive: true}));

describe('the rows', () => {
  it('are those of the authors, with their figures', () => {
    const expected = Object.entries(REPORTED).flatMap(([network, figures]) =>
      figures.flatMap((top1, i) => (top1 === null ? [] : [[`${network}_${TAGS[i]}`, top1] as const])),
    );
    expect(expected.length).toBe(6 + 6 + 4 + 5);
    const figures = AUTHORS_MODELS.map(({name, reported}) => [name, reported[0]!.percent] as const);
    expect(new Map(figures)).toEqual(new Map(expected));
    expect(figures.length).toBe(expected.length);
  });

  it.each(AUTHORS_MODELS.map((row) => [row.name, row] as const))('%s is complete', (name, row) => {
    const [network, tag] = name.split('.') as [string, string];
    expect(row.network).toBe(network);
    expect(networkDefinition(network).family).toMatch(/slow|csn|x3d|r2plus1d/);
    expect(row.weights).toMatchObject({
      from: 'convert',
      command: `tfjs-sts convert FILE --network ${name} -o DIR`,
      sha256: null,
      bytes: null,
    });
    expect([row.licence, row.measured]).toEqual([null, []]);
    expect(row.source).toMatch(
      /^README of .*, table (ImageNet-1k|Kinetics-400|Something-Something V2), row /,
    );
    const [frames, interval, crop, spread] = CLIPS[network.replace(/_(sts|image)$/, '')]!;
    const input = {
      in1k: {frames: 1, size: 256, crop: 224},
      k400: {frames, interval, size: crop, crop},
      ssv2: {frames: spread, interval: 'uniform', size: 256, crop: 256},
    }[tag.replace('_e100', '') as 'in1k' | 'k400' | 'ssv2'];
    // ImageNet's means and deviations of values of 0 to 1, as everybody writes them.
    expect(row.input).toEqual({
      ...input,
      mean: [0.485, 0.456, 0.406].map((mean) => expect.closeTo(mean * 255, 9)),
      std: [0.229, 0.224, 0.225].map((std) => expect.closeTo(std * 255, 9)),
    });
  });
});

it('loadModel says that they do not ship, which file to bring and what to run', async () => {
  const act = loadModel('slowfast_r50_4x16_sts.k400', {readFile});
  await expect(act).rejects.toThrow(UnavailableError);
  await expect(act).rejects.toThrow(
    /does not ship.*README of .*Kinetics-400, row SlowFast50-4x16.*`tfjs-sts convert FILE --network slowfast_r50_4x16_sts\.k400 -o DIR`/,
  );
});

/** The weights of a model in the authors' names and layout, as a file. */
function torchFile(model: LayersModel, names: NameMap): string {
  const tensors = new Map<string, CheckpointEntry>();
  model.weights.forEach((weight) => {
    const {name, axes} = names.toTorch(weight.originalName)!;
    tf.tidy(() => {
      const tensor = tf.transpose(weight.read(), [...axes]);
      tensors.set(name, entryOf(tensor.dataSync<'float32'>().slice(), tensor.shape));
    });
  });
  const path = join(scratch, 'theirs.safetensors');
  writeFileSync(path, safetensors.write(tensors));
  return path;
}

async function convert(...args: string[]) {
  const {io, written} = box();
  const code = await main(['convert', ...args], io);
  await startBackend('wasm');
  return {code, ...written};
}

describe('a converted file', () => {
  it.each([
    ['x3d_s_sts.ssv2', mmaction2.x3d()],
    ['x3d_s_sts.k400_e100', mmaction2.x3d()],
    ['x3d_s_image.in1k', timm.x3d()],
  ])('%s has network, input and labels of its row, and the weights', async (name, names) => {
    const row = AUTHORS_MODELS.find((candidate) => candidate.name === name)!;
    const size = clipOf(row.input);
    const classes = LABELS[row.labels!].count;
    const original = createNetwork(row.network!, {...size, classes});
    const {code, err} = await convert(torchFile(original, names), '--network', name, '-o', scratch);
    expect([code, err]).toEqual([0, '']);

    const path = join(scratch, `${name}.safetensors`);
    const {model, info} = await loadModel(path, {readFile});
    expect(info).toEqual({
      ...row.input,
      name: path,
      network: row.network,
      labels: await loadLabels(row.labels!, {readFile}),
      output: 'logits',
    });
    expect(model.inputs[0]!.shape).toEqual([null, size.frames, size.height, size.width, 3]);
    expect(model.outputs[0]!.shape).toEqual([null, classes]);
    // Compared as bytes: a matcher would take seconds for millions of numbers.
    const bytes = (network: LayersModel) =>
      network.weights.map((weight) => Buffer.from(weight.read().dataSync<'float32'>().slice().buffer));
    const [ours, theirs] = [bytes(model), bytes(original)];
    expect(ours.length).toBe(theirs.length);
    expect(ours.every((values, i) => values.equals(theirs[i]!))).toBe(true);
    model.dispose();
    original.dispose();
  });

  it('is not made of one with another number of classes', async () => {
    const original = createNetwork('x3d_s_sts', {classes: 7});
    const file = torchFile(original, mmaction2.x3d());
    original.dispose();
    const {code, err} = await convert(file, '--network', 'x3d_s_sts.k400', '-o', scratch);
    expect(code).toBe(1);
    expect(err).toMatch(/has 7 classes, x3d_s_sts\.k400 has 400; give x3d_s_sts, which takes any number/);
  });
});
