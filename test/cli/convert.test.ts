/**
 * The command `convert`: the authors' checkpoint files become files of ours that `loadModel` reads and that answer as the
 * authors' code does; what does not fit is listed, and nothing is left behind.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest';
import {main} from '../../src/cli/main';
import {writeWhole} from '../../src/files/write_file';
import {type Checkpoint, entryOf, expanded, read, safetensors} from '../../src/models/checkpoints';
import {loadModel} from '../../src/models/zoo';
import {networkDefinition, registerNetwork} from '../../src/networks';
import {FormatError} from '../../src/util/errors';
import {errorOf, registerGoldenNetworks, SLOW_ONLY, X3D_IMAGE as X3D} from '../models/convert/golden';
import {box} from './fake';

const golden = (name: string) => fileURLToPath(new URL(`../golden/checkpoints/${name}`, import.meta.url));

const scratch = mkdtempSync(join(tmpdir(), 'convert-'));
let out: string;
let turn = 0;
beforeEach(() => {
  out = join(scratch, `${turn++}`);
});
afterAll(() => rmSync(scratch, {recursive: true}));

async function convert(...args: string[]) {
  const {io, written} = box();
  return {code: await main(['convert', ...args], io), ...written};
}

/** A network of a user, of whose family no foreign names are known. */
const OWN = 'own_network';
beforeAll(() => {
  registerGoldenNetworks();
  registerNetwork({...networkDefinition('x3d_tiny'), name: OWN, family: 'own'});
});

async function errorOfFile(path: string, file: string): Promise<number> {
  const {model} = await loadModel(path, {readFile});
  const error = errorOf(model, file);
  model.dispose();
  return error;
}

describe('convert', () => {
  it.each([
    ['mmaction_tiny_slowonly.pth', SLOW_ONLY, 'mmaction2'],
    ['timm_tiny_x3d.pth.tar', X3D, 'timm'],
  ])('%s answers as the authors do', async (file, network, origin) => {
    const before = tf.memory().numTensors;
    const {code, out: said, err} = await convert(golden(file), '--network', network, '-o', out);
    expect([code, err]).toEqual([0, '']);
    expect(tf.memory().numTensors).toBe(before);
    const path = join(out, `${network}.safetensors`);
    expect(readdirSync(out)).toEqual([`${network}.safetensors`]);
    const tensors = [...read(readFileSync(path)).tensors.values()];
    const bytes = tensors.reduce((sum, {byteLength}) => sum + byteLength, 0).toLocaleString('en-US');
    expect(said).toBe(
      `${path}: ${tensors.length} tensors of ${bytes} bytes, 5 classes, from names of ${origin}\n`,
    );
    expect(await errorOfFile(path, file)).toBeLessThan(1e-5);
  });

  it('describes the input for loadModel', async () => {
    await convert(
      golden('mmaction_tiny_slowonly.pth'),
      '--network',
      SLOW_ONLY,
      '--names',
      'mmaction2',
      '-o',
      out,
    );
    const {model, info} = await loadModel(join(out, `${SLOW_ONLY}.safetensors`), {readFile});
    model.dispose();
    expect(info).toMatchObject({
      network: SLOW_ONLY,
      frames: 8,
      crop: 32,
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
      labels: [],
      output: 'logits',
    });
  });

  it.each([
    // Half of the distance between neighbours: 2^-11 of the value, 2^-25 among the smallest.
    ['float16', 'F16', (value: number) => Math.max(Math.abs(value) * 2 ** -11, 2 ** -25), 1e-2],
    // Half a step of the largest range that a channel can have; the logits of these random weights are below 1.
    ['uint8', 'U8', (_: number, largest: number) => (2 * largest) / 255 / 2, 2e-1],
  ] as const)('--dtype %s stores kernels as %s and answers nearly as before', async (...row) => {
    const [type, dtype, allowed, change] = row;
    const path = join(out, `${X3D}.safetensors`);
    await convert(golden('timm_tiny_x3d.pth.tar'), '--network', X3D, '-o', out);
    const full = read(readFileSync(path));
    await convert(golden('timm_tiny_x3d.pth.tar'), '--network', X3D, '-o', out, '--dtype', type);
    const small = read(readFileSync(path));
    const back = expanded(small);
    expect(back.names()).toEqual(full.names());
    for (const [name, entry] of full) {
      const isKernel = entry.shape.length > 1;
      expect(small.get(name).dtype).toBe(isKernel ? dtype : 'F32');
      const values = entry.toFloat32();
      const largest = Math.max(...values.map(Math.abs));
      const rounded = back.get(name).toFloat32();
      values.forEach((value, i) => {
        const error = Math.abs(rounded[i]! - value);
        expect(error).toBeLessThanOrEqual(isKernel ? allowed(value, largest) : 0);
      });
    }
    expect(await errorOfFile(path, 'timm_tiny_x3d.pth.tar')).toBeLessThan(change);
  });

  it('shows its help', async () => {
    expect((await convert('--help')).out).toMatch(/usage: tfjs-sts convert FILE --network NAME -o DIR/);
  });
});

