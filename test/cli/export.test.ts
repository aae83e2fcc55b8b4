/**
 * The command `export`: an ONNX file that answers as the model does in ONNX Runtime, a state dict that is the authors' file
 * again, and nothing left behind by what is refused.
 */
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {main} from '../../src/cli/main';
import {fromLayersModel, names as nameMaps, read, safetensors, toTorch} from '../../src/models/checkpoints';
import {loadModel} from '../../src/models/zoo';
import {createNetwork, networkDefinition, registerNetwork} from '../../src/networks';
import {difference, runOnnx} from '../models/onnx/onnx_runtime';
import {fillInput} from '../support/fill';
import {box} from './fake';

const golden = fileURLToPath(new URL('../golden/checkpoints/mmaction_tiny_slowonly.pth', import.meta.url));
const {files} = JSON.parse(
  readFileSync(new URL('../golden/checkpoints/manifest.json', import.meta.url), 'utf8'),
);

const NETWORK = 'slowonly_export_sts';
const scratch = mkdtempSync(join(tmpdir(), 'export-'));
const weights = join(scratch, `${NETWORK}.safetensors`);
afterAll(() => rmSync(scratch, {recursive: true}));

async function call(...args: string[]) {
  const {io, written} = box();
  return {code: await main(args, io), ...written};
}

beforeAll(async () => {
  const definition = networkDefinition('slowonly_tiny_sts');
  const sized = {height: 32, width: 32, frames: 8, path: {channels: 4, stemTaps: 1, taps: [1, 1, 3, 3]}};
  registerNetwork({
    ...definition,
    name: NETWORK,
    config: {...definition.config, ...sized},
    create: (overrides = {}) => definition.create({...sized, ...overrides}),
  });
  const {code, err} = await call('convert', golden, '--network', NETWORK, '-o', scratch);
  expect([code, err]).toEqual([0, '']);
});

describe('export --format onnx', () => {
  it("writes a model that gives the authors' logits, in either layout", async () => {
    const {input_shape: shape, logits_f64: logits} = files['mmaction_tiny_slowonly.pth'].forward;
    for (const layout of ['channelsLast', 'channelsFirst']) {
      const path = join(scratch, `${layout}.onnx`);
      const before = tf.memory().numTensors;
      const {code, out, err} = await call(
        'export',
        weights,
        '--format',
        'onnx',
        '-o',
        path,
        '--layout',
        layout,
      );
      expect([code, err]).toEqual([0, '']);
      expect(tf.memory().numTensors).toBe(before);
      const bytes = readFileSync(path);
      expect(out).toBe(`${path}: onnx, ${bytes.length.toLocaleString('en-US')} bytes\n`);
      const axes = layout === 'channelsFirst' ? [0, 1, 2, 3, 4] : [0, 2, 3, 4, 1];
      const clip = tf.tensor(
        fillInput(shape, axes),
        axes.map((axis) => shape[axis]),
      );
      const [answer] = await runOnnx(native, bytes, [clip]);
      clip.dispose();
      expect(difference(answer!.values, logits.flat())).toBeLessThan(1e-5);
    }
  });

  it('takes another clip length where the network does', async () => {
    const path = join(scratch, 'short.onnx');
    expect(await call('export', weights, '--format', 'onnx', '-o', path, '--frames', '3')).toMatchObject({
      code: 0,
    });
    const {model} = await loadModel(weights, {readFile, frames: 3});
    const clip = tf.tensor(fillInput([2, 3, 32, 32, 3]), [2, 3, 32, 32, 3]);
    const [answer] = await runOnnx(native, readFileSync(path), [clip]);
    const ours = tf.tidy(() => (model.predict(clip) as tf.Tensor).dataSync());
    expect(difference(answer!.values, ours)).toBeLessThan(1e-5);
    clip.dispose();
    model.dispose();
  });
});

describe('export --format torch', () => {
  it("writes the authors' state dict, bit by bit, with what is known of the input", async () => {
    const path = join(scratch, 'state', 'dict.safetensors');
    expect(await call('export', weights, '--format', 'torch', '-o', path)).toMatchObject({code: 0, err: ''});
    const [ours, theirs] = [read(readFileSync(path)), read(readFileSync(golden))];
    expect(ours.names().sort()).toEqual(theirs.names().sort());
    for (const [name, entry] of theirs) {
      // The file does not keep how many batches a norm has seen.
      if (name.endsWith('num_batches_tracked')) continue;
      expect(ours.get(name).shape, name).toEqual(entry.shape);
      expect(ours.get(name).bytes(), name).toEqual(entry.bytes());
    }
    expect(Object.fromEntries(ours.metadata)).toMatchObject({
      network: NETWORK,
      frames: '8',
      output: 'logits',
    });
  });
});

