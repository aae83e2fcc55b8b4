/**
 * What is in front of the camera: the CC0 photographs of this repository, decoded by ffmpeg (PNG, so every decoder gives the same), and
 * drawn scenes of noise and of boxes. Each is a picture at several sizes whose plane goes on beyond its edges as in mirrors.
 */
import {spawnSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {randomAt} from 'tfjs-sts/train';
import {reduce} from '../../claims/task/pixels.mjs';

const PHOTOS = fileURLToPath(new URL('../../../test/golden/photos/', import.meta.url));
const DRAWN_SIDE = 128;

/** A scene: the same picture at full, half and quarter size, RGB of 0..255. */
export function scene(picture) {
  const {width, height} = picture;
  const full = {...picture, channels: 3};
  const levels = [1, 2, 4].map((part) => reduce(full, Math.round(width / part), Math.round(height / part)));
  return {width, height, levels: levels.map(({data, ...size}) => ({...size, data: Float32Array.from(data)}))};
}

/** The photographs by name, in the order of their names. */
export function photographs() {
  const files = readdirSync(PHOTOS)
    .filter((name) => name.endsWith('.png'))
    .sort();
  return files.map((name) => ({name: name.replace('.png', ''), ...scene(decode(`${PHOTOS}${name}`))}));
}

function decode(path) {
  const bytes = readFileSync(path);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const options = ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const {stdout, error} = spawnSync('ffmpeg', options, {maxBuffer: 1 << 26});
  if (error !== undefined || stdout.length !== width * height * 3)
    throw new Error(`${path}: ffmpeg gave ${stdout?.length} bytes${error ? `, ${error.message}` : ''}`);
  return {width, height, data: stdout};
}

/** Scenes that no photograph is needed for: noise of many sizes, or boxes on a slope of colour. */
export function drawnScenes(count, seed) {
  return Array.from({length: count}, (_, index) => {
    const random = randomAt(seed, 'generate', 0, index);
    return scene((index % 2 === 0 ? noise : boxes)(DRAWN_SIDE, random));
  });
}

const colour = (random) => [0, 1, 2].map(() => 255 * random.uniform());

function noise(side, random) {
  const [one, other] = [colour(random), colour(random)];
  const rough = 0.4 + 0.5 * random.uniform();
  const field = new Float64Array(side * side);
  for (let cell = side / 2, size = 1; cell >= 2; cell /= 2, size *= rough) {
    const grid = side / cell;
    const knots = Array.from({length: grid * grid}, () => (random.uniform() - 0.5) * size);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) field[y * side + x] += smoothAt(knots, grid, x / cell, y / cell);
  }
  const [low, high] = [field.reduce((a, b) => Math.min(a, b)), field.reduce((a, b) => Math.max(a, b))];
  return painted(side, (at) => mixed(one, other, (field[at] - low) / (high - low)));
}

function smoothAt(knots, grid, x, y) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [right, down] = [x - left, y - top];
  const knot = (row, column) => knots[(row % grid) * grid + (column % grid)];
  const upper = knot(top, left) * (1 - right) + knot(top, left + 1) * right;
  const lower = knot(top + 1, left) * (1 - right) + knot(top + 1, left + 1) * right;
  return upper * (1 - down) + lower * down;
}

function boxes(side, random) {
  const [one, other] = [colour(random), colour(random)];
  const pixels = painted(side, (at) => mixed(one, other, Math.floor(at / side) / side)).data;
  const count = 4 + Math.floor(30 * random.uniform());
  for (let box = 0; box < count; box++) {
    const [width, height] = [0, 0].map(() => Math.round(side * (0.02 + 0.3 * random.uniform() ** 2)));
    const [left, top] = [0, 0].map(() => Math.floor(side * random.uniform()));
    const paint = colour(random);
    for (let y = top; y < Math.min(side, top + height); y++)
      for (let x = left; x < Math.min(side, left + width); x++) pixels.set(paint, (y * side + x) * 3);
  }
  return {width: side, height: side, data: pixels};
}

const mixed = (one, other, part) => one.map((value, c) => value + (other[c] - value) * part);

function painted(side, colourAt) {
  const data = new Float64Array(side * side * 3);
  for (let at = 0; at < side * side; at++) data.set(colourAt(at), at * 3);
  return {width: side, height: side, data};
}
