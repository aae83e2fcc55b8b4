/**
 * What a named network is: a config literal of its family plus a function that builds it. Families use
 * `defineVariants` for their table; registry.ts lists the families.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../util/errors';
import {checkOptions} from '../util/names';
import {ANY_CLIP, type SizeRules} from './sizes';

/** What a network is for: classes of clips, or the places where the shots of a film end. */
export type NetworkTask = 'classification' | 'shots';

/** What every network lets its user choose. A family has more, see its config. */
export interface ClipOverrides {
  /** Length of the clip. */
  readonly frames?: number;
  readonly height?: number;
  readonly width?: number;
  /**
   * True: all kernels start as zeros, which is fast. For weights that are loaded afterwards; a function says which layers
   * get them all.
   */
  readonly weightless?: boolean | ((layer: string) => boolean);
}

/** What every network that classifies lets its user choose. */
export interface NetworkOverrides extends ClipOverrides {
  readonly classes?: number;
  /** 'clip': one answer `[batch, classes]`; 'frame': one for each frame, `[batch, frames, classes]`. */
  readonly pool?: 'clip' | 'frame';
  /** What the classifier ends with: logits, or probabilities. */
  readonly activation?: 'linear' | 'softmax';
}

/** The overrides with every choice made; a family's config extends one of them. */
export type ClipConfig = Required<ClipOverrides>;
export type NetworkConfig = Required<NetworkOverrides>;

/** What every network takes, and besides whatever is in the config of its family, which checks it. */
export type FamilyOverrides = ClipOverrides & {readonly [option: string]: unknown};

/** One named network. */
export interface NetworkDefinition {
  /** Lower case letters, digits, underscores, such as `efficientnet_lite0_sts`. */
  readonly name: string;
  readonly family: string;
  /** One line for people. */
  readonly description: string;
  readonly task: NetworkTask;
  /** Of a classifier also its `classes`, `pool` and `activation`. */
  readonly config: ClipConfig & Partial<NetworkConfig>;
  /** One block a stage, a few channels: quick to build and run in tests and examples, of no use beyond. Default false. */
  readonly tiny?: boolean;
  /** The clips that it takes, and why no others; `create` refuses them by the same rules. */
  sizes(overrides?: FamilyOverrides): SizeRules;
  /** Builds the network; throws InvalidArgumentError for values that its config cannot take. */
  create(overrides?: FamilyOverrides): LayersModel;
}

/** Makes the model of a complete config. */
export type NetworkBuilder<Config> = (config: Config & {readonly name: string}) => LayersModel;

/** A row of a family's table: what `NetworkDefinition` has under these names. */
export interface NetworkVariant<Config> {
  readonly description: string;
  readonly config: Config;
  readonly tiny?: boolean;
  /** Default 'classification'. */
  readonly task?: NetworkTask;
}

/**
 * Turns a family's table of variants into definitions.
 *
 * @param builder makes the model from a complete config; with `sizes`, the clips that a config takes, to which `build`
 *   holds with `checkSizes`, where those are not all
 * @param variants name to description and config
 */
export function defineVariants<Config extends ClipConfig>(
  family: string,
  builder:
    | NetworkBuilder<Config>
    | {readonly build: NetworkBuilder<Config>; readonly sizes: (config: Config) => SizeRules},
  variants: Readonly<Record<string, NetworkVariant<Config>>>,
): NetworkDefinition[] {
  if (typeof builder === 'object') checkOptions('networks.defineVariants', builder, ['build', 'sizes']);
  const {build, sizes} = typeof builder === 'function' ? {build: builder, sizes: () => ANY_CLIP} : builder;
  return Object.entries(variants).map(
    ([name, {description, config, tiny = false, task = 'classification'}]) => ({
      name,
      family,
      description,
      task,
      config,
      tiny,
      sizes(overrides = {}) {
        return sizes(configWith(`createNetwork('${name}')`, config, overrides));
      },
      create(overrides = {}) {
        return build({...configWith(`createNetwork('${name}')`, config, overrides), name});
      },
    }),
  );
}

/**
 * A family's config with the choices of a caller in place of its own.
 *
 * @param caller begins the message about an option that the config does not have
 */
export function configWith<Config extends object, Options extends object>(
  caller: string,
  config: Config,
  options: Options,
): Config & Options {
  checkOptions(caller, options, Object.keys(config));
  return {...config, ...options};
}

/** Whether the kernel of a layer starts as zeros. */
export function isWeightless({weightless}: ClipConfig, layer: string): boolean {
  return typeof weightless === 'function' ? weightless(layer) : weightless;
}

/** Checks the choices that all networks share. */
export function checkClipConfig(config: ClipConfig & {readonly name: string}): void {
  checkCounts(config, ['frames', 'height', 'width']);
}

/** Checks the choices that all classifiers share. */
export function checkNetworkConfig(config: NetworkConfig & {readonly name: string}): void {
  checkClipConfig(config);
  checkCounts(config, ['classes']);
  checkOneOf(config.name, 'pool', config.pool, ['clip', 'frame']);
  checkOneOf(config.name, 'activation', config.activation, ['linear', 'softmax']);
}

function checkCounts<Key extends string>(
  config: Readonly<Record<Key, number>> & {readonly name: string},
  keys: readonly Key[],
): void {
  for (const key of keys) {
    if (!Number.isInteger(config[key]) || config[key] < 1) {
      throw new InvalidArgumentError(
        `${config.name}: ${key} must be a whole number of at least 1; got ${config[key]}.`,
      );
    }
  }
}

export function checkOneOf(name: string, key: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw new InvalidArgumentError(
    `${name}: ${key} must be one of ${allowed.join(', ')}; got ${JSON.stringify(value)}.`,
  );
}

/** Checks chances at which training drops something: features, branches. */
export function checkChances<Key extends string>(
  config: Readonly<Record<Key, number>> & {readonly name: string},
  keys: readonly Key[],
): void {
  for (const key of keys) {
    const chance: unknown = config[key];
    if (typeof chance === 'number' && chance >= 0 && chance < 1) continue;
    throw new InvalidArgumentError(
      `${config.name}: ${key} must be at least 0 and less than 1; got ${typeof chance === 'number' ? chance : JSON.stringify(chance)}.`,
    );
  }
}
