/**
 * The command `inflate`: image networks of all origins start video networks, as files that `loadModel` reads; kernels against
 * plain loops over the file's tensors, answers against the image network's. What does not fit is listed, and nothing is left
 * behind.
 */
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {main} from '../../src/cli/main';
import {entryOf, names, read, safetensors} from '../../src/models/checkpoints';
import {loadModel} from '../../src/models/zoo';
import {createNetwork, networkDefinition, registerNetwork} from '../../src/networks';
import {registerGoldenNetworks, X3D} from '../models/convert/golden';
import {startBackend} from '../support/backends';
import {fill} from '../support/fill';
import {box} from './fake';

const fromRoot = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const X3D_IMAGE = fromRoot('test/golden/checkpoints/timm_tiny_x3d.pth.tar');
const EFFICIENTNET = fromRoot('models/efficientnet_lite0.safetensors');

const scratch = mkdtempSync(join(tmpdir(), 'inflate-'));
let out: string;
let turn = 0;
beforeEach(() => {
  out = join(scratch, `${turn++}`);
});
afterAll(() => rmSync(scratch, {recursive: true}));

beforeAll(async () => {
  await startBackend('cpu');
  registerGoldenNetworks();
});

async function run(command: 'inflate' | 'convert', ...args: string[]) {
  const {io, written} = box();
  return {code: await main([command, ...args], io), ...written};
}
const inflate = (...args: string[]) => run('inflate', ...args);

/** A file of an image network under foreign names, every tensor filled by its key. */
function imageFile(
  network: string,
  map: names.NameMap,
  {without = [] as string[], classes = 3} = {},
): string {
  const model = createNetwork(network, {classes, weightless: true});
  const tensors = model.weights.map(({originalName, shape}) => {
    const key = map.toTorch(originalName)!;
    const frame = shape.length === 5 ? shape.slice(1) : shape;
    const theirs = key.axes.map((axis) => frame[axis]!);
    return [key.name, entryOf(fill(key.name, theirs), theirs)] as const;
  });
  model.dispose();
  const path = join(scratch, `${network}-${turn}.safetensors`);
  writeFileSync(path, safetensors.write(tensors.filter(([key]) => !without.includes(key))));
  return path;
}

const values = (path: string, key: string) => [...read(readFileSync(path)).get(key).toFloat32()];

