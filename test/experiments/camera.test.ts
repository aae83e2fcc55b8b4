/**
 * The generator of experiments/camera: that the camera does what the name of a movement says, and that the frames show it, against
 * scenes whose every point has a formula.
 */
import {describe, expect, it} from 'vitest';
import {SETTINGS} from '../../experiments/camera/settings.mjs';
import {
  changedClip,
  drawFrame,
  frameTimes,
  heldBack,
  type Reader,
  sceneReader,
  smoothed,
} from '../../experiments/camera/task/draw.mjs';
import {cameraPath, changedMovement, movementNames} from '../../experiments/camera/task/movements.mjs';
import {thingsOf} from '../../experiments/camera/task/things.mjs';
import {GROUPED, groupedMovement, poolsOf, turnOf} from '../../experiments/camera/task/turns.mjs';
import {seededRandom} from '../../src/util/seeded_random';
import {sampleClip} from '../../src/video/clips/sampling';

const {task, clip} = SETTINGS;
const withUniform = (seed: number) => ({uniform: seededRandom(seed)});
const still = {pan: 0, tilt: 0, zoom: 0, roll: 0};
const size = {height: 27, width: 48};
const flat = {aspect: 16 / 9, keystone: [0, 0]} as const;

/** A colour that rises along the plane of the scene: where a pixel looks at can be read off it. */
const ramp: Reader = (x, y, target) => {
  target[0] = 100 * x;
  target[1] = 100 * y;
  target[2] = 7;
};
const seenAt = (frame: Float64Array, row: number, column: number) => {
  const at = (row * size.width + column) * 3;
  return [frame[at]! / 100, frame[at + 1]! / 100];
};
/** Of the middle of a pixel, in frame widths from the middle of the frame. */
const middleOf = (row: number, column: number) => [
  (column + 0.5) / 48 - 0.5,
  ((row + 0.5) / 27 - 0.5) * (9 / 16),
];

describe('where the camera goes', () => {
  const times = frameTimes(clip.frames, 2, 25);
  const path = (movement: string, seed: number) =>
    cameraPath(movement, {times, span: 2, aspect: 16 / 9}, task, withUniform(seed));
  const seeds = Array.from({length: 60}, (_, seed) => seed);

  it.each([
    ['pan left', 'pan', -1],
    ['pan right', 'pan', 1],
    ['tilt up', 'tilt', -1],
    ['tilt down', 'tilt', 1],
    ['zoom in', 'zoom', 1],
    ['zoom out', 'zoom', -1],
  ] as const)('%s: as its direction and the range of speeds say', (movement, axis, direction) => {
    const [slowest, fastest] = task.speeds[axis];
    for (const seed of seeds) {
      const states = path(movement, seed);
      const way = direction * (states.at(-1)![axis] - states[0]![axis]);
      // Of 50 frames the first and the last that are taken are the second and the forty-ninth; hands add to the way.
      expect(way).toBeGreaterThan(0.75 * slowest * 2);
      expect(way).toBeLessThan(1.1 * fastest * 2);
    }
  });

  it('rolls both ways, and stays where it is or comes back when it should', () => {
    const turned = seeds.map((seed) => path('roll', seed).at(-1)!.roll);
    expect(turned.some((angle) => angle > 0.1) && turned.some((angle) => angle < -0.1)).toBe(true);
    for (const seed of seeds) {
      for (const state of path('static', seed))
        for (const value of Object.values(state))
          expect(Math.abs(value)).toBeLessThan(2 * task.still.drift + 4 * task.still.shake);
      const pans = path('hand-held', seed).map(({pan}) => pan);
      const mean = pans.reduce((sum, value) => sum + value, 0) / pans.length;
      const root = Math.sqrt(pans.reduce((sum, value) => sum + value ** 2, 0) / pans.length);
      expect(Math.abs(mean)).toBeLessThan(1e-12);
      expect(root).toBeGreaterThan(0.55 * task.handheld.shift[0]);
    }
  });

  it('takes the frames that analyze takes', () => {
    for (const rate of [10, 25, 30, 60])
      expect(frameTimes(16, 2, rate)).toEqual(
        sampleClip({total: 2 * rate, frames: 16}).map((frame) => frame / rate),
      );
  });
});

