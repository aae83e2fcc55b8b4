/** The layers that compare the frames of a clip, as ONNX has neither of them: counts of colours, cosines of neighbours. */
import type {Value} from '../graph';
import type {LayerCall, Rule} from '../layer_call';

const range = (size: number) => Float32Array.from({length: size}, (_, i) => i);

/**
 * Counts are a product of two tables of ones and zeros: which level of red a pixel has, by which of green and blue. That
 * keeps what one frame needs at pixels x levels^2.
 */
const colorHistogram: Rule = (graph, call) => {
  const {name, config, outputShape} = call;
  const x = graph.ordered(call.inputs[0]!, false);
  const levels = config.levels!;
  const [, time, height, width] = x.shape as [null, number, number, number, number];
  const pixels = height * width;
  const constant = (wanted: string, shape: number[], values: ArrayLike<number>) =>
    graph.floats(`${name}/${wanted}`, shape, Float32Array.from(values));
  const bounds = [constant('least', [], [0]), constant('most', [], [255])];
  const scale = constant('scale', [], [levels / 256]);
  const scaled = graph.node(name, 'Mul', [graph.node(name, 'Clip', [x.name, ...bounds]), scale]);
  const level = graph.node(name, 'Floor', [scaled]);
  /** Ones where the number that `places` makes of red, green and blue is the entry's. */
  const isEntry = (places: number[], entries: number, shape: number[], rangeShape: number[]) => {
    const number = graph.node(name, 'MatMul', [level, constant('places', [3, 1], places)]);
    const all = constant('entries', rangeShape, range(entries));
    const equal = graph.node(name, 'Equal', [graph.reshape(name, number, shape), all]);
    return graph.node(name, 'Cast', [equal], {to: 1});
  };
  const red = isEntry([1, 0, 0], levels, [time, 1, pixels], [levels, 1]);
  const rest = isEntry([0, levels, 1], levels ** 2, [time, pixels, 1], [levels ** 2]);
  const counts = graph.node(name, 'MatMul', [red, rest]);
  return last(graph.reshape(name, counts, [time, levels ** 3]), outputShape);
};

/** As in layers/frame_similarity.ts: rows that are one entry longer begin one entry later. */
const frameSimilarity: Rule = (graph, call) => {
  const {name, config, outputShape} = call;
  const x = graph.ordered(call.inputs[0]!, false);
  const reach = config.reach!;
  const time = x.shape[1]!;
  const width = time + 2 * reach;
  const length = graph.node(name, 'ReduceL2', [x.name], {axes: [2], keepdims: 1});
  const least = graph.floats(`${name}/least`, [], Float32Array.of(1e-12));
  const unit = graph.node(name, 'Div', [x.name, graph.node(name, 'Max', [length, least])]);
  const turned = graph.node(name, 'Transpose', [unit], {perm: [0, 2, 1]});
  const pad = (value: string, sides: number[]) => graph.node(name, 'Pad', [value, graph.integers(sides)]);
  const table = pad(graph.node(name, 'MatMul', [unit, turned]), [0, 0, reach, 0, 0, reach]);
  const rows = pad(graph.reshape(name, table, [time * width]), [0, 0, 0, time]);
  const sheared = graph.reshape(name, rows, [time, width + 1]);
  return last(graph.slice(name, sheared, 2, 0, 2 * reach + 1), outputShape);
};

const last = (name: string, shape: LayerCall['outputShape']): Value => ({name, shape, channelsFirst: false});

export const SHOT_RULES: Readonly<Record<string, Rule>> = {
  ColorHistogram: colorHistogram,
  FrameSimilarity: frameSimilarity,
};
