/**
 * `tfjs-sts inflate FILE --network NAME -o PATH`: a video network starts from the weights of an image network, as a
 * .safetensors file that `loadModel` and `predict` take. Strict: what the image network has for the network is of the right
 * shape, or nothing is written. The same network's own weights are the business of the command convert.
 */
import {basename, dirname, join} from 'node:path';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {
  Checkpoint,
  CheckpointEntry,
  expanded,
  STORAGE_TYPES,
  type StorageType,
  storedAs,
} from '../../checkpoints';
import {passingParts} from '../../checkpoints/formats/safetensors/safetensors';
import {renamed} from '../../checkpoints/names';
import {writeWhole} from '../../files/write_file';
import {
  INFLATION_RULES,
  type InflationPlan,
  type InflationReport,
  type InflationRule,
  imageModePlan,
  middleSlices,
} from '../../inflate';
import {prepareInflation} from '../../inflate/inflate';
import {createNetwork, type NetworkDefinition} from '../../networks';
import {FormatError, InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {inputOf, nameMapFor, ORIGIN_NAMES, OWN, planFor} from '../foreign_names';
import {oneOf, onePositional, parseCommand, storageType, wholeNumber} from '../input/arguments';
import {startBackend} from '../input/backends';
import {networkNamed} from '../input/network_names';
import {about, classesOf, readCheckpoint} from '../input/user_files';
import type {CliIo} from '../io';
import {differences, listed} from '../output/differences';
import {grouped} from '../output/table';

const HELP = `Starts a video network from the weights of an image network.

usage: tfjs-sts inflate FILE --network NAME -o PATH [options]

  FILE               a PyTorch or .safetensors file: an image-mode checkpoint of the authors, an image network
                     of torchvision, timm or EfficientNet-PyTorch, or a file that convert wrote. Nothing in it
                     is executed
  --network NAME     the video network; tfjs-sts list names them
  -o, --output PATH  a file, if it ends in .safetensors, else a folder, where NAME.safetensors is written; made
                     if need be. An older file is replaced

options:
  --names ORIGIN     whose names the tensors have: ${[...ORIGIN_NAMES, OWN].join(', ')}
                     (default: those that fit best)
  --at KEY           where in a PyTorch file the weights are, such as ema_state_dict, if it holds several
  --rule RULE        how a 2D kernel becomes slices in time: ${INFLATION_RULES.join(', ')} (default: sts, which keeps
                     the image network's answers). The authors take mean for ResNets, and taper for the middle
                     slices of SlowOnly's image mode
  --classes N        of the new classifier (default: as many as the network usually has)
  --keep-classifier  take the image network's classifier too, instead of a new one
  --dtype TYPE       how kernels are stored: ${STORAGE_TYPES.join(', ')} (default: float32)
  -h, --help         this text

What the image network has nothing for starts anew, as in a network that is to be trained: the classifier, SlowFast's
fast path and lateral convolutions, ir-CSN's depthwise convolutions where the image network is a ResNet. Everything else
must be there and fit, otherwise the differences are listed, and nothing is written.
`;

interface Options {
  readonly file: string;
  readonly definition: NetworkDefinition;
  readonly output: string;
  readonly origin: string | undefined;
  readonly at: string | undefined;
  readonly rule: InflationRule;
  readonly classes: number | undefined;
  readonly keepClassifier: boolean;
  readonly dtype: StorageType;
}

const CLASSIFIER = ['classifier/kernel', 'classifier/bias'];

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): Options | undefined {
  const {values, positionals} = parseCommand('inflate', args, {
    network: {type: 'string'},
    output: {type: 'string', short: 'o'},
    names: {type: 'string'},
    at: {type: 'string'},
    rule: {type: 'string', default: 'sts'},
    classes: {type: 'string'},
    'keep-classifier': {type: 'boolean', default: false},
    dtype: {type: 'string', default: 'float32'},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return undefined;
  const file = onePositional('inflate', 'FILE', positionals);
  const {network, output, names: origin, at, 'keep-classifier': keepClassifier} = values;
  const see = 'see tfjs-sts inflate --help';
  if (!network) throw new InvalidArgumentError(`inflate needs --network NAME, the video network; ${see}`);
  if (!output) throw new InvalidArgumentError(`inflate needs -o PATH, where the result goes; ${see}`);
  const classes = wholeNumber('classes', values.classes);
  if (keepClassifier && classes !== undefined) {
    throw new InvalidArgumentError(
      `--classes is for a new classifier, which --keep-classifier does not want; ${see}`,
    );
  }
  const rule = oneOf('rule', values.rule, INFLATION_RULES);
  const definition = networkNamed(network);
  return {
    file,
    definition,
    output,
    origin,
    at,
    rule,
    classes,
    keepClassifier,
    dtype: storageType(values.dtype),
  };
}

/**
 * What weights begin with that the image network has nothing for. All others stay zeros, which take no time to make: random
 * numbers for a network of 35 million weights take a second.
 */
function startingValues(
  kept: readonly string[],
  create: (weightless: (layer: string) => boolean) => LayersModel,
) {
  const layers = new Set(kept.map((key) => key.slice(0, key.lastIndexOf('/'))));
  const model = create((layer) => !layers.has(layer));
  const values = model.weights
    .filter(({originalName}) => kept.includes(originalName))
    .map((weight) => [weight.originalName, Float32Array.from(weight.read().dataSync())] as const);
  model.dispose();
  return new Map(values);
}

/** The image network in our names, whose names it had, and the plan that goes with them. */
function named(original: Checkpoint, {definition, origin}: Options) {
  // No key of a state dict has a slash.
  const isOwn = original.names().some((key) => /\/(depthwise_)?kernel$/.test(key));
  if (origin === OWN || (origin === undefined && isOwn)) {
    return {image: original, origin: OWN, planOf: imageModePlan};
  }
  const found = nameMapFor(definition, origin, original);
  return {
    image: renamed(original, found.names),
    origin: found.origin,
    planOf: planFor(found.origin, definition),
  };
}

/** SlowFast puts the features of its paths in another order on clips than on images. */
function requireSameHead({name, config}: NetworkDefinition): void {
  if (!('headOrder' in config) || config.headOrder === 'slow-fast') return;
  throw new InvalidArgumentError(
    `--keep-classifier: ${name} orders its features otherwise than image networks of its kind, so that their classifier would be wrong for it`,
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

/** Says on stderr what does not fit before it throws. */
function requireFit({missing, extra, misshapen}: InflationReport, what: string, io: CliIo): void {
  if (missing.length + extra.length + misshapen.length === 0) return;
  const lines = differences({
    missing: missing.map(({key}) => key),
    extra,
    misshapen: misshapen.map(({key, needed, given}) => ({name: key, expected: needed, given})),
  });
  io.stderr.write(`${lines.join('\n')}\n`);
  throw new FormatError(
    `${what}: ${missing.length} missing, ${extra.length} extra, ${misshapen.length} misshapen; nothing was written`,
  );
}

/** A tensor whose values are made when it is written. */
const lazily = (shape: readonly number[], make: () => Float32Array) =>
  new CheckpointEntry('F32', shape, () => {
    const {buffer, byteOffset, byteLength} = make();
    return new Uint8Array(buffer, byteOffset, byteLength);
  });

async function run(options: Options, io: CliIo): Promise<void> {
  const {file, definition, output, rule, keepClassifier, dtype} = options;
  const {name, config} = definition;
  if (keepClassifier) requireSameHead(definition);
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  const stored = await readCheckpoint(file, options.at);
  const original = await about(file, () => expanded(stored));
  const {image, origin, planOf} = named(original, options);
  const classes = keepClassifier ? classesOf(image, file, name) : (options.classes ?? config.classes);
  const model = createNetwork(name, {classes, weightless: true});
  const plan = keepClassifier ? withClassifier(planOf(model)) : planOf(model);
  const {report, values} = prepareInflation(rule === 'taper' ? middleSlices(image) : image, model, {
    rule,
    plan,
  });
  model.dispose();
  requireFit(report, `'${file}' cannot start ${name} (names of ${origin})`, io);
  const start = startingValues(report.kept, (weightless) => createNetwork(name, {classes, weightless}));
  const entries = model.weights.map((weight) => {
    const {originalName: key, shape} = weight;
    return [key, lazily(shape as number[], values.get(weight) ?? (() => start.get(key)!))] as const;
  });
  const result = storedAs(new Checkpoint(entries), dtype);
  const metadata = {
    ...Object.fromEntries(result.metadata),
    network: name,
    classes: String(classes),
    // The names of the classes go with their classifier.
    ...inputOf(original, origin, definition, ['mean', 'std', ...(keepClassifier ? ['labels'] : [])]),
    rule,
    source: basename(file),
  };
  const path = output.endsWith('.safetensors') ? output : join(output, `${name}.safetensors`);
  // Tensors are read from the file while they are written.
  const written = await about(file, () =>
    writeWhole(dirname(path), basename(path), passingParts(result, metadata)),
  );
  const skipped = (plan.unused ?? []).filter((key) => image.has(key));
  io.stdout.write(
    `${[`${written}: ${classes} classes, from names of ${origin}`, ...summary(report, rule, skipped)].join('\n')}\n`,
  );
}

function summary(
  {copied, inflated, kept}: InflationReport,
  rule: InflationRule,
  skipped: readonly string[],
): string[] {
  return [
    `copied       ${grouped(copied.length)}`,
    `inflated     ${grouped(inflated.length)}, rule ${rule}`,
    ...listed('started anew', kept),
    ...listed('skipped of the image network', skipped),
  ];
}

/** The command `inflate`. */
export function inflateCommand(): Command {
  return {
    summary: 'start a video network from the weights of an image network',
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) io.stdout.write(HELP);
      else await run(options, io);
    },
  };
}