describe('what the frames show', () => {
  it('in a pan to the right the picture moves to the left, by as many pixels; in a tilt down up', () => {
    const spots: Reader = (x, y, target) => {
      target.fill(200 * Math.exp(-60 * ((x - 0.1) ** 2 + (y + 0.05) ** 2)));
    };
    const before = drawFrame(spots, still, [], flat, size);
    const panned = drawFrame(spots, {...still, pan: 5 / 48}, [], flat, size);
    const tilted = drawFrame(spots, {...still, tilt: 4 / 27}, [], flat, size);
    for (let row = 0; row < 23; row++)
      for (let column = 0; column < 43; column++) {
        const at = (y: number, x: number) => (y * 48 + x) * 3;
        expect(panned[at(row, column)]).toBeCloseTo(before[at(row, column + 5)]!, 9);
        expect(tilted[at(row, column)]).toBeCloseTo(before[at(row + 4, column)]!, 9);
      }
  });

  it('a zoom shows less of the scene, larger; a roll clockwise turns the picture against the clock', () => {
    const zoomed = drawFrame(ramp, {...still, zoom: Math.log(2)}, [], flat, size);
    const rolled = drawFrame(ramp, {...still, roll: Math.PI / 6}, [], flat, size);
    for (const [row, column] of [
      [0, 0],
      [3, 40],
      [26, 47],
      [13, 9],
    ] as const) {
      const [x, y] = middleOf(row, column) as [number, number];
      expect(seenAt(zoomed, row, column)[0]).toBeCloseTo(x / 2, 9);
      expect(seenAt(zoomed, row, column)[1]).toBeCloseTo(y / 2, 9);
      const [far, angle] = [Math.hypot(x, y), Math.atan2(y, x) + Math.PI / 6];
      expect(seenAt(rolled, row, column)[0]).toBeCloseTo(far * Math.cos(angle), 9);
      expect(seenAt(rolled, row, column)[1]).toBeCloseTo(far * Math.sin(angle), 9);
    }
  });

  it('things lie in front, in the scene or in the frame', () => {
    const white: Reader = (_, __, target) => void target.fill(250);
    const thing = (isInScene: boolean) =>
      ({read: white, isBox: true, radii: [0.1, 0.1], at: [0, 0], isInScene}) as const;
    const camera = {...still, pan: 0.25};
    // Of the scene: a quarter of the frame to the left of its middle.
    const middle = (frame: Float64Array) => {
      const columns = Array.from({length: 48}, (_, x) => x).filter(
        (x) => frame[(13 * 48 + x) * 3 + 2]! > 200,
      );
      return (columns[0]! + columns.at(-1)! + 1) / 2;
    };
    expect(middle(drawFrame(ramp, camera, [thing(true)], flat, size))).toBe(12);
    expect(middle(drawFrame(ramp, camera, [thing(false)], flat, size))).toBe(24);
  });

  it('a thing that is turned, and one with lobes', () => {
    const white: Reader = (_, __, target) => void target.fill(250);
    const thing = {read: white, isBox: true, radii: [0.3, 0.05], at: [0, 0], isInScene: false} as const;
    const area = (frame: Float64Array) => {
      const seen = Array.from({length: 27 * 48}, (_, at) => frame[at * 3 + 2]! > 128);
      const rows = new Set(seen.flatMap((is, at) => (is ? [Math.floor(at / 48)] : [])));
      // Of a pixel at the edge the part that is inside.
      const parts = Array.from({length: 27 * 48}, (_, at) => (frame[at * 3 + 2]! - 7) / 243);
      return {rows: rows.size, pixels: parts.reduce((sum, part) => sum + part, 0)};
    };
    // 0.6 x 0.1 widths are 28.8 x 4.8 pixels.
    expect(area(drawFrame(ramp, still, [thing], flat, size)).rows).toBeLessThan(7);
    const turned = area(drawFrame(ramp, still, [{...thing, angle: Math.PI / 2}], flat, size));
    expect(turned.rows).toBe(27);
    // Of an ellipse whose edge is at 1 + s sin(3 a) the area is that of the ellipse times 1 + s^2 / 2.
    const lobes = {count: 3, size: 0.4, phase: 1};
    const blob = {...thing, isBox: false, radii: [0.3, 0.16], lobes} as const;
    const expected = Math.PI * 0.3 * 0.16 * (1 + 0.08) * 48 * 48;
    const found = area(drawFrame(ramp, still, [blob], flat, size)).pixels;
    expect(Math.abs(found - expected)).toBeLessThan(0.02 * expected);
  });

  it('waves move parts of a scene and leave others', () => {
    const wave = {size: 0.02, length: 0.3, phase: 1, patch: 0.8};
    const calm = drawFrame(ramp, still, [], flat, size);
    const moved = drawFrame(ramp, still, [], flat, size, wave);
    const shifts = Array.from({length: 27 * 48}, (_, at) => Math.abs(moved[at * 3]! - calm[at * 3]!) / 100);
    expect(Math.max(...shifts)).toBeGreaterThan(0.015);
    expect(Math.max(...shifts)).toBeLessThanOrEqual(0.02 + 1e-9);
    expect(shifts.filter((shift) => shift < 1e-9).length).toBeGreaterThan(27 * 48 * 0.3);
  });

  it('things hide most of some pictures, and never all', () => {
    const black: Reader = (_, __, target) => void target.fill(0);
    const white: Reader = (_, __, target) => void target.fill(250);
    const times = frameTimes(clip.frames, 2, 25);
    const hidden = Array.from({length: 36}, (_, seed) => {
      const random = withUniform(seed);
      const path = cameraPath(movementNames[seed % 9]!, {times, span: 2, aspect: 16 / 9}, task, random);
      const moments = thingsOf(task.things, {times, span: 2, path, view: flat}, () => white, random);
      expect(moments).toHaveLength(times.length);
      const shares = [0, 15].map((t) => {
        const frame = drawFrame(black, path[t]!, moments[t]!, flat, size);
        return frame.reduce((sum, value) => sum + value, 0) / 250 / frame.length;
      });
      return Math.max(...shares);
    });
    // What may be hidden is measured at 12 x 8 points.
    expect(Math.max(...hidden)).toBeLessThan(task.things.mostCovered + 0.06);
    expect(hidden.filter((share) => share > 0.4).length).toBeGreaterThan(5);
    expect(hidden.filter((share) => share === 0).length).toBeGreaterThan(1);
  });

  it('a codec holds back what hardly changes, square by square', () => {
    const frames = [0, 1, 2, 3].map((t) => {
      const frame = new Uint8Array(4 * 6 * 3).fill(100);
      // The squares on the left rise by 1 a frame, one on the right by 10.
      for (let y = 0; y < 2; y++)
        for (let x = 0; x < 6; x++)
          frame.fill(100 + t * (x < 4 ? 1 : 10), (y * 6 + x) * 3, (y * 6 + x) * 3 + 3);
      return frame;
    });
    heldBack(frames, {height: 4, width: 6}, {side: 2, threshold: 1.5});
    const at = (y: number, x: number) => frames.map((frame) => frame[(y * 6 + x) * 3]);
    expect(at(0, 0)).toEqual([100, 100, 102, 102]);
    expect(at(1, 5)).toEqual([100, 110, 120, 130]);
    expect(at(3, 5)).toEqual([100, 100, 100, 100]);
  });

  it('a scene goes on beyond its edges as in a mirror', () => {
    const data = Float32Array.from({length: 8 * 8 * 3}, (_, at) => 10 * (Math.floor(at / 3) % 8));
    const level = {width: 8, height: 8, data};
    const read = sceneReader(
      {width: 8, levels: [level, level, level]},
      {scale: 1, origin: [0, 0], isMirrored: false, isTurned: false},
      48,
    );
    const colour = (x: number) => {
      const target = new Float64Array(3);
      read(x, 0.5, target);
      return target[0];
    };
    expect([0.25, 1.75, -0.25, 2.25].map(colour)).toEqual([15, 15, 15, 15]);
  });
});