describe('inflate', () => {
  it('starts a network on clips from the authors, image mode', async () => {
    const before = tf.memory().numTensors;
    const {code, out: said, err} = await inflate(X3D_IMAGE, '--network', X3D, '--classes', '4', '-o', out);
    expect([code, err]).toEqual([0, '']);
    expect(tf.memory().numTensors).toBe(before);
    const path = join(out, `${X3D}.safetensors`);
    expect(readdirSync(out)).toEqual([`${X3D}.safetensors`]);
    const file = read(readFileSync(path));
    const given = read(readFileSync(X3D_IMAGE));
    expect(said.split('\n')).toEqual([
      `${path}: 4 classes, from names of timm`,
      `copied       ${file.tensors.size - 2}`,
      'inflated     0, rule sts',
      'started anew (2)',
      '  classifier/kernel',
      '  classifier/bias',
      'skipped of the image network (3)',
      '  classifier/kernel',
      '  classifier/bias',
      '  fc1/bias',
      '',
    ]);
    // [channels, 1, 3, 3, 3] and [3, 3, 3, channels, 1].
    const {shape} = given.get('get_feature.layer1.0.conv2.conv.weight');
    const theirs = given.get('get_feature.layer1.0.conv2.conv.weight').toFloat32();
    const ours = values(path, 'layer1_0_conv2/depthwise_kernel');
    ours.forEach((value, i) => {
      expect(value).toBe(theirs[(i % shape[0]!) * 27 + Math.floor(i / shape[0]!)]);
    });
    expect(file.get('classifier/kernel').shape).toEqual([32, 4]);
    expect(new Set(values(path, 'classifier/kernel')).size).toBeGreaterThan(100);
    expect(new Set(values(path, 'classifier/bias'))).toEqual(new Set([0]));
    const {model, info} = await loadModel(path, {readFile});
    expect(info).toMatchObject({network: X3D, mean: [123.675, 116.28, 103.53], labels: []});
    expect(model.outputs[0]!.shape).toEqual([null, 4]);
    model.dispose();
  });

  it.each([
    ['mean', [1 / 3, 1 / 3, 1 / 3]],
    ['center', [0, 1, 0]],
  ])("starts SlowOnly from a ResNet of torchvision's names by rule %s", async (rule, slices) => {
    const file = imageFile('slowonly_tiny_basic', names.torchvision.slowOnly());
    const path = join(out, 'deep', 'start.safetensors');
    const {
      code,
      err,
      out: said,
    } = await inflate(...[file, '--network', 'slowonly_tiny_basic', '--rule', rule, '-o', path]);
    expect([code, err]).toEqual([0, '']);
    // Two convolutions in each of the last two stages.
    expect(said).toMatch(
      new RegExp(`7 classes, from names of torchvision\ncopied +\\d+\ninflated +\\d+, rule ${rule}\n`),
    );
    const [channels, inputs] = [32, 16];
    const frame = fill('layer3.0.conv1.weight', [channels, inputs, 3, 3]);
    const kernel = values(path, 'layer3_0_conv1/kernel');
    expect(kernel.length).toBe(3 * frame.length);
    kernel.forEach((value, i) => {
      const [o, c] = [i % channels, Math.floor(i / channels) % inputs];
      const place = Math.floor(i / (channels * inputs));
      const expected = frame[(o * inputs + c) * 9 + (place % 9)]! * slices[Math.floor(place / 9)]!;
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 ** -23 * Math.abs(expected));
    });
    expect(values(path, 'layer3_0_downsample_bn/gamma')).toEqual([
      ...fill('layer3.0.downsample.1.weight', [32]),
    ]);
  });

  it.each([
    ['mobilenet_v2_tiny', 'torchvision', names.torchvision.mobileNetV2([1, 2]), 123.675],
    ['mobilenet_v2_tiny', 'timm', names.timm.mobileNetV2([1, 2]), 123.675],
    ['efficientnet_lite_tiny', 'timm', names.timm.efficientNetLite([1, 2]), 127.5],
    ['efficientnet_lite_tiny', 'efficientnet_pytorch', names.efficientnetPytorch.efficientNetLite(), 127],
  ] as const)(
    '%s by names of %s answers on a still clip as it does on the image',
    async (network, origin, map, mean) => {
      const file = imageFile(network, map);
      const sts = await inflate(file, '--network', `${network}_sts`, '--keep-classifier', '-o', out);
      expect([sts.code, sts.err]).toEqual([0, '']);
      expect(sts.out).toMatch(new RegExp(`3 classes, from names of ${origin}\n`));
      expect(sts.out).not.toMatch(/anew|skipped/);
      const converted = await run('convert', file, '--network', network, '-o', out);
      expect([converted.code, converted.err]).toEqual([0, '']);
      const [image, video] = await Promise.all(
        [network, `${network}_sts`].map((name) => loadModel(join(out, `${name}.safetensors`), {readFile})),
      );
      for (const {info} of [image!, video!]) expect([info.mean].flat()[0]).toBe(mean);
      tf.tidy(() => {
        const frame = tf.randomUniform([1, 1, 32, 32, 3], -1, 1, 'float32', 5);
        const clip = tf.tile(frame, [1, 4, 1, 1, 1]);
        const [expected, found] = [image!, video!].map(({model}) =>
          (model.predict(clip) as tf.Tensor).dataSync(),
        );
        expect(expected!.length).toBe(3);
        found!.forEach((logit, c) => {
          expect(logit).toBeCloseTo(expected![c]!, 5);
        });
      });
      image!.model.dispose();
      video!.model.dispose();
    },
  );

  it('starts SlowFast from a ResNet, its fast path anew', async () => {
    // slowonly_tiny has 8 channels, the slow path of slowfast_tiny 32.
    const definition = networkDefinition('slowonly_tiny');
    const path = {channels: 32, stemTaps: 1, taps: [1, 1, 1, 1]};
    const name = 'resnet_golden_32';
    registerNetwork({
      ...definition,
      name,
      create: (overrides = {}) => definition.create({path, ...overrides}),
    });
    const file = imageFile(name, names.torchvision.slowOnly());
    const {
      code,
      out: said,
      err,
    } = await inflate(
      file,
      '--network',
      'slowfast_tiny_sts',
      '--rule',
      'mean',
      ...['--dtype', 'float16'],
      '-o',
      out,
    );
    expect([code, err]).toEqual([0, '']);
    const result = read(readFileSync(join(out, 'slowfast_tiny_sts.safetensors')));
    for (const [, {dtype, shape}] of result) expect(dtype).toBe(shape.length > 1 ? 'F16' : 'F32');
    expect(said).toMatch(/started anew \(\d+\)\n {2}slow_conv1_lateral\/kernel\n|\.\.\. and \d+ more/);
    const lateral = [...result.get('slow_conv1_lateral/kernel').toFloat32()];
    const deviation = Math.sqrt(lateral.reduce((sum, value) => sum + value ** 2, 0) / lateral.length);
    // 5 taps and 8 outputs, He et al.; the mean of the squares of 160 numbers.
    expect(deviation / Math.sqrt(2 / 40)).toBeGreaterThan(0.7);
    expect(deviation / Math.sqrt(2 / 40)).toBeLessThan(1.3);
  });

  it('takes files with our names, also those that ship', async () => {
    const {
      code,
      out: said,
      err,
    } = await inflate(...[EFFICIENTNET, '--network', 'efficientnet_lite0_sts', '--classes', '10', '-o', out]);
    expect([code, err]).toEqual([0, '']);
    expect(said).toMatch(/10 classes, from names of tfjs-sts\n/);
    const {metadata} = read(readFileSync(join(out, 'efficientnet_lite0_sts.safetensors')));
    expect(Object.fromEntries(metadata)).toEqual({
      network: 'efficientnet_lite0_sts',
      classes: '10',
      mean: '127',
      std: '128',
      rule: 'sts',
      source: 'efficientnet_lite0.safetensors',
    });
  });

  it('shows its help', async () => {
    expect((await inflate('--help')).out).toMatch(/usage: tfjs-sts inflate FILE --network NAME -o PATH/);
  });
});