describe('export and convert', () => {
  it.each(['efficientnet_pytorch', 'timm'])(
    'keep what a file says of its input and classes, names of %s',
    async (names) => {
      const folder = join(scratch, names);
      const network = 'efficientnet_lite_tiny';
      const model = createNetwork(network, {classes: 2});
      const description = {
        network,
        mean: '127',
        std: '128',
        labels: '["walk","run"]',
        size: '40',
        interval: '3',
      };
      const ours = join(scratch, 'ours.safetensors');
      writeFileSync(ours, safetensors.write(await fromLayersModel(model), description));
      model.dispose();
      const torch = join(folder, 'torch.safetensors');
      expect(await call('export', ours, '--format', 'torch', '-o', torch, '--names', names)).toMatchObject({
        code: 0,
      });
      expect(
        await call('convert', torch, '--network', network, '-o', folder, '--names', names),
      ).toMatchObject({
        code: 0,
        err: '',
      });
      const again = read(readFileSync(join(folder, `${network}.safetensors`)));
      expect(Object.fromEntries(again.metadata)).toMatchObject({...description, frames: '4', crop: '32'});
      const inflated = join(folder, 'inflated.safetensors');
      const onClips = ['--network', `${network}_sts`, '-o', inflated, '--names', names, '--keep-classifier'];
      expect(await call('inflate', torch, ...onClips)).toMatchObject({code: 0, err: ''});
      const {mean, std, labels} = description;
      expect(Object.fromEntries(read(readFileSync(inflated)).metadata)).toMatchObject({mean, std, labels});
    },
  );

  it("a file of timm itself has timm's mean and deviation", async () => {
    const network = 'efficientnet_lite_tiny';
    const model = createNetwork(network, {classes: 2});
    const state = await toTorch(model, nameMaps.timm.efficientNetLite([1, 2]));
    model.dispose();
    const file = join(scratch, 'timm.safetensors');
    writeFileSync(file, safetensors.write(state, {format: 'pt'}));
    await call('convert', file, '--network', network, '-o', scratch);
    const {metadata} = read(readFileSync(join(scratch, `${network}.safetensors`)));
    expect([metadata.get('mean'), metadata.get('std')]).toEqual(['127.5', '127.5']);
  });
});

describe('export', () => {
  it('shows its help', async () => {
    expect((await call('export', '--help')).out).toMatch(
      /usage: tfjs-sts export MODEL --format FORMAT -o FILE/,
    );
  });

  const out = join(scratch, 'refused');
  it.each([
    ['no model', ['--format', 'onnx', '-o', out], /export needs a MODEL/],
    ['no output', [weights, '--format', 'onnx'], /export needs -o FILE/],
    ['no format', [weights, '-o', out], /export needs --format.*nown are onnx, torch/],
    ['another format', [weights, '--format', 'h5', '-o', out], /--format is 'h5'.*nown are onnx, torch/],
    ['another layout', [weights, '--format', 'onnx', '-o', out, '--layout', 'NCHW'], /--layout is 'NCHW'/],
    ['names for onnx', [weights, '--format', 'onnx', '-o', out, '--names', 'timm'], /--names does nothing/],
    ['frames for torch', [weights, '--format', 'torch', '-o', out, '--frames', '3'], /--frames does nothing/],
    [
      'an inflated image network for torch',
      ['efficientnet_lite0_sts', '--format', 'torch', '-o', out],
      /^tfjs-sts: efficientnet_lite0_sts has no form in PyTorch: .*16 kernels.*ONNX.*\.safetensors/,
    ],
    ['unknown names', [weights, '--format', 'torch', '-o', out, '--names', 'keras'], /--names is 'keras'/],
    ['an unknown model', ['absent', '--format', 'onnx', '-o', out], /no model is called "absent"/],
    [
      'names of other networks',
      ['efficientnet_lite0', '--format', 'torch', '--names', 'mmaction2', '-o', out],
      /mmaction2 has no names for networks of the family efficientnet_lite; timm, efficientnet_pytorch have/,
    ],
  ])('refuses %s, and leaves nothing behind', async (_, args, message) => {
    const {code, out: said, err} = await call('export', ...args);
    expect([code, said]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/unexpected error/);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
