/** The parts of experiments/claims that need no network: what is planned, how pictures are drawn, the table of runs, the analysis. */
import {spawnSync} from 'node:child_process';
import {appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {analyse} from '../../experiments/claims/analysis/compare.mjs';
import {testFigures} from '../../experiments/claims/analysis/figures.mjs';
import {reportPicture, reportTable} from '../../experiments/claims/analysis/report.mjs';
import {appendLine, readLines, takeLock} from '../../experiments/claims/journal.mjs';
import {expectedTime, isToMake, plannedRuns} from '../../experiments/claims/plan.mjs';
import {DIGESTS, PROTOCOL, protocolDigest, type RunLine} from '../../experiments/claims/protocol.mjs';
import {motionNames, motionPath} from '../../experiments/claims/task/motions.mjs';
import {framed, layOver, premultiplied, reduce} from '../../experiments/claims/task/pixels.mjs';
import {seededRandom} from '../../src/util/seeded_random';

const file = (name: string) => fileURLToPath(new URL(`../../experiments/claims/${name}`, import.meta.url));
const withUniform = (seed: number) => ({uniform: seededRandom(seed)});
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-claims-'));
});
afterAll(() => rmSync(folder, {recursive: true}));

describe('the plan', () => {
  const runs = plannedRuns(PROTOCOL);

  it('has the runs that were asked for', () => {
    for (const form of Object.keys(PROTOCOL.forms)) {
      const count = (arm: string) => runs.filter((run) => run.form === form && run.arm === arm).length;
      expect(['image-plain', 'image-sts', 'image-centre'].map(count)).toEqual([20, 20, 20]);
      expect(['scratch-plain', 'scratch-sts'].map(count)).toEqual([5, 5]);
      expect(runs.filter((run) => run.form === form && run.kind === 'image').length).toBe(10);
    }
  });

  it('gives every unit seeds of its own, and the arms of a pair the same', () => {
    const seedsOf = (key: 'imageSeed' | 'videoSeed', by: (run: (typeof runs)[number]) => string) => {
      const seeds = new Map<string, Set<unknown>>();
      for (const run of runs.filter(({[key]: seed}) => seed !== undefined))
        seeds.set(by(run), (seeds.get(by(run)) ?? new Set()).add(run[key]));
      for (const values of seeds.values()) expect(values.size).toBe(1);
      const all = [...seeds.values()].flatMap((values) => [...values]);
      expect(new Set(all).size).toBe(all.length);
    };
    seedsOf('imageSeed', ({form, checkpoint}) => `${form} ${checkpoint}`);
    seedsOf('videoSeed', ({form, checkpoint, seed}) => `${form} ${checkpoint} ${seed}`);
    expect(new Set(runs.map(({id}) => id)).size).toBe(runs.length);
  });

  it('does not depend on which forms are asked for', () => {
    const apart = Object.keys(PROTOCOL.forms).flatMap((form) => plannedRuns(PROTOCOL, [form]));
    expect(apart).toEqual(runs);
  });

  it('makes what is missing, and an image stage again where a missing run starts from its lost file', () => {
    const image = runs.find(({id}) => id === 'x3d-c2-image')!;
    const toMake = (missing: string[], run = image, file = false) => {
      const made = new Set(runs.map(({id}) => id).filter((id) => !missing.includes(id)));
      return isToMake(run, runs, made, () => file);
    };
    expect(toMake([image.id])).toBe(true);
    expect(toMake([image.id], image, true)).toBe(true);
    expect(toMake(['x3d-c2-s1-image-sts'])).toBe(true);
    expect(toMake(['x3d-c2-s1-image-sts'], image, true)).toBe(false);
    for (const other of ['x3d-c2-s0-scratch-sts', 'x3d-c3-s1-image-sts', 'slowonly-c2-s1-image-sts'])
      expect(toMake([other]), other).toBe(false);
    expect(runs.filter((run) => toMake([], run))).toEqual([]);
    const video = runs.find(({id}) => id === 'x3d-c2-s0-scratch-sts')!;
    expect([toMake([video.id], video), toMake([], video)]).toEqual([true, false]);
  });

  it('expects the times of the same form, else of the others', () => {
    const left = plannedRuns(PROTOCOL, ['x3d']).slice(0, 3);
    expect(left.map(({kind}) => kind)).toEqual(['image', 'video', 'video']);
    const line = (form: string, kind: string, seconds: number) => ({form, kind, seconds});
    const others = [
      line('slowonly', 'image', 10),
      line('slowonly', 'image', 14),
      line('slowonly', 'video', 7),
    ];
    expect(expectedTime(left, others)).toEqual({seconds: 12 + 2 * 7, borrowed: true});
    const own = [...others, line('x3d', 'image', 20), line('x3d', 'video', 3), line('x3d', 'video', 5)];
    expect(expectedTime(left, own)).toEqual({seconds: 20 + 2 * 4, borrowed: false});
    expect(expectedTime(left, others.slice(0, 2)).seconds).toBeNaN();
    expect(expectedTime([], others)).toEqual({seconds: 0, borrowed: false});
  });

  it('is the one that was fixed', () => {
    expect(protocolDigest(PROTOCOL)).toBe(DIGESTS.protocol);
  });
});

