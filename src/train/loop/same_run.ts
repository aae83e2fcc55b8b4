/** Whether a run that is to be taken up is the one that its directory has: the recipe and the data decide its numbers. */
import {InvalidArgumentError} from '../../util/errors';
import type {CompleteRecipe} from '../recipes/recipe';

/** A run that was begun with something else, and what of it. */
export class OtherRunError extends InvalidArgumentError {
  constructor(
    message: string,
    readonly differs: readonly string[],
  ) {
    super(message);
  }
}

/** What of a recipe decides the numbers of a run: not how the memory is saved, which may differ when it is taken up. */
export function decisive({recompute: _, ...recipe}: CompleteRecipe): CompleteRecipe {
  return recipe;
}

/**
 * More or fewer epochs, as long as they are not over, are no other recipe where the rates do not depend on their number.
 *
 * @param done epochs that are over
 * @throws OtherRunError
 */
export function checkSameRecipe(given: CompleteRecipe, kept: CompleteRecipe, done: number): void {
  const isCosine = given.schedule.name === 'cosine';
  const epochs = isCosine || given.epochs < done ? given.epochs : kept.epochs;
  const hint =
    isCosine && epochs !== kept.epochs
      ? 'A cosine falls over all epochs, so that with another number of them every rate would have been another. '
      : '';
  checkSame('recipe', {...decisive(given), epochs}, kept, hint);
}

/** Compares as JSON, in which a run keeps them. @throws OtherRunError */
export function checkSame(what: 'recipe' | 'data', given: object, kept: object, hint = ''): void {
  const plain = (value: object) => JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const [now, before] = [plain(given), plain(kept)];
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])];
  const differs = names.filter((name) => JSON.stringify(now[name]) !== JSON.stringify(before[name]));
  if (differs.length === 0) return;
  const list = differs.map((name) => `${name} was ${short(before[name])}, is ${short(now[name])}`);
  throw new OtherRunError(
    `train: the run that is to be taken up had another ${what}: ${list.join('; ')}. ${hint}Give it as it was, or begin a new run in another directory.`,
    differs,
  );
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not given';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
