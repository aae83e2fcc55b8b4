/** The command `info` against figures that the authors' networks were measured to have, and against itself. */
import * as tf from '@tensorflow/tfjs-core';
import {describe, expect, it} from 'vitest';
import {main} from '../../src/cli/main';
import {box} from './fake';

async function info(...args: string[]) {
  const {io, written} = box();
  return {code: await main(['info', ...args], io), ...written};
}

interface Layer {
  name: string;
  className: string;
  outputShape: number[];
  parameters: number;
  macs: number;
  sts: boolean;
}

describe('info', () => {
  it('counts SlowFast 4 x 16 as the authors do at its test size', async () => {
    const before = tf.memory().numTensors;
    const {out} = await info('slowfast_r50_4x16_sts', '--size', '256', '--json');
    const answer = JSON.parse(out);
    expect([answer.parameters, answer.macs]).toEqual([34_479_288, 36_099_198_976]);
    expect([answer.input, answer.output]).toEqual([[32, 256, 256, 3], [400]]);
    const sts = answer.layers.filter((layer: Layer) => layer.sts);
    // conv1 of slow stages 3 and 4 (6 and 3 blocks) and of fast stages 1 to 4 (3, 4, 6, 3 blocks).
    expect(sts).toHaveLength(6 + 3 + 3 + 4 + 6 + 3);
    expect(sts.find(({name}: Layer) => name === 'slow_layer3_0_conv1').outputShape).toEqual([4, 32, 32, 256]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('adds up, and prints what the JSON says', async () => {
    const answer = JSON.parse((await info('x3d_tiny_sts', '--frames', '7', '--json')).out);
    const sum = (key: 'parameters' | 'macs') =>
      answer.layers.reduce((total: number, layer: Layer) => total + layer[key], 0);
    expect([sum('parameters'), sum('macs')]).toEqual([answer.parameters, answer.macs]);
    expect(answer.input).toEqual([7, 32, 64, 3]);

    const {code, out, err} = await info('x3d_tiny_sts', '--frames', '7');
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^x3d_tiny_sts: X3D/);
    expect(lines).toContain('clip        7 x 32 x 64 x 3');
    expect(lines).toContain(`MACs        ${answer.macs.toLocaleString('en-US')} for one clip`);
    expect(lines).toContain('weights     yours to bring: tfjs-sts convert');
    expect(lines.slice(1).filter((line) => line.endsWith('STS'))).toHaveLength(4);
    expect(lines.find((line) => line.startsWith('layer2_0_conv2 '))).toMatch(
      /^layer2_0_conv2 +STSDepthwiseConv3D +7 x /,
    );
  });

  it('takes a model of the zoo with its usual clip', async () => {
    const {out} = await info('efficientnet_lite0_sts');
    expect((await info('efficientnet_lite0_sts.in1k')).out).toBe(out);
    expect(out).toMatch(/^weights +shipped as efficientnet_lite0_sts\.in1k$/m);
    expect(out).toMatch(/^clip +8 x 224 x 224 x 3$/m);
  });

  it("takes one of the authors' checkpoints: its input, its classes, what they report", async () => {
    const {code, out} = await info('x3d_s_sts.ssv2');
    expect(code).toBe(0);
    const lines = out.split('\n');
    for (const line of [
      /^model +x3d_s_sts\.ssv2, not shipped; top-1 58\.3 % on Something-Something V2, reported by its authors$/,
      /^ +source +README of github\.com\/UCSC-VLAA\/.*, row X3D-S$/,
      /^ +input +8 frames spread over the video, short side 256, crop 256$/,
      /^ +licence +not stated$/,
      /^ +convert +tfjs-sts convert FILE --network x3d_s_sts\.ssv2 -o DIR$/,
      /^clip +8 x 256 x 256 x 3$/,
      /^output +174$/,
    ]) {
      expect(lines.some((text) => line.test(text))).toBe(true);
    }
  });

  it('takes a model that is no network of the registry, by what its file says', async () => {
    const {code, out} = await info('camera_movement');
    expect(code).toBe(0);
    expect(out).toMatch(/^camera_movement\.drawn: /);
    expect(out).toMatch(/^clip +16 x 27 x 48 x 3$/m);
    expect(out).toMatch(/^output +9$/m);
    expect(out).not.toMatch(/^(family|frames|sides) /m);
    const answer = JSON.parse((await info('camera_movement.drawn', '--json')).out);
    expect([answer.network, answer.family, answer.sizes]).toEqual([null, null, null]);
    expect(answer.models).toHaveLength(1);
    expect(answer.layers.find(({name}: Layer) => name === 'movement')).toMatchObject({className: 'Dense'});
  });

  it('tells which clips a network takes, and why, as building it does', async () => {
    const {sizes} = JSON.parse((await info('slowfast_r50_8x8_sts', '--json')).out);
    expect(sizes.frames.text).toBe('a multiple of 4, or 1 for images');
    expect(sizes.height.text).toBe('a whole number of at least 1');
    const {out} = await info('x3d_s_sts');
    expect(out).toMatch(/^frames +a whole number of at least 1\. Convolutions pad the clip/m);
    expect(out).toMatch(/^sides +in 31\.\.32, or that and a multiple of 32\. STS reads lines/m);
    const {err} = await info('x3d_s_sts', '--size', '33');
    expect(err).toMatch(/height must be in 31\.\.32, or that and a multiple of 32; got 33\. STS reads lines/);
  });

  it('tells of a network which checkpoints the authors have for it', async () => {
    const {out} = await info('x3d_s_sts');
    expect(out.match(/^ +source +README of .*, row X3D-S/gm)).toHaveLength(3);
    expect(out.match(/^model .*/gm)?.map((line) => line.replace(/^model +/, ''))).toEqual([
      'x3d_s_sts.k400, not shipped; top-1 72.5 % on Kinetics-400, reported by its authors',
      'x3d_s_sts.k400_e100, not shipped; top-1 73.9 % on Kinetics-400, reported by its authors',
      'x3d_s_sts.ssv2, not shipped; top-1 58.3 % on Something-Something V2, reported by its authors',
    ]);
    expect(JSON.parse((await info('x3d_s', '--json')).out).models).toEqual([]);
  });

  it.each([
    ['no name', [], /info needs a NAME/],
    ['an unknown name', ['slowfast'], /no network is called "slowfast"; did you mean .*slowfast_r50/],
    [
      'a name that is near',
      ['x3d_s_sts.k40'],
      /did you mean x3d_s_sts\.k400 or .*\? Known are .*x3d_s.*; tfjs-sts list names models too/,
    ],
    [
      'a name that is near none',
      ['nope'],
      /no network is called "nope"; known are .*slowfast_r50_4x16.*x3d_s_sts/,
    ],
    ['a file', ['package.json'], /'package\.json' is a file; .*see tfjs-sts inspect package\.json/],
    ['a size that is no number', ['x3d_s', '--size', 'big'], /--size is 'big'; it must be a whole number/],
    ['another size of a model of one', ['camera_movement', '--size', '48'], /takes clips of one size/],
    ['a size that STS cannot take', ['x3d_s_sts', '--size', '100'], /must be in 31\.\.32|multiple of 32/],
  ])('refuses %s', async (_, args, message) => {
    const {code, out, err} = await info(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err.match(/\n/g)).toHaveLength(1);
    expect(err).not.toMatch(/unexpected error/);
  });

  it('shows its help', async () => {
    expect((await info('--help')).out).toMatch(/usage: tfjs-sts info NAME/);
  });
});
