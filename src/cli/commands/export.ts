/**
 * `tfjs-sts export MODEL -o FILE`: a model that `predict` takes becomes a file for other programs, an ONNX model or a state
 * dict for PyTorch. The opposite of convert. The file appears whole or not at all.
 */
import {readFile} from 'node:fs/promises';
import {basename, dirname} from 'node:path';
import {writeWhole} from '../../files/write_file';
import {safetensors} from '../../models/checkpoints';
import {ORIGINS, type Origin, torchCheckpoint} from '../../models/convert';
import {toOnnx} from '../../models/onnx';
import {type LoadedModel, loadModel, modelMetadata} from '../../models/zoo';
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {oneOf, onePositional, originOf, parseCommand, wholeNumber} from '../input/arguments';
import {startBackend} from '../input/backends';
import {about} from '../input/user_files';
import type {CliIo} from '../io';
import {grouped} from '../output/table';

const HELP = `Makes a file for other programs out of a model.

usage: tfjs-sts export MODEL --format FORMAT -o FILE [options]

  MODEL              what predict takes: the name of a model that ships (tfjs-sts list), a .safetensors file
                     that convert wrote, or a model.json of TensorFlow.js
  --format FORMAT    onnx   an ONNX model, operator set 17: network and weights
                     torch  the weights alone, as a .safetensors file of a state dict of the authors' PyTorch
                            code, for load_state_dict
  -o, --output FILE  where it is written. An older file is replaced

options:
  --frames N         onnx: the length of its clips (default: the model's own)
  --layout LAYOUT    onnx: channelsLast, clips [batch, time, height, width, 3] (default), or
                     channelsFirst, [batch, 3, time, height, width] as PyTorch has them
  --names ORIGIN     torch: whose names the tensors get: ${ORIGINS.join(', ')} (default: the first
                     that has names for the network)
  -h, --help         this text

The metadata of the file say how the input is made (frames, size, crop, mean, std) and name the classes.
`;

const FORMATS = {onnx: onnxBytes, torch: torchBytes} as const;

const FORMAT_NAMES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];

interface ExportOptions {
  readonly model: string;
  readonly path: string;
  readonly format: keyof typeof FORMATS;
  readonly frames: number | undefined;
  readonly layout: 'channelsLast' | 'channelsFirst';
  readonly origin: Origin | undefined;
}

/** Options of a command line; undefined when only help is wanted. */
function parse(args: readonly string[]): ExportOptions | undefined {
  const {values, positionals} = parseCommand('export', args, {
    format: {type: 'string'},
    output: {type: 'string', short: 'o'},
    frames: {type: 'string'},
    layout: {type: 'string'},
    names: {type: 'string'},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return undefined;
  const model = onePositional('export', 'MODEL', positionals);
  const see = 'see tfjs-sts export --help';
  const {format, output, layout, names: origin} = values;
  if (!format) {
    throw new InvalidArgumentError(`export needs --format; known are ${FORMAT_NAMES.join(', ')}; ${see}`);
  }
  if (!output) throw new InvalidArgumentError(`export needs -o FILE, where the result goes; ${see}`);
  const options = {
    model,
    path: output,
    format: oneOf('format', format, FORMAT_NAMES),
    frames: wholeNumber('frames', values.frames),
    layout: oneOf('layout', layout ?? 'channelsLast', ['channelsLast', 'channelsFirst']),
    origin: originOf(origin),
  } as const;
  const other = options.format === 'onnx' ? ['names'] : ['frames', 'layout'];
  const strangers = other.filter((key) => values[key as keyof typeof values] !== undefined);
  if (strangers.length > 0) {
    throw new InvalidArgumentError(`--${strangers[0]} does nothing for the format ${options.format}; ${see}`);
  }
  return options;
}

function onnxBytes({model, info}: LoadedModel, {layout}: ExportOptions): Promise<Uint8Array> {
  return toOnnx(model, {layout, metadata: {...modelMetadata(info), layout}});
}

async function torchBytes(loaded: LoadedModel, {origin, model}: ExportOptions): Promise<Uint8Array> {
  if (loaded.info.network === null) {
    throw new InvalidArgumentError(
      `'${model}' does not say which network it is, so its weights have no names in PyTorch; export it as onnx`,
    );
  }
  return safetensors.write(await torchCheckpoint(loaded, origin === undefined ? {} : {names: origin}));
}

async function run(options: ExportOptions, io: CliIo): Promise<void> {
  const {model: name, path, format, frames} = options;
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  const loaded = await loadModel(name, {readFile, ...(frames !== undefined && {frames})});
  try {
    const bytes = await about(name, () => FORMATS[format](loaded, options));
    const written = await writeWhole(dirname(path), basename(path), [bytes]);
    io.stdout.write(`${written}: ${format}, ${grouped(bytes.length)} bytes\n`);
  } finally {
    loaded.model.dispose();
  }
}

/** The command `export`. */
export function exportCommand(): Command {
  return {
    summary: 'make an ONNX model, or a state dict for PyTorch, out of a model',
    async run(args, io) {
      const options = parse(args);
      if (options === undefined) io.stdout.write(HELP);
      else await run(options, io);
    },
  };
}