describe('convert refuses', () => {
  /** The golden SlowOnly with some tensors exchanged. */
  function changed(change: (tensors: Map<string, ReturnType<typeof entryOf>>) => void): string {
    const original: Checkpoint = read(readFileSync(golden('mmaction_tiny_slowonly.pth')));
    const tensors = new Map(original);
    change(tensors);
    const path = join(scratch, `changed-${turn}.safetensors`);
    writeFileSync(path, safetensors.write(tensors));
    return path;
  }

  it('a damaged file by its path, also where that is found out late', async () => {
    const whole = readFileSync(golden('mmaction_tiny_slowonly.pth'));
    const half = join(scratch, 'half.pth');
    writeFileSync(half, whole.subarray(0, whole.length / 2));
    for (const command of [['convert', '-o', out, '--network', SLOW_ONLY], ['inspect']]) {
      const {io, written} = box();
      expect(await main([...command, half], io)).toBe(1);
      expect(written.err).toMatch(/^tfjs-sts: .*half\.pth: [^\n]*\n$/);
    }
    const infinite = changed((tensors) => {
      const {shape} = tensors.get('backbone.conv1.conv.weight')!;
      const values = new Float32Array(shape.reduce((a, b) => a * b)).fill(Number.NaN);
      tensors.set('backbone.conv1.conv.weight', entryOf(values, shape));
    });
    const {code, err} = await convert(infinite, '--network', SLOW_ONLY, '-o', out, '--dtype', 'uint8');
    expect(code).toBe(1);
    expect(err).toContain(`tfjs-sts: ${infinite}: `);
    expect(existsSync(out)).toBe(false);
  });

  it('and lists what is missing, extra and misshapen', async () => {
    const file = changed((tensors) => {
      tensors.delete('backbone.layer2.0.conv2.conv.weight');
      tensors.set('backbone.layer9.0.conv2.convolution.weight', entryOf(new Float32Array(1), [1]));
      tensors.set('backbone.conv1.bn.bias', entryOf(new Float32Array(3), [3]));
    });
    const {code, out: said, err} = await convert(file, '--network', SLOW_ONLY, '-o', out);
    expect([code, said]).toEqual([1, '']);
    expect(err.split('\n')).toEqual([
      'weights of the network without a tensor (1)',
      '  layer2_0_conv2/kernel',
      'tensors of the file without a place (1)',
      '  backbone.layer9.0.conv2.convolution.weight',
      'of another shape (1)',
      '  conv1_bn/beta: the network has [4], the file [3]',
      `tfjs-sts: '${file}' does not fit ${SLOW_ONLY} (names of mmaction2): 1 missing, 1 extra, 1 misshapen; nothing was written`,
      '',
    ]);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['no file', ['--network', X3D, '-o', 'OUT'], /convert needs a FILE/],
    ['no network', ['mmaction_tiny_slowonly.pth', '-o', 'OUT'], /needs --network NAME/],
    ['no folder', ['mmaction_tiny_slowonly.pth', '--network', SLOW_ONLY], /needs -o DIR/],
    [
      'an unknown type',
      ['timm_tiny_x3d.pth.tar', '--network', X3D, '-o', 'OUT', '--dtype', 'int8'],
      /--dtype is 'int8'.*nown are float32, float16, uint8/,
    ],
    [
      'an unknown network',
      ['mmaction_tiny_slowonly.pth', '--network', 'slow', '-o', 'OUT'],
      /no network is called "slow"/,
    ],
    [
      'unknown names',
      ['mmaction_tiny_slowonly.pth', '--network', SLOW_ONLY, '--names', 'keras', '-o', 'OUT'],
      /--names is 'keras'.*nown are mmaction2, timm/,
    ],
    [
      'a family without a map',
      ['mmaction_tiny_slowonly.pth', '--network', OWN, '-o', 'OUT'],
      /no name map for networks of the family own; known are slowfast, slowonly/,
    ],
    [
      'the file of another network',
      ['timm_tiny_x3d.pth.tar', '--network', 'slowonly_tiny', '-o', 'OUT'],
      /does not fit slowonly_tiny \(names of timm\): \d+ missing, \d+ extra, \d+ misshapen/,
    ],
    [
      'a file of something else',
      ['zoo_zip.pth', '--network', SLOW_ONLY, '-o', 'OUT'],
      /87 missing, 21 extra, 0 misshapen; nothing was written/,
    ],
    ['a hostile file', ['evil_zip.pth', '--network', SLOW_ONLY, '-o', 'OUT'], /tfjs-sts: /],
    ['an absent file', ['absent.pth', '--network', SLOW_ONLY, '-o', 'OUT'], /no such file/],
  ])('%s, and leaves nothing behind', async (_, args, message) => {
    const {
      code,
      out: said,
      err,
    } = await convert(
      ...args.map((argument) =>
        argument === 'OUT' ? out : /\.(pth|tar)$/.test(argument) ? golden(argument) : argument,
      ),
    );
    expect([code, said]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/unexpected error/);
    expect(existsSync(out)).toBe(false);
  });

  it('a place that cannot be written to', async () => {
    writeFileSync(out, 'a file, no folder');
    const {code, err} = await convert(golden('timm_tiny_x3d.pth.tar'), '--network', X3D, '-o', out);
    expect(code).toBe(1);
    expect(err).toMatch(/^tfjs-sts: cannot write '.*x3d_golden_image\.safetensors': [^\n]*\n$/);
    expect(readFileSync(out, 'utf8')).toBe('a file, no folder');
  });
});

