/**
 * `tfjs-sts convert FILE --network NAME -o DIR`: a checkpoint of the authors' PyTorch code, or of an image network of
 * torchvision or timm, becomes a .safetensors file in our names and layout, which `loadModel` and `predict` take. Strict:
 * every tensor has its place, or nothing is written. Into another network than the file's own: the command inflate.
 */
import {join} from 'node:path';
import {STORAGE_TYPES, type StorageType} from '../../models/checkpoints';
import {convertCheckpoint, ORIGINS, type Origin} from '../../models/convert';
import {networkNamed} from '../../models/zoo/network_names';
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {onePositional, originOf, parseCommand, storageType} from '../input/arguments';
import {startBackend} from '../input/backends';
import {about, readCheckpoint} from '../input/user_files';
import type {CliIo} from '../io';
import {counted} from '../output/counted';
import {requireFit} from '../output/differences';
import {writeConverted} from '../output/write_converted';

const HELP = `Makes a file for predict and loadModel out of a checkpoint of the authors' PyTorch code, or of an image network of
torchvision, timm or EfficientNet-PyTorch.

usage: tfjs-sts convert FILE --network NAME -o DIR [options]

  FILE              a PyTorch or .safetensors file. Nothing in it is executed
  --network NAME    which network it is for; tfjs-sts list names them. The number of classes is the file's.
                    Or which of the authors' checkpoints it is, such as x3d_s_sts.k400: the result then
                    knows its input and the names of its classes too
  -o, --output DIR  where NAME.safetensors is written; made if need be. An older file is replaced

options:
  --names ORIGIN    whose names the tensors have: ${ORIGINS.join(', ')}
                    (default: those that fit best)
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
  readonly origin: Origin | undefined;
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
  return {file, name: network, folder: output, origin: originOf(origin), at, dtype: storageType(dtype)};
}

async function run({file, name, folder, origin, at, dtype}: ConvertOptions, io: CliIo): Promise<void> {
  const {name: network} = networkNamed('convert', name);
  const original = await readCheckpoint(file, at);
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  const options = {strict: false, ...(origin !== undefined && {names: origin})};
  const converted = await about(file, () => convertCheckpoint(original, name, options));
  const isImage = converted.report.misshapen.some(
    ({expected, given}) => expected.length === 5 && expected[0]! > given[0]!,
  );
  const inflate = isImage ? '. To start a video network from an image network: tfjs-sts inflate' : '';
  requireFit(converted, `'${file}' does not fit ${network}`, `nothing was written${inflate}`, io);
  const {path, tensors, bytes, classes} = await writeConverted(converted, {
    file,
    path: join(folder, `${name}.safetensors`),
    dtype,
  });
  io.stdout.write(
    `${path}: ${counted(tensors, 'tensor')} of ${counted(bytes, 'byte')}, ${counted(Number(classes), 'class', 'classes')}, from names of ${converted.origin}\n`,
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
