/**
 * `tfjs-sts list`: the models of the zoo's catalog, the authors' checkpoints and the networks of the registry. Builds and
 * loads none of them.
 */
import {listNetworks} from '../../networks';
import {InvalidArgumentError} from '../../util/errors';
import {listModels} from '../../zoo/catalog';
import {listCheckpoints} from '../../zoo/published';
import type {Command} from '../command';
import {parseCommand} from '../input/arguments';
import type {CliIo} from '../io';
import {alignedTable} from '../output/table';

const HELP = `Lists the models that come with weights, the authors' checkpoints, which do not, and the networks that
weights can be given to.

usage: tfjs-sts list [options]

options:
  --json      print one JSON object: models, checkpoints, networks
  -h, --help  this text
`;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Everything that has a name, and which network which model has. */
function contents() {
  const models = listModels().map(({weights, labels, rule, ...row}) => ({
    ...row,
    bytes: weights.bytes,
    classes: labels.count,
  }));
  const networks = listNetworks().map(({name, family, description, config}) => ({
    name,
    family,
    description,
    frames: config.frames,
    height: config.height,
    width: config.width,
    classes: config.classes,
    /** Models of the catalog with this network; without any, the weights are the user's to bring. */
    models: models.filter(({network}) => network === name).map((model) => model.name),
  }));
  return {models, checkpoints: listCheckpoints(), networks};
}

function report({models, checkpoints, networks}: ReturnType<typeof contents>): string {
  const modelRows = models.map(({name, bytes, description}) => [`  ${name}`, megabytes(bytes), description]);
  const checkpointRows = checkpoints.map(({name, top1, description}) => [
    `  ${name}`,
    top1.toFixed(1),
    description,
  ]);
  const networkRows = networks.map((network) => [
    `  ${network.name}`,
    network.models.length > 0 ? 'shipped' : '-',
    `${network.frames} x ${network.height} x ${network.width}`,
    network.description,
  ]);
  return [
    'models, shipped with tfjs-sts (predict --model NAME)\n',
    alignedTable([{}, {align: 'right'}, {}], modelRows),
    "\nthe authors' checkpoints, not shipped (info NAME tells which file to bring, convert --network NAME makes it ours)\n",
    alignedTable(
      [{title: '  name'}, {title: 'top-1 %', align: 'right'}, {title: 'as the authors report it'}],
      checkpointRows,
    ),
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