describe('writeWhole', () => {
  const encode = (text: string) => new TextEncoder().encode(text);

  it('takes away what it made when it fails, and no more', async () => {
    mkdirSync(join(out, 'a', 'name'), {recursive: true});
    await expect(writeWhole(join(out, 'a'), 'name', [new Uint8Array(3)])).rejects.toThrow(
      /cannot write '.*name': it is a folder; give the name of a file/,
    );
    expect(readdirSync(join(out, 'a'))).toEqual(['name']);
    await expect(writeWhole(join(out, 'b', 'c'), 'no\0name', [new Uint8Array(3)])).rejects.toThrow(
      /cannot write/,
    );
    expect(readdirSync(out)).toEqual(['a']);
  });

  it('passes on what goes wrong while a part is made', async () => {
    function* damaged() {
      yield encode('begins well');
      throw new FormatError('damaged');
    }
    await expect(writeWhole(out, 'name', damaged())).rejects.toThrow(new FormatError('damaged'));
    expect(existsSync(out)).toBe(false);
  });

  it('writes to a device or a pipe as it is, and says that a disk is full', async () => {
    const before = statSync('/dev/full').rdev;
    await expect(writeWhole('/dev', 'full', [encode('text')])).rejects.toThrow(
      /cannot write '\/dev\/full': ENOSPC/,
    );
    expect(statSync('/dev/full').rdev).toBe(before);
    expect(await writeWhole('/dev', 'null', [encode('text')])).toBe('/dev/null');
  });

  it('replaces the file that a link leads to, not the link', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'file'), 'old');
    symlinkSync('file', join(out, 'link'));
    await writeWhole(out, 'link', [encode('new')]);
    expect(readFileSync(join(out, 'file'), 'utf8')).toBe('new');
    expect(lstatSync(join(out, 'link')).isSymbolicLink()).toBe(true);
  });

  it('replaces an older file, keeping its neighbours', async () => {
    mkdirSync(out);
    writeFileSync(join(out, 'name'), 'old');
    writeFileSync(join(out, 'other'), 'other');
    expect(await writeWhole(out, 'name', [encode('n'), encode('ew')])).toBe(join(out, 'name'));
    expect(readdirSync(out).map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(['new', 'other']);
  });
});
