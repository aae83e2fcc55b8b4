/**
 * The task: which of some things moves in which of twelve ways over a photograph that drifts. Pictures of other things for the image
 * stage, clips for the video stage, test clips on photographs that no training saw. What is drawn depends on seeds alone.
 */
import {createHash} from 'node:crypto';
import {generated, randomAt} from 'tfjs-sts/train';
import {between, motionNames, motionPath} from './motions.mjs';
import {cutOut, framed, layOver, premultiplied, reduce} from './pixels.mjs';

/** Sizes to which photographs are reduced: shares of things are seen at several scales. */
const PHOTO_SIDES = [112, 75, 56];
const GREY = 116;
/** Of bytes 0..255. */
export const NORMALIZATION = {mean: GREY, std: 64};

/**
 * @param sources `{sprites, photos}`: sprites are RGBA pictures of one size, photos RGB ones; `{width, height, data}`
 * @param settings of the protocol: see protocol.mjs
 * @returns data sets for `train` and `evaluate`, and what identifies them
 */
export function createTask({sprites, photos}, settings) {
  const {things, pictureClasses, heldOutPhotos, frames} = settings;
  if (sprites.length < things + pictureClasses || photos.length <= heldOutPhotos)
    throw new Error(
      `createTask: ${sprites.length} sprites and ${photos.length} photographs; ${things} + ${pictureClasses} and more than ${heldOutPhotos} are needed.`,
    );
  const grounds = photos.map((photo) =>
    PHOTO_SIDES.map((size) => faded(reduce({...photo, channels: 3}, size, size), settings.groundContrast)),
  );
  const unseen = grounds.slice(-heldOutPhotos);
  const seen = grounds.slice(0, -heldOutPhotos);
  const scaled = spriteSizes(sprites);
  const classes = Array.from({length: things}, (_, thing) =>
    motionNames.map((motion) => `thing ${thing} ${motion}`),
  ).flat();
  const clip = (label, from, random) => {
    const thing = Math.floor(label / motionNames.length);
    const path = motionPath(label % motionNames.length, frames, settings.speeds, random);
    return drawFrames(scaled(thing), path, from, settings, random);
  };
  const picture = (label, random) => drawFrames(scaled(things + label), [[0, 0]], seen, settings, random);
  const testLabel = (index) => index % classes.length;
  const testClip = (index) =>
    clip(testLabel(index), unseen, randomAt(settings.testSeed, 'generate', 0, index));

  return {
    classes,
    motions: motionNames.length,
    /** Pictures of things that no clip shows, drawn anew in each epoch. */
    pictures(count) {
      const labels = Array.from({length: count}, (_, index) => index % pictureClasses);
      const names = Array.from({length: pictureClasses}, (_, index) => `picture ${index}`);
      const make = (index, random) => picture(labels[index], random);
      return generated({classes: names, labels, make, pictures: true, ...NORMALIZATION});
    },
    /** Clips, drawn anew in each epoch. */
    clips(count) {
      const labels = Array.from({length: count}, (_, index) => index % classes.length);
      return generated({
        classes,
        labels,
        make: (index, random) => clip(labels[index], seen, random),
        ...NORMALIZATION,
      });
    },
    /** The same clips for every network. */
    testClips(count = settings.testClips) {
      const labels = Array.from({length: count}, (_, index) => testLabel(index));
      return generated({classes, labels, make: testClip, training: false, ...NORMALIZATION});
    },
    testClip,
    /** Sha-256 over the bytes of the first `count` test clips. */
    digest(count = settings.testClips) {
      const hash = createHash('sha256');
      for (let index = 0; index < count; index++) hash.update(testClip(index).data);
      return hash.digest('hex');
    },
    /** Of the image stage: sha-256 over pictures of each class. */
    pictureDigest() {
      const hash = createHash('sha256');
      for (let label = 0; label < pictureClasses; label++)
        hash.update(picture(label, randomAt(settings.testSeed, 'generate', 1, label)).data);
      return hash.digest('hex');
    },
  };
}

/** A photograph of less contrast, around grey. */
function faded({data, ...size}, contrast) {
  return {...size, data: data.map((value) => GREY + contrast * (value - GREY))};
}

/** Sprites by their number and size, each made once. */
function spriteSizes(sprites) {
  const kept = new Map();
  return (index) => (size) => {
    const key = index * 1000 + size;
    if (!kept.has(key)) kept.set(key, framed(reduce(premultiplied(sprites[index]), size, size)));
    return kept.get(key);
  };
}

/** Frames of a thing that moves along a path: `{data, frames, height, width}` as `generated` takes them. */
function drawFrames(spriteOf, path, grounds, settings, random) {
  const {side, sizes, drift, place, strength, light} = settings;
  const choose = (list) => list[Math.floor(random.uniform() * list.length)];
  const size = Math.round(between(sizes, random));
  const sprite = spriteOf(size);
  const ground = choose(choose(grounds));
  const [driftX, driftY] = [between([-drift, drift], random), between([-drift, drift], random)];
  const corner = (wayAlong) => {
    const room = ground.width - side - 1;
    const travel = wayAlong * (path.length - 1);
    const [low, high] = [Math.max(0, -travel), Math.min(room, room - travel)];
    return between([low, high], random);
  };
  const [groundX, groundY] = [corner(driftX), corner(driftY)];
  const [centreX, centreY] = [between([-place, place], random), between([-place, place], random)];
  const opacity = between(strength, random);
  const brightness = between(light, random);
  const data = new Uint8Array(path.length * side * side * 3);
  // Rounds and keeps within 0..255 by itself.
  const bytes = new Uint8ClampedArray(data.buffer);
  const frame = new Float64Array(side * side * 3);
  const middle = (side - size) / 2;
  path.forEach(([x, y], t) => {
    cutOut(ground, groundX + driftX * t, groundY + driftY * t, side, frame);
    layOver(frame, side, sprite, middle + centreX + x, middle + centreY + y, opacity);
    for (let at = 0; at < frame.length; at++) {
      bytes[t * frame.length + at] = frame[at] * brightness;
    }
  });
  return {data, frames: path.length, height: side, width: side};
}
