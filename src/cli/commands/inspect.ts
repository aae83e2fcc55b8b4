/**
 * `tfjs-sts inspect FILE`: what is in a checkpoint file. Reads it with the readers of checkpoints/, which run nothing of
 * a file, and prints names, types and shapes; no tensor is decoded and no backend is started.
 */
import type {Checkpoint} from '../../models/checkpoints/checkpoint';
import {ALL_FORMATS, read} from '../../models/checkpoints/read';
import type {Command} from '../command';
import {onePositional, parseCommand} from '../input/arguments';
import {readUserFile} from '../input/user_files';
import type {CliIo} from '../io';
import {counted} from '../output/counted';
import {oneLine} from '../output/one_line';
import {payloadLines, summarizePayload} from '../output/pickle_summary';
import {alignedTable} from '../output/table';

const HELP = `Lists what is in a checkpoint: names, types and shapes of the tensors, and what else the file holds.

usage: tfjs-sts inspect FILE [options]

  FILE        a .safetensors file or a PyTorch file (.pth, .pt, .bin, .tar; new and old format).
              Nothing in the file is executed

options:
  --at KEY    where in a PyTorch file the weights are, such as ema_state_dict or model/ema, if it holds several
  --json      print one JSON object: file, format, bytes, at, tensors, parameters, metadata, payload
  -h, --help  this text

Parameters are the elements of all tensors, running statistics and counters included.
`;

/** What a file holds, without its numbers. */
function contentsOf(file: string, format: string, bytes: number, checkpoint: Checkpoint) {
  const tensors = [...checkpoint].map(([name, {dtype, shape, size}]) => ({name, dtype, shape, size}));
  return {
    file,
    format,
    bytes,
    at: checkpoint.at,
    tensors: tensors.map(({name, dtype, shape}) => ({name, dtype, shape})),
    parameters: tensors.reduce((sum, {size}) => sum + size, 0),
    // Object.fromEntries defines its members, so a key __proto__ is a key like others.
    metadata: Object.fromEntries(checkpoint.metadata),
    payload: summarizePayload(checkpoint.extra),
  };
}

type Contents = ReturnType<typeof contentsOf>;

/** A name of the file on one line; names may hold anything. */
const printable = (name: string) =>
  oneLine(name) === name && name !== '' ? name : JSON.stringify(oneLine(name));

/** The layers of a whole model are in its metadata, too. */
function shortened(text: string): string {
  const most = 200;
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters; --json has all)` : text;
}

function report({file, format, bytes, at, tensors, parameters, metadata, payload}: Contents): string {
  const counts = [
    counted(tensors.length, 'tensor'),
    counted(parameters, 'parameter'),
    counted(bytes, 'byte'),
  ].join(', ');
  const place = at.length > 0 ? `, at ${printable(at.join('/'))}` : '';
  const rows = tensors.map(({name, dtype, shape}) => [printable(name), dtype, `[${shape.join(', ')}]`]);
  const notes = Object.entries(metadata).map(([key, text]) => [
    `  ${printable(key)}`,
    shortened(oneLine(text)),
  ]);
  return [
    `${oneLine(file)}: ${format}${place}, ${counts}\n`,
    ...(rows.length > 0 ? ['\n', alignedTable([{}, {}, {}], rows)] : []),
    ...(notes.length > 0 ? ['\nmetadata\n', alignedTable([{}, {}], notes)] : []),
    ...(payload.length > 0 ? ['\nbesides the tensors\n', payloadLines(payload)] : []),
  ].join('');
}

async function run(args: readonly string[], io: CliIo): Promise<void> {
  const {values, positionals} = parseCommand('inspect', args, {
    at: {type: 'string'},
    json: {type: 'boolean', default: false},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return void io.stdout.write(HELP);
  const file = onePositional('inspect', 'FILE', positionals);
  const bytes = await readUserFile(file);
  const checkpoint = read(bytes, {name: file, ...(values.at !== undefined && {at: values.at})});
  // What `read` has chosen: it takes the first format that says yes.
  const format = ALL_FORMATS.find((candidate) => candidate.canRead(bytes))!.name;
  const contents = contentsOf(file, format, bytes.length, checkpoint);
  io.stdout.write(values.json ? `${JSON.stringify(contents)}\n` : report(contents));
}

/** The command `inspect`. */
export function inspectCommand(): Command {
  return {summary: 'list what is in a checkpoint file', run};
}
