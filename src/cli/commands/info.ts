/**
 * `tfjs-sts info NAME`: what a network is made of, layer by layer. Builds it with zeros for weights, or loads a model whose file says what it
 * is, and never runs it; the counts are those of networks/summary.
 */
import {existsSync} from 'node:fs';
import {LABELS, loadModel, type ModelRow} from '../../models/zoo';
import {clipOf, type ModelInput} from '../../models/zoo/model_info';
import {networkNamed} from '../../models/zoo/network_names';
import {modelNamed, modelsOf} from '../../models/zoo/table/models';
import {createNetwork, type LayerSummary, type SizeRules, summarize} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {onePositional, parseCommand, wholeNumber} from '../input/arguments';
import {startBackend} from '../input/backends';
import type {CliIo} from '../io';
import {accuracyOf} from '../output/accuracy';
import {alignedTable, grouped} from '../output/table';

const HELP = `Tells what a network is made of: layers, shapes, parameters, multiply-accumulates, and where STS is.

usage: tfjs-sts info NAME [options]

  NAME        a network, a model or a checkpoint of tfjs-sts list

options:
  --frames N  for clips of N frames (default: the network's or the model's usual length)
  --size N    for frames of N x N (default: the usual size). Sizes that the network cannot take are
              refused with those that it can
  --json      print one JSON object: network, family, description, models, sizes, input, output,
              layers, parameters, statistics, macs
  -h, --help  this text

Multiply-accumulates are those of convolutions and dense layers for one clip. Statistics are the moving
averages of batch normalization, which are not among the parameters. Accuracies are those that the authors
report, unless it says that they were measured with this package.
`;

interface Wanted {
  readonly name: string;
  readonly frames: number | undefined;
  readonly size: number | undefined;
}

const isSts = ({className}: LayerSummary) => className.startsWith('STS');

/** A network that is to be told of, and what is known of it beside its layers; of a model of its own there is no family, and one size. */
function ofNetwork({name, frames, size}: Wanted) {
  // A network's name may be that of a model too; its usual clip then counts.
  const row = modelNamed(name);
  const definition = networkNamed('info', name);
  const {config, family, description} = definition;
  const clip = row === undefined ? config : clipOf(row.input);
  const classes = row?.labels ? LABELS[row.labels].count : config.classes;
  const model = createNetwork(definition.name, {
    frames: frames ?? clip.frames,
    height: size ?? clip.height,
    width: size ?? clip.width,
    ...(classes !== undefined && {classes}),
    weightless: true,
  });
  const models = row?.name === name ? [row] : modelsOf(definition.name);
  return {model, network: definition.name, family, description, models, sizes: sizesOf(definition.sizes())};
}

async function ofModel(row: ModelRow, {name, frames, size}: Wanted) {
  if (frames !== undefined || size !== undefined)
    throw new InvalidArgumentError(
      `info: ${name} takes clips of one size and no others; leave out --frames and --size`,
    );
  const {model} = await loadModel(row.name);
  return {model, network: null, family: null, description: row.description, models: [row], sizes: null};
}

async function contents(wanted: Wanted) {
  const row = modelNamed(wanted.name);
  const {model, ...known} = row?.network === null ? await ofModel(row, wanted) : ofNetwork(wanted);
  try {
    const {layers, parameters, statistics, macs} = summarize(model);
    return {
      ...known,
      input: model.inputs[0]!.shape.slice(1),
      output: model.outputs[0]!.shape.slice(1),
      layers: layers.map((layer) => ({...layer, outputShape: layer.outputShape.slice(1), sts: isSts(layer)})),
      parameters,
      statistics,
      macs,
    };
  } finally {
    model.dispose();
  }
}

/** The rules as data: what each axis of a clip may be, and why. */
function sizesOf({frames, height, width}: SizeRules) {
  const said = ({text, reason}: SizeRules['frames']) => ({text, reason});
  return {frames: said(frames), height: said(height), width: said(width)};
}

/** Height and width in one line where they have one rule. */
function sizeFacts({frames, height, width}: ReturnType<typeof sizesOf>): string[][] {
  const line = ({text, reason}: typeof frames) => `${text}. ${reason}`;
  const sides = ['height', 'width'].map((side, i) => [side, line(i === 0 ? height : width)]);
  const isSame = height.text === width.text && height.reason === width.reason;
  return [['frames', line(frames)], ...(isSame ? [['sides', line(height)]] : sides)];
}

