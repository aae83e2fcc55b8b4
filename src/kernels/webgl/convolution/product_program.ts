/**
 * A convolution, or its gradient by the input, as one program for all its parts. Tap rules, sizes and channels are in uniforms; what
 * changes the text is the form, the direction, and whether there is a bias and a residual.
 */
import {type Direction, type Product, type Quad, RULE_QUADS, ruleQuads} from '../../../geometry/products';
import {ACTIVATE, ACTIVATION_UNIFORMS} from '../activations';
import type {Program, Uniform} from '../program';
import {addTap, type Form} from './forms';
import {pairsOf, readTaps, roomFor} from './reading';

/** What is bound besides source and weights. */
export interface Epilogue {
  readonly bias: boolean;
  readonly residual: boolean;
}

/** Quads of a term: its rule, then its channels. */
const TERM_QUADS = RULE_QUADS + 1;

/** @param values all but those of the activation, in the order of the program's uniforms */
export function productProgram(
  product: Product,
  form: Form,
  epilogue: Epilogue,
): {program: Program; values: number[][]} {
  const {info, direction, segments} = product;
  const forward = direction === 'forward';
  const terms = segments.flatMap((segment) => segment.terms);
  const rules = terms.flatMap(({part, source, depth}): Quad[] => [
    ...ruleQuads(info, part, direction),
    [source, depth, 0, 0],
  ]);
  let firstTerm = 0;
  const segmentQuads = segments.flatMap(({first, groups, columns, terms}): Quad[] => {
    const quads: Quad[] = [
      [firstTerm, firstTerm + terms.length, first, columns],
      [groups * columns, 0, 0, 0],
    ];
    firstTerm += terms.length;
    return quads;
  });
  const [batch, time, height, width] = forward ? info.outputShape : info.inputShape;
  const [filterRows, filterColumns] = [info.filterShape[3], info.filterShape[4]];
  const multiplier = info.filterView[2] === filterColumns ? 0 : filterColumns;
  const uniforms: Uniform[] = [
    {name: 'rules', type: 'ivec4', arrayIndex: TERM_QUADS * roomFor(terms.length)},
    {name: 'segments', type: 'ivec4', arrayIndex: 2 * roomFor(segments.length)},
    {name: 'segmentCount', type: 'int'},
    {name: 'size', type: 'ivec4'},
    {name: 'counts', type: 'ivec2'},
    {name: 'weightsSize', type: 'ivec3'},
    ...(forward ? ACTIVATION_UNIFORMS : []),
  ];
  const values = [
    rules.flat(),
    segmentQuads.flat(),
    [segments.length],
    [time, height, width, batch * time * height],
    [pairsOf(product.sourceChannels), product.destinationChannels],
    [pairsOf(filterRows), pairsOf(filterColumns), multiplier],
  ];
  const program = {
    inputs: [
      'source',
      'weights',
      ...(epilogue.bias ? ['bias'] : []),
      ...(epilogue.residual ? ['residual'] : []),
    ],
    uniforms,
    code: readTaps(direction) + addTap(form, direction) + sumTaps(form) + main(direction, epilogue),
  };
  return {program, values};
}

/** `sumTerm(rule, column, local, group, columns)`: what a term adds to two places and two columns; `sums(column)`: all terms. */
function sumTaps(form: Form): string {
  return `
  ivec4 place;
  bool hasSecond;

  vec4 sumTerm(int rule, int column, int local, int group, int columns) {
    ivec4 head = rules[rule];
    ivec3 taps = rules[rule + 1].xyz;
    ivec3 scale = rules[rule + 2].xyz;
    ivec3 steps = rules[rule + 4].xyz;
    ivec3 divisor = rules[rule + 5].xyz;
    ivec3 length = rules[rule + 6].xyz;
    ivec3 on = head.x == 0 ? place.yzw
      : ivec3(place.y, 0, head.x == 1 ? place.z * size.z + place.w : place.w * size.y + place.z);
    ivec3 first = on * scale + rules[rule + 3].xyz;
    int second = (head.x == 2 ? size.y : 1) * scale.z;
    vec4 sum = vec4(0.0);
    for (int a = 0; a < taps.x; a++) {
      int t = reach(first.x + a * steps.x, divisor.x, length.x);
      if (t < 0) continue;
      for (int b = 0; b < taps.y; b++) {
        int h = reach(first.y + b * steps.y, divisor.y, length.y);
        if (h < 0) continue;
        for (int c = 0; c < taps.z; c++) {
          int r = first.z + c * steps.z;
          ivec2 at0 = sourceTexel(rule, place.x * length.x + t, h, reach(r, divisor.z, length.z));
          ivec2 at1 = hasSecond
            ? sourceTexel(rule, place.x * length.x + t, h, reach(r + second, divisor.z, length.z)) : ivec2(-1, 0);
          if (at0.x < 0 && at1.x < 0) continue;
          int slice = head.z + (a * taps.y + b) * taps.z + c;
          sum = addTap(sum, at0, at1, slice, column, local, group, rules[rule + ${RULE_QUADS}], columns);
        }
      }
    }
    return sum;
  }

  vec4 sums(int column) {
    vec4 both = vec4(0.0);
    for (int lane = 0; lane < 2 && column + lane < counts.y; lane++) {
      int own = column + lane;
      int s = 0;
      for (int i = 1; i < segmentCount; i++) {
        if (own >= segments[2 * i].z) s = i;
      }
      ivec4 segment = segments[2 * s];
      int local = own - segment.z;
      int group = local / segment.w;
      vec4 sum = vec4(0.0);
      for (int term = segment.x; term < segment.y; term++) {
        sum += sumTerm(term * ${TERM_QUADS}, own, local, group, segment.w);
      }
      // The two columns of a texel are one sum where they read the same channels.
      ${form === 'singles' ? '' : `if (lane == 0 && local + 1 < ${form === 'pairs' ? '(group + 1) * segment.w' : 'segments[2 * s + 1].x'}) return sum;`}
      if (lane == 0) both.xz = sum.xz;
      else both.yw = sum.yw;
    }
    return both;
  }
`;
}

/** What a texel has beyond width and channels is zero: the host's programs read it too. */
function main(direction: Direction, {bias, residual}: Epilogue): string {
  return `
  ${direction === 'forward' ? ACTIVATE : ''}

  void main() {
    int number = numberOfTexel();
    int columnPairs = (counts.y + 1) / 2;
    int line = number / columnPairs;
    int widthPairs = (size.z + 1) / 2;
    int row = line / widthPairs;
    if (row >= size.w) {
      setOutput(vec4(0.0));
      return;
    }
    int column = 2 * (number - line * columnPairs);
    int frame = row / size.y;
    int clip = frame / size.x;
    place = ivec4(clip, frame - clip * size.x, row - frame * size.y, 2 * (line - row * widthPairs));
    hasSecond = place.w + 1 < size.z;
    vec4 v = sums(column);
    ${bias ? 'v += texelFetch(bias, texelAt(column / 2, across(biasTexShape)), 0).xyxy;' : ''}
    ${residual ? 'v += texelFetch(residual, texelAt(number, across(residualTexShape)), 0);' : ''}
    ${direction === 'forward' ? 'v = activate(v);' : ''}
    if (column + 1 >= counts.y) v.yw = vec2(0.0);
    if (!hasSecond) v.zw = vec2(0.0);
    setOutput(v);
  }
`;
}
