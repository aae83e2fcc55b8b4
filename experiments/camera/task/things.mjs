/**
 * What moves in front of the camera: nothing, one or a few, a crowd that goes its ways or one way, or what nearly fills the picture. They
 * go, sway, come nearer, turn and change their form, in the scene or along with the camera; where the camera moves some lie nearer than the scene.
 * Groups move as one, as a picture does whose camera moves: only what stands behind them tells the two apart. Some are figures, a head over
 * shoulders, which nods, bends and turns.
 */
import {isOn, looking, smoothed} from './draw.mjs';
import {between, logBetween} from './movements.mjs';

/**
 * @param settings `things` of settings.mjs
 * @param clip `{times, span, path, view}`: moments, their span, and the camera at each
 * @param nextRead gives a way to read some scene, for the surface of a thing
 * @returns for each moment the things as `drawFrame` takes them; some part of the scene is seen at each
 */
export function thingsOf(settings, {times, span, path, view}, nextRead, random) {
  const {count, size, speed, group, isFigure = false} = kindOf(settings.kinds, random);
  const crowd = {angle: 2 * Math.PI * random.uniform(), isOneWay: random.uniform() < 0.5};
  const together = group && groupOf({speed, group, aspect: view.aspect}, random);
  const wanted = Math.floor(between([count[0], count[1] + 1], random));
  const moments = times.map(() => []);
  for (let index = 0; index < wanted; index++) {
    const parts = isFigure
      ? figureOf({size, together, aspect: view.aspect}, nextRead, random)
      : together === undefined
        ? [thingOf({size, speed, crowd, aspect: view.aspect, settings}, nextRead(), random)]
        : [memberOf({size, together, aspect: view.aspect}, nextRead(), random)];
    const placed = times.map((time, t) => parts.map((part) => part(time, span, path[t])));
    // Whatever fills the picture: the camera's movement has to be seen somewhere, or the clip has no truth.
    const isTooMuch = [0, times.length >> 1, times.length - 1].some(
      (t) => coveredShare([...moments[t], ...placed[t]], path[t], view) > settings.mostCovered,
    );
    if (!isTooMuch) placed.forEach((one, t) => void moments[t].push(...one));
  }
  return moments;
}

/** One of the kinds, each as often as its share says. */
function kindOf(kinds, random) {
  let left = random.uniform();
  for (const kind of kinds) {
    left -= kind.share;
    if (left < 0) return kind;
  }
  return kinds.at(-1);
}

function thingOf({size, speed, crowd, aspect, settings}, read, random) {
  const chance = (share) => random.uniform() < share;
  const length = logBetween(size, random);
  const grain = [0.5 * length * between([0.5, 1], random), 0.5 * length * between([0.5, 1], random)];
  const isInScene = chance(0.75);
  const isBox = chance(0.25);
  const lobes = {
    count: 2 + Math.floor(4 * random.uniform()),
    size: chance(0.5) ? 0.35 * random.uniform() : 0,
  };
  const start = [between([-0.6, 0.6], random), between([-0.6, 0.6], random) / aspect];
  const angle = crowd.isOneWay
    ? crowd.angle + 0.3 * (random.uniform() - 0.5)
    : 2 * Math.PI * random.uniform();
  const pace = chance(settings.resting) ? 0 : between(speed, random);
  const isSwaying = chance(0.35);
  const frequency = logBetween([0.3, 3], random);
  const phase = 2 * Math.PI * random.uniform();
  const growth = chance(0.3) ? between([-0.5, 0.5], random) : 0;
  const turning = chance(0.3) ? between([-0.8, 0.8], random) : 0;
  const tilted = chance(0.5) ? between([-0.6, 0.6], random) : 0;
  const breath = chance(0.4) ? 0.12 * random.uniform() : 0;
  const nearer = isInScene && chance(0.3) ? between([0, 0.6], random) : 0;
  return (time, span, camera) => {
    const wave = Math.sin(2 * Math.PI * frequency * time + phase);
    const way = isSwaying ? 0.12 * pace * wave : pace * (time - span / 2);
    const scale = Math.exp(growth * (time - span / 2));
    return {
      ...{read, isBox, isInScene, grain},
      radii: [grain[0] * scale * (1 + breath * wave), grain[1] * scale * (1 - breath * wave)],
      angle: tilted + turning * (time - span / 2) + (isSwaying ? 0.3 * breath * wave : 0),
      lobes: {...lobes, phase: phase + breath * 8 * time},
      at: [
        start[0] + way * Math.cos(angle) - nearer * camera.pan,
        start[1] + way * Math.sin(angle) - (nearer * camera.tilt) / aspect,
      ],
    };
  };
}

