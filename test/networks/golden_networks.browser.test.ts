/**
 * The networks in Chromium against the authors' code: every family, with STS and without, on the smallest clips of the
 * golden vectors. The larger ones run in Node (slowfast.test.ts and its neighbours), small ones on the GPU backends
 * (golden_tiny.shared.test.ts): there it is the compilation of programs that takes the time, shape by shape.
 */
import {videoNetworks} from './golden_files';
import {describeGoldenNetwork} from './golden_networks';

// Of the two SlowFast, which differ in numbers alone, one.
const {slowfast_r50_4x16, slowonly_r50_8x8, r2plus1d_r34_8x8, ircsn_r50, x3d_s} = videoNetworks;

for (const golden of [slowfast_r50_4x16, slowonly_r50_8x8, r2plus1d_r34_8x8, ircsn_r50, x3d_s]) {
  await describeGoldenNetwork(golden, {cases: /_32x32$/});
}
