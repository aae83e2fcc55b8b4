/**
 * The gradient by the filter: a fragment has a texel of it, which is summed over the positions of the output, two neighbours in width
 * at a time. Sums are long and their results few, so the lines of the output are cut into chunks, each with sums of its own.
 */
import type {ConvInfo} from '../../../geometry/conv_info';
import {productOf, type Quad, RULE_QUADS, ruleQuads} from '../../../geometry/products';
import {sizeOf} from '../../../util/shapes';
import type {Program, Uniform} from '../program';
import {type Form, formOf, READ_PAIRS, READ_SINGLES} from './forms';
import {pairsOf, readTaps, roomFor} from './reading';

/** As many fragments as keep a GPU busy. */
const ENOUGH_FRAGMENTS = 16384;

/** Quads of a part: its rule, its channels. */
const PART_QUADS = RULE_QUADS + 2;

export function filterProgram(info: ConvInfo): {
  program: Program;
  values: number[][];
  chunks: number;
} {
  const {parts, filterShape, filterView, outputShape, inputShape} = info;
  const [rows, columns] = [filterShape[3], filterShape[4]];
  const texels = sizeOf(filterShape.slice(0, 3)) * pairsOf(rows) * pairsOf(columns);
  const [batch, time, height, width, channels] = outputShape;
  const lines = batch * time * height;
  const linesOfChunk = Math.max(1, Math.ceil(lines / Math.ceil(ENOUGH_FRAGMENTS / texels)));
  const multiplier = filterView[2] === columns ? 0 : columns;
  const rules = parts.flatMap((part): Quad[] => [
    ...ruleQuads(info, part, 'forward'),
    [part.inputChannel, part.inputChannels / part.groups, part.outputChannel, part.outputChannels],
    [part.outputChannels / part.groups, 0, 0, 0],
  ]);
  const uniforms: Uniform[] = [
    {name: 'rules', type: 'ivec4', arrayIndex: PART_QUADS * roomFor(parts.length)},
    {name: 'partCount', type: 'int'},
    {name: 'size', type: 'ivec4'},
    {name: 'counts', type: 'ivec2'},
    {name: 'weightsSize', type: 'ivec3'},
    {name: 'chunk', type: 'ivec2'},
  ];
  const values = [
    rules.flat(),
    [parts.length],
    [time, height, width, lines],
    [pairsOf(inputShape[4]), pairsOf(channels)],
    [rows, columns, multiplier],
    [linesOfChunk, texels],
  ];
  const form = formOf(productOf(info, 'forward'));
  const code = readTaps('forward') + addUnit[form] + SUM_PART + main(form);
  const program = {inputs: ['source', 'gradient'], uniforms, code};
  return {program, values, chunks: Math.max(1, Math.ceil(lines / linesOfChunk))};
}

/**
 * `addUnit(sum, at0, at1, channel, unit, output)`: sum, and what two positions of the output add, whose values of the source are at
 * `at0` and `at1`; `unit` is the first texel of theirs in the gradient.
 */
const addUnit: Record<Form, string> = {
  pairs: `
  ${READ_PAIRS}

  vec4 addUnit(vec4 sum, ivec2 at0, ivec2 at1, int channel, int unit, int o) {
    vec4 x = sourcePairs(at0, at1, channel);
    vec4 dy = texelFetch(gradient, texelAt(unit + o / 2, across(gradientTexShape)), 0);
    // What is beyond the border of x counts for nothing, whatever the gradient has there.
    if (at0.x >= 0) sum += x.xxyy * dy.xyxy;
    if (at1.x >= 0) sum += x.zzww * dy.zwzw;
    return sum;
  }
`,
  depthwise: `
  ${READ_PAIRS}

  vec4 addUnit(vec4 sum, ivec2 at0, ivec2 at1, int channel, int unit, int o) {
    vec4 x = sourcePairs(at0, at1, channel);
    vec4 dy = texelFetch(gradient, texelAt(unit + o / 2, across(gradientTexShape)), 0);
    vec2 both = vec2(0.0);
    if (at0.x >= 0) both += x.xy * dy.xy;
    if (at1.x >= 0) both += x.zw * dy.zw;
    return sum + (weightsSize.z > 0 ? both.xxyy : both.xyxy);
  }
`,
  singles: `
  ${READ_SINGLES}

  vec4 addUnit(vec4 sum, ivec2 at0, ivec2 at1, int channel, int unit, int o) {
    vec4 dy = texelFetch(gradient, texelAt(unit + o / 2, across(gradientTexShape)), 0);
    if (at0.x >= 0) sum += sourceAt(at0, channel) * dy[o % 2];
    if (at1.x >= 0) sum += sourceAt(at1, channel) * dy[2 + o % 2];
    return sum;
  }
`,
};

