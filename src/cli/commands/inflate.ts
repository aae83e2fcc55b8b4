/**
 * `tfjs-sts inflate FILE --network NAME -o PATH`: a video network starts from the weights of an image network, as a
 * .safetensors file that `loadModel` and `predict` take. Strict: what the image network has for the network is of the right
 * shape, or nothing is written. The same network's own weights are the business of the command convert.
 */
import {join} from 'node:path';
import {STORAGE_TYPES, type StorageType} from '../../models/checkpoints';
import {
  type ConversionReport,
  type InflateCheckpointOptions,
  inflateCheckpoint,
  ORIGINS,
} from '../../models/convert';
import {INFLATION_RULES, type InflationRule} from '../../models/inflate';
import {networkNamed} from '../../models/zoo/network_names';
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {oneOf, onePositional, originOf, parseCommand, storageType, wholeNumber} from '../input/arguments';
import {startBackend} from '../input/backends';
import {about, readCheckpoint} from '../input/user_files';
import type {CliIo} from '../io';
import {counted} from '../output/counted';
import {listed, requireFit} from '../output/differences';
import {grouped} from '../output/table';
import {writeConverted} from '../output/write_converted';

const HELP = `Starts a video network from the weights of an image network.

usage: tfjs-sts inflate FILE --network NAME -o PATH [options]

  FILE               a PyTorch or .safetensors file: an image-mode checkpoint of the authors, an image network
                     of torchvision, timm or EfficientNet-PyTorch, or a file that convert wrote. Nothing in it
                     is executed
  --network NAME     the video network; tfjs-sts list names them
  -o, --output PATH  a file, if it ends in .safetensors, else a folder, where NAME.safetensors is written; made
                     if need be. An older file is replaced

options:
  --names ORIGIN     whose names the tensors have: ${ORIGINS.join(', ')}
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
  readonly network: string;
  readonly output: string;
  readonly at: string | undefined;
  readonly dtype: StorageType;
  readonly rule: InflationRule;
  readonly inflation: InflateCheckpointOptions;
}

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
  const {network, output, names, at, 'keep-classifier': keepClassifier} = values;
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
  const origin = originOf(names);
  const inflation = {
    rule,
    keepClassifier,
    strict: false,
    ...(origin !== undefined && {names: origin}),
    ...(classes !== undefined && {classes}),
  };
  const {name} = networkNamed('inflate', network);
  return {file, network: name, output, at, dtype: storageType(values.dtype), rule, inflation};
}

async function run({file, network, output, at, dtype, rule, inflation}: Options, io: CliIo): Promise<void> {
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  const original = await readCheckpoint(file, at);
  const converted = await about(file, () => inflateCheckpoint(original, network, inflation));
  requireFit(converted, `'${file}' cannot start ${network}`, 'nothing was written', io);
  const {path, classes} = await writeConverted(converted, {
    file,
    path: output.endsWith('.safetensors') ? output : join(output, `${network}.safetensors`),
    dtype,
  });
  const lines = [
    `${path}: ${counted(Number(classes), 'class', 'classes')}, from names of ${converted.origin}`,
    ...summary(converted.report, rule),
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
}

function summary({copied, inflated, kept, unused}: ConversionReport, rule: InflationRule): string[] {
  return [
    `copied       ${grouped(copied.length)}`,
    `inflated     ${grouped(inflated.length)}, rule ${rule}`,
    ...listed('started anew', kept),
    ...listed('skipped of the image network', unused),
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
