/**
 * The modules of image networks of inverted bottlenecks, MobileNetV2 and EfficientNet-Lite: what each source calls stem,
 * blocks and head, whose kernels stay two-dimensional for `inflate`. Our layers count the blocks through; most sources
 * count anew in every stage, so that no pattern says which is which and the rows of a table are made block by block.
 */
import type {ModuleKind, ModuleName} from './name_map';

/** Blocks of each stage. The one of the first does not expand its channels. */
export const MOBILENET_V2 = [1, 2, 3, 4, 3, 3, 1] as const;
export const EFFICIENTNET_LITE0 = [1, 2, 2, 3, 3, 4, 1] as const;

/** A source's names of a convolution and its norm. */
export type Pair = readonly [conv: string, norm: string];

/** The convolutions of a block in their order, without the first where the block does not expand. */
export type BlockPairs = readonly [Pair, Pair, Pair] | readonly [Pair, Pair];

const PARTS = ['expand', 'depthwise', 'project'] as const;

/** A convolution of ours and the norm behind it. */
export function convAndNorm([conv, norm]: Pair, ours: string, kind: ModuleKind = 'conv2d'): ModuleName[] {
  return [
    {torch: conv, ours: `${ours}_conv`, kind},
    {torch: norm, ours: `${ours}_bn`, kind: 'norm'},
  ];
}

/** The rows of one block, or of all by a pattern. */
export function blockModules(pairs: BlockPairs, ours: string): ModuleName[] {
  const parts = PARTS.slice(PARTS.length - pairs.length);
  return pairs.flatMap((pair, i) =>
    convAndNorm(pair, `${ours}_${parts[i]}`, parts[i] === 'depthwise' ? 'depthwise2d' : 'conv2d'),
  );
}

/**
 * The rows of all blocks.
 *
 * @param repeats blocks of each stage
 * @param pairsOf a source's names in a block, by its stage, its place there, and its place among all
 */
export function allBlocks(
  repeats: readonly number[],
  pairsOf: (stage: number, index: number, place: number) => BlockPairs,
): ModuleName[] {
  const places = repeats.flatMap((count, stage) => Array.from({length: count}, (_, index) => [stage, index]));
  return places.flatMap(([stage, index], place) =>
    blockModules(pairsOf(stage!, index!, place), `blocks_${place}`),
  );
}

/** A source's names with what they begin with. */
export const within = (module: string, pairs: BlockPairs) =>
  pairs.map((pair) => pair.map((name) => `${module}.${name}`)) as unknown as BlockPairs;
