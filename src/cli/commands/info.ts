/**
 * `tfjs-sts info NAME`: what a network is made of, layer by layer. Builds it with zeros for weights and never runs it; the
 * counts are those of networks/summary.
 */
import {createNetwork, type LayerSummary, type SizeRules, summarize} from '../../networks';
import {catalogEntry, listModels} from '../../zoo/catalog';
import {listCheckpoints, type PublishedCheckpoint} from '../../zoo/published';
import type {Command} from '../command';
import {onePositional, parseCommand, wholeNumber} from '../input/arguments';
import {startBackend} from '../input/backends';
import {networkNamed} from '../input/network_names';
import type {CliIo} from '../io';
import {alignedTable, grouped} from '../output/table';

const HELP = `Tells what a network is made of: layers, shapes, parameters, multiply-accumulates, and where STS is.

usage: tfjs-sts info NAME [options]

  NAME        a network, a model or a checkpoint of tfjs-sts list

options:
  --frames N  for clips of N frames (default: the network's or the model's usual length)
  --size N    for frames of N x N (default: the usual size). Sizes that the network cannot take are
              refused with those that it can
  --json      print one JSON object: network, family, description, models, checkpoints, sizes, input,
              output, layers, parameters, statistics, macs
  -h, --help  this text

Multiply-accumulates are those of convolutions and dense layers for one clip. Statistics are the moving
averages of batch normalization, which are not among the parameters. Accuracies are those that the authors
report; nobody measured them with this package.
`;

interface Wanted {
  readonly name: string;
  readonly frames: number | undefined;
  readonly size: number | undefined;
}

const isSts = ({className}: LayerSummary) => className.startsWith('STS');

function contents({name, frames, size}: Wanted) {
  const models = listModels();
  const checkpoint = listCheckpoints().find((entry) => entry.name === name);
  // A model's name may be that of its network too; its usual clip then counts.
  const model = checkpoint ?? catalogEntry(name);
  const definition = networkNamed(model?.network ?? name);
  const checkpoints = checkpoint
    ? [checkpoint]
    : listCheckpoints().filter((entry) => entry.network === definition.name);
  const side = size ?? model?.input.crop;
  const classes = checkpoint?.classes ?? definition.config.classes;
  const network = createNetwork(definition.name, {
    frames: frames ?? model?.input.frames ?? definition.config.frames,
    height: side ?? definition.config.height,
    width: side ?? definition.config.width,
    ...(classes !== undefined && {classes}),
    weightless: true,
  });
  try {
    const {layers, parameters, statistics, macs} = summarize(network);
    return {
      network: definition.name,
      family: definition.family,
      description: definition.description,
      models: models.filter((entry) => entry.network === definition.name).map((entry) => entry.name),
      checkpoints,
      sizes: sizesOf(definition.sizes()),
      input: network.inputs[0]!.shape.slice(1),
      output: network.outputs[0]!.shape.slice(1),
      layers: layers.map((layer) => ({...layer, outputShape: layer.outputShape.slice(1), sts: isSts(layer)})),
      parameters,
      statistics,
      macs,
    };
  } finally {
    network.dispose();
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

/** What is known of the authors' checkpoints: all of it of the only one, a line each of several. */
function checkpointFacts(checkpoints: readonly PublishedCheckpoint[]): string[][] {
  const [first, ...others] = checkpoints;
  if (first === undefined) return [];
  if (others.length > 0)
    return checkpoints.flatMap(({name, top1, labels, source}) => [
      ['authors', `${name}: ${top1.toFixed(1)} % top-1 on ${labels}`],
      ['  source', source],
    ]);
  const {name, top1, labels, views, source, config, licence, command} = first;
  const {frames, interval, size, crop} = first.input;
  const spread =
    interval === undefined ? '' : interval === 'uniform' ? ' spread over the video' : ` ${interval} apart`;
  return [
    ['authors', `${name}, not shipped: ${top1.toFixed(1)} % top-1 on ${labels}, reported by them`],
    ['  source', source],
    ['  config', config],
    ['  input', `${frames} frames${spread}, short side ${size}, crop ${crop}`],
    ['  views', `${views.clips} x ${views.crops} crops a video`],
    ['  licence', licence ?? 'not stated'],
    ['  convert', command],
  ];
}

function report(info: ReturnType<typeof contents>): string {
  const {layers, models, checkpoints} = info;
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
    ['family', info.family],
    ['weights', models.length > 0 ? `shipped as ${models.join(', ')}` : 'yours to bring: tfjs-sts convert'],
    ...checkpointFacts(checkpoints),
    ['clip', shape(info.input)],
    ...sizeFacts(info.sizes),
    ['output', shape(info.output)],
    ['parameters', `${grouped(info.parameters)}, and ${grouped(info.statistics)} statistics`],
    ['MACs', `${grouped(info.macs)} for one clip`],
    ['STS', `${layers.filter(({sts}) => sts).length} of ${layers.length} layers`],
  ];
  return `${info.network}: ${info.description}\n\n${alignedTable([{}, {}], facts)}\n${alignedTable(columns, rows)}`;
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
  const wanted = {name, frames: wholeNumber('frames', values.frames), size: wholeNumber('size', values.size)};
  // Layers hold their weights on some backend; nothing is computed on it.
  await startBackend('cpu');
  const info = contents(wanted);
  io.stdout.write(values.json ? `${JSON.stringify(info)}\n` : report(info));
}

/** The command `info`. */
export function infoCommand(): Command {
  return {summary: 'tell what a network is made of', run};
}
