/**
 * From a checkpoint of anybody to one of ours for the same network: expanded, renamed, compared with the network, described for
 * `loadModel`. Every tensor stays lazy, so a large file is not in memory a second time. From an image network to a video
 * network: inflate_checkpoint.ts.
 */

import {FILE_OPTIONS, type FileOptions} from '../../files/files';
import {createNetwork, type NetworkDefinition} from '../../networks';
import {FormatError} from '../../util/errors';
import {checkOptions, optionNames} from '../../util/names';
import {Checkpoint, type CheckpointEntry, compare, expanded} from '../checkpoints';
import {LABELS, listModels, loadLabels, type ModelRow, modelMetadata} from '../zoo';
import {networkNamed} from '../zoo/network_names';
import {describedInput} from './described_input';
import {type Origin, underOurNames} from './origins';
import {type ConvertedCheckpoint, fits, requireFit} from './report';

export interface ConvertOptions extends FileOptions {
  /** Whose names the tensors have. Default: those that fit best. */
  readonly names?: Origin;
  /** Whether anything missing, extra or misshapen is an error. Default: true. */
  readonly strict?: boolean;
}

const KNOWN = [
  ...FILE_OPTIONS,
  ...optionNames<Omit<ConvertOptions, keyof FileOptions>>({names: true, strict: true}),
];

/** What a file of ours says of its input and its classes, and what it is to say again. */
const DESCRIBED = ['frames', 'interval', 'size', 'crop', 'mean', 'std', 'labels'] as const;

const CALLER = 'convertCheckpoint';

/**
 * Brings a checkpoint of the authors' PyTorch code, of torchvision, timm or EfficientNet-PyTorch, or one of ours, under the
 * names and into the layout of the network that it is for. The network is built to be compared with, and not filled.
 *
 * @param checkpoint as `read` gives it
 * @param target a network, or a model of `listModels`, such as `x3d_s_sts.k400`: the result then knows its
 *   whole input and the names of its classes. The number of classes is the checkpoint's
 * @returns a checkpoint with the metadata that `loadModel` goes by: give it to that, or to `storeCheckpoint`
 * @throws InvalidArgumentError for an unknown target or origin; FormatError for a checkpoint that does not fit, with every
 *   kind of difference, unless `strict` is false: the checkpoint then holds what fits
 *
 * ```ts
 * const {checkpoint} = await convertCheckpoint(read(await readFile('x3d_s.pth')), 'x3d_s_sts.k400');
 * const {model, info} = await loadModel(checkpoint);
 * ```
 */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  target: string,
  options: ConvertOptions = {},
): Promise<ConvertedCheckpoint> {
  checkOptions(CALLER, options, KNOWN);
  const {names: wanted, strict = true, ...files} = options;
  const definition = networkNamed(CALLER, target);
  const row = listModels().find(({name}) => name === target);
  const {name: network} = definition;
  const {ours, origin} = underOurNames(CALLER, expanded(checkpoint), definition, wanted);
  const framed = asFrames(ours);
  const classes = classesOf(framed) ?? definition.config.classes;
  const needed = row === undefined || row.labels === null ? classes : LABELS[row.labels].count;
  if (classes !== needed) {
    throw new FormatError(
      `${CALLER}: the checkpoint has ${classes} classes, ${target} has ${needed}; give ${network}, which takes any number`,
    );
  }
  const report = compareWith(definition, framed, classes);
  if (strict) requireFit(CALLER, {network, origin, report});
  const description =
    row === undefined
      ? describedInput(checkpoint, origin, definition, DESCRIBED)
      : await descriptionOf(row, files);
  const metadata = {...modelMetadata({network, classes}), ...description};
  const copied = new Set(report.copied);
  const tensors = fits(report) ? framed : new Map([...framed].filter(([key]) => copied.has(key)));
  return {
    checkpoint: new Checkpoint(tensors, {metadata: new Map(Object.entries(metadata))}),
    network,
    origin,
    report,
  };
}

function compareWith({name}: NetworkDefinition, checkpoint: Checkpoint, classes: number | undefined) {
  const model = createNetwork(name, {...(classes !== undefined && {classes}), weightless: true});
  try {
    const {assigned, ...differences} = compare(model, checkpoint);
    return {copied: assigned, inflated: [], kept: [], unused: [], ...differences};
  } finally {
    model.dispose();
  }
}

/** Kernels of an image network as those of one frame, `[1, height, width, in, out]`. */
function asFrames(checkpoint: Checkpoint): Checkpoint {
  const frame = (entry: CheckpointEntry) =>
    entry.shape.length === 4 ? entry.reshape([1, ...entry.shape]) : entry;
  return new Checkpoint([...checkpoint].map(([key, entry]) => [key, frame(entry)] as const));
}

/** The number of classes of a checkpoint in our names: the columns of the last layer's kernel. */
export function classesOf(checkpoint: Checkpoint): number | undefined {
  return checkpoint.tensors.get('classifier/kernel')?.shape[1];
}

/** All that is known of a model of the table. */
async function descriptionOf(
  {name, input, labels}: ModelRow,
  files: FileOptions,
): Promise<Record<string, string>> {
  return modelMetadata({
    ...input,
    model: name,
    labels: labels === null ? [] : await loadLabels(labels, files),
  });
}
