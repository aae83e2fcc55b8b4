/** Data as training by a recipe sees them. */
import type {Batches, DataRecipe} from './batches';

/** Augmented, where the recipe augments and the data can be. */
export function forRecipe(data: Batches, recipe: DataRecipe): Batches {
  return (recipe.augmentation && data.augmented?.(recipe)) ?? data;
}
