/**
 * How a program adds up the products of a tap. A fragment has two neighbours in width times two columns of the destination; of a tap
 * it reads the texels of two positions of the source, and of the filter those of the columns.
 *
 * 'pairs': two channels of the source at a time, times a texel of two by two weights. What is grouped has to lie in whole texels.
 * 'depthwise': each column has the channel of its place.
 * 'singles': one channel and one column at a time; for whatever is left, such as groups of three channels.
 */
import type {Direction, Product} from '../../../geometry/products';

export type Form = 'pairs' | 'depthwise' | 'singles';

const isEven = (n: number) => n % 2 === 0;

export function formOf({segments, direction}: Product): Form {
  const channelByChannel = segments.every(
    ({first, columns, terms}) =>
      columns === 1 && terms.every(({depth, source}) => depth === 1 && source === first),
  );
  if (channelByChannel) return 'depthwise';
  const inTexels = segments.every(
    ({first, groups, columns, terms}) =>
      terms.every(({source, depth}) => isEven(source) && (groups === 1 || isEven(depth))) &&
      (direction === 'forward' || (isEven(first) && (groups === 1 || isEven(columns)))),
  );
  return inTexels ? 'pairs' : 'singles';
}

/**
 * `addTap(sum, at0, at1, slice, column, local, group, channels)`: sum, and what tap `slice` of the filter adds to it from two positions
 * of the source, each as its first texel and its row in the texel, or -1. The column is the `local`-th of its segment; `channels` has
 * the first channel of the source and how many there are in a group. Sums are two positions times two columns.
 */
export function addTap(form: Form, direction: Direction): string {
  return {pairs: addPairs, depthwise: addChannels, singles: addSingles}[form](direction);
}

/** Where the texels of two positions are, and whether they are two: beyond the border the other one is read instead. */
const PLACE_PAIRS = `
    int width = across(sourceTexShape);
    bool apart = at0.x >= 0 && at1.x >= 0 && at0.x != at1.x;
    ivec2 place0 = texelAt((at0.x < 0 ? at1.x : at0.x) + channel / 2, width);
    ivec2 place1 = texelAt((at1.x < 0 ? at0.x : at1.x) + channel / 2, width);
`;

/** `sourcePairs(at0, at1, channel)`: two channels of each of two positions, zeros for those of one that lies outside. */
export const READ_PAIRS = `
  vec4 pairsOf(vec4 texel0, vec4 texel1, ivec2 at0, ivec2 at1) {
    vec2 x0 = at0.y == 0 ? texel0.xy : texel0.zw;
    vec2 x1 = at1.y == 0 ? texel1.xy : texel1.zw;
    return vec4(at0.x < 0 ? vec2(0.0) : x0, at1.x < 0 ? vec2(0.0) : x1);
  }

  vec4 sourcePairs(ivec2 at0, ivec2 at1, int channel) {
    ${PLACE_PAIRS}
    vec4 texel0 = texelFetch(source, place0, 0);
    vec4 texel1 = apart ? texelFetch(source, place1, 0) : texel0;
    return pairsOf(texel0, texel1, at0, at1);
  }
`;

/** `sourceAt(at, channel)`: one value of a position, zero outside. */
export const READ_SINGLES = `
  float sourceAt(ivec2 at, int channel) {
    if (at.x < 0) return 0.0;
    vec4 texel = texelFetch(source, texelAt(at.x + channel / 2, across(sourceTexShape)), 0);
    return texel[2 * at.y + channel % 2];
  }
`;

function addPairs(direction: Direction): string {
  const forward = direction === 'forward';
  return `
  ${READ_PAIRS}

  // One texel further in a texture; a step is less than a row of it, or rows and less than a row.
  void advance(inout ivec2 place, ivec2 step, int width) {
    place += step;
    if (place.x >= width) place += ivec2(-width, 1);
  }

  vec4 addTap(vec4 sum, ivec2 at0, ivec2 at1, int slice, int column, int local, int group, ivec4 channels, int columns) {
    int channel = channels.x + group * channels.y;
    ${PLACE_PAIRS}
    int weightsWidth = across(weightsTexShape);
    int row = ${forward ? '0' : '(local - group * columns) / 2'};
    int pair = ${forward ? 'column' : 'channel'} / 2;
    ivec2 weightsPlace = texelAt((slice * weightsSize.x + row) * weightsSize.y + pair, weightsWidth);
    ivec2 weightsStep = ${forward ? 'texelAt(weightsSize.y, weightsWidth)' : 'ivec2(1, 0)'};
    for (int i = 0; i < channels.y; i += 2) {
      vec4 texel0 = texelFetch(source, place0, 0);
      vec4 texel1 = apart ? texelFetch(source, place1, 0) : texel0;
      vec4 x = pairsOf(texel0, texel1, at0, at1);
      vec4 w = texelFetch(weights, weightsPlace, 0)${forward ? '' : '.xzyw'};
      sum += x.xxzz * w.xyxy;
      // Beyond the last channel a texel holds what is none of the tensor's.
      if (i + 1 < channels.y) sum += x.yyww * w.zwzw;
      advance(place0, ivec2(1, 0), width);
      advance(place1, ivec2(1, 0), width);
      advance(weightsPlace, weightsStep, weightsWidth);
    }
    return sum;
  }
`;
}

/** The weights of two channels are the rows of a texel where the filter is `[.., channels, 1]`, else its columns. */
function addChannels(): string {
  return `
  ${READ_PAIRS}

  vec4 addTap(vec4 sum, ivec2 at0, ivec2 at1, int slice, int column, int local, int group, ivec4 channels, int columns) {
    int number = slice * weightsSize.x * weightsSize.y + column / 2;
    vec4 w = texelFetch(weights, texelAt(number, across(weightsTexShape)), 0);
    return sum + sourcePairs(at0, at1, column) * (weightsSize.z > 0 ? w.xzxz : w.xyxy);
  }
`;
}

function addSingles(direction: Direction): string {
  const [row, output] =
    direction === 'forward' ? ['i', 'column'] : ['local - group * columns', 'channel + i'];
  return `
  ${READ_SINGLES}

  float weightAt(int slice, int row, int c) {
    // A depthwise filter has the outputs of a channel side by side.
    if (weightsSize.z > 0) {
      row = c / weightsSize.z;
      c -= row * weightsSize.z;
    }
    int number = (slice * weightsSize.x + row / 2) * weightsSize.y + c / 2;
    return texelFetch(weights, texelAt(number, across(weightsTexShape)), 0)[2 * (row % 2) + c % 2];
  }

  vec4 addTap(vec4 sum, ivec2 at0, ivec2 at1, int slice, int column, int local, int group, ivec4 channels, int columns) {
    int channel = channels.x + group * channels.y;
    for (int i = 0; i < channels.y; i++) {
      float w = weightAt(slice, ${row}, ${output});
      float x0 = sourceAt(at0, channel + i);
      float x1 = sourceAt(at1, channel + i);
      sum += vec4(x0, x0, x1, x1) * w;
    }
    return sum;
  }
`;
}
