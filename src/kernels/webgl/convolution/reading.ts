/** Tap rules, as `ruleQuads` has them (src/geometry/products.ts), as the programs read them. */
import type {Direction} from '../../../geometry/products';

/** Entries that an array in the uniforms has room for: as many as STS convolutions have, or a multiple, so that programs stay few. */
export const roomFor = (count: number) => Math.ceil(count / 4) * 4;

/** Texels that so many rows or columns take. */
export const pairsOf = (n: number) => Math.ceil(n / 2);

/**
 * `reach(r, divisor, length)`: the place along an axis, or a negative number.
 * `sourceTexel(rule, frame, h, at)`: the first texel of a position of the source and its row in the texel, or -1; frames are counted
 * through the batch, `h` and `at` are places on the axes of the rule that begins at quad `rule` of `rules`.
 * Needs `rules` and, in `counts.x`, the texels that the channels of a position take.
 */
export function readTaps(direction: Direction): string {
  return `
  int reach(int r, int divisor, int length) {
    ${
      direction === 'forward'
        ? 'return r < length ? r : -1;'
        : 'int at = r / divisor; return r >= 0 && at * divisor == r && at < length ? at : -1;'
    }
  }

  ivec2 sourceTexel(int rule, int frame, int h, int at) {
    if (at < 0) return ivec2(-1, 0);
    int order = rules[rule].x;
    int height = rules[rule].w;
    int width = rules[rule + 1].w;
    int y = order == 0 ? h : order == 1 ? at / width : at % height;
    int x = order == 0 ? at : order == 1 ? at % width : at / height;
    int line = (frame * height + y) * ((width + 1) / 2) + x / 2;
    return ivec2(line * counts.x, x % 2);
  }
`;
}
