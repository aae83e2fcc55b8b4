/**
 * Networks by name, from a static list of families. A bundle with `createNetwork` carries all of them.
 * Weights are not here: see zoo/.
 */
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError, UnavailableError} from '../util/errors';
import {checkOptions, knownNames, optionNames} from '../util/names';
import {checkSeed, withSeededRandom} from '../util/seeded_random';
import {csnNetworks} from './csn';
import type {FamilyOverrides, NetworkDefinition, NetworkTask} from './definition';
import {efficientNetLiteNetworks} from './efficientnet_lite';
import {mobileNetV2Networks} from './mobilenet_v2';
import {r2plus1dNetworks} from './r2plus1d';
import {slowOnlyNetworks} from './slow_only';
import {slowFastNetworks} from './slowfast';
import {transNetV2Networks} from './transnet_v2';
import {x3dNetworks} from './x3d';

const FAMILIES: readonly (readonly NetworkDefinition[])[] = [
  efficientNetLiteNetworks,
  mobileNetV2Networks,
  slowFastNetworks,
  slowOnlyNetworks,
  r2plus1dNetworks,
  csnNetworks,
  x3dNetworks,
  transNetV2Networks,
];

/** Where the global object keeps what users have added: the ESM and the CJS build may both be loaded, and know the same. */
const ADDED = Symbol.for('tfjs-sts.networks');

const shared = globalThis as {[ADDED]?: NetworkDefinition[]};

/** Definitions that users have added. */
function addedNetworks(): NetworkDefinition[] {
  shared[ADDED] ??= [];
  return shared[ADDED];
}

const definitions = () => [...FAMILIES.flat(), ...addedNetworks()];

export interface NetworkFilter {
  readonly family?: string;
  /** Part of the name. */
  readonly name?: string;
  readonly task?: NetworkTask;
  /** Whether the tiny ones for tests come too. Default false. */
  readonly tiny?: boolean;
}

const FILTERS = optionNames<NetworkFilter>({family: true, name: true, task: true, tiny: true});

/**
 * The networks that `createNetwork` can build, in the order of their families.
 *
 * ```ts
 * listNetworks({family: 'efficientnet_lite'}).map(({name}) => name);
 * ```
 */
export function listNetworks(filter: NetworkFilter = {}): NetworkDefinition[] {
  checkOptions('listNetworks', filter, FILTERS);
  const {family, name = '', task, tiny = false} = filter;
  return definitions().filter(
    (definition) =>
      (family === undefined || definition.family === family) &&
      definition.name.includes(name) &&
      (task === undefined || definition.task === task) &&
      (tiny || !definition.tiny),
  );
}

/**
 * Builds a network by name, with random weights (zeros with `weightless`).
 *
 * @param overrides choices that differ from the definition's config, such as `frames` or `classes`, and the family's own; `seed`, a
 *   whole number, makes the same weights again
 * @throws InvalidArgumentError for an unknown name (the message lists the known ones) or option, or a value that the
 *   network cannot take; UnavailableError where no backend is imported
 *
 * ```ts
 * const model = createNetwork('efficientnet_lite0_sts', {frames: 16, classes: 10});
 * ```
 */
export function createNetwork(
  name: string,
  overrides: FamilyOverrides & {readonly seed?: number} = {},
): LayersModel {
  const definition = networkDefinition(name);
  if (tf.engine().backendNames().length === 0) {
    throw new UnavailableError(
      'createNetwork: weights live on a backend of TensorFlow.js, and none is imported; for wasm: import ' +
        "'@tensorflow/tfjs-backend-wasm' and 'tfjs-sts/wasm', then await tf.setBackend('wasm').",
    );
  }
  const {seed, ...config} = overrides;
  if (seed === undefined) return definition.create(overrides);
  checkSeed(`createNetwork('${name}')`, seed);
  return withSeededRandom(seed, () => definition.create(config));
}

/**
 * The definition of a network.
 *
 * @throws InvalidArgumentError for an unknown name
 */
export function networkDefinition(name: string): NetworkDefinition {
  const definition = definitions().find((candidate) => candidate.name === name);
  if (definition !== undefined) return definition;
  const [known, all] = [false, true].map((tiny) => listNetworks({tiny}).map((candidate) => candidate.name));
  throw new InvalidArgumentError(
    `createNetwork: no network is called ${JSON.stringify(name)}${knownNames(name, known!, all)}. registerNetwork adds one.`,
  );
}

/**
 * Adds a network of one's own to `createNetwork`, `listNetworks` and `loadModel`. The same definition may be added twice.
 *
 * @throws InvalidArgumentError for a name that is taken or has characters other than a-z, 0-9 and _
 */
export function registerNetwork(definition: NetworkDefinition): void {
  // JavaScript may give the name first, as elsewhere.
  const name: unknown = definition?.name;
  if (typeof name !== 'string' || !/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new InvalidArgumentError(
      `registerNetwork: ${JSON.stringify(name)} is no network name; give a definition, {name, ...}, whose name is of a-z, 0-9 and _, beginning with a letter.`,
    );
  }
  const existing = definitions().find((candidate) => candidate.name === name);
  if (existing === definition) return;
  if (existing !== undefined)
    throw new InvalidArgumentError(`registerNetwork: the name ${name} is taken; choose another.`);
  addedNetworks().push(definition);
}
