/** One case among its rivals: all are started, then they take turns, so that a change of the machine's speed meets all. */
import {spawnSync} from 'node:child_process';
import {mkdtempSync, rmSync} from 'node:fs';
import os from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Player} from './player.mjs';

/** Pools of threads keep looking for work for a while after a call: it is not to fall into the next one's turn. */
const PAUSE = 50;

/** The outputs agree if no sampled value is further apart than this, of the largest value. */
const TOLERANCE = 1e-3;

/**
 * @param given the case
 * @param rivals those that take part
 * @param rounds how often each one runs, after one call that does not count
 * @param seconds a rival that has used more in its turns takes no further one
 * @returns per rival its medians, or why it failed
 */
export async function race(given, rivals, {rounds, seconds}) {
  const folder = mkdtempSync(join(os.tmpdir(), 'tfjs-sts-race-'));
  const files = {model: join(folder, 'model.onnx'), clip: join(folder, 'clip.f32')};
  const players = [];
  const failed = {};
  try {
    exportCase(given, files);
    for (const rival of rivals) {
      const {name, threads, command, options} = rival;
      const player = new Player(command, {case: given, threads, ...options, ...files});
      players.push({rival, player, wall: [], cpu: []});
      await attempt(players.at(-1), failed, async (entry) => {
        entry.version = (await player.next()).ready;
        entry.first = (await player.ask('run')).wall;
      });
      process.stderr.write(
        `  ${name}: ${failed[name] ?? `first call ${players.at(-1).first.toFixed(0)} ms`}\n`,
      );
    }
    for (let round = 0; round < rounds; round++) await playRound(players, failed, seconds);
    for (const entry of players) {
      await attempt(entry, failed, async () => Object.assign(entry, await entry.player.ask('answer')));
    }
  } finally {
    await Promise.all(players.map(({player}) => player.end()));
    rmSync(folder, {recursive: true});
  }
  const finished = players.filter(({rival}) => failed[rival.name] === undefined);
  return {rivals: resultsOf(given, finished), failed, versions: versionsOf(finished)};
}

function exportCase(given, files) {
  const script = fileURLToPath(new URL('players/export.mjs', import.meta.url));
  const {status, stderr} = spawnSync(process.execPath, [script, JSON.stringify({case: given, ...files})], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the case ${given.name} could not be exported:\n${stderr}`);
}

async function playRound(players, failed, seconds) {
  for (const entry of players) {
    const used = entry.wall.reduce((sum, time) => sum + time, 0) / 1000;
    if (used > seconds) continue;
    await attempt(entry, failed, async ({player}) => {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const {wall, cpu} = await player.ask('run');
      entry.wall.push(wall);
      entry.cpu.push(cpu);
    });
  }
}

/** A rival that fails is out of the race, and the reason is kept. */
async function attempt(entry, failed, act) {
  const {name} = entry.rival;
  if (failed[name] !== undefined) return;
  try {
    await act(entry);
  } catch (error) {
    failed[name] = error.message.slice(-600);
  }
}

const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
};
const rounded = (milliseconds) => Number(milliseconds.toPrecision(4));

function resultsOf(given, players) {
  const reference = players[0]?.values ?? [];
  const largest = Math.max(...reference.map(Math.abs));
  return Object.fromEntries(
    players.map(({rival, wall, cpu, first, peakMemory, values}) => {
      const apart = Math.max(...reference.map((value, i) => Math.abs(value - values[i]))) / largest;
      // Stock convolutions with stride 2 pad one side alone: another convolution of the same cost.
      const isOther = rival.options.stock && given.strides[1] > 1;
      return [
        rival.name,
        {
          cpu: rounded(median(cpu)),
          wall: rounded(median(wall)),
          first: rounded(first),
          peakMemory: Math.round(peakMemory),
          rounds: wall.length,
          ...(!isOther && !(apart <= TOLERANCE) && {differs: apart}),
        },
      ];
    }),
  );
}

const versionsOf = (players) => Object.fromEntries(players.map(({rival, version}) => [rival.name, version]));
