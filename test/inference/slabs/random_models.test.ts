/**
 * Random models of layers that work frame by frame, and what `freeze` makes of them, in slabs of several lengths against their
 * own `predict`: the same bits, on cpu and on wasm. 30 models; more by hand with RANDOM_SLABS=1000 RANDOM_SEED=1 before the command.
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import fc from 'fast-check';
import {describe, expect, it} from 'vitest';
import {type FrozenModel, freeze} from '../../../src/inference/freeze';
import {predictInSlabs} from '../../../src/inference/slabs';
import {mendStockLayers, registerLayers, layers as sts} from '../../../src/layers';
import {buildModel, type RandomModel} from '../../random_models/build';
import {KINDS, type Kind} from '../../random_models/layer_kinds';
import {type Dice, type Recipe, recipes} from '../../random_models/recipe';
import {implementations} from '../../support/implementations';
import {loaded} from '../freeze/through_data';

/** Those of the random models that mix frames, and those that have tests of their own. */
const MIXES =
  /flatten|permute|reshape|repeatVector|global|squeeze|lstm|gru|RNN|conv[12]d|one factor|timeDistributed|groupNorm/i;

const pads = (dice: Dice) => dice.pick(['same', 'valid'] as const);

/** What frames of a volume ask for: kernels that reach far along it, and few positions in a frame. */
const LONG: readonly Kind[] = [
  {
    name: 'conv3d, dilated along the first axis',
    ranks: [4],
    make: ({dice, shape}) => {
      const [taps, dilation] = [dice.int(2, 3), dice.int(2, 5)];
      if ((taps - 1) * dilation >= shape[0]!) return undefined;
      return tfl.layers.conv3d({
        filters: dice.int(1, 4),
        kernelSize: [taps, 1, 1],
        dilationRate: [dilation, 1, 1],
        padding: pads(dice),
        activation: 'relu',
      });
    },
  },
  {
    name: 'maxPooling3d along the first axis',
    ranks: [4],
    make: ({dice}) =>
      tfl.layers.maxPooling3d({
        poolSize: [dice.int(1, 4), 1, 1],
        strides: [dice.int(1, 3), 1, 1],
        padding: 'same',
      }),
  },
  {name: 'upSampling3d', ranks: [4], make: ({dice}) => sts.upSampling3d({size: [dice.int(1, 3), 1, 2]})},
  {
    name: 'cropping3d',
    ranks: [4],
    make: ({dice, shape}) => {
      const cropping = [
        [dice.int(0, 2), dice.int(0, 2)],
        [0, 0],
        [0, 0],
      ];
      return cropping[0]![0]! + cropping[0]![1]! < shape[0]! ? sts.cropping3d({cropping}) : undefined;
    },
  },
  {
    name: 'separableConv3d',
    ranks: [4],
    make: ({dice, shape}) => {
      const [taps, dilation] = [dice.int(1, 3), dice.int(1, 2)];
      if ((taps - 1) * dilation >= shape[0]!) return undefined;
      return sts.separableConv3d({
        filters: 3,
        kernelSize: [taps, 1, 1],
        dilationRate: [dilation, 1, 1],
        strides: [dice.int(1, 2), 1, 1],
        padding: dice.pick(['same', 'valid', 1] as const),
      });
    },
  },
  {
    name: 'conv3dTranspose along the first axis',
    ranks: [4],
    make: ({dice}) =>
      tfl.layers.conv3dTranspose({
        filters: 2,
        kernelSize: [dice.int(1, 4), 1, 1],
        strides: [dice.int(1, 3), 1, 1] as unknown as number,
        padding: pads(dice),
      }),
  },
  {
    name: 'depthwise and STS on stretches',
    ranks: [4],
    make: ({dice, shape}) => {
      if (shape.slice(0, 3).some((length) => length < 3) || shape[3]! < 2) return undefined;
      const strides = [dice.int(1, 3), dice.int(1, 2), dice.int(1, 2)];
      return dice.oneIn(2)
        ? sts.stsDepthwiseConv3d({kernelSize: 3, strides, padding: 'same', activation: 'swish'})
        : sts.depthwiseConv3d({kernelSize: 3, strides, padding: pads(dice)});
    },
  },
];

const AVAILABLE = [...LONG, ...KINDS.filter(({name}) => !MIXES.test(name))];
const volume = (dice: Dice) => [dice.int(1, 19), dice.int(1, 4), dice.int(1, 4), dice.pick([1, 2, 3, 4])];

/** Both inputs have the shape of the first: so many frames come together. */
function built(recipe: Recipe): RandomModel | undefined {
  const inputs = recipe.inputs.map((dice, i) => (i === 0 ? dice : [0, ...dice.slice(1)]));
  return buildModel({...recipe, inputs}, AVAILABLE, volume);
}

async function check(recipe: Recipe, slabs: readonly number[]): Promise<void> {
  const random = built(recipe);
  if (random === undefined) return;
  const {model, text} = random;
  const x = random.inputs(7);
  // As another program has it.
  const original = freeze(model);
  const frozen = await loaded(original);
  original.dispose();
  await compare(model, x, slabs, text);
  await compare(frozen, x, slabs, `${text}\nfrozen`);
  tf.dispose(x);
  frozen.dispose();
  model.dispose();
}

async function compare(
  model: tfl.LayersModel | FrozenModel,
  x: tf.Tensor[],
  slabs: readonly number[],
  text: string,
): Promise<void> {
  const whole = [model.predict(x)].flat() as tf.Tensor[];
  for (const slab of slabs) {
    const before = tf.memory();
    const pieces = [await predictInSlabs(model, x, {slab})].flat();
    for (const [i, piece] of pieces.entries()) {
      expect(piece.shape, text).toEqual(whole[i]!.shape);
      expect(piece.dataSync(), `${text}\nslab ${slab}, output ${i}`).toEqual(whole[i]!.dataSync());
    }
    tf.dispose(pieces);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    expect(tf.memory().numBytes).toBe(before.numBytes);
  }
  tf.dispose(whole);
}

describe.each(implementations.filter(({name}) => !name.includes('composed')))('$name', ({use}) => {
  it('random models, slab by slab', {timeout: 120_000}, async () => {
    await use();
    registerLayers();
    mendStockLayers();
    await fc.assert(
      fc.asyncProperty(recipes, fc.integer({min: 2, max: 9}), (recipe, slab) => check(recipe, [1, slab])),
      {numRuns: Number(process.env.RANDOM_SLABS ?? 30), seed: Number(process.env.RANDOM_SEED ?? 20261128)},
    );
  });
});
