/**
 * Tap rules as the programs read them. A rule is numbers in uniforms, so that a program serves every kernel, stride, padding and
 * dilation, frames read as lines too: a line is a grid of one axis over the pixels of a frame in its order.
 *
 * Along an axis, tap k of row o reads `(o * scale + offset + k * step) / divisor` where that is whole and inside. Forward the
 * divisor is 1; backward, where a row is an input and reads the outputs that have read it, it is the stride.
 */
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {tapCount} from '../../../geometry/taps';
import type {Triple} from '../../../util/shapes';
import {PLACE_IN, type Quad} from '../program';

/** Which way a rule is read: from outputs to inputs, or from inputs to the outputs that read them. */
export type Direction = 'forward' | 'backward';

interface Axes {
  /** How a frame is read: as it is, or as a line in the order of rows or of columns. */
  order: 0 | 1 | 2;
  taps: Triple;
  strides: Triple;
  padding: Triple;
  dilations: Triple;
}

/** A rule as three axes; those of a line are time, nothing, the line. */
function axesOf({rule}: ConvPart): Axes {
  if (rule.kind === 'grid') return {order: 0, ...rule};
  return {
    order: rule.order === 'row-major' ? 1 : 2,
    taps: [1, 1, rule.taps],
    strides: [rule.timeStride, 1, rule.stride],
    padding: [0 - (rule.firstFrame ?? 0), 0, rule.padding],
    dilations: [1, 1, 1],
  };
}

/** Quads of a rule, as `tapAt` of READ_TAPS expects them. */
export const RULE_QUADS = 7;

export function ruleQuads(info: ConvInfo, part: ConvPart, direction: Direction): Quad[] {
  const {order, taps, strides, padding, dilations} = axesOf(part);
  const [, time, height, width] = direction === 'forward' ? info.inputShape : info.outputShape;
  const size: Triple = order === 0 ? [time, height, width] : [time, 1, height * width];
  const ones: Triple = [1, 1, 1];
  const quad = ([t, h, w]: Triple, last = 0): Quad => [t, h, w, last];
  const negative = (triple: Triple) => triple.map((n) => 0 - n) as Triple;
  const [scale, offset, step, divisor] =
    direction === 'forward'
      ? [strides, negative(padding), dilations, ones]
      : [ones, padding, negative(dilations), strides];
  return [
    [order, tapCount(part.rule), part.firstTap, height],
    quad(taps, width),
    quad(scale),
    quad(offset),
    quad(step),
    quad(divisor),
    quad(size, time * height * width),
  ];
}

/**
 * Functions of the programs:
 * `placeOf(row)`: batch, time, height, width of a row of the destination, whose sizes are `uniforms.size`.
 * `onAxes(rule, place)`: the same on the axes of the rule that begins at quad `rule` of `uniforms.rules`.
 * `tapAt(rule, place, tap)`: the row of the source that the tap reads for a place on the rule's axes, or -1.
 */
export function readTaps(direction: Direction): string {
  return `
  ${PLACE_IN}

  fn placeOf(row : i32) -> vec4<i32> { return placeIn(uniforms.size, row); }

  fn onAxes(rule : i32, place : vec4<i32>) -> vec4<i32> {
    let order = uniforms.rules[rule].x;
    if (order == 1) { return vec4<i32>(place.xy, 0, place.z * uniforms.size.z + place.w); }
    if (order == 2) { return vec4<i32>(place.xy, 0, place.w * uniforms.size.y + place.z); }
    return place;
  }

  fn tapAt(rule : i32, place : vec4<i32>, tap : i32) -> i32 {
    let taps = uniforms.rules[rule + 1];
    let a = tap / (taps.y * taps.z);
    let rest = tap - a * taps.y * taps.z;
    let b = rest / taps.z;
    let k = vec3<i32>(a, b, rest - b * taps.z);
    let reach = place.yzw * uniforms.rules[rule + 2].xyz + uniforms.rules[rule + 3].xyz
      + k * uniforms.rules[rule + 4].xyz;
    ${
      direction === 'forward'
        ? 'let at = reach;'
        : `let divisor = uniforms.rules[rule + 5].xyz;
    let at = reach / divisor;
    if (any(at * divisor != reach)) { return -1; }`
    }
    let size = uniforms.rules[rule + 6];
    if (any(at < vec3<i32>(0)) || any(at >= size.xyz)) { return -1; }
    let first = place.x * size.w + at.x * size.y * size.z;
    if (uniforms.rules[rule].x != 2) { return first + at.y * size.z + at.z; }
    let column = at.z / uniforms.rules[rule].w;
    return first + (at.z - column * uniforms.rules[rule].w) * taps.w + column;
  }`;
}