describe('drawing', () => {
  const speeds = {slow: [1, 1], fast: [2, 2], turning: [1, 1]} as const;
  const path = (name: string) => motionPath(motionNames.indexOf(name), 5, speeds, withUniform(1));

  it('moves as the names say', () => {
    const middle = (positions: number[][]) => positions.map(([x, y]) => `${x},${y}`).join(' ');
    expect(middle(path('left slowly'))).toBe('2,0 1,0 0,0 -1,0 -2,0');
    expect(middle(path('down fast'))).toBe('0,-4 0,-2 0,0 0,2 0,4');
    expect(middle(path('right then up'))).toBe('-1,1 0,1 1,1 1,0 1,-1');
    expect(middle(path('up then right'))).toBe('-1,1 -1,0 -1,-1 0,-1 1,-1');
    expect(new Set(motionNames.map((name) => middle(path(name)))).size).toBe(motionNames.length);
  });

  it('reduces by means over areas', () => {
    const picture = {width: 3, height: 1, channels: 1, data: Float64Array.of(0, 6, 12)};
    // Two new pixels of one and a half old ones each.
    expect([...Array.from(reduce(picture, 2, 1).data)]).toEqual([2, 10]);
  });

  it('lays a thing between pixels as a plain formula does', () => {
    const random = seededRandom(5);
    const [side, size] = [7, 3];
    const bytes = Uint8Array.from({length: size * size * 4}, () => random() * 256);
    const sprite = premultiplied({width: size, height: size, data: bytes});
    for (const [x, y, strength] of [
      [1.25, 2.5, 1],
      [-1.5, 5.75, 0.5],
      [6.5, -2.25, 0.75],
      [3, 3, 1],
    ] as const) {
      const ground = Float64Array.from({length: side * side * 3}, () => random() * 255);
      const drawn = ground.slice();
      layOver(drawn, side, framed(sprite), x, y, strength);
      const tent = (distance: number) => Math.max(0, 1 - Math.abs(distance));
      for (let row = 0; row < side; row++)
        for (let column = 0; column < side; column++) {
          const value = [0, 0, 0, 0];
          for (let v = 0; v < size; v++)
            for (let u = 0; u < size; u++)
              for (let c = 0; c < 4; c++) {
                const opacity = bytes[(v * size + u) * 4 + 3]! / 255;
                const part = c === 3 ? opacity : bytes[(v * size + u) * 4 + c]! * opacity;
                value[c]! += part * tent(column - x - u) * tent(row - y - v);
              }
          for (let c = 0; c < 3; c++) {
            const at = (row * side + column) * 3 + c;
            const expected = ground[at]! * (1 - value[3]! * strength) + value[c]! * strength;
            expect(Math.abs(drawn[at]! - expected)).toBeLessThan(1e-9);
          }
        }
    }
  });
});

describe('the table of runs', () => {
  it('survives a line that was cut off', () => {
    const path = join(folder, 'runs.jsonl');
    expect(readLines(path)).toEqual([]);
    appendLine(path, {id: 'a'});
    appendFileSync(path, '{"id": "half');
    expect(readLines(path)).toEqual([{id: 'a'}]);
    appendLine(path, {id: 'b'});
    expect(readFileSync(path, 'utf8')).toBe('{"id":"a"}\n{"id":"b"}\n');
  });

  it('is locked by processes that live', () => {
    const path = join(folder, 'a.lock');
    const {pid} = spawnSync(process.execPath, ['--version']);
    writeFileSync(path, String(pid));
    const giveBack = takeLock(path);
    expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
    giveBack!();
    expect(existsSync(path)).toBe(false);
    writeFileSync(path, String(process.ppid));
    expect(takeLock(path)).toBeUndefined();
  });
});

