/**
 * Tap rules: the one description of every convolution of the family. A rule says, for each tap of a filter and each
 * output position, which input position is read, or none. Rules are plain data (they travel as kernel attributes);
 * a table, the rule written out, exists only block by block inside a kernel, in tests and in drawings.
 * What the taps are multiplied with is not said here: see conv_info.ts.
 */
import type {Triple} from '../util/shapes';

/**
 * Taps on a regular grid, axis by axis (time, height, width): ordinary, dilated, grouped and depthwise convolution.
 * Along one axis, tap k of output o reads input `o * stride - padding + k * dilation`.
 */
export interface GridTaps {
  kind: 'grid';
  taps: Triple;
  strides: Triple;
  dilations: Triple;
  /** Zeros before the first input position of each axis. May be negative: then the first positions are skipped. */
  padding: Triple;
}

/**
 * Taps along one frame read as a single line, the static half of STS convolution (Li et al., ECCV 2022, section 3;
 * the authors' `STS_3dconv`). The line runs on from the end of a row (or column) to the start of the next; zeros
 * stand only before its start and after its end. Output m of the line, counted in the same order over the output's
 * rows (or columns), reads line positions `m * stride - padding + k` of frame `firstFrame + t * timeStride`.
 */
export interface LineTaps {
  kind: 'line';
  order: 'row-major' | 'column-major';
  taps: number;
  stride: number;
  padding: number;
  timeStride: number;
  /** The frame that the first output frame reads. Default 0; forward alone (conv_frames.ts). */
  firstFrame?: number;
}

export type TapRule = GridTaps | LineTaps;

/** The number of taps, that is of filter positions that the rule consumes. */
export function tapCount(rule: TapRule): number {
  return rule.kind === 'grid' ? rule.taps[0] * rule.taps[1] * rule.taps[2] : rule.taps;
}

/** What a tap reads when its place lies outside the input: a zero. */
export const OUTSIDE = -1;

/**
 * Writes the taps of `count` output positions, from flat position `first` on, into `table`:
 * `table[tap * count + i]` is the flat input position (`(t * height + h) * width + w`) that `tap` reads for output
 * `first + i`, or OUTSIDE. Flat positions do not count batch and channels.
 *
 * @param input  `[time, height, width]` of the input
 * @param output `[time, height, width]` of the output
 */
export function expandTaps(
  rule: TapRule,
  input: Triple,
  output: Triple,
  first: number,
  count: number,
  table: Int32Array,
): void {
  const expand = rule.kind === 'grid' ? expandGrid : expandLine;
  for (let i = 0; i < count; i++) {
    const position = first + i;
    const w = position % output[2];
    const h = Math.floor(position / output[2]) % output[1];
    const t = Math.floor(position / (output[2] * output[1]));
    expand(rule as GridTaps & LineTaps, input, output, t, h, w, (tap, at) => {
      table[tap * count + i] = at;
    });
  }
}

/** The whole table of a rule: `tapCount(rule)` rows, one column per output position. For tests and drawings. */
export function tapTable(rule: TapRule, input: Triple, output: Triple): Int32Array {
  const positions = output[0] * output[1] * output[2];
  const table = new Int32Array(tapCount(rule) * positions);
  expandTaps(rule, input, output, 0, positions, table);
  return table;
}

type Emit = (tap: number, at: number) => void;

function expandGrid(
  rule: GridTaps,
  input: Triple,
  _output: Triple,
  t: number,
  h: number,
  w: number,
  emit: Emit,
): void {
  const [kt, kh, kw] = rule.taps;
  const t0 = t * rule.strides[0] - rule.padding[0];
  const h0 = h * rule.strides[1] - rule.padding[1];
  const w0 = w * rule.strides[2] - rule.padding[2];
  let tap = 0;
  for (let a = 0; a < kt; a++) {
    const ti = t0 + a * rule.dilations[0];
    for (let b = 0; b < kh; b++) {
      const hi = h0 + b * rule.dilations[1];
      const rowInside = ti >= 0 && ti < input[0] && hi >= 0 && hi < input[1];
      for (let c = 0; c < kw; c++) {
        const wi = w0 + c * rule.dilations[2];
        const inside = rowInside && wi >= 0 && wi < input[2];
        emit(tap++, inside ? (ti * input[1] + hi) * input[2] + wi : OUTSIDE);
      }
    }
  }
}

function expandLine(
  rule: LineTaps,
  input: Triple,
  output: Triple,
  t: number,
  h: number,
  w: number,
  emit: Emit,
): void {
  const [, height, width] = input;
  const frame = ((rule.firstFrame ?? 0) + t * rule.timeStride) * height * width;
  const rowMajor = rule.order === 'row-major';
  const m = rowMajor ? h * output[2] + w : w * output[1] + h;
  const start = m * rule.stride - rule.padding;
  for (let tap = 0; tap < rule.taps; tap++) {
    const at = start + tap;
    if (at < 0 || at >= height * width) emit(tap, OUTSIDE);
    else emit(tap, frame + (rowMajor ? at : (at % height) * width + Math.floor(at / height)));
  }
}

