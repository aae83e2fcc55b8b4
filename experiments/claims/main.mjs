/**
 * The commands of the experiment: `run` makes what is missing of the planned runs and may be ended at any moment; `status` says how
 * far it is; `analyze` writes table and picture; `models` makes those that ship; `pilot` is for the choice of the task, with the plain arm
 * alone.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {analyse} from './analysis/compare.mjs';
import {reportPicture, reportTable} from './analysis/report.mjs';
import {appendLine, readLines, takeLock} from './journal.mjs';
import {pilot} from './pilot.mjs';
import {expectedTime, isToMake, plannedRuns} from './plan.mjs';
import {prepare, progress} from './prepare.mjs';
import {DIGESTS, PROTOCOL, protocolDigest} from './protocol.mjs';
import {tinyProtocol} from './tiny.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const USAGE = `npm run experiment -- claims [run | status | analyze | models | pilot NAME CHANGES]
  run       makes the runs that are missing; stop it whenever you like, the same command goes on
  status    how many runs are there, and the processor time that is left
  analyze   writes results.md and results.svg from runs.jsonl
  models    makes those of the zoo anew, with what tests say of them, in some minutes
  pilot     an image stage and the plain arm, with CHANGES of the protocol as JSON, to pilots.jsonl
options: --form NAME (one form), --dir FOLDER (what is not kept in git), --table FILE, --tiny (seconds, for tests)`;

/** Returns the exit code. */
export async function run(args) {
  const {values, positionals} = parseArgs({
    args,
    allowPositionals: true,
    options: {
      form: {type: 'string'},
      dir: {type: 'string', default: here('../../.cache/experiments/claims')},
      table: {type: 'string'},
      tiny: {type: 'boolean', default: false},
    },
  });
  const [command = 'run', ...rest] = positionals;
  const commands = {run: runAll, status, analyze, models, pilot};
  if (!Object.hasOwn(commands, command)) {
    console.error(USAGE);
    return 1;
  }
  const protocol = values.tiny ? tinyProtocol : PROTOCOL;
  const forms = values.form === undefined ? Object.keys(protocol.forms) : [values.form];
  const table = values.table ?? (values.tiny ? join(values.dir, 'runs.jsonl') : here('runs.jsonl'));
  return (await commands[command]({...values, protocol, forms, table, directory: values.dir}, rest)) ?? 0;
}

async function runAll({protocol, forms, table, directory, tiny}) {
  const runs = plannedRuns(protocol, forms);
  const digest = protocolDigest(protocol);
  const lines = () => readLines(table).filter((line) => line.protocol === digest);
  const {machine, task} = await prepare({protocol, directory, tiny});
  const digests = {test: task.digest(), pictures: task.pictureDigest()};
  if (!tiny) checkDigests(digests, digest);
  const {forget, hasCheckpoint, makeRun} = await import('./runs.mjs');
  for (const run of runs) {
    const done = lines();
    const made = new Set(done.map(({id}) => id));
    if (!isToMake(run, runs, made, (image) => hasCheckpoint(directory, image))) continue;
    const giveBack = takeLock(join(directory, 'running', `${run.id}.lock`));
    if (giveBack === undefined) continue;
    try {
      const images = done.filter(({kind}) => kind === 'image');
      if (run.kind === 'video' && !images.some((line) => isImageOf(line, run))) continue;
      const checkpointDigests = new Map(
        images.map((line) => [`${line.form}-c${line.checkpoint}`, line.checkpointDigest]),
      );
      const figures = await makeRun(run, {
        protocol,
        task,
        directory,
        checkpointDigests,
        onProgress: progress(run.id),
      });
      if (made.has(run.id)) checkRepeated(run, figures, checkpointDigests);
      else
        appendLine(table, {
          ...run,
          ...figures,
          protocol: digest,
          digests,
          ...machine,
          date: new Date().toISOString(),
        });
      forget(run, {directory});
      console.error(
        `${run.id}: ${'joint' in figures ? `joint ${figures.joint.toFixed(4)}, motion ${figures.motion.toFixed(4)}, thing ${figures.thing.toFixed(4)}` : `accuracy ${figures.accuracy.toFixed(3)}`}, ${figures.seconds} s`,
      );
    } finally {
      giveBack();
    }
  }
  return status({protocol, forms, table});
}

const isImageOf = (line, run) => line.form === run.form && line.checkpoint === run.checkpoint;

/** An image stage whose file was lost is made again; on another machine it may round otherwise. */
function checkRepeated({id, form, checkpoint}, {checkpointDigest}, known) {
  if (known.get(`${form}-c${checkpoint}`) === checkpointDigest) return;
  throw new Error(
    `${id} was made before, and now gives other weights: this machine or version of Node rounds otherwise. Go on where its file is, or leave the form out with --form.`,
  );
}

function checkDigests(digests, protocol) {
  const known = {...DIGESTS};
  if (known.protocol === protocol && known.test === digests.test && known.pictures === digests.pictures)
    return;
  throw new Error(
    `The task is not the one of protocol.md: ${JSON.stringify({protocol, ...digests})} instead of ${JSON.stringify(DIGESTS)}.`,
  );
}

function status({protocol, forms, table}) {
  const lines = readLines(table).filter((line) => line.protocol === protocolDigest(protocol));
  for (const form of forms) {
    const planned = plannedRuns(protocol, [form]);
    const left = planned.filter(({id}) => !lines.some((line) => line.id === id));
    const {seconds, borrowed} = expectedTime(left, lines);
    const words =
      left.length === 0
        ? 'complete'
        : `incomplete: ${planned.length - left.length} of ${planned.length} runs`;
    const time = Number.isNaN(seconds)
      ? 'how much processor time is left is not known yet'
      : `about ${Math.ceil(seconds / 60)} minutes of processor time left${borrowed ? ', going by other forms' : ''}`;
    console.log(`${form}: ${words}${left.length === 0 ? '' : `, ${time}`}`);
  }
}

function analyze({protocol, table, tiny, directory}) {
  const forms = analyse(protocol, readLines(table));
  const target = (name) => (tiny ? join(directory, name) : here(name));
  writeFileSync(target('results.md'), `# Results\n\n${reportTable(forms)}`);
  writeFileSync(target('results.svg'), reportPicture(forms));
  console.log(reportTable(forms));
}

async function models(given) {
  const {makeModels} = await import('./models.mjs');
  await makeModels(given, given.tiny ? join(given.directory, 'models.json') : here('models.json'));
}
