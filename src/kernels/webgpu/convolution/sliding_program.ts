/**
 * A depthwise product on a grid of stride 1 in time, as a sliding window: an invocation computes four neighbours of a line in all frames of a
 * chunk, for up to four channels. It goes through time once, with a sum for each output that reads the frame it is at, so that
 * a value is read once for all taps in time and for the outputs that share it along the line: for 3x3x3 taps, 6.75 to 13.5
 * loads an output in place of 27.
 */

import type {Product, Quad, Segment} from '../../../geometry/products';
import type {GridTaps} from '../../../geometry/taps';
import {
  type Components,
  componentsOf,
  type Grid,
  invocationGrid,
  invocationOf,
  type Program,
  repeat,
  typeOf,
} from '../program';
import {type Epilogue, epilogueFields, epilogueInputs, epilogueKey, finish} from './epilogue';
import {productUniforms} from './product';

const THREADS = 64;
/** Neighbours along a line. */
const ACROSS = 4;
/** Taps in time and along the line for which there is a program: usual numbers, whose sums and values fit the registers. */
const SLIDING_TAPS = [1, 3, 5];
/** Invocations that keep a GPU busy; clips are cut into chunks of frames for them. */
const ENOUGH = 16384;

/** The rule of a segment that can slide, or undefined. */
export function slidingRule({direction}: Product, {columns, terms}: Segment): GridTaps | undefined {
  const [term, more] = terms;
  const rule = term!.part.rule;
  if (more !== undefined || columns !== 1 || term!.depth !== 1 || rule.kind !== 'grid') return undefined;
  const [kt, , kw] = rule.taps;
  if (!SLIDING_TAPS.includes(kt) || !SLIDING_TAPS.includes(kw)) return undefined;
  // Nothing is shared then.
  if ((kt === 1 && kw === 1) || rule.strides[0] !== 1) return undefined;
  if (rule.dilations.some((dilation) => dilation !== 1)) return undefined;
  // Backward under a stride not every tap reaches every row.
  if (direction === 'backward' && rule.strides.some((stride) => stride !== 1)) return undefined;
  return rule;
}

/** How the work is shared out: channels, blocks of a line, lines, chunks of all clips. */
interface Lanes {
  readonly units: number;
  readonly blocks: number;
  readonly lines: number;
  readonly chunks: number;
  /** Frames of a chunk. */
  readonly frames: number;
}

function lanesOf(product: Product, components: Components): Lanes {
  const {info, direction, segments} = product;
  const [batch, time, height, width] = direction === 'forward' ? info.outputShape : info.inputShape;
  const units = segments[0]!.groups / components;
  const blocks = Math.ceil(width / ACROSS);
  const wanted = Math.ceil(ENOUGH / (units * blocks * height * batch));
  const frames = Math.max(1, Math.ceil(time / wanted));
  return {units, blocks, lines: height, chunks: Math.ceil(time / frames), frames};
}

function componentsIn({segments, sourceChannels, destinationChannels}: Product): Components {
  const {groups, first, terms} = segments[0]!;
  return componentsOf(sourceChannels, destinationChannels, groups, first, terms[0]!.source);
}

/**
 * Whether chunks have several frames, so that values are shared along time: clips large enough to keep a GPU busy by chunks.
 *
 * @param product of the segment that slides alone
 */
export function sharesFrames(product: Product): boolean {
  return lanesOf(product, componentsIn(product)).frames > 1;
}

/** @param product of the segment that slides alone */
export function slidingProgram(
  product: Product,
  epilogue: Epilogue,
): {program: Program; grid: Grid; values: Quad[]} {
  const {direction, segments, info} = product;
  const [segment] = segments as [Segment];
  const rule = slidingRule(product, segment)!;
  const components = componentsIn(product);
  const {fields, values, key} = productUniforms(product, 1);
  const {units, blocks, lines, chunks, frames} = lanesOf(product, components);
  const stride = direction === 'forward' ? rule.strides[2] : 1;
  return {
    program: {
      key: `sliding_${direction}_${rule.taps[0]}x${rule.taps[2]}_${stride}_${components}_${key}_${epilogueKey(epilogue)}`,
      inputs: [
        {name: 'source', components},
        {name: 'weights', components},
        ...epilogueInputs(epilogue, components),
      ],
      outputComponents: components,
      threads: THREADS,
      uniforms: `${fields} lanes : vec4<i32>, slide : vec4<i32>, ${epilogueFields(direction)}`,
      code: () => `
        ${finish(epilogue, direction, components)}
        ${main(rule, stride, components, direction === 'backward')}`,
    },
    grid: invocationGrid(units * blocks * lines * chunks * info.inputShape[0], THREADS),
    values: [...values, [units, blocks, lines, chunks * info.inputShape[0]], [frames, chunks, 0, 0]],
  };
}

