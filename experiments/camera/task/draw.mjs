/**
 * The frames that a camera sees of a scene: where each point of the frame looks at on the scene's plane, what lies there, the things
 * that move in front, and what light and sensor do to it. Four points of the plane for each pixel, and their mean.
 */

/** Points across a pixel; two, which the sums of drawFrame count on. */
const FINE = 2;

/**
 * Where the points of a frame look at.
 *
 * @param camera `{pan, tilt, zoom, roll}` as of `cameraPath`
 * @param view `{aspect, keystone: [a, b]}`: width over height, and how the plane leans
 * @returns a function of a point, in frame widths to the right and down from the middle of the frame, that writes the place on the
 *   plane of the scene, in frame widths, to `target`
 */
export function looking({pan, tilt, zoom, roll}, {aspect, keystone: [across, along]}) {
  const size = Math.exp(-zoom);
  const cos = size * Math.cos(roll);
  const sin = size * Math.sin(roll);
  const down = tilt / aspect;
  return (x, y, target) => {
    const lean = 1 / (1 + across * x + along * y);
    target[0] = pan + lean * (cos * x - sin * y);
    target[1] = down + lean * (sin * x + cos * y);
  };
}

/**
 * A way to read a scene `scale` frame widths wide whose origin is at `[x, y]` of 0..1 of it, turned over and around if wanted: a function
 * of a place on the plane that writes the colour there to `target`, mirrored beyond the edges.
 *
 * @param pixels in a row of the frame
 */
export function sceneReader({levels, width}, {scale, origin, isMirrored, isTurned}, pixels) {
  // As sharp as the points lie dense.
  const perPoint = width / scale / (pixels * FINE);
  const {data, width: columns, height: rows} = levels[perPoint > 3 ? 2 : perPoint > 1.5 ? 1 : 0];
  const perWidth = columns / scale;
  const [fromLeft, fromTop] = [origin[0] * columns, origin[1] * rows];
  const across = isMirrored ? -perWidth : perWidth;
  return (x, y, target) => {
    const u = folded((isTurned ? y : x) * across + fromLeft, columns);
    const v = folded((isTurned ? -x : y) * perWidth + fromTop, rows);
    const left = Math.floor(u);
    const top = Math.floor(v);
    const right = u - left;
    const down = v - top;
    const beside = left + 1 < columns ? 3 : 0;
    const below = top + 1 < rows ? columns * 3 : 0;
    const at = (top * columns + left) * 3;
    for (let c = at; c < at + 3; c++) {
      const upper = data[c] + (data[c + beside] - data[c]) * right;
      const lower = data[c + below] + (data[c + below + beside] - data[c + below]) * right;
      target[c - at] = upper + (lower - upper) * down;
    }
  };
}

/** A way to read a scene of which a share is left beside one colour. */
export const smoothed = (read, share, colour) => (x, y, target) => {
  read(x, y, target);
  for (let c = 0; c < 3; c++) target[c] = colour[c] + share * (target[c] - colour[c]);
};

/** A place along a line of pixels that goes on as in mirrors, between the middles of the first and the last. */
function folded(value, size) {
  const place = value - 2 * size * Math.floor(value / (2 * size));
  return Math.min(size - 1, Math.max(0, (place < size ? place : 2 * size - place) - 0.5));
}

/**
 * One frame as numbers of 0..255.
 *
 * @param read of `sceneReader`
 * @param things `{read, isBox, radii, at: [x, y], isInScene}` and more (see `thingsOf`): what moves in front; places in frame widths, on
 *   the plane or in the frame
 * @param waves `{size, length, phase, patch}`, if leaves or water move parts of the scene
 * @param size `{height, width}` in pixels
 */
export function drawFrame(read, camera, things, view, {height, width}, waves) {
  const frame = new Float64Array(height * width * 3);
  const point = new Float64Array(3);
  const place = new Float64Array(2);
  const surface = new Float64Array(2);
  const look = looking(camera, view);
  for (let row = 0; row < height * FINE; row++) {
    const y = ((row + 0.5) / (height * FINE) - 0.5) / view.aspect;
    for (let column = 0; column < width * FINE; column++) {
      const x = (column + 0.5) / (width * FINE) - 0.5;
      look(x, y, place);
      const shift = waves === undefined ? 0 : shiftOf(waves, place);
      read(place[0] + shift, place[1] + 0.5 * shift, point);
      for (const thing of things) {
        const {at, isInScene} = thing;
        const isThere = isInScene
          ? isOn(thing, place[0] - at[0], place[1] - at[1], surface)
          : isOn(thing, x - at[0], y - at[1], surface);
        if (isThere) thing.read(surface[0], surface[1], point);
      }
      const at = ((row >> 1) * width + (column >> 1)) * 3;
      for (let c = 0; c < 3; c++) frame[at + c] += point[c] * 0.25;
    }
  }
  return frame;
}

