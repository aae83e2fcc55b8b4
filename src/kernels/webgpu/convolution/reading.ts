/** Tap rules, as `ruleQuads` has them (src/geometry/products.ts), as the programs read them. */
import type {Direction} from '../../../geometry/products';
import {PLACE_IN} from '../program';

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