it('figures are sums over the confusion matrix', () => {
  // Two things, two motions: rows and columns are thing 0 motion 0, thing 0 motion 1, thing 1 motion 0, ...
  const confusion = [
    [5, 1, 2, 0],
    [0, 8, 0, 0],
    [0, 0, 6, 2],
    [1, 3, 0, 4],
  ];
  const {clips, joint, motion, thing, motionConfusion} = testFigures(confusion, 2);
  expect([clips, joint, motion, thing]).toEqual([32, 23 / 32, 28 / 32, 26 / 32]);
  expect(motionConfusion).toEqual([
    [13, 3],
    [1, 15],
  ]);
});

describe('the analysis', () => {
  const digest = protocolDigest(PROTOCOL);
  const shares: Record<string, number> = {
    'image-plain': 0.7,
    'image-sts': 0.72,
    'image-centre': 0.7,
    'scratch-plain': 0.3,
    'scratch-sts': 0.31,
  };
  const random = seededRandom(3);
  const lines: RunLine[] = plannedRuns(PROTOCOL, ['slowonly']).map((run) => {
    if (run.kind === 'image') return {...run, protocol: digest};
    const joint = shares[run.arm!]! + 0.01 * random();
    return {...run, protocol: digest, joint, motion: joint + 0.1, thing: joint + 0.2};
  });

  it('has no verdict while runs are missing', () => {
    const [slowonly, x3d] = analyse(PROTOCOL, lines.slice(0, -1));
    expect(slowonly).toMatchObject({done: 79, planned: 80, complete: false, comparisons: []});
    expect(x3d).toMatchObject({done: 0, complete: false});
    const table = reportTable([slowonly!, x3d!]);
    expect(table).toContain('Incomplete: 79 of 80 runs');
    expect(table).not.toMatch(/shown/);
    expect(reportPicture([slowonly!])).toContain('incomplete: 79 of 80 runs');
  });

  it('does not count lines of another protocol', () => {
    const others = lines.map((line) => ({...line, protocol: 'another'}));
    expect(analyse(PROTOCOL, others)[0]!.done).toBe(0);
  });

  it('averages the seeds of a checkpoint, then compares checkpoints', () => {
    const [{arms, comparisons}] = analyse(PROTOCOL, lines) as [ReturnType<typeof analyse>[0]];
    const value = (arm: string, checkpoint: number) => {
      const runs = lines.filter((line) => line.arm === arm && line.checkpoint === checkpoint);
      return runs.reduce((sum, {joint}) => sum + joint!, 0) / runs.length;
    };
    expect(arms.find(({name}) => name === 'image-sts')!.values[3]).toBeCloseTo(value('image-sts', 3), 12);
    const [claim1, claim2, lineControl] = comparisons;
    expect(claim2!.joint.differences![7]).toBeCloseTo(value('image-sts', 7) - value('image-plain', 7), 12);
    // All ten pairs point the same way: 2 of 1,024 choices of signs; of the 3,003 ways to deal ten and five, one.
    expect(claim2!.joint.permutation).toBe(2 / 1024);
    expect(claim1!.joint.permutation).toBeCloseTo(1 / 3003, 12);
    expect([claim1!.verdict, claim2!.verdict, lineControl!.verdict]).toEqual(['better', 'better', undefined]);
  });

  it('says when a claim is wrong, and when it is open', () => {
    const swapped = lines.map((line) =>
      line.arm === 'image-sts' ? {...line, joint: line.joint! - 0.04} : line,
    );
    expect(analyse(PROTOCOL, swapped)[0]!.comparisons[1]!.verdict).toBe('worse');
    const same = lines.map((line) =>
      line.arm === 'image-sts'
        ? {
            ...line,
            joint:
              lines.find(({id}) => id === line.id.replace('-sts', '-plain'))!.joint! +
              (line.checkpoint % 2 ? 1e-3 : -1e-3),
          }
        : line,
    );
    expect(analyse(PROTOCOL, same)[0]!.comparisons[1]!.verdict).toBe('open');
  });
});

it('results.md and results.svg are made from runs.jsonl', () => {
  const forms = analyse(PROTOCOL, readLines(file('runs.jsonl')) as unknown as RunLine[]);
  expect(readFileSync(file('results.md'), 'utf8')).toBe(`# Results\n\n${reportTable(forms)}`);
  expect(readFileSync(file('results.svg'), 'utf8')).toBe(reportPicture(forms));
});