const shape = (lengths: readonly (number | null)[]) => lengths.map((length) => length ?? '?').join(' x ');

const count = (value: number) => (value === 0 ? '' : grouped(value));

/** What is known of models: all of it of the only one, two lines each of several. */
function modelFacts(models: readonly ModelRow[]): string[][] {
  return models.flatMap((row) => {
    const {name, weights, source} = row;
    const place = weights.from === 'convert' ? 'not shipped' : 'ready for predict --model';
    const facts = [
      ['model', [`${name}, ${place}`, ...accuracyOf(row)].join('; ')],
      ['  source', source],
    ];
    return models.length > 1 ? facts : [...facts, ...otherFacts(row)];
  });
}

function otherFacts({weights, input, views, licence}: ModelRow): string[][] {
  return [
    ...(weights.from === 'convert' ? [['  config', weights.config]] : []),
    ['  input', inputLine(input)],
    ...(views === null ? [] : [['  views', `${views.clips} x ${views.crops} crops a video`]]),
    ['  licence', licence ?? 'not stated'],
    ...(weights.from === 'convert' ? [['  convert', weights.command]] : []),
  ];
}

function inputLine({frames, interval = 'uniform', size, crop}: ModelInput): string {
  const spread = interval === 'uniform' ? 'spread over the video' : `${interval} apart`;
  const pixels = (length: ModelInput['size']) => (typeof length === 'number' ? length : length.join(' x '));
  return [
    frames === 1 ? '1 frame' : `${frames} frames ${spread}`,
    typeof size === 'number' ? `short side ${size}` : pixels(size),
    ...(crop === undefined ? [] : [`crop ${pixels(crop)}`]),
  ].join(', ');
}

function report(info: Awaited<ReturnType<typeof contents>>): string {
  const {layers, models} = info;
  const ready = models.filter(({weights}) => weights.from !== 'convert').map(({name}) => name);
  const rows = layers.map((layer) => [
    layer.name,
    layer.className,
    shape(layer.outputShape),
    count(layer.parameters),
    count(layer.macs),
    layer.sts ? 'STS' : '',
  ]);
  const columns = ['layer', 'class', 'output', 'parameters', 'MACs', ''].map((title) => ({
    title,
    align: title === 'parameters' || title === 'MACs' ? ('right' as const) : ('left' as const),
  }));
  const facts = [
    ...(info.family === null ? [] : [['family', info.family]]),
    ['weights', ready.length > 0 ? `shipped as ${ready.join(', ')}` : 'yours to bring: tfjs-sts convert'],
    ...modelFacts(models),
    ['clip', shape(info.input)],
    ...(info.sizes === null ? [] : sizeFacts(info.sizes)),
    ['output', shape(info.output)],
    ['parameters', `${grouped(info.parameters)}, and ${grouped(info.statistics)} statistics`],
    ['MACs', `${grouped(info.macs)} for one clip`],
    ['STS', `${layers.filter(({sts}) => sts).length} of ${layers.length} layers`],
  ];
  return `${info.network ?? models[0]!.name}: ${info.description}\n\n${alignedTable([{}, {}], facts)}\n${alignedTable(columns, rows)}`;
}

async function run(args: readonly string[], io: CliIo): Promise<void> {
  const {values, positionals} = parseCommand('info', args, {
    frames: {type: 'string'},
    size: {type: 'string'},
    json: {type: 'boolean', default: false},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return void io.stdout.write(HELP);
  const name = onePositional('info', 'NAME', positionals);
  // A checkpoint, or a folder that is called like a network.
  if (/[/\\.]/.test(name) && modelNamed(name) === undefined && existsSync(name))
    throw new InvalidArgumentError(
      `'${name}' is a file; info takes the name of a network, see tfjs-sts inspect ${name}`,
    );
  const wanted = {name, frames: wholeNumber('frames', values.frames), size: wholeNumber('size', values.size)};
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  const info = await contents(wanted);
  io.stdout.write(values.json ? `${JSON.stringify(info)}\n` : report(info));
}

/** The command `info`. */
export function infoCommand(): Command {
  return {summary: 'tell what a network is made of', run};
}
