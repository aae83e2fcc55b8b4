/** How well a model does on synthetic clips of photographs that no training saw, and the file that figures are kept in. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {evaluate} from 'tfjs-sts/train';
import {loadModel} from 'tfjs-sts/zoo';
import {settingsDigest} from './settings.mjs';
import {movementNames} from './task/movements.mjs';

/**
 * Wilson's interval of 95% for a share.
 *
 * @returns `[low, high]`
 */
export function interval(right, all) {
  const z = 1.959964;
  const share = right / all;
  const middle = (share + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z / (1 + (z * z) / all)) * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  return [middle - half, middle + half];
}

export async function testSynthetic(path, task, settings, {results, machine}) {
  const {model} = await loadModel(path);
  const {confusion} = await evaluate(model, task.testClips(), {batchSize: 30});
  model.dispose();
  const right = confusion.reduce((sum, row, at) => sum + row[at], 0);
  const clips = confusion.flat().reduce((sum, count) => sum + count, 0);
  const figures = {
    ...{
      settings: settingsDigest(settings),
      clips,
      right,
      accuracy: right / clips,
      interval: interval(right, clips),
    },
    ...{movements: movementNames, confusion, node: machine.node},
  };
  keep(results, 'synthetic', figures);
  console.log(table(figures));
}

/** Writes figures under a name of the file. */
export function keep(path, name, figures) {
  if (path === undefined) return;
  const known = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  writeFileSync(path, `${JSON.stringify({...known, [name]: figures}, null, 1)}\n`);
}

const percent = (share) => `${(100 * share).toFixed(1)}%`;

/** As Markdown: rows are what it was, columns what was said. */
export function table({clips, right, accuracy, interval: [low, high], movements, confusion}) {
  const rows = confusion.map((row, at) => `| ${movements[at]} | ${row.join(' | ')} |`);
  return [
    `${right} of ${clips} clips: ${percent(accuracy)} (95%: ${percent(low)} to ${percent(high)})`,
    '',
    `| | ${movements.join(' | ')} |`,
    `|---|${movements.map(() => '--:|').join('')}`,
    ...rows,
  ].join('\n');
}
