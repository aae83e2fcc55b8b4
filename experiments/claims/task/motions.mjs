/**
 * The movements of the task: they differ in direction, in speed and in the order of their parts. Where a thing is in each frame, as
 * offsets from the middle of its path, in pixels. Plain numbers.
 */

/** Unit steps; y goes down. */
const RIGHT = [1, 0];
const LEFT = [-1, 0];
const UP = [0, -1];
const DOWN = [0, 1];

/** What is done one after the other, each for the same time, and whether slowly or fast. */
const MOTIONS = [
  {name: 'right slowly', parts: [RIGHT], speed: 'slow'},
  {name: 'left slowly', parts: [LEFT], speed: 'slow'},
  {name: 'up slowly', parts: [UP], speed: 'slow'},
  {name: 'down slowly', parts: [DOWN], speed: 'slow'},
  {name: 'right fast', parts: [RIGHT], speed: 'fast'},
  {name: 'left fast', parts: [LEFT], speed: 'fast'},
  {name: 'up fast', parts: [UP], speed: 'fast'},
  {name: 'down fast', parts: [DOWN], speed: 'fast'},
  {name: 'right then up', parts: [RIGHT, UP], speed: 'turning'},
  {name: 'up then right', parts: [UP, RIGHT], speed: 'turning'},
  {name: 'left then down', parts: [LEFT, DOWN], speed: 'turning'},
  {name: 'down then left', parts: [DOWN, LEFT], speed: 'turning'},
];

export const motionNames = MOTIONS.map(({name}) => name);

/** A number from `low` to `high`. */
export const between = ([low, high], random) => low + (high - low) * random.uniform();

/**
 * A path of a motion.
 *
 * @param motion its place in `motionNames`
 * @param frames of the clip
 * @param speeds `{slow, fast, turning}`, each `[least, most]` pixels from a frame to the next
 * @param random decides the speed, which stays the same for the whole clip
 * @returns `[x, y]` for each frame; the middle of all positions is [0, 0]
 */
export function motionPath(motion, frames, speeds, random) {
  const {parts, speed} = MOTIONS[motion];
  const pixels = between(speeds[speed], random);
  let [x, y] = [0, 0];
  const path = [[x, y]];
  for (let step = 0; step < frames - 1; step++) {
    const [dx, dy] = parts[Math.floor((step * parts.length) / (frames - 1))];
    x += dx * pixels;
    y += dy * pixels;
    path.push([x, y]);
  }
  const middle = (axis) => {
    const values = path.map((position) => position[axis]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  };
  const [middleX, middleY] = [middle(0), middle(1)];
  return path.map(([left, top]) => [left - middleX, top - middleY]);
}
