/**
 * The command line as a function: arguments and streams in, exit code out. It parses what belongs to no command, calls
 * the command, and turns whatever goes wrong into one line on stderr. The commands are in commands/.
 */
import {InvalidArgumentError} from '../util/errors';
import {knownNames} from '../util/names';
import type {Command} from './command';
import {Interrupted} from './interrupted';
import type {CliIo} from './io';
import {errorLine} from './output/error_line';

/** Commands are loaded when they are called, so that --help needs no tensor library. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  predict: () => import('./commands/predict').then(({predictCommand}) => predictCommand()),
  shots: () => import('./commands/shots').then(({shotsCommand}) => shotsCommand()),
  analyze: () => import('./commands/analyze').then(({analyzeCommand}) => analyzeCommand()),
  search: () => import('./commands/search').then(({searchCommand}) => searchCommand()),
  teach: () => import('./commands/training/teach').then(({teachCommand}) => teachCommand()),
  train: () => import('./commands/training/train').then(({trainCommand}) => trainCommand()),
  eval: () => import('./commands/training/eval').then(({evalCommand}) => evalCommand()),
  inspect: () => import('./commands/inspect').then(({inspectCommand}) => inspectCommand()),
  list: () => import('./commands/list').then(({listCommand}) => listCommand()),
  info: () => import('./commands/info').then(({infoCommand}) => infoCommand()),
  convert: () => import('./commands/convert').then(({convertCommand}) => convertCommand()),
  inflate: () => import('./commands/inflate').then(({inflateCommand}) => inflateCommand()),
  export: () => import('./commands/export').then(({exportCommand}) => exportCommand()),
};

async function help(): Promise<string> {
  const names = Object.keys(COMMANDS);
  const width = Math.max(...names.map((name) => name.length));
  const commands = await Promise.all(
    names.map(async (name) => `  ${name.padEnd(width)}  ${(await COMMANDS[name]!()).summary}`),
  );
  return [
    'Video recognition with TensorFlow.js.',
    '',
    'usage: tfjs-sts COMMAND [options]',
    '',
    'commands:',
    ...commands,
    '',
    'options:',
    '  -h, --help     this text, or that of a command: tfjs-sts COMMAND --help',
    '  -v, --version  the version',
    '',
    'With TFJS_STS_DEBUG=1 in the environment errors come with their stack.',
    '',
  ].join('\n');
}

async function run(argv: readonly string[], io: CliIo): Promise<void> {
  const [first, ...rest] = argv;
  if (first === '--help' || first === '-h' || first === 'help') return void io.stdout.write(await help());
  if (first === '--version' || first === '-v') return void io.stdout.write(`${io.version()}\n`);
  const names = Object.keys(COMMANDS);
  const see = 'see tfjs-sts --help';
  if (first === undefined)
    throw new InvalidArgumentError(`no command given; known are ${names.join(', ')}; ${see}`);
  if (!Object.hasOwn(COMMANDS, first))
    throw new InvalidArgumentError(`unknown command '${first}'${knownNames(first, names)}; ${see}`);
  await (await COMMANDS[first]!()).run(rest, io);
}

/**
 * Runs the command line.
 *
 * @param argv the arguments after the program's name.
 * @returns the exit code: 0, or 1 after an error, which then is one line on stderr; after a signal what shells report of it.
 */
export async function main(argv: readonly string[], io: CliIo): Promise<number> {
  try {
    await run(argv, io);
    return 0;
  } catch (error) {
    io.stderr.write(errorLine(error));
    if (io.env.TFJS_STS_DEBUG === '1' && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}
