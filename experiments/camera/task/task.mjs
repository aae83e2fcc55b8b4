/**
 * The task: clips of a camera that moves in one of nine ways, whose truth is exact since it is drawn. Clips for training are of eight
 * photographs and of drawn scenes, those of the test of four photographs that no training saw. What is drawn depends on seeds alone.
 */
import {createHash} from 'node:crypto';
import {generated, randomAt} from 'tfjs-sts/train';
import {changedClip, develop, drawFrame, frameTimes, noiseFrom, sceneReader} from './draw.mjs';
import {between, cameraPath, changedMovement, logBetween, movementNames} from './movements.mjs';

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
  /** Of training: a clip of each movement by turns. */
  const drawing = (index) => {
    if (kept === undefined) return draw(index, randomAt(task.testSeed, 'generate', 1, index), fromTraining);
    const bytes = clip.frames * clip.height * clip.width * 3;
    return {...clip, data: kept.subarray(index * bytes, (index + 1) * bytes)};
  };
  const trainingClip = (index, random) => {
    const change = {isMirrored: false, isUpsideDown: false, isBackwards: false};
    for (const way of Object.keys(change)) change[way] = random.uniform() < 0.5;
    const movement = movementNames.indexOf(changedMovement(movementNames[labelOf(index)], change));
    const turn = Math.floor(random.uniform() * Math.floor(task.drawings / movementNames.length));
    return changedClip(drawing(turn * movementNames.length + movement), change);
  };
  const testClip = (index) => draw(index, randomAt(task.testSeed, 'generate', 0, index), fromTest);
  const data = (count, options) =>
    generated({
      classes: movementNames,
      labels: Array.from({length: count}, (_, index) => labelOf(index)),
      ...normalization,
      ...options,
    });
  return {
    drawing,
    /** Drawings of the eight photographs and of drawn scenes, mirrored, upside down and backwards by chance. */
    clips: (count) => data(count, {make: trainingClip}),
    /** The same in every run. */
    testClips: (count = task.testClips) => data(count, {make: testClip, training: false}),
    testClip,
    /** Sha-256 over the bytes of the first `count` test clips. */
    digest(count = task.testClips) {
      const hash = createHash('sha256');
      for (let index = 0; index < count; index++) hash.update(testClip(index).data);
      return hash.digest('hex');
    },
  };
}

function drawClip(movement, nextScene, {clip, task}, random) {
  const {frames, height, width} = clip;
  const choose = (list) => list[Math.floor(random.uniform() * list.length)];
  const isShort = random.uniform() < task.shortSpans.share;
  const span = isShort ? between(task.shortSpans.range, random) : task.span;
  const aspect = choose(task.aspects);
  const times = frameTimes(frames, span, choose(task.rates));
  const path = cameraPath(movement, {times, span, aspect}, task, random);
  const keystone = [0, 0].map(() => between([-task.keystone, task.keystone], random));
  const read = readerOf(nextScene(), task.scale, width, random);
  const count = Math.floor((task.things.most + 1) * random.uniform());
  const things = Array.from({length: count}, () => thingOf(nextScene(), {task, width, aspect}, random));
  const light = lightOf(task, clip, random);
  const next = noiseFrom(2 ** 32 * random.uniform());
  const data = new Uint8Array(frames * height * width * 3);
  path.forEach((camera, t) => {
    const placed = things.map((thing) => thing(times[t], span));
    const frame = drawFrame(read, camera, placed, {aspect, keystone}, {height, width});
    const gain = 1 + light.change * (times[t] / span - 0.5);
    data.set(develop(frame, {height, width}, {...light, gain}, next), t * frame.length);
  });
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

/** Something that moves in front, in the scene or along with the camera: back and forth, or on its way. */
function thingOf(scene, {task, width, aspect}, random) {
  const {size, speed} = task.things;
  const read = readerOf(scene, task.scale, width, random);
  const length = logBetween(size, random);
  const radii = [0.5 * length * between([0.5, 1], random), 0.5 * length * between([0.5, 1], random)];
  const isInScene = random.uniform() < 0.7;
  const isBox = random.uniform() < 0.3;
  const isGoing = random.uniform() < 0.6;
  const start = [between([-0.5, 0.5], random), between([-0.5, 0.5], random) / aspect];
  const angle = 2 * Math.PI * random.uniform();
  const pace = between(speed, random);
  const frequency = between([0.3, 2], random);
  return (time, span) => {
    const way = isGoing
      ? pace * (time - span / 2)
      : 0.1 * pace * Math.sin(2 * Math.PI * frequency * time + angle);
    return {
      read,
      isBox,
      radii,
      isInScene,
      at: [start[0] + way * Math.cos(angle), start[1] + way * Math.sin(angle)],
    };
  };
}

function lightOf({light, bars}, {height, width}, random) {
  const isBarred = random.uniform() < bars;
  const share = between([0.06, 0.2], random);
  const isWide = random.uniform() < 0.5;
  return {
    contrast: between(light.contrast, random),
    brightness: between(light.brightness, random),
    change: between([-light.change, light.change], random),
    noise: random.uniform() < 0.5 ? 0 : between(light.noise, random),
    blur: random.uniform() < 0.5 ? 0 : light.blur * random.uniform(),
    isGrey: random.uniform() < light.grey,
    bars: isBarred
      ? [isWide ? Math.round(share * height) : 0, isWide ? 0 : Math.round(share * width)]
      : [0, 0],
  };
}
