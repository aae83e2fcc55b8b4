/**
 * The commands of the experiment: `train` makes the model and may be ended at any moment; `test` asks it about clips of photographs
 * that it has not seen; `choose` and `real` about films of other people's.
 */
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {progress} from '../claims/prepare.mjs';
import {SETTINGS} from './settings.mjs';
import {tinySettings} from './tiny.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const USAGE = `npm run experiment -- camera [train | test | choose | real]
  train     draws the clips, trains; stop it whenever you like, the same command goes on
  test      accuracy and confusion on synthetic clips of photographs never trained on, to results.json
  choose    the same on films of other people's through which a window moves, which choices may be made by, to results.json
  real      the same on others of these and on shots labelled by hand, to results.json
options: --dir FOLDER (what is not kept in git), --model FILE (another than the one trained here), --tiny (seconds, for tests)`;

/** Returns the exit code. */
export async function run(args) {
  const {values, positionals} = parseArgs({
    args,
    allowPositionals: true,
    options: {
      dir: {type: 'string', default: here('../../.cache/experiments/camera')},
      model: {type: 'string'},
      tiny: {type: 'boolean', default: false},
    },
  });
  const [command = 'train'] = positionals;
  const commands = {train, test, choose: films, real: films};
  if (!Object.hasOwn(commands, command)) {
    console.error(USAGE);
    return 1;
  }
  const settings = values.tiny ? tinySettings : SETTINGS;
  await commands[command](settings, {
    command,
    directory: values.dir,
    model: values.model,
    results: values.tiny ? undefined : here('results.json'),
  });
  return 0;
}

async function train(settings, {directory}) {
  const {prepare} = await import('./prepare.mjs');
  const {modelPath, trainCamera} = await import('./train.mjs');
  const {task} = await prepare(settings, directory, {needsDrawings: true});
  const before = process.cpuUsage();
  const figures = await trainCamera(settings, task, {directory, onProgress: progress('camera')});
  const {user, system} = process.cpuUsage(before);
  const seconds = Math.round((user + system) / 1e6);
  console.log(JSON.stringify({...figures, seconds, model: modelPath(settings, directory)}));
}

async function test(settings, {directory, model, results}) {
  const {prepare} = await import('./prepare.mjs');
  const {modelPath} = await import('./train.mjs');
  const {testSynthetic} = await import('./evaluate.mjs');
  const {task, machine} = await prepare(settings, directory, {needsDrawings: false});
  await testSynthetic(model ?? modelPath(settings, directory), task, settings, {results, machine});
}

async function films(settings, {command, directory, model, results}) {
  const {startBackend} = await import('../claims/backend.mjs');
  const {modelPath} = await import('./train.mjs');
  const {choose, testReal} = await import('./real.mjs');
  await startBackend();
  const work = command === 'choose' ? choose : testReal;
  await work(model ?? modelPath(settings, directory), {directory, results});
}