function main({taps}: GridTaps, stride: number, components: Components, backward: boolean): string {
  const [kt, , kw] = taps;
  const type = typeOf(components);
  const values = (ACROSS - 1) * stride + kw;
  const sum = (a: number, s: number) => `sum${a}_${s}`;
  const each = (line: (a: number, s: number) => string) =>
    repeat(kt, (a) => Array.from({length: ACROSS}, (_, s) => line(a, s)).join(' '));
  // Backward a row reads with its last tap first: the window slides the same way from one kernel less a step earlier.
  const start = (axis: string) =>
    `uniforms.rules[3].${axis}${backward ? ` + 1 - uniforms.rules[1].${axis}` : ''}`;
  const quad = (value: string) =>
    components === 4 ? value : `vec4<f32>(${value}${', 0.0'.repeat(4 - components)})`;
  return `
  fn main() {
    var lane = ${invocationOf(THREADS)};
    let unit = lane % uniforms.lanes.x;
    lane /= uniforms.lanes.x;
    let w0 = lane % uniforms.lanes.y * ${ACROSS};
    lane /= uniforms.lanes.y;
    let h = lane % uniforms.lanes.z;
    lane /= uniforms.lanes.z;
    if (lane >= uniforms.lanes.w) { return; }
    let clip = lane / uniforms.slide.y;
    let first = (lane - clip * uniforms.slide.y) * uniforms.slide.x;
    let end = min(first + uniforms.slide.x, uniforms.size.x);

    let column = uniforms.segments[1].x + unit * ${components};
    let channel = uniforms.rules[7].x + unit * ${components};
    let input = uniforms.rules[6];
    let kh = uniforms.rules[1].y;
    let h0 = h * uniforms.rules[2].y + ${start('y')};
    let at0 = w0 * ${stride} + ${start('z')};
    let t0 = ${start('x')};
    // A sum belongs to the output that reads this frame with tap a; that of the last tap is complete after the frame.
    ${each((a, s) => `var ${sum(a, s)} = ${type}(0.0);`)}
    for (var t = first + t0; t < end + t0 + ${kt - 1}; t++) {
      for (var b = 0; b < kh; b++) {
        let line = h0 + b;
        if (t < 0 || t >= input.x || line < 0 || line >= input.y) { continue; }
        let row = ((clip * input.x + t) * input.y + line) * input.z;
        ${repeat(values, (i) => {
          const at = `((row + at0 + ${i}) * uniforms.counts.x + channel) / ${components}`;
          return `var x${i} = ${type}(0.0); if (at0 + ${i} >= 0 && at0 + ${i} < input.z) { x${i} = source[${at}]; }`;
        })}
        ${repeat(kt, (a) =>
          repeat(kw, (k) => {
            const tap = backward
              ? `(${kt - 1 - a} * kh + kh - 1 - b) * ${kw} + ${kw - 1 - k}`
              : `(${a} * kh + b) * ${kw} + ${k}`;
            const at = `((uniforms.rules[0].z + ${tap}) * uniforms.filterSize.y + ${backward ? 'channel' : 'column'}) / ${components}`;
            const products = Array.from(
              {length: ACROSS},
              (_, s) => `${sum(a, s)} = fma(x${s * stride + k}, f, ${sum(a, s)});`,
            );
            return `{ let f = weights[${at}]; ${products.join(' ')} }`;
          }),
        )}
      }
      let o = t - t0 - ${kt - 1};
      if (o >= first) {
        let row = ((clip * uniforms.size.x + o) * uniforms.size.y + h) * uniforms.size.z + w0;
        var done = array(${Array.from({length: ACROSS}, (_, s) => quad(sum(kt - 1, s))).join(', ')});
        for (var s = 0; s < min(${ACROSS}, uniforms.size.z - w0); s++) {
          finish(row + s, column, ${components}, done[s]);
        }
      }
      ${repeat(kt - 1, (i) => {
        const a = kt - 1 - i;
        return Array.from({length: ACROSS}, (_, s) => `${sum(a, s)} = ${sum(a - 1, s)};`).join(' ');
      })}
      ${Array.from({length: ACROSS}, (_, s) => `${sum(0, s)} = ${type}(0.0);`).join(' ')}
    }
  }`;
}
