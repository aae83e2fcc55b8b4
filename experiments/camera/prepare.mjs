/** What training and tests need first: the backend, the scenes, and the clips of training, drawn once and kept outside git. */
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {startBackend} from '../claims/backend.mjs';
import {drawnScenes, photographs} from './task/scenes.mjs';
import {createTask} from './task/task.mjs';

const DRAWN_SCENES = {count: 24, seed: 7};

/** Returns the task, its training clips taken from or written to a file of the directory that its settings name. */
export async function prepare(settings, directory, {needsDrawings}) {
  const machine = await startBackend();
  const sources = {photos: photographs(), drawn: drawnScenes(DRAWN_SCENES.count, DRAWN_SCENES.seed)};
  const task = createTask(sources, settings);
  if (!needsDrawings) return {machine, task};
  const {clip, task: numbers} = settings;
  const digest = createHash('sha256').update(JSON.stringify({clip, numbers})).digest('hex').slice(0, 12);
  const path = join(directory, `drawings-${digest}.bin`);
  if (!existsSync(path)) {
    const count = numbers.drawings + numbers.grouped.drawings;
    console.error(`Drawing ${count} clips (once) ...`);
    mkdirSync(directory, {recursive: true});
    const drawings = Array.from({length: count}, (_, index) => task.drawing(index).data);
    writeFileSync(`${path}.half`, Buffer.concat(drawings));
    renameSync(`${path}.half`, path);
  }
  return {machine, task: createTask(sources, settings, new Uint8Array(readFileSync(path)))};
}
