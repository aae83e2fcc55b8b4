/** Layers of images and of rows in ONNX, as the layers of clips that have one frame, and one row in it. */
import {InvalidArgumentError} from '../../../util/errors';
import type {PartialShape} from '../../../util/shapes';
import type {Value} from '../graph';
import type {LayerConfig, Rule} from '../layer_call';
import {CONVOLUTION_RULES} from './convolution';
import {SPATIAL_RULES} from './spatial';

/** One value for each axis of a clip; `one` for those that its images or rows do not have. */
const forClips = <T>(axes: readonly T[], one: T): T[] => [...Array<T>(3 - axes.length).fill(one), ...axes];

/** The config of the layer of clips. */
function ofClips(config: LayerConfig): LayerConfig {
  const lists: Record<string, unknown> = {};
  for (const key of ['strides', 'dilationRate', 'poolSize', 'size'] as const)
    if (config[key] !== undefined) lists[key] = forClips<number>(config[key], 1);
  for (const key of ['padding', 'cropping'] as const) {
    const sides = config[key];
    if (Array.isArray(sides)) lists[key] = forClips<unknown>(sides, [0, 0]);
  }
  return {...config, ...lists};
}

/** @param rank of the values, 4 for images and 3 for rows */
function within(rank: 3 | 4, rule: Rule): Rule {
  return (graph, call) => {
    const {name, label, config, outputShape} = call;
    if (config.interpolation !== undefined && config.interpolation !== 'nearest') {
      throw new InvalidArgumentError(
        `toOnnx: ${label} interpolates '${config.interpolation}'; only 'nearest' can be exported.`,
      );
    }
    const ones = Array<number>(5 - rank).fill(1);
    const isHostOrder = config.dataFormat === 'channelsFirst';
    const clipShape = ([batch, ...lengths]: PartialShape): PartialShape =>
      isHostOrder ? [batch!, lengths[0]!, ...ones, ...lengths.slice(1)] : [batch!, ...ones, ...lengths];
    const inMemory = ([, ...lengths]: PartialShape): number[] =>
      (isHostOrder ? lengths : [lengths.at(-1)!, ...lengths.slice(0, -1)]) as number[];
    const image = graph.ordered(call.inputs[0]!, !isHostOrder);
    const shape = clipShape(image.shape);
    const clip: Value = {
      name: graph.reshape(name, image.name, inMemory(shape)),
      shape,
      channelsFirst: !isHostOrder,
    };
    const isSame = outputShape.length === rank;
    const y = rule(graph, {
      ...call,
      config: ofClips(config),
      inputs: [clip],
      outputShape: isSame ? clipShape(outputShape) : outputShape,
      weight(wanted) {
        const weight = call.weight(wanted);
        return weight?.shape.length === rank ? {...weight, shape: [...ones, ...weight.shape]} : weight;
      },
    });
    if (!isSame) return y;
    const {name: ordered, channelsFirst} = graph.ordered(y, !isHostOrder);
    return {name: graph.reshape(name, ordered, inMemory(outputShape)), shape: outputShape, channelsFirst};
  };
}

export const FRAME_RULES: Readonly<Record<string, Rule>> = {
  Conv1D: within(3, CONVOLUTION_RULES.Conv3D!),
  MaxPooling1D: within(3, SPATIAL_RULES.MaxPooling3D!),
  AveragePooling1D: within(3, SPATIAL_RULES.AveragePooling3D!),
  GlobalAveragePooling1D: within(3, SPATIAL_RULES.GlobalAveragePooling3D!),
  GlobalMaxPooling1D: within(3, SPATIAL_RULES.GlobalMaxPooling3D!),
  Conv2D: within(4, CONVOLUTION_RULES.Conv3D!),
  DepthwiseConv2D: within(4, CONVOLUTION_RULES.DepthwiseConv3D!),
  SeparableConv2D: within(4, CONVOLUTION_RULES.SeparableConv3D!),
  Conv2DTranspose: within(4, CONVOLUTION_RULES.Conv3DTranspose!),
  MaxPooling2D: within(4, SPATIAL_RULES.MaxPooling3D!),
  AveragePooling2D: within(4, SPATIAL_RULES.AveragePooling3D!),
  GlobalAveragePooling2D: within(4, SPATIAL_RULES.GlobalAveragePooling3D!),
  GlobalMaxPooling2D: within(4, SPATIAL_RULES.GlobalMaxPooling3D!),
  ZeroPadding2D: within(4, SPATIAL_RULES.ZeroPadding3D!),
  Cropping2D: within(4, SPATIAL_RULES.Cropping3D!),
  UpSampling2D: within(4, SPATIAL_RULES.UpSampling3D!),
};