describe('groups', () => {
  const white: Reader = (_, __, target) => void target.fill(250);
  const times = frameTimes(clip.frames, 2, 25);
  const path = times.map(() => still);
  const [kind] = task.grouped.kinds;
  const group = {inPlace: 0, growing: 0, growth: [0, 0] as [number, number], apart: 0};
  const membersOf = (more: object, seed: number) =>
    thingsOf(
      {
        ...task.things,
        mostCovered: 1,
        kinds: [{...kind!, share: 1, count: [4, 4], group: {...group, ...more}}],
      },
      {times, span: 2, path, view: flat},
      () => white,
      withUniform(seed),
    );
  const seeds = [1, 2, 3, 4, 5];

  it('go one way, as far as each other, as a picture does', () => {
    for (const seed of seeds) {
      const moments = membersOf({}, seed);
      const ways = moments[0]!.map(({at: [x, y]}, one) => {
        const [toX, toY] = moments.at(-1)![one]!.at;
        return [toX - x, toY - y] as const;
      });
      expect(ways).toHaveLength(4);
      for (const [right, down] of ways) {
        expect(right).toBeCloseTo(ways[0]![0], 9);
        expect(down).toBeCloseTo(ways[0]![1], 9);
        // From 0.02 to 1.96 seconds of the two.
        const speed = Math.hypot(right, down) / (times.at(-1)! - times[0]!);
        expect(speed).toBeGreaterThan(kind!.speed[0] * 0.8);
        expect(speed).toBeLessThan(kind!.speed[1] * 1.2);
      }
    }
  });

  it('figures are heads over shoulders, of which each comes nearer as a whole while the head nods and turns', () => {
    const figure = task.grouped.kinds.find(({isFigure}) => isFigure)!;
    for (const seed of seeds) {
      const moments = thingsOf(
        {
          ...task.things,
          mostCovered: 1,
          kinds: [{...figure, share: 1, count: [1, 1], group: {...group, growing: 1, growth: [0.3, 0.6]}}],
        },
        {times, span: 2, path, view: flat},
        () => (x, _, target) => void target.fill(x),
        withUniform(seed),
      );
      const [before, after] = [moments[0]!, moments.at(-1)!];
      expect(before).toHaveLength(2);
      const ratio = after[0]!.radii[0] / before[0]!.radii[0];
      expect(ratio).toBeGreaterThan(Math.exp(0.3 * 1.7));
      expect(after[1]!.radii[1] / before[1]!.radii[1]).toBeCloseTo(ratio, 9);
      for (const [shoulders, head] of moments) {
        // Of its own place the head goes a third of its height up or down, the shoulders a tenth.
        const apart = (shoulders!.at[1] - head!.at[1]) / (head!.radii[1] + shoulders!.radii[1]);
        expect(apart).toBeGreaterThan(0.3);
        expect(apart).toBeLessThan(1.4);
      }
      const surface = moments.map(([, head]) => {
        const colour = new Float64Array(3);
        head!.read(0, 0, colour);
        return colour[0]!;
      });
      expect(new Set(surface).size).toBeGreaterThan(clip.frames / 2);
    }
  });

  it('grow about one point: distances between their middles as much as their sizes', () => {
    for (const seed of seeds) {
      const moments = membersOf({inPlace: 1, growing: 1, growth: [0.3, 0.6]}, seed);
      const [before, after] = [moments[0]!, moments.at(-1)!];
      const apart = (things: typeof before) =>
        Math.hypot(things[0]!.at[0] - things[1]!.at[0], things[0]!.at[1] - things[1]!.at[1]);
      const ratio = after[0]!.radii[0] / before[0]!.radii[0];
      expect(ratio).toBeGreaterThan(Math.exp(0.3 * 1.7));
      expect(after[1]!.radii[1] / before[1]!.radii[1]).toBeCloseTo(ratio, 9);
      expect(apart(after) / apart(before)).toBeCloseTo(ratio, 9);
    }
  });

  it('of four of their clips the camera stands in three, and in the others all movements come', () => {
    const labels = Array.from({length: 64}, (_, index) => groupedMovement(index, task.grouped));
    for (const name of movementNames)
      expect(labels.filter((label) => label === name)).toHaveLength(name === 'static' ? 48 : 2);
    expect(labels.slice(0, 4).filter((label) => label === 'static')).toHaveLength(3);
  });

  it('of clips of training a quarter is of groups before a standing camera, from drawings of such alone', () => {
    const turns = Array.from({length: 36}, (_, index) => turnOf(index));
    expect(turns.filter((turn) => turn === GROUPED)).toHaveLength(9);
    for (const name of movementNames) expect(turns.filter((turn) => turn === name)).toHaveLength(3);
    const pools = poolsOf(task);
    const all = Object.values(pools).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(task.drawings + task.grouped.drawings);
    const nameOf = (index: number) => {
      if (index < task.drawings) return movementNames[index % 9];
      const movement = groupedMovement(index - task.drawings, task.grouped);
      return movement === 'static' ? GROUPED : movement;
    };
    for (const [name, pool] of Object.entries(pools))
      expect(new Set(pool.map(nameOf))).toEqual(new Set([name]));
  });

  it('smooth ground: little of the scene is left beside one colour', () => {
    const ground = smoothed(ramp, 0.2, [30, 60, 90]);
    const target = new Float64Array(3);
    ground(0.5, -0.25, target);
    expect([...target]).toEqual([24 + 0.2 * 50, 48 - 0.2 * 25, 72 + 0.2 * 7]);
  });
});

