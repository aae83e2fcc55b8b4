/**
 * `tfjs-sts convert FILE --network NAME -o DIR`: a checkpoint of the authors' PyTorch code, or of an image network of
 * torchvision or timm, becomes a .safetensors file in our names and layout, which `loadModel` and `predict` take. Strict:
 * every tensor has its place, or nothing is written. Into another network than the file's own: the command inflate.
 */
import {readFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {Checkpoint, compare, STORAGE_TYPES, type StorageType, storedAs} from '../../checkpoints';
import {passingParts} from '../../checkpoints/formats/safetensors/safetensors';
import {renamed} from '../../checkpoints/names';
import {writeWhole} from '../../files/write_file';
import {createNetwork} from '../../networks';
import {FormatError, InvalidArgumentError} from '../../util/errors';
import {loadLabels} from '../../zoo';
import {type PublishedCheckpoint, publishedCheckpoint} from '../../zoo/published';
import type {Command} from '../command';
import {inputOf, nameMapFor, ORIGIN_NAMES} from '../foreign_names';
import {onePositional, parseCommand, storageType} from '../input/arguments';
import {startBackend} from '../input/backends';
import {networkNamed} from '../input/network_names';
import {about, classesOf, readCheckpoint} from '../input/user_files';
import type {CliIo} from '../io';
import {differences} from '../output/differences';
import {grouped} from '../output/table';

const HELP = `Makes a file for predict and loadModel out of a checkpoint of the authors' PyTorch code, or of an image network of
torchvision, timm or EfficientNet-PyTorch.

usage: tfjs-sts convert FILE --network NAME -o DIR [options]

  FILE              a PyTorch or .safetensors file. Nothing in it is executed
  --network NAME    which network it is for; tfjs-sts list names them. The number of classes is the file's.
                    Or which of the authors' checkpoints it is, such as x3d_s_sts.k400: the result then
                    knows its input and the names of its classes too
  -o, --output DIR  where NAME.safetensors is written; made if need be. An older file is replaced

options:
  --names ORIGIN    whose names the tensors have: ${ORIGIN_NAMES.join(', ')} (default: those that fit best)
  --at KEY          where in a PyTorch file the weights are, such as ema_state_dict, if it holds several
  --dtype TYPE      how kernels are stored: ${STORAGE_TYPES.join(', ')} (default: float32). float16 is half the size,
                    each value rounded once; uint8 a quarter, 255 steps for each output channel. Vectors, such
                    as those of batch normalization, stay float32
  -h, --help        this text

Every tensor must have its place in the network and every weight its tensor, all of the right shape.
Otherwise the differences are listed, and nothing is written. See tfjs-sts inflate for a video network that is to
start from an image network.
`;

interface ConvertOptions {
  readonly file: string;
  /** A network, or one of the authors' checkpoints. */
  readonly name: string;
  readonly folder: string;
  readonly origin: string | undefined;
  readonly at: string | undefined;
  readonly dtype: StorageType;
}

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): ConvertOptions | undefined {
  const {values, positionals} = parseCommand('convert', args, {
    network: {type: 'string'},
    output: {type: 'string', short: 'o'},
    names: {type: 'string'},
    at: {type: 'string'},
    dtype: {type: 'string', default: 'float32'},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return undefined;
  const file = onePositional('convert', 'FILE', positionals);
  const {network, output, names: origin, at, dtype} = values;
  const see = 'see tfjs-sts convert --help';
  if (!network) throw new InvalidArgumentError(`convert needs --network NAME, what the file is for; ${see}`);
  if (!output) throw new InvalidArgumentError(`convert needs -o DIR, where the result goes; ${see}`);
  return {file, name: network, folder: output, origin, at, dtype: storageType(dtype)};
}

/** Kernels of an image network as those of one frame, `[1, height, width, in, out]`. */
function asFrames(checkpoint: Checkpoint): Checkpoint {
  const entries = [...checkpoint].map(
    ([key, entry]) => [key, entry.shape.length === 4 ? entry.reshape([1, ...entry.shape]) : entry] as const,
  );
  return new Checkpoint(entries);
}

/**
 * Compares the checkpoint with the network, for which the network is built but not filled: a file of 140 MB is to need
 * no multiple of that. Says on stderr what does not fit before it throws.
 */
function requireFit(
  checkpoint: Checkpoint,
  {file, network, origin, classes}: {file: string; network: string; origin: string; classes: number},
  io: CliIo,
): void {
  const model = createNetwork(network, {classes, weightless: true});
  const report = compare(model, checkpoint);
  model.dispose();
  const {missing, extra, misshapen} = report;
  if (missing.length + extra.length + misshapen.length === 0) return;
  io.stderr.write(`${differences(report).join('\n')}\n`);
  const isImage = misshapen.some(({expected, given}) => expected.length === 5 && expected[0]! > given[0]!);
  const hint = isImage ? '. To start a video network from an image network: tfjs-sts inflate' : '';
  throw new FormatError(
    `'${file}' does not fit ${network} (names of ${origin}): ${missing.length} missing, ${extra.length} extra, ` +
      `${misshapen.length} misshapen; nothing was written${hint}`,
  );
}

/** What a file of ours, such as export writes, says of its input and classes. */
const DESCRIBED = ['frames', 'interval', 'size', 'crop', 'mean', 'std', 'labels'];

/** What the metadata say of the input and the classes of a checkpoint of the authors, where all of it is known. */
async function description({name, input, labels}: PublishedCheckpoint): Promise<Record<string, string>> {
  const {mean, std, ...lengths} = input;
  return {
    ...Object.fromEntries(Object.entries(lengths).map(([key, value]) => [key, String(value)])),
    mean: JSON.stringify(mean),
    std: JSON.stringify(std),
    checkpoint: name,
    labels: JSON.stringify(await loadLabels(labels, {readFile})),
  };
}

async function run(options: ConvertOptions, io: CliIo): Promise<void> {
  const {file, name, folder, dtype} = options;
  const published = publishedCheckpoint(name);
  const definition = networkNamed(name);
  const {name: network} = definition;
  const original = await readCheckpoint(file, options.at);
  const {origin, names} = nameMapFor(definition, options.origin, original);
  const ours = asFrames(renamed(original, names));
  const classes = classesOf(ours, file, network);
  if (published !== undefined && published.classes !== classes) {
    throw new FormatError(
      `'${file}' has ${classes} classes, ${name} has ${published.classes}; --network ${network} takes any number`,
    );
  }
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  requireFit(ours, {file, network, origin, classes}, io);
  const stored = storedAs(new Checkpoint(ours), dtype);
  const entries = [...stored];
  const metadata = {
    ...Object.fromEntries(stored.metadata),
    network,
    classes: String(classes),
    ...(published === undefined
      ? inputOf(original, origin, definition, DESCRIBED)
      : await description(published)),
    source: basename(file),
  };
  // Tensors are read from the file while they are written.
  const path = await about(file, () =>
    writeWhole(folder, `${name}.safetensors`, passingParts(entries, metadata)),
  );
  const bytes = entries.reduce((sum, [, {byteLength}]) => sum + byteLength, 0);
  io.stdout.write(
    `${path}: ${grouped(entries.length)} tensors of ${grouped(bytes)} bytes, ${classes} classes, from names of ${origin}\n`,
  );
}

/** The command `convert`. */
export function convertCommand(): Command {
  return {
    summary: 'turn a PyTorch checkpoint into a file of ours',
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) io.stdout.write(HELP);
      else await run(options, io);
    },
  };
}
