/**
 * The task: clips of a camera that moves in one of nine ways, whose truth is exact since it is drawn. Clips for training are of eight
 * photographs and of drawn scenes, those of the test of four photographs that no training saw. What is drawn depends on seeds alone.
 */
import {generated, randomAt} from 'tfjs-sts/train';
import {
  changedClip,
  develop,
  drawFrame,
  frameTimes,
  heldBack,
  noiseFrom,
  sceneReader,
  smoothed,
} from './draw.mjs';
import {between, cameraPath, changedMovement, logBetween, movementNames} from './movements.mjs';
import {thingsOf} from './things.mjs';
import {GROUPED, groupedMovement, poolsOf, STANDS, turnOf} from './turns.mjs';

/**
 * @param sources `{photos, drawn}`: scenes
 * @param settings `{clip, task, normalization}` of settings.mjs
 * @param kept bytes of the clips of training where they were drawn before, one behind the other, as `drawings` gives them
 */
export function createTask({photos, drawn}, {clip, task, normalization}, kept) {
  const seen = photos.slice(0, -task.heldOutPhotos);
  const unseen = photos.slice(-task.heldOutPhotos);
  const labelOf = (index) => index % movementNames.length;
  const choose = (list, random) => list[Math.floor(random.uniform() * list.length)];
  const fromTraining = (random) =>
    choose(drawn.length > 0 && random.uniform() < task.drawnScenes ? drawn : seen, random);
  const fromTest = (random) => choose(unseen, random);
  const draw = (index, random, scenes) =>
    drawClip(movementNames[labelOf(index)], () => scenes(random), {clip, task}, random);
  const drawGrouped = (index, random, scenes) =>
    drawClip(
      groupedMovement(index, task.grouped),
      () => scenes(random),
      {clip, task, isGrouped: true},
      random,
    );
  /** Of training: a clip of each movement by turns, then those of groups. */
  const drawing = (index) => {
    if (kept !== undefined) {
      const bytes = clip.frames * clip.height * clip.width * 3;
      return {...clip, data: kept.subarray(index * bytes, (index + 1) * bytes)};
    }
    return index < task.drawings
      ? draw(index, randomAt(task.testSeed, 'generate', 1, index), fromTraining)
      : drawGrouped(
          index - task.drawings,
          randomAt(task.testSeed, 'generate', 3, index - task.drawings),
          fromTraining,
        );
  };
  const pools = poolsOf(task);
  const trainingClip = (index, random) => {
    const change = {isMirrored: false, isUpsideDown: false, isBackwards: false};
    for (const way of Object.keys(change)) change[way] = random.uniform() < 0.5;
    const turn = turnOf(index);
    const pool = turn === GROUPED ? turn : changedMovement(turn, change);
    return changedClip(drawing(choose(pools[pool], random)), change);
  };
  return {
    drawing,
    /** Drawings of the eight photographs and of drawn scenes, mirrored, upside down and backwards by chance. */
    clips: (count) =>
      generated({
        classes: movementNames,
        labels: Array.from({length: count}, (_, index) => {
          const turn = turnOf(index);
          return movementNames.indexOf(turn === GROUPED ? STANDS : turn);
        }),
        ...normalization,
        make: trainingClip,
      }),
    /** Of a photograph that no training saw; the same in every run. */
    testClip: (index) => draw(index, randomAt(task.testSeed, 'generate', 0, index), fromTest),
    groupedTestClip: (index) => drawGrouped(index, randomAt(task.testSeed, 'generate', 2, index), fromTest),
  };
}

function drawClip(movement, nextScene, {clip, task, isGrouped = false}, random) {
  const {frames, height, width} = clip;
  const choose = (list) => list[Math.floor(random.uniform() * list.length)];
  const isShort = random.uniform() < task.shortSpans.share;
  const span = isShort ? between(task.shortSpans.range, random) : task.span;
  const aspect = choose(task.aspects);
  const times = frameTimes(frames, span, choose(task.rates));
  const path = cameraPath(movement, {times, span, aspect}, task, random);
  const keystone = [0, 0].map(() => between([-task.keystone, task.keystone], random));
  const view = {aspect, keystone};
  const nextRead = () => readerOf(nextScene(), task.scale, width, random);
  const scene = nextRead();
  const {ground, dark, kinds} = task.grouped;
  const read = isGrouped
    ? smoothed(
        scene,
        between(movement === STANDS ? ground.standing : ground.moving, random),
        groundColour(dark, random),
      )
    : scene;
  const front = isGrouped ? {...task.things, kinds} : task.things;
  const things = thingsOf(front, {times, span, path, view}, nextRead, random);
  const waves = wavesOf(task.waves, random);
  const light = lightOf(task, clip, random);
  const next = noiseFrom(2 ** 32 * random.uniform());
  const seen = path.map((camera, t) => {
    const frame = drawFrame(read, camera, things[t], view, {height, width}, waves?.(times[t]));
    const gain = 1 + light.change * (times[t] / span - 0.5) + light.flicker * (next() - 0.5);
    return develop(frame, {height, width}, {...light, gain}, next);
  });
  if (light.codec !== undefined) heldBack(seen, {height, width}, light.codec);
  const data = new Uint8Array(frames * height * width * 3);
  for (const [t, frame] of seen.entries()) data.set(frame, t * frame.length);
  return {data, frames, height, width};
}

function readerOf(scene, scales, pixels, random) {
  return sceneReader(
    scene,
    {
      scale: logBetween(scales, random),
      origin: [random.uniform(), random.uniform()],
      isMirrored: random.uniform() < 0.5,
      isTurned: random.uniform() < 0.5,
    },
    pixels,
  );
}

/** Dark, as often as a share says, or any. */
function groundColour(dark, random) {
  const most = random.uniform() < dark ? 40 : 255;
  return [0, 1, 2].map(() => most * random.uniform());
}

/** Leaves in the wind, water: at a time, for `drawFrame`; mostly there are none. */
function wavesOf({share, size, length, frequency}, random) {
  if (random.uniform() >= share) return undefined;
  const wave = {
    size: between(size, random),
    length: between(length, random),
    patch: between([0.4, 2], random),
  };
  const pace = logBetween(frequency, random);
  return (time) => ({...wave, phase: 2 * Math.PI * pace * time});
}

function lightOf({light, bars}, {height, width}, random) {
  const {flicker, codec} = light;
  const isBarred = random.uniform() < bars;
  const share = between([0.06, 0.2], random);
  const isWide = random.uniform() < 0.5;
  return {
    contrast: between(light.contrast, random),
    brightness: between(light.brightness, random),
    change: between([-light.change, light.change], random),
    noise: random.uniform() < 0.5 ? 0 : between(light.noise, random),
    blur: random.uniform() < 0.5 ? 0 : light.blur * random.uniform(),
    flicker: random.uniform() < flicker.share ? flicker.most * random.uniform() : 0,
    codec:
      random.uniform() < codec.share
        ? {side: 1 + Math.floor(codec.side * random.uniform()), threshold: codec.threshold * random.uniform()}
        : undefined,
    isGrey: random.uniform() < light.grey,
    bars: isBarred
      ? [isWide ? Math.round(share * height) : 0, isWide ? 0 : Math.round(share * width)]
      : [0, 0],
  };
}