describe('a clip in another form', () => {
  /** A bright spot that goes to the right and down, and grows. */
  const data = new Uint8Array(3 * 6 * 8 * 3);
  const put = (t: number, y: number, x: number, value: number) =>
    data.fill(value, ((t * 6 + y) * 8 + x) * 3, ((t * 6 + y) * 8 + x) * 3 + 3);
  for (let t = 0; t < 3; t++) put(t, 1 + t, 2 + 2 * t, 100 + t);
  const whole = {data, frames: 3, height: 6, width: 8};
  const places = (bytes: Uint8Array) =>
    [0, 1, 2].map((t) => {
      const at = bytes.subarray(t * 144, (t + 1) * 144).findIndex((value) => value > 0) / 3;
      return `${at % 8},${Math.floor(at / 8)}`;
    });
  const none = {isMirrored: false, isUpsideDown: false, isBackwards: false};

  it('is what its name says, and its movement the other one', () => {
    expect(places(data)).toEqual(['2,1', '4,2', '6,3']);
    expect(places(changedClip(whole, {...none, isMirrored: true}).data)).toEqual(['5,1', '3,2', '1,3']);
    expect(places(changedClip(whole, {...none, isUpsideDown: true}).data)).toEqual(['2,4', '4,3', '6,2']);
    expect(places(changedClip(whole, {...none, isBackwards: true}).data)).toEqual(['6,3', '4,2', '2,1']);
    const becomes = (change: object) =>
      movementNames.map((name) => changedMovement(name, {...none, ...change}));
    const [a, b, c, d, e, f, g, h, i] = movementNames;
    expect(becomes({isMirrored: true})).toEqual([a, c, b, d, e, f, g, h, i]);
    expect(becomes({isUpsideDown: true})).toEqual([a, b, c, e, d, f, g, h, i]);
    expect(becomes({isBackwards: true})).toEqual([a, c, b, e, d, g, f, h, i]);
    expect(becomes({isMirrored: true, isBackwards: true})).toEqual([a, b, c, e, d, g, f, h, i]);
  });
});
