/** The network that a run of training begins with: by name, with the weights of a file or of a model of the zoo where they fit. */
import {Checkpoint, fromLayersModel} from '../../models/checkpoints';
import {inflateCheckpoint} from '../../models/convert';
import {type LoadedModel, loadModel, modelMetadata} from '../../models/zoo';
import {TOPOLOGY} from '../../models/zoo/model_files/topology';
import {networkNamed} from '../../models/zoo/network_names';
import {modelNamed} from '../../models/zoo/table/models';
import {createNetwork, listNetworks, networkDefinition} from '../../networks';
import {isRunState} from '../../train/run_files/run_state';
import {InvalidArgumentError} from '../../util/errors';
import {withSeededRandom} from '../../util/seeded_random';
import type {CliIo} from '../io';
import {requireFit} from '../output/differences';
import {about, readCheckpoint} from './user_files';

export interface NetworkChoice {
  readonly network: string | undefined;
  /** A file, or a model of the zoo. */
  readonly start: string | undefined;
  readonly frames: number | undefined;
  /** Of the square that the network sees. */
  readonly side: number | undefined;
}

/** Weights to begin with, and the network that they are for if nothing else is said. */
export interface Start {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly network: string | undefined;
}

/** @throws InvalidArgumentError for a file that is not there, and for what is no model of the zoo */
export async function readStart(name: string): Promise<Start> {
  if (modelNamed(name) === undefined) {
    const checkpoint = await readCheckpoint(name, undefined);
    return {name, checkpoint, network: checkpoint.metadata.get('network')};
  }
  const {model, info} = await loadModel(name);
  const {network, mean, std} = info;
  const metadata = modelMetadata({...(network !== null && {network}), mean, std});
  const checkpoint = new Checkpoint(await fromLayersModel(model), {
    metadata: new Map(Object.entries(metadata)),
  });
  model.dispose();
  return {name, checkpoint, network: network ?? undefined};
}

/** The name of the network that is trained. */
export function networkOf({network}: NetworkChoice, start: Start | undefined): string {
  const name = network ?? start?.network;
  if (name !== undefined) return classifierNamed(name);
  const what =
    start === undefined ? '' : `, which '${start.name}' does not say; tfjs-sts inflate lists what may be`;
  throw new InvalidArgumentError(
    `train needs --network NAME, what is trained${what}; see tfjs-sts train --help`,
  );
}

/** @throws InvalidArgumentError for a network that says nothing of classes */
function classifierNamed(name: string): string {
  const {name: network, task} = networkNamed('train', name);
  if (task === 'classification') return network;
  const families = [...new Set(listNetworks({task: 'classification'}).map(({family}) => family))];
  throw new InvalidArgumentError(
    `train: ${network} is for ${task} and no classifier, which is what train is for; networks of the families ${families.join(', ')} are, see tfjs-sts list`,
  );
}

/** What the clips of a network are like before any weights are there. */
export function clipsOf(network: string, {frames, side}: NetworkChoice, start: Start | undefined) {
  const {config} = networkDefinition(network);
  const own = config.height === config.width ? config.height : ([config.height, config.width] as const);
  const row = modelNamed(network)?.input;
  const {mean = row?.mean ?? 127, std = row?.std ?? 128} = start === undefined ? {} : normalizationOf(start);
  const plain = {frames: config.frames, size: own, crop: own};
  const sides = side === undefined ? {} : {size: side, crop: side};
  return {...(row ?? plain), mean, std, ...sides, ...(frames !== undefined && {frames})};
}

function normalizationOf({checkpoint}: Start) {
  const of = (key: string) => {
    const text = checkpoint.metadata.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as number | readonly [number, number, number]);
  };
  return {mean: of('mean'), std: of('std')};
}

/** The network with new weights for these classes, and what fits of the start's in their place. */
export async function startedNetwork(
  network: string,
  choice: NetworkChoice,
  start: Start | undefined,
  {labels, seed, io}: {readonly labels: readonly string[]; readonly seed: number; readonly io: CliIo},
): Promise<LoadedModel> {
  const clips = clipsOf(network, choice, start);
  const classes = labels.length;
  const [height, width] = typeof clips.crop === 'number' ? [clips.crop, clips.crop] : (clips.crop ?? []);
  if (start === undefined) {
    const model = createNetwork(network, {frames: clips.frames, height, width, classes, seed} as never);
    return {model, info: {...clips, name: network, network, labels, output: 'logits'}};
  }
  const own = ownWeights(network, start, labels);
  if (own !== undefined) {
    const metadata = new Map([...own.metadata, ...Object.entries(modelMetadata({...clips, labels}))]);
    return loadModel(new Checkpoint(own, {metadata}));
  }
  const converted = await about(start.name, () =>
    withSeededRandom(seed, () => inflateCheckpoint(start.checkpoint, network, {classes, strict: false})),
  );
  requireFit(converted, `'${start.name}' cannot start ${network}`, whatFits(network, start), io);
  const described = modelMetadata({...clips, labels});
  const metadata = new Map([...converted.checkpoint.metadata, ...Object.entries(described)]);
  return loadModel(new Checkpoint(converted.checkpoint, {metadata}));
}

/** Of the same network for the same classes, such as what an earlier run left: all of it, the classifier too. */
function ownWeights(network: string, {checkpoint}: Start, labels: readonly string[]): Checkpoint | undefined {
  const {metadata} = checkpoint;
  // What describes itself layer by layer may be another network under that name.
  const isSame =
    metadata.get('network') === network &&
    !metadata.has(TOPOLOGY) &&
    metadata.get('labels') === modelMetadata({labels}).labels;
  return isSame ? checkpoint : undefined;
}

/** What goes with a file that does not fit, or how to find out. */
function whatFits(network: string, start: Start): string {
  if (isRunState(start.checkpoint))
    return 'it is where a run stands; best.safetensors and model.safetensors beside it are its weights';
  const other = start.network;
  return other !== undefined && other !== network
    ? `it is of ${other}, which --network ${other} trains`
    : `tfjs-sts inspect shows what is in the file, tfjs-sts info ${network} what the network has`;
}
