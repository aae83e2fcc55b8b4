/**
 * Random models of our layers and the host's: one answer, whatever computes it. 130 models; more by hand:
 *
 *   RANDOM_MODELS=10000 RANDOM_SEED=1 npx vitest run --project node test/random_models
 *
 * A failure comes with the smallest model that fast-check found to fail, layer by layer.
 */
import fc from 'fast-check';
import {beforeAll, expect, it} from 'vitest';
import {checkRecipe, seen, startBackends} from './check_recipe';
import {KINDS} from './layer_kinds';
import {recipes} from './recipe';

/** Of this seed 126 models have a layer of every kind; of others up to 200 have. */
const FIXED = {models: 130, seed: 4};
const MODELS = Number(process.env.RANDOM_MODELS ?? FIXED.models);
const SEED = Number(process.env.RANDOM_SEED ?? FIXED.seed);
const minute = 60_000;

beforeAll(startBackends);

it(
  `${MODELS} random models answer alike on cpu and wasm, frozen, on two threads, saved and loaded, in ONNX Runtime, and train alike`,
  async () => {
    await fc.assert(fc.asyncProperty(recipes, checkRecipe), {
      numRuns: MODELS,
      seed: SEED,
      endOnFailure: false,
    });
    // A kind that never comes is a kind that is not tested.
    if (MODELS >= (SEED === FIXED.seed ? FIXED.models : 200))
      expect(KINDS.map(({name}) => name).filter((name) => !seen.has(name))).toEqual([]);
  },
  Math.max(5, MODELS / 20) * minute,
);
