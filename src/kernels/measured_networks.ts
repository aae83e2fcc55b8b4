/**
 * What was measured of each network on the two backends of a processor, for `ready` (ready.ts) to go by. A test holds the
 * names to those of the registry; what a network is made of is not known here.
 */
import {InvalidArgumentError} from '../util/errors';
import {knownNames} from '../util/names';

/**
 * Processor ms of one clip, frozen, `[tensorflow, wasm]`: one thread, Node 22, each a process of its own, taking turns on a busy
 * Xeon with AVX-512, medians; libtensorflow 2.13.1 against our build with fused multiply-add. Good for their order and a rough
 * ratio. Clips are of the network's own size, but of r2plus1d_r34_8x8 and ircsn_r50 those of docs/guide/tfjs_node.md.
 */
export const MEASURED: Readonly<Record<string, readonly [tensorflow: number, wasm: number]>> = {
  efficientnet_lite0: [316, 499],
  efficientnet_lite0_sts: [750, 673],
  efficientnet_lite0_timm: [365, 458],
  efficientnet_lite0_timm_sts: [687, 606],
  mobilenet_v2: [315, 429],
  mobilenet_v2_sts: [728, 599],
  slowfast_r50_4x16: [1458, 2967],
  slowfast_r50_4x16_sts: [1561, 2982],
  slowfast_r50_4x16_image: [350, 424],
  slowfast_r50_8x8: [2256, 5203],
  slowfast_r50_8x8_sts: [1824, 3087],
  slowfast_r50_8x8_image: [303, 632],
  slowonly_r50_8x8: [1499, 3117],
  slowonly_r50_8x8_sts: [1617, 4033],
  slowonly_r50_8x8_image: [216, 579],
  slowonly_r34_8x8: [1832, 2323],
  resnet34: [766, 1634],
  resnet50: [1243, 2770],
  r2plus1d_r34_8x8: [1051, 1659],
  r2plus1d_r34_8x8_sts: [3193, 5962],
  r2plus1d_r34_8x8_image: [421, 833],
  ircsn_r50: [1004, 1979],
  ircsn_r50_sts: [3544, 8591],
  ircsn_r50_image: [214, 365],
  x3d_s: [576, 422],
  x3d_s_sts: [767, 448],
  x3d_s_image: [238, 68],
  transnet_v2: [1316, 2498],
};

/**
 * Processor ms of a step of training, `[tensorflow, wasm]`: one clip, smaller than the network's own (96 to 160 positions a side, 1 to 32
 * frames), SGD, one thread, Node 22, taking turns, medians of two steps in each of two rounds (x3d_s_image and mobilenet_v2: in one)
 * on a busy machine. What is not here was not measured.
 */
const MEASURED_IN_TRAINING: Readonly<Record<string, readonly [tensorflow: number, wasm: number]>> = {
  efficientnet_lite0_sts: [1607, 1092],
  mobilenet_v2: [824, 636],
  mobilenet_v2_sts: [1601, 1011],
  slowfast_r50_4x16: [3151, 3043],
  slowonly_r50_8x8: [2301, 2405],
  slowonly_r50_8x8_sts: [2483, 2635],
  resnet34: [1752, 1559],
  r2plus1d_r34_8x8: [5980, 2581],
  ircsn_r50: [2142, 2755],
  x3d_s: [1621, 884],
  x3d_s_sts: [2236, 972],
  x3d_s_image: [1135, 670],
};

/** What tensorflow must take of wasm's time at most: its memory is twice as large, it starts later, and it is native code. */
const WORTH_IT = 0.9;

/** Whether that is the name of a network in the table. */
export function isMeasured(network: string): boolean {
  return Object.hasOwn(MEASURED, network);
}

/**
 * Whether wasm with our kernels is the better choice: tensorflow was not measured to take less than nine tenths of its time.
 *
 * @param network the name of a network or, with a tag, of a model: `x3d_s`, `x3d_s_sts.k400`; of any other one undefined, which in training
 *   is for wasm, as nearly all that were measured are
 * @param training whether it is going to be trained
 * @throws InvalidArgumentError for what is no such name
 */
export function isForWasm(network: string | undefined, training: boolean): boolean {
  if (network === undefined) return training;
  const known = Object.keys(MEASURED);
  // JavaScript may give a list of one, which reads as its only name.
  const given = typeof network === 'string' ? network : '';
  const [, name = ''] = /^([a-z][a-z0-9_]*)(?:\.[a-z0-9_]+)?$/.exec(given) ?? [];
  if (!isMeasured(name)) {
    throw new InvalidArgumentError(
      `ready: no network is called ${JSON.stringify(network)}${knownNames(given, known)}, with or without the tag of a model. ` +
        'For one of your own leave it out, or name the one that it is most like.',
    );
  }
  const times = training ? MEASURED_IN_TRAINING[name] : MEASURED[name];
  return times === undefined || times[0] >= WORTH_IT * times[1];
}
