/** What the metadata of a converted file say of its frames and classes, where no row of the zoo tells. */

import type {NetworkDefinition} from '../../networks';
import type {Checkpoint} from '../checkpoints';
import {modelMetadata} from '../zoo';
import {normalizationOf, type Origin, OWN} from './origins';

/**
 * What the checkpoint says itself, if it is one of ours under whatever names, and else how its origin normalises.
 *
 * @param keys which of its metadata to take
 */
export function describedInput(
  {metadata}: Checkpoint,
  origin: Origin,
  definition: NetworkDefinition,
  keys: readonly string[],
): Record<string, string> {
  const isOurs = origin === OWN || metadata.has('network');
  const own = isOurs ? [...metadata].filter(([key]) => keys.includes(key)) : [];
  return {...modelMetadata(normalizationOf(origin, definition)), ...Object.fromEntries(own)};
}