/** `sumPart(rule, tap, channel, o, first, last)`: over the lines of the output from `first` to before `last`. */
const SUM_PART = `
  vec4 sumPart(int rule, int tap, int channel, int o, int first, int last) {
    int order = rules[rule].x;
    ivec3 taps = rules[rule + 1].xyz;
    ivec3 scale = rules[rule + 2].xyz;
    ivec3 length = rules[rule + 6].xyz;
    int line = tap / taps.z;
    ivec3 offset = ivec3(line / taps.y, line % taps.y, tap % taps.z) * rules[rule + 4].xyz + rules[rule + 3].xyz;
    int second = (order == 2 ? size.y : 1) * scale.z;
    int widthPairs = (size.z + 1) / 2;
    vec4 sum = vec4(0.0);
    for (int n = first; n < last; n++) {
      int frame = n / size.y;
      int clip = frame / size.x;
      int y = n - frame * size.y;
      int t = reach((frame - clip * size.x) * scale.x + offset.x, 1, length.x);
      int h = reach((order == 0 ? y * scale.y : 0) + offset.y, 1, length.y);
      if (t < 0 || h < 0) continue;
      for (int pair = 0; pair < widthPairs; pair++) {
        int w = 2 * pair;
        int r = (order == 0 ? w : order == 1 ? y * size.z + w : w * size.y + y) * scale.z + offset.z;
        ivec2 at0 = sourceTexel(rule, clip * length.x + t, h, reach(r, 1, length.z));
        ivec2 at1 = w + 1 < size.z
          ? sourceTexel(rule, clip * length.x + t, h, reach(r + second, 1, length.z)) : ivec2(-1, 0);
        if (at0.x < 0 && at1.x < 0) continue;
        sum = addUnit(sum, at0, at1, channel, (n * widthPairs + pair) * counts.y, o);
      }
    }
    return sum;
  }
`;

/**
 * Where the texel of a fragment is in the filter. Its two outputs are one sum where a part gives them the same channels, or each the channel
 * of its place; of 'singles' each of its four weights is a sum.
 */
function main(form: Form): string {
  const lanes = `
    // The outputs of a texel are its columns, or its rows in a depthwise filter.
    bool inRows = weightsSize.z > 0;
    for (int lane = 0; lane < 2; lane++) {
      bool isWhole = false;
      vec4 sum = sumOutput(slice, row, (inRows ? row : column) + lane, first, last, isWhole);
      if (lane == 0) v = sum;
      else if (inRows) v.zw = sum.zw;
      else v.yw = sum.yw;
      if (isWhole) break;
    }`;
  const singles = `
    for (int lane = 0; lane < 4; lane++) {
      bool isWhole = false;
      int i = row + lane / 2;
      int c = column + lane % 2;
      bool inRows = weightsSize.z > 0;
      v[lane] = sumOutput(slice, inRows ? 0 : i, inRows ? i * weightsSize.z + c : c, first, last, isWhole).x;
    }`;
  return `
  vec4 sumOutput(int slice, int row, int o, int first, int last, out bool isWhole) {
    vec4 sum = vec4(0.0);
    isWhole = true;
    for (int part = 0; part < partCount; part++) {
      int rule = part * ${PART_QUADS};
      int tap = slice - rules[rule].z;
      ivec4 channels = rules[rule + ${RULE_QUADS}];
      int columns = rules[rule + ${RULE_QUADS + 1}].x;
      int local = o - channels.z;
      if (local < 0 || local >= channels.w) continue;
      int group = local / columns;
      if (local + 1 >= ${form === 'depthwise' ? 'channels.w' : '(group + 1) * columns'}) isWhole = false;
      if (tap < 0 || tap >= rules[rule].y) continue;
      int channel = ${form === 'depthwise' ? 'o' : 'channels.x + group * channels.y + row'};
      sum += sumPart(rule, tap, channel, o, first, last);
    }
    return sum;
  }

  void main() {
    int number = numberOfTexel();
    int part = number / chunk.y;
    int first = part * chunk.x;
    int last = min(first + chunk.x, size.w);
    int columnPairs = (weightsSize.y + 1) / 2;
    int line = (number - part * chunk.y) / columnPairs;
    int rowPairs = (weightsSize.x + 1) / 2;
    int slice = line / rowPairs;
    int row = 2 * (line - slice * rowPairs);
    int column = 2 * (number - part * chunk.y - line * columnPairs);
    vec4 v = vec4(0.0);
    ${form === 'singles' ? singles : lanes}
    if (column + 1 >= weightsSize.y) v.yw = vec2(0.0);
    if (row + 1 >= weightsSize.x) v.zw = vec2(0.0);
    setOutput(v);
  }
`;
}