/**
 * The rule that carries a gradient back. Each tap's map from outputs to inputs is injective, so it can be inverted,
 * and the inverse is again a rule of stride 1, with the taps in reversed order, over the output gradient with
 * `stride - 1` zeros put between its values (in time too, for a line with a time stride).
 */
export function invertTaps<Rule extends TapRule>(rule: Rule): Rule;
export function invertTaps(rule: TapRule): TapRule {
  if (rule.kind === 'line') {
    return {...rule, stride: 1, timeStride: 1, padding: rule.taps - 1 - rule.padding};
  }
  const padding = rule.taps.map(
    (taps, axis) => (taps - 1) * rule.dilations[axis]! - rule.padding[axis]!,
  ) as Triple;
  return {...rule, strides: [1, 1, 1], padding};
}

/**
 * The inverse of a rule for some of the input positions, without the zeros between the values of `invertTaps`: under a
 * stride, neighbouring input positions are read by different taps, those a stride apart by the same. Each such class
 * is an indirect convolution of its own, of stride 1 over the output gradient.
 */
export interface InversePhase {
  /** The taps that reach these positions, in the order in which `read` counts them. */
  taps: number[];
  /** The rows of the phase, laid out as time, height, width. */
  size: Triple;
  /** Over the output: tap `i` of a row reads the output position that has read the row's input position with `taps[i]`. */
  read: TapRule;
  /** Over the input, with one tap: the input position of a row. With the size of the input, each row is its own. */
  place: TapRule;
}

/** The phases that hold all input positions that some tap reaches; the gradient of the others is zero. */
export function inversePhases(rule: TapRule, input: Triple, output: Triple): InversePhase[] {
  return rule.kind === 'grid' ? gridPhases(rule, input) : linePhases(rule, input, output);
}

/** What one axis of a grid, or a line, gives one residue class of its positions `first, first + stride, ...` */
interface AxisPhase {
  /** From last to first, so that they read the output in ascending order. */
  taps: number[];
  first: number;
  count: number;
  dilation: number;
  padding: number;
}

function axisPhases(
  taps: number,
  stride: number,
  dilation: number,
  padding: number,
  length: number,
): AxisPhase[] {
  const phases: AxisPhase[] = [];
  for (let first = 0; first < Math.min(stride, length); first++) {
    const reach = (tap: number) => (first + padding - tap * dilation) / stride;
    const reaching = Array.from({length: taps}, (_, i) => taps - 1 - i).filter((tap) =>
      Number.isInteger(reach(tap)),
    );
    if (reaching.length === 0) continue;
    const [last, next] = reaching as [number, number | undefined];
    phases.push({
      taps: reaching,
      first,
      count: Math.ceil((length - first) / stride),
      dilation: next === undefined ? 1 : reach(next) - reach(last),
      padding: 0 - reach(last),
    });
  }
  return phases;
}

function gridPhases(rule: GridTaps, input: Triple): InversePhase[] {
  const [times, heights, widths] = ([0, 1, 2] as const).map((axis) =>
    axisPhases(rule.taps[axis], rule.strides[axis], rule.dilations[axis], rule.padding[axis], input[axis]),
  ) as [AxisPhase[], AxisPhase[], AxisPhase[]];
  const phase = (...axes: [AxisPhase, AxisPhase, AxisPhase]): InversePhase => {
    const each = (value: (axis: AxisPhase) => number) => axes.map(value) as Triple;
    const [, height, width] = rule.taps;
    const ones: Triple = [1, 1, 1];
    return {
      taps: axes[0].taps.flatMap((a) =>
        axes[1].taps.flatMap((b) => axes[2].taps.map((c) => (a * height + b) * width + c)),
      ),
      size: each(({count}) => count),
      read: {
        kind: 'grid',
        taps: each(({taps}) => taps.length),
        strides: ones,
        dilations: each(({dilation}) => dilation),
        padding: each(({padding}) => padding),
      },
      place: {
        kind: 'grid',
        taps: ones,
        strides: rule.strides,
        dilations: ones,
        padding: each(({first}) => 0 - first),
      },
    };
  };
  return times.flatMap((t) => heights.flatMap((h) => widths.map((w) => phase(t, h, w))));
}

function linePhases(rule: LineTaps, input: Triple, output: Triple): InversePhase[] {
  const {kind, order, stride, timeStride} = rule;
  const [, height, width] = input;
  return axisPhases(rule.taps, stride, 1, rule.padding, height * width).map(
    ({taps, first, count, padding}) => ({
      taps,
      size: stride === 1 ? [output[0], height, width] : [output[0], 1, count],
      read: {kind, order, taps: taps.length, stride: 1, padding, timeStride: 1},
      place: {kind, order, taps: 1, stride, padding: 0 - first, timeStride},
    }),
  );
}
