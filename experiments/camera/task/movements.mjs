/**
 * What the camera does: for each movement where it looks at each moment. Directions are the camera's, as the field has them: in a pan
 * to the right the camera turns to the right and the picture moves to the left; in a tilt up it looks up and the picture moves down.
 */

export const movementNames = [
  'static',
  'pan left',
  'pan right',
  'tilt up',
  'tilt down',
  'zoom in',
  'zoom out',
  'roll',
  'hand-held',
];

/** Axis and sign of what is one movement along one axis. Down is positive, and so is closer. */
const DIRECTIONS = {
  'pan left': ['pan', -1],
  'pan right': ['pan', 1],
  'tilt up': ['tilt', -1],
  'tilt down': ['tilt', 1],
  'zoom in': ['zoom', 1],
  'zoom out': ['zoom', -1],
};
const AXES = ['pan', 'tilt', 'zoom', 'roll'];

const OPPOSITES = {
  'pan left': 'pan right',
  'pan right': 'pan left',
  'tilt up': 'tilt down',
  'tilt down': 'tilt up',
  'zoom in': 'zoom out',
  'zoom out': 'zoom in',
};

/** What a movement is in a clip that is mirrored, upside down or backwards. Twice the same change is none. */
export function changedMovement(movement, {isMirrored, isUpsideDown, isBackwards}) {
  const turns = [
    isMirrored && movement.startsWith('pan'),
    isUpsideDown && movement.startsWith('tilt'),
    isBackwards && movement in OPPOSITES,
  ].filter(Boolean).length;
  return turns % 2 === 1 ? OPPOSITES[movement] : movement;
}

export const between = ([low, high], random) => low + (high - low) * random.uniform();
/** Small ones are as frequent as large ones. */
export const logBetween = ([low, high], random) => low * (high / low) ** random.uniform();
const sign = (random) => (random.uniform() < 0.5 ? -1 : 1);

/**
 * The camera at each of some moments.
 *
 * @param times in seconds, rising from 0
 * @param span seconds of the clip, over which speeds are means
 * @param aspect width of the frame over its height
 * @returns for each moment `{pan, tilt, zoom, roll}` since the first: frame widths to the right, frame heights down, logarithm of the
 *   scale, radians clockwise as the camera turns
 */
export function cameraPath(movement, {times, span, aspect}, settings, random) {
  const path = {pan: zeros(times), tilt: zeros(times), zoom: zeros(times), roll: zeros(times)};
  if (movement === 'static') stand(path, times, settings, random);
  else if (movement === 'hand-held') {
    shake(path, times, aspect, 1, settings, random);
    wander(path, {times, span, aspect}, settings, random);
  } else move(path, movement, {times, span, aspect}, settings, random);
  return times.map((_, at) => Object.fromEntries(AXES.map((axis) => [axis, path[axis][at]])));
}

const zeros = (times) => times.map(() => 0);

function addTo(values, more) {
  for (let at = 0; at < values.length; at++) values[at] += more[at];
}

function stand(path, times, {still}, random) {
  for (const axis of AXES) {
    const speed = between([-still.drift, still.drift], random);
    addTo(
      path[axis],
      times.map((time) => speed * time),
    );
    if (random.uniform() < 0.5)
      addTo(path[axis], wobble(times, still.shake * random.uniform(), [0.5, 4], random));
  }
}

function move(path, movement, {times, span, aspect}, settings, random) {
  const {speeds, besides, shaky, leastWay} = settings;
  const [axis, direction] = DIRECTIONS[movement] ?? ['roll', sign(random)];
  // How far a point at the edge of the frame goes, in widths: by this the axes are comparable.
  const atEdge = {pan: 1, tilt: 1 / aspect, zoom: 0.5, roll: 0.5};
  const [slowest, fastest] = speeds[axis];
  const way =
    direction * logBetween([Math.max(slowest, leastWay / atEdge[axis] / span), fastest], random) * span;
  const course = easing(random);
  const share = times.map((time) => course(time / span));
  addTo(
    path[axis],
    share.map((value) => way * value),
  );
  const edge = Math.abs(way) * atEdge[axis];
  for (const other of AXES) {
    if (other === axis || random.uniform() >= besides.share) continue;
    const size = (sign(random) * besides.most * random.uniform() * edge) / atEdge[other];
    addTo(
      path[other],
      share.map((value) => size * value),
    );
  }
  if (random.uniform() >= shaky.share) return;
  const shift = Math.min(shaky.most, shaky.ofWay * edge) * random.uniform();
  shake(path, times, aspect, shift, settings, random, true);
}

/** Hands: `size` is the root mean square of the shift in widths, or, by itself, 1 for any that counts as hand-held. */
function shake(path, times, aspect, size, {handheld}, random, isBeside = false) {
  const shift = isBeside ? size : logBetween(handheld.shift, random);
  const part = isBeside ? shift / handheld.shift[1] : 1;
  const wobbled = (amount) => wobble(times, amount, handheld.frequency, random);
  addTo(path.pan, wobbled(shift * between([0.6, 1.2], random)));
  addTo(path.tilt, wobbled(shift * between([0.6, 1.2], random) * aspect));
  addTo(path.roll, wobbled(part * between(handheld.roll, random)));
  addTo(path.zoom, wobbled(part * between(handheld.zoom, random)));
}

/** Hands do not come back to where they were: less of a way than would be a movement beside their shaking. */
function wander(path, {times, span, aspect}, {handheld}, random) {
  const root = Math.sqrt(path.pan.reduce((sum, value) => sum + value ** 2, 0) / times.length);
  const middle = times.reduce((sum, time) => sum + time, 0) / times.length;
  for (const [axis, size] of [
    ['pan', 1],
    ['tilt', aspect],
  ]) {
    const way = handheld.wander * between([-1, 1], random) * root * size;
    addTo(
      path[axis],
      times.map((time) => (way * (time - middle)) / span),
    );
  }
}

/** A smooth random walk without mean and trend, of this root mean square over the moments. */
function wobble(times, size, frequencies, random) {
  const waves = Array.from({length: 5}, () => ({
    frequency: logBetween(frequencies, random),
    phase: 2 * Math.PI * random.uniform(),
    size: random.uniform(),
  }));
  const values = times.map((time) =>
    waves.reduce(
      (sum, wave) => sum + wave.size * Math.sin(2 * Math.PI * wave.frequency * time + wave.phase),
      0,
    ),
  );
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [middle, centre] = [mean(times), mean(values)];
  const slope =
    times.reduce((sum, time, at) => sum + (time - middle) * (values[at] - centre), 0) /
    times.reduce((sum, time) => sum + (time - middle) ** 2, 0);
  const level = values.map((value, at) => value - centre - slope * (times[at] - middle));
  const root = Math.sqrt(mean(level.map((value) => value ** 2)));
  return level.map((value) => (value * size) / Math.max(root, 1e-9));
}

/** The share of its way that a movement has gone at a share of the time: even, eased at one or both ends, or with a rest. */
function easing(random) {
  const kind = random.uniform();
  if (kind < 0.5) return (part) => part;
  const smooth = (part) => part * part * (3 - 2 * part);
  if (kind < 0.6) return smooth;
  if (kind < 0.7) return (part) => part * (1 + part) * 0.5;
  if (kind < 0.8) return (part) => 1 - (1 - part) * (2 - part) * 0.5;
  const [from, length] = [0.4 * random.uniform(), 0.6];
  return (part) => Math.min(1, Math.max(0, (part - from) / length));
}
