/**
 * `npm run demo`: from a bare clone to the shots of a film. Installs what is missing, builds unless that is done, and runs
 * `tfjs-sts analyze`: a table of the shots, and a page to look through. `npm run demo -- FILM` takes a film of yours; what stands
 * behind it goes to the command (`npm run demo -- FILM --every 2s`).
 */
import {spawnSync} from 'node:child_process';
import {basename, dirname, join, parse, resolve} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {buildForUse, ensureFfmpeg, ensurePackagesToUse} from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Where the paths of the user begin: npm runs scripts in the folder of the package. */
const origin = process.env.INIT_CWD ?? process.cwd();
process.chdir(root);

/** The film is the first argument, unless that is an option already. */
function choice([first, ...rest]) {
  if (first === undefined) return {film: 'examples/timeline/film.mp4', options: []};
  if (first.startsWith('-')) return {film: 'examples/timeline/film.mp4', options: [first, ...rest]};
  return {film: resolve(origin, first), options: rest};
}

function demo() {
  const {film, options} = choice(process.argv.slice(2));
  if (!ensurePackagesToUse()) return 1;
  if (ensureFfmpeg() === undefined) return 1;
  if (!buildForUse()) return 1;
  const page = join('demo', `${parse(basename(film)).name}.html`);
  const command = ['dist/cli.js', 'analyze', '-o', '-', '-o', page, ...options, '--', film];
  console.error(`\nnode ${command.map((part) => (/\s/.test(part) ? `'${part}'` : part)).join(' ')}`);
  const {status} = spawnSync(process.execPath, command, {stdio: 'inherit'});
  if (status === 0) console.log(`\nOpen it in a browser: ${pathToFileURL(resolve(page)).href}`);
  return status ?? 1;
}

process.exitCode = demo();
