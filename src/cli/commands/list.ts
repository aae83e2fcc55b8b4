/** `tfjs-sts list`: the table of models and the networks of the registry. Builds and loads none of them. */

import {listModels, type ModelRow} from '../../models/zoo';
import {listNetworks} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import type {Command} from '../command';
import {parseCommand} from '../input/arguments';
import type {CliIo} from '../io';
import {alignedTable} from '../output/table';

const HELP = `Lists the models that come with weights, those whose weights are yours to bring, and the networks that weights can be
given to.

usage: tfjs-sts list [options]

options:
  --json      print one JSON object: models, networks
  -h, --help  this text
`;

const isReady = ({weights}: ModelRow) => weights.from !== 'convert';

/** Everything that has a name, and which network which model has. */
function contents() {
  const models = listModels();
  const networks = listNetworks().map(({name, family, task, description, config}) => ({
    name,
    family,
    task,
    description,
    frames: config.frames,
    height: config.height,
    width: config.width,
    classes: config.classes,
    /** Models with this network that can be loaded; without any, the weights are the user's to bring. */
    models: models.filter((row) => row.network === name && isReady(row)).map((row) => row.name),
  }));
  return {models, networks};
}

const megabytes = ({weights: {bytes}}: ModelRow) => (bytes === null ? '' : `${(bytes / 1e6).toFixed(1)} MB`);

/** What its authors report; of those without any what was measured, as for our own. */
function accuracyText({reported, measured}: ModelRow): string {
  const [first] = [...reported, ...measured];
  if (first === undefined) return '-';
  return `${first.metric} ${first.percent.toFixed(1)}${reported.length === 0 ? ' (measured)' : ''}`;
}

const BRING =
  'models whose file is yours to bring (info NAME tells which one, convert --network NAME makes it ours)';

function report({models, networks}: ReturnType<typeof contents>): string {
  const rows = (chosen: readonly ModelRow[]) =>
    chosen.map((row) => [`  ${row.name}`, megabytes(row), accuracyText(row), row.description]);
  const columns = [
    {title: '  name'},
    {title: '', align: 'right'},
    {title: '% reported, or measured'},
    {title: 'what it is'},
  ] as const;
  const networkRows = networks.map((network) => [
    `  ${network.name}`,
    network.models.length > 0 ? 'shipped' : '-',
    `${network.frames} x ${network.height} x ${network.width}`,
    network.description,
  ]);
  return [
    'models, ready to use (predict --model NAME; the part before the dot will do where it is the only one)\n',
    alignedTable(columns, rows(models.filter(isReady))),
    `\n${BRING}\n`,
    alignedTable(columns, rows(models.filter((row) => !isReady(row)))),
    '\nnetworks (info NAME); weights are shipped, or yours to bring (convert --network NAME)\n',
    alignedTable(
      [{title: '  name'}, {title: 'weights'}, {title: 'usual clip'}, {title: 'what it is'}],
      networkRows,
    ),
  ].join('');
}

async function run(args: readonly string[], io: CliIo): Promise<void> {
  const {values, positionals} = parseCommand('list', args, {
    json: {type: 'boolean', default: false},
    help: {type: 'boolean', short: 'h', default: false},
  });
  if (values.help) return void io.stdout.write(HELP);
  if (positionals.length > 0) {
    throw new InvalidArgumentError(
      `list takes no name, got '${positionals[0]}'; tfjs-sts info NAME tells of one network`,
    );
  }
  const listed = contents();
  io.stdout.write(values.json ? `${JSON.stringify(listed)}\n` : report(listed));
}

/** The command `list`. */
export function listCommand(): Command {
  return {summary: 'list the models and networks', run};
}
