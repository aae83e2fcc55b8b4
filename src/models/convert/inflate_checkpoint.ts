/**
 * From an image network's checkpoint to the one that a video network starts from: expanded, renamed, inflated, described for
 * `loadModel`. Every tensor stays lazy. The same network's own weights are the business of convert_checkpoint.ts.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {createNetwork, type NetworkDefinition} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {Checkpoint, CheckpointEntry, expanded} from '../checkpoints';
import {type InflationPlan, type InflationReport, type InflationRule, middleSlices} from '../inflate';
import {prepareInflation} from '../inflate/inflate';
import {modelMetadata} from '../zoo';
import {networkNamed} from '../zoo/network_names';
import {classesOf} from './convert_checkpoint';
import {describedInput} from './described_input';
import {inflationPlanOf, type Origin, underOurNames} from './origins';
import {type ConversionReport, type ConvertedCheckpoint, fits, requireFit} from './report';

export interface InflateCheckpointOptions {
  /** Whose names the tensors have. Default: those that fit best. */
  readonly names?: Origin;
  /** How a 2D kernel becomes slices in time, see `inflateKernel`. Default: 'sts'. */
  readonly rule?: InflationRule;
  /** Of the new classifier. Default: as many as the network usually has. */
  readonly classes?: number;
  /** Whether to take the image network's classifier instead of a new one. Default: false. */
  readonly keepClassifier?: boolean;
  /** Whether anything missing, extra or misshapen is an error. Default: true. */
  readonly strict?: boolean;
}

const KNOWN = optionNames<InflateCheckpointOptions>({
  names: true,
  rule: true,
  classes: true,
  keepClassifier: true,
  strict: true,
});

const CLASSIFIER = ['classifier/kernel', 'classifier/bias'];

const CALLER = 'inflateCheckpoint';

/**
 * The weights that a video network starts from, made of those of an image network: an image-mode checkpoint of the authors, one
 * of torchvision, timm or EfficientNet-PyTorch, or one of ours. What the image network has nothing for starts anew, as in a
 * network that is to be trained: the classifier, SlowFast's fast path and lateral convolutions, ir-CSN's depthwise
 * convolutions where the image network is a ResNet.
 *
 * @param checkpoint as `read` gives it
 * @param target the video network
 * @returns a checkpoint with the metadata that `loadModel` goes by: give it to that, or to `storeCheckpoint`
 * @throws InvalidArgumentError for an unknown network, origin or rule, `classes` beside `keepClassifier`, or a network whose
 *   classifier cannot be that of an image network; FormatError for a checkpoint that does not fit, with every kind of
 *   difference, unless `strict` is false: the checkpoint then holds what fits
 *
 * ```ts
 * const {checkpoint, report} = inflateCheckpoint(read(await readFile('resnet50.pth')), 'slowonly_r50_8x8_sts', {rule: 'mean'});
 * await storeCheckpoint(checkpoint, 'slowonly.safetensors');
 * ```
 */
export function inflateCheckpoint(
  checkpoint: Checkpoint,
  target: string,
  options: InflateCheckpointOptions = {},
): ConvertedCheckpoint {
  checkOptions(CALLER, options, KNOWN);
  const {names: wanted, rule = 'sts', keepClassifier = false, strict = true} = options;
  const definition = networkNamed(CALLER, target);
  const {name: network, config} = definition;
  if (keepClassifier) checkKeptClassifier(definition, options);
  const {ours, origin} = underOurNames(CALLER, expanded(checkpoint), definition, wanted);
  const classes = (keepClassifier ? classesOf(ours) : options.classes) ?? config.classes;
  const create = (weightless: true | ((layer: string) => boolean)) =>
    createNetwork(network, {...(classes !== undefined && {classes}), weightless});
  const model = create(true);
  const authors = inflationPlanOf(origin, definition, model);
  const plan = keepClassifier ? withClassifier(authors) : authors;
  const image = rule === 'taper' ? middleSlices(ours) : ours;
  const {report: inflation, values} = prepareInflation(image, model, {rule, plan});
  model.dispose();
  const unused = (plan.unused ?? []).filter((key) => ours.has(key));
  const report = reportOf(inflation, unused);
  if (strict) requireFit(CALLER, {network, origin, report});
  const start = fits(report) ? startingValues(report.kept, create) : new Map<string, Float32Array>();
  const tensors = model.weights.flatMap((weight): [string, CheckpointEntry][] => {
    const {originalName: key, shape} = weight;
    const fresh = start.get(key);
    const make = values.get(weight) ?? (fresh && (() => fresh));
    return make === undefined ? [] : [[key, lazyEntry(shape as number[], make)]];
  });
  const metadata = {
    ...modelMetadata({network, classes}),
    // The names of the classes go with their classifier.
    ...describedInput(checkpoint, origin, definition, ['mean', 'std', ...(keepClassifier ? ['labels'] : [])]),
    rule,
  };
  return {
    checkpoint: new Checkpoint(tensors, {metadata: new Map(Object.entries(metadata))}),
    network,
    origin,
    report,
  };
}

/** SlowFast puts the features of its paths in another order on clips than on images. */
function checkKeptClassifier({name, config}: NetworkDefinition, {classes}: InflateCheckpointOptions): void {
  if (classes !== undefined)
    throw new InvalidArgumentError(`${CALLER}: classes is for a new classifier; leave out keepClassifier`);
  if (!('headOrder' in config) || config.headOrder === 'slow-fast') return;
  throw new InvalidArgumentError(
    `${CALLER}: keepClassifier: ${name} orders its features otherwise than image networks of its kind, so that their classifier would be wrong for it`,
  );
}

/** The plan, but for the classifier, which is taken. */
function withClassifier({from = {}, unused = [], ...plan}: InflationPlan): InflationPlan {
  const others = Object.entries(from).filter(([key]) => !CLASSIFIER.includes(key));
  return {
    ...plan,
    from: Object.fromEntries(others),
    unused: unused.filter((key) => !CLASSIFIER.includes(key)),
  };
}

function reportOf({missing, misshapen, ...report}: InflationReport, unused: string[]): ConversionReport {
  return {
    ...report,
    unused,
    missing: missing.map(({key}) => key),
    misshapen: misshapen.map(({key, needed, given}) => ({name: key, expected: needed, given})),
  };
}

/**
 * What weights begin with that the image network has nothing for. All others stay zeros, which take no time to make: random
 * numbers for a network of 35 million weights take a second.
 */
function startingValues(
  kept: readonly string[],
  create: (weightless: (layer: string) => boolean) => LayersModel,
): Map<string, Float32Array> {
  const layers = new Set(kept.map((key) => key.slice(0, key.lastIndexOf('/'))));
  const model = create((layer) => !layers.has(layer));
  const values = model.weights
    .filter(({originalName}) => kept.includes(originalName))
    .map((weight) => [weight.originalName, Float32Array.from(weight.read().dataSync())] as const);
  model.dispose();
  return new Map(values);
}

/** A tensor whose values are made when they are asked for. */
function lazyEntry(shape: readonly number[], make: () => Float32Array): CheckpointEntry {
  return new CheckpointEntry('F32', shape, () => {
    const {buffer, byteOffset, byteLength} = make();
    return new Uint8Array(buffer, byteOffset, byteLength);
  });
}