/**
 * Whether a thing is at a point, and where on its surface.
 *
 * @param x from its middle, in frame widths; y likewise
 * @param target gets the place on its surface
 */
export function isOn({isBox, radii, angle = 0, lobes, grain = radii}, x, y, target) {
  const reach = 1.4 * (radii[0] + radii[1]);
  if (x > reach || x < -reach || y > reach || y < -reach) return false;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const right = (cos * x + sin * y) / radii[0];
  const down = (cos * y - sin * x) / radii[1];
  target[0] = right * grain[0];
  target[1] = down * grain[1];
  if (isBox) return Math.abs(right) < 1 && Math.abs(down) < 1;
  const far = right * right + down * down;
  if (lobes === undefined || lobes.size === 0) return far < 1;
  const edge = 1 + lobes.size * Math.sin(lobes.count * Math.atan2(down, right) + lobes.phase);
  return far < edge * edge;
}

/** Of waves in patches; between them the scene is still. */
function shiftOf({size, length, phase, patch}, [x, y]) {
  const here = Math.max(0, Math.sin((2 * Math.PI * (x + 0.6 * y)) / patch));
  return here * size * Math.sin((2 * Math.PI * (y + 0.4 * x)) / length + phase);
}

/**
 * What codecs do to what hardly changes: a square of the picture stays as it was shown last until it differs by more than `threshold`
 * in the mean. Changes the frames.
 */
export function heldBack(frames, {height, width}, {side, threshold}) {
  for (let t = 1; t < frames.length; t++)
    for (let top = 0; top < height; top += side)
      for (let left = 0; left < width; left += side) {
        const [low, end] = [Math.min(height, top + side), 3 * Math.min(width, left + side)];
        let apart = 0;
        for (let y = top; y < low; y++)
          for (let at = y * width * 3 + left * 3; at < y * width * 3 + end; at++)
            apart += Math.abs(frames[t][at] - frames[t - 1][at]);
        if (apart > threshold * (low - top) * (end - 3 * left)) continue;
        for (let y = top; y < low; y++)
          for (let at = y * width * 3 + left * 3; at < y * width * 3 + end; at++)
            frames[t][at] = frames[t - 1][at];
      }
}

/** What a camera's electronics and a codec do: `light` is `{contrast, brightness, gain, noise, blur, isGrey, bars}`. */
export function develop(frame, {height, width}, light, next) {
  const seen = light.blur > 0 ? blurred(frame, {height, width}, light.blur) : frame;
  const bytes = new Uint8Array(seen.length);
  const clamped = new Uint8ClampedArray(bytes.buffer);
  const [top, left] = light.bars;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (y < top || y >= height - top || x < left || x >= width - left) continue;
      const at = (y * width + x) * 3;
      const grey = (seen[at] + seen[at + 1] + seen[at + 2]) / 3;
      for (let c = 0; c < 3; c++) {
        const value = light.isGrey ? grey : seen[at + c];
        const shaken = light.noise * (next() + next() + next() - 1.5) * 2;
        clamped[at + c] = light.gain * (128 + light.brightness + light.contrast * (value - 128)) + shaken;
      }
    }
  return bytes;
}

/** Each pixel partly the mean of the four beside it. */
function blurred(frame, {height, width}, share) {
  const result = new Float64Array(frame.length);
  const line = width * 3;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [left, right] = [x > 0 ? -3 : 0, x < width - 1 ? 3 : 0];
      const [up, down] = [y > 0 ? -line : 0, y < height - 1 ? line : 0];
      for (let at = y * line + x * 3, end = at + 3; at < end; at++) {
        const beside = (frame[at + left] + frame[at + right] + frame[at + up] + frame[at + down]) / 4;
        result[at] = (1 - share) * frame[at] + share * beside;
      }
    }
  return result;
}

/** When the frames of a clip are taken: of a film of some rate those that `analyze` would take, spread over the span. */
export function frameTimes(frames, span, rate) {
  const total = Math.max(1, Math.round(span * rate));
  return Array.from({length: frames}, (_, at) => Math.floor(((at + 0.5) * total) / frames) / rate);
}

/** A clip mirrored, upside down, backwards; what its movement becomes says `changedMovement`. */
export function changedClip({data, frames, height, width}, {isMirrored, isUpsideDown, isBackwards}) {
  const result = new Uint8Array(data.length);
  let to = 0;
  for (let t = 0; t < frames; t++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const row = (isBackwards ? frames - 1 - t : t) * height + (isUpsideDown ? height - 1 - y : y);
        const from = (row * width + (isMirrored ? width - 1 - x : x)) * 3;
        for (let c = 0; c < 3; c++) result[to++] = data[from + c];
      }
  return {data: result, frames, height, width};
}

/** Fast numbers of 0..1 for noise (mulberry32), from a seed of 32 bits. */
export function noiseFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
