import type * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import type {layers} from '../../../src/layers';
import type {Batches} from '../../../src/train/batches/batches';
import type {Recipe} from '../../../src/train/recipes/recipe';

export function smallModel(host: typeof tfl, ours: typeof layers, seed: number): tfl.LayersModel;
export function smallData(core: typeof tf, size: number, wait?: () => Promise<void>): Batches;
export const smallRecipe: Recipe;
