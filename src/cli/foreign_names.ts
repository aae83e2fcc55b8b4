/** Which name map reads which foreign checkpoint: by where the file comes from and the family of the network. */
import type {Checkpoint} from '../checkpoints/checkpoint';
import {mmaction2, type NameMap, timm} from '../checkpoints/names';
import {InvalidArgumentError} from '../util/errors';

type FamilyMaps = Readonly<Record<string, () => NameMap>>;

/** For `--names`; within, by the family of a network definition. */
const ORIGINS: Readonly<Record<string, FamilyMaps>> = {
  mmaction2: byFamily(mmaction2),
  timm: byFamily(timm),
};

/** Names for `--names`. */
export const ORIGIN_NAMES: readonly string[] = Object.keys(ORIGINS);

function byFamily({slowFast, slowOnly, r2plus1d, csn, x3d}: typeof mmaction2 | typeof timm): FamilyMaps {
  return {slowfast: slowFast, slowonly: slowOnly, r2plus1d, csn, x3d};
}

/**
 * The map of an origin for a family of networks.
 *
 * @param origin one of `ORIGIN_NAMES`
 * @throws InvalidArgumentError for an unknown origin or a family that has no map
 */
export function nameMapOf(family: string, origin: string): NameMap {
  if (!Object.hasOwn(ORIGINS, origin)) {
    throw new InvalidArgumentError(`--names is '${origin}'; the known ones are ${ORIGIN_NAMES.join(', ')}`);
  }
  const families = ORIGINS[origin]!;
  const make = families[family];
  if (make !== undefined) return make();
  throw new InvalidArgumentError(
    `there is no name map for networks of the family ${family}; known are ${Object.keys(families).join(', ')}`,
  );
}

/**
 * The map for a file.
 *
 * @param origin one of `ORIGIN_NAMES`; undefined: the one that knows most of the file's keys
 * @throws InvalidArgumentError for an unknown origin or a family that has no map
 */
export function nameMapFor(
  family: string,
  origin: string | undefined,
  checkpoint: Checkpoint,
): {origin: string; names: NameMap} {
  const candidates = (origin === undefined ? ORIGIN_NAMES : [origin]).map((name) => {
    const names = nameMapOf(family, name);
    const known = checkpoint.names().filter((key) => names.fromTorch(key) !== null).length;
    return {origin: name, names, known};
  });
  return candidates.reduce((best, other) => (other.known > best.known ? other : best));
}
