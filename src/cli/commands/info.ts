/**
 * `tfjs-sts info NAME`: what a network is made of, layer by layer. Builds it with zeros for weights and never runs it; the
 * counts are those of networks/summary.
 */
import {parseArgs} from 'node:util';
import {createNetwork, type LayerSummary, networkDefinition, summarize} from '../../networks';
import {listModels} from '../../zoo/catalog';
import {onePositional, wholeNumber} from '../arguments';
import {startBackend} from '../backends';
import type {Command} from '../command';
import type {CliIo} from '../io';
import {alignedTable, grouped} from '../table';

const HELP = `Tells what a network is made of: layers, shapes, parameters, multiply-accumulates, and where STS is.

usage: tfjs-sts info NAME [options]

  NAME        a network or a model of tfjs-sts list

options:
  --frames N  for clips of N frames (default: the network's or the model's usual length)
  --size N    for frames of N x N (default: the usual size). Sizes that the network cannot take are
              refused with those that it can
  --json      print one JSON object: network, family, description, models, input, output, layers,
              parameters, statistics, macs
  -h, --help  this text

Multiply-accumulates are those of convolutions and dense layers for one clip. Statistics are the moving
averages of batch normalization, which are not among the parameters.
`;

interface Wanted {
  readonly name: string;
  readonly frames: number | undefined;
  readonly size: number | undefined;
}

const isSts = ({className}: LayerSummary) => className.startsWith('STS');

function contents({name, frames, size}: Wanted) {
  const models = listModels();
  // A model's name may be that of its network too; its usual clip then counts.
  const model = models.find((entry) => entry.name === name);
  const definition = networkDefinition(model?.network ?? name);
  const side = size ?? model?.input.cropSize;
  const network = createNetwork(definition.name, {
    frames: frames ?? model?.input.frames ?? definition.config.frames,
    height: side ?? definition.config.height,
    width: side ?? definition.config.width,
    weightless: true,
  });
  try {
    const {layers, parameters, statistics, macs} = summarize(network);
    return {
      network: definition.name,
      family: definition.family,
      description: definition.description,
      models: models.filter((entry) => entry.network === definition.name).map((entry) => entry.name),
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

const shape = (lengths: readonly (number | null)[]) => lengths.map((length) => length ?? '?').join(' x ');

const count = (value: number) => (value === 0 ? '' : grouped(value));

function report(info: ReturnType<typeof contents>): string {
  const {layers, models} = info;
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
    ['clip', shape(info.input)],
    ['output', shape(info.output)],
    ['parameters', `${grouped(info.parameters)}, and ${grouped(info.statistics)} statistics`],
    ['MACs', `${grouped(info.macs)} for one clip`],
    ['STS', `${layers.filter(({sts}) => sts).length} of ${layers.length} layers`],
  ];
  return `${info.network}: ${info.description}\n\n${alignedTable([{}, {}], facts)}\n${alignedTable(columns, rows)}`;
}

async function run(args: readonly string[], io: CliIo): Promise<void> {
  const {values, positionals} = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      frames: {type: 'string'},
      size: {type: 'string'},
      json: {type: 'boolean', default: false},
      help: {type: 'boolean', short: 'h', default: false},
    },
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