/** How a group moves: its way, and how fast it grows about a point, as what comes nearer does. */
function groupOf({speed, group, aspect}, random) {
  return {
    angle: 2 * Math.PI * random.uniform(),
    pace: random.uniform() < group.inPlace ? 0 : between(speed, random),
    growth: random.uniform() < group.growing ? between(group.growth, random) : 0,
    point: [between([-0.5, 0.5], random), between([-0.7, 0.7], random) / aspect],
    apart: group.apart * random.uniform(),
    isEased: random.uniform() < 0.5,
  };
}

/** How one of a group goes: as the others do, but for a little. Gives its scale and its place at a moment. */
function wayOf({together, aspect}, random) {
  const {point, apart, isEased} = together;
  const own = (value) => value * (1 + apart * (2 * random.uniform() - 1));
  const start = [between([-0.6, 0.6], random), between([-0.6, 0.6], random) / aspect];
  const direction = together.angle + apart * (random.uniform() - 0.5);
  const [pace, growth] = [own(together.pace), own(together.growth)];
  return (time, span) => {
    const part = time / span;
    const since = span * ((isEased ? part * part * (3 - 2 * part) : part) - 0.5);
    const scale = Math.exp(growth * since);
    const at = [Math.cos(direction), Math.sin(direction)].map(
      (along, axis) => point[axis] + (start[axis] - point[axis]) * scale + pace * since * along,
    );
    return {scale, at};
  };
}

/** A thing of a group. */
function memberOf({size, together, aspect}, read, random) {
  const length = logBetween(size, random);
  const grain = [0.5 * length * between([0.5, 1], random), 0.5 * length * between([0.5, 1], random)];
  const way = wayOf({together, aspect}, random);
  const isBox = random.uniform() < 0.25;
  const lobes = {
    count: 2 + Math.floor(4 * random.uniform()),
    size: 0.35 * random.uniform(),
    phase: 2 * Math.PI * random.uniform(),
  };
  const angle = between([-0.6, 0.6], random);
  return (time, span) => {
    const {scale, at} = way(time, span);
    return {
      ...{read, isBox, isInScene: true, grain, angle, lobes, at},
      radii: grain.map((radius) => radius * scale),
    };
  };
}

/** Shoulders and a head of smooth surface, `size` wide: the head nods, bends to the sides, and turns, so that its surface goes across it. */
function figureOf({size, together, aspect}, nextRead, random) {
  const surface = () => {
    const paint = 255 * random.uniform();
    const colour = [0, 1, 2].map(() => paint * between([0.6, 1], random));
    return smoothed(nextRead(), between([0.1, 1], random), colour);
  };
  const wave = (most) => {
    const [amount, pace] = [most * random.uniform(), 2 * Math.PI * logBetween([0.15, 1.5], random)];
    const phase = 2 * Math.PI * random.uniform();
    return (time) => amount * Math.sin(pace * time + phase);
  };
  const width = 0.5 * logBetween(size, random);
  const height = width * between([1, 1.4], random);
  const way = wayOf({together, aspect}, random);
  const [nod, bend, turn, shrug] = [wave(0.3), wave(0.3), wave(0.7), wave(0.1)];
  const body = {
    grain: [width * between([1.5, 2.8], random), height * between([0.9, 1.8], random)],
    isBox: random.uniform() < 0.2,
    read: surface(),
  };
  const neck = height * 0.9;
  const face = surface();
  const part = ({grain, ...more}, scale, at) => ({
    ...{...more, grain, isInScene: true, at},
    radii: grain.map((radius) => radius * scale),
  });
  const shoulders = (time, span) => {
    const {scale, at} = way(time, span);
    const down = neck + body.grain[1] + height * shrug(time);
    return part(body, scale, [at[0], at[1] + scale * down]);
  };
  const head = (time, span) => {
    const {scale, at} = way(time, span);
    const [angle, across] = [bend(time), width * turn(time)];
    const read = (x, y, target) => face(x + across, y, target);
    const place = [
      at[0] + scale * neck * Math.sin(angle),
      at[1] + scale * (neck * (1 - Math.cos(angle)) + height * nod(time)),
    ];
    return part({grain: [width, height], isBox: false, read, angle}, scale, place);
  };
  return [shoulders, head];
}

/** How much of the frame lies behind things, from 0 to 1, at 12 x 8 points. */
export function coveredShare(things, camera, view) {
  const look = looking(camera, view);
  const [place, surface] = [new Float64Array(2), new Float64Array(2)];
  let covered = 0;
  for (let row = 0; row < 8; row++)
    for (let column = 0; column < 12; column++) {
      const x = (column + 0.5) / 12 - 0.5;
      const y = ((row + 0.5) / 8 - 0.5) / view.aspect;
      look(x, y, place);
      const isCovered = things.some((thing) =>
        thing.isInScene
          ? isOn(thing, place[0] - thing.at[0], place[1] - thing.at[1], surface)
          : isOn(thing, x - thing.at[0], y - thing.at[1], surface),
      );
      if (isCovered) covered++;
    }
  return covered / 96;
}