it('convert, which takes no image network for a video network, tells of inflate', async () => {
  const file = imageFile('slowonly_tiny_basic', names.torchvision.slowOnly());
  const {code, err} = await run('convert', file, '--network', 'slowonly_tiny_basic', '-o', out);
  expect(code).toBe(1);
  expect(err).toMatch(/ 4 misshapen; nothing was written. To start a video network .*: tfjs-sts inflate\n$/);
  expect(existsSync(out)).toBe(false);
});

describe('inflate refuses', () => {
  it('and lists what is missing, extra and misshapen', async () => {
    const file = imageFile('slowonly_tiny_basic', names.torchvision.slowOnly(), {
      without: ['layer2.0.conv2.weight'],
    });
    const tensors = new Map(read(readFileSync(file)));
    tensors.set('layer9.0.conv2.convolution', entryOf(new Float32Array(1), [1]));
    tensors.set('bn1.bias', entryOf(new Float32Array(3), [3]));
    writeFileSync(file, safetensors.write(tensors));
    const {code, out: said, err} = await inflate(file, '--network', 'slowonly_tiny_basic', '-o', out);
    expect([code, said]).toEqual([1, '']);
    expect(err.split('\n')).toEqual([
      'weights of the network without a tensor (1)',
      '  layer2_0_conv2/kernel',
      'tensors of the file without a place (1)',
      '  layer9.0.conv2.convolution',
      'of another shape (1)',
      '  conv1_bn/beta: the network has [8], the file [3]',
      `tfjs-sts: '${file}' cannot start slowonly_tiny_basic (names of torchvision): 1 missing, 1 extra, 1 misshapen; nothing was written`,
      '',
    ]);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['no file', ['--network', X3D, '-o', 'OUT'], /inflate needs a FILE/],
    ['no network', [X3D_IMAGE, '-o', 'OUT'], /needs --network NAME/],
    ['no output', [X3D_IMAGE, '--network', X3D], /needs -o PATH/],
    ['an unknown network', [X3D_IMAGE, '--network', 'x3d', '-o', 'OUT'], /no network is called "x3d"/],
    ['an unknown rule', [X3D_IMAGE, '--network', X3D, '--rule', 'max', '-o', 'OUT'], /--rule is 'max'/],
    ['no classes', [X3D_IMAGE, '--network', X3D, '--classes', '0', '-o', 'OUT'], /--classes is '0'/],
    [
      'classes beside a classifier',
      [X3D_IMAGE, '--network', X3D, '--classes', '4', '--keep-classifier', '-o', 'OUT'],
      /--classes is for a new classifier/,
    ],
    ['unknown names', [X3D_IMAGE, '--network', X3D, '--names', 'keras', '-o', 'OUT'], /--names is 'keras'/],
    [
      'names of other networks',
      [X3D_IMAGE, '--network', X3D, '--names', 'torchvision', '-o', 'OUT'],
      /torchvision has no names for networks of the family x3d; mmaction2, timm have/,
    ],
    [
      'the file of another network',
      [X3D_IMAGE, '--network', 'slowonly_tiny', '-o', 'OUT'],
      /cannot start slowonly_tiny \(names of timm\): \d+ missing, \d+ extra, \d+ misshapen/,
    ],
    [
      'a classifier that sees its features in another order',
      [X3D_IMAGE, '--network', 'slowfast_tiny', '--keep-classifier', '-o', 'OUT'],
      /slowfast_tiny orders its features otherwise/,
    ],
    [
      'a classifier that is not there',
      [fromRoot('test/golden/checkpoints/zoo_zip.pth'), '--network', X3D, '--keep-classifier', '-o', 'OUT'],
      /cannot start x3d_golden_sts .*110 missing, 21 extra/,
    ],
    [
      'a hostile file',
      [fromRoot('test/golden/checkpoints/evil_zip.pth'), '--network', X3D, '-o', 'OUT'],
      /tfjs-sts: /,
    ],
    [
      'the name of a model',
      ['efficientnet_lite0', '--network', X3D, '-o', 'OUT'],
      /no such file: 'efficientnet_lite0'; that is the name of a model.*its own is '.*models\/efficientnet_lite0\.safetensors'/,
    ],
    ['an absent file', ['absent.pth', '--network', X3D, '-o', 'OUT'], /no such file/],
  ])('%s, and leaves nothing behind', async (_, args, message) => {
    const {
      code,
      out: said,
      err,
    } = await inflate(...args.map((argument) => (argument === 'OUT' ? out : argument)));
    expect([code, said]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/unexpected error/);
    expect(existsSync(out)).toBe(false);
  });

  it('a place that cannot be written to', async () => {
    mkdirSync(join(out, 'folder.safetensors'), {recursive: true});
    const {code, err} = await inflate(X3D_IMAGE, '--network', X3D, '-o', join(out, 'folder.safetensors'));
    expect(code).toBe(1);
    expect(err).toMatch(/^tfjs-sts: cannot write '.*folder\.safetensors': [^\n]*\n$/);
    expect(readdirSync(out)).toEqual(['folder.safetensors']);
  });
});
