/** Layers of images in ONNX, as the layers of clips with one frame each. */
import {InvalidArgumentError} from '../../util/errors';
import {CONVOLUTION_RULES} from './convolution_rules';
import type {Shape, Value} from './graph';
import type {LayerConfig, Rule} from './layer_call';
import {SPATIAL_RULES} from './spatial_rules';

/** What there is for each axis, with `first` for that of the frames. */
const withFrames = <T>(axes: readonly T[], first: T): T[] => [first, ...axes];

/** The config of the layer of clips. */
function ofClips(config: LayerConfig): LayerConfig {
  const lists: Record<string, unknown> = {};
  for (const key of ['strides', 'dilationRate', 'poolSize', 'size'] as const)
    if (config[key] !== undefined) lists[key] = withFrames<number>(config[key], 1);
  for (const key of ['padding', 'cropping'] as const) {
    const sides = config[key];
    if (Array.isArray(sides)) lists[key] = withFrames<unknown>(sides, [0, 0]);
  }
  return {...config, ...lists};
}

function onFrames(rule: Rule): Rule {
  return (graph, call) => {
    const {name, label, config, outputShape} = call;
    if (config.interpolation !== undefined && config.interpolation !== 'nearest') {
      throw new InvalidArgumentError(
        `checkpoints.toOnnx: ${label} interpolates '${config.interpolation}'; only 'nearest' can be exported.`,
      );
    }
    // Images have their channels behind the batch, then comes the one frame.
    const isHostOrder = config.dataFormat === 'channelsFirst';
    const clipShape = ([batch, ...lengths]: Shape): Shape =>
      isHostOrder ? [batch!, lengths[0]!, 1, ...lengths.slice(1)] : [batch!, 1, ...lengths];
    const inMemory = ([, ...lengths]: Shape): number[] =>
      (isHostOrder ? lengths : [lengths.at(-1)!, ...lengths.slice(0, -1)]) as number[];
    const image = graph.ordered(call.inputs[0]!, !isHostOrder);
    const shape = clipShape(image.shape);
    const clip: Value = {
      name: graph.reshape(name, image.name, inMemory(shape)),
      shape,
      channelsFirst: !isHostOrder,
    };
    const isImage = outputShape.length === 4;
    const y = rule(graph, {
      ...call,
      config: ofClips(config),
      inputs: [clip],
      outputShape: isImage ? clipShape(outputShape) : outputShape,
      weight(wanted) {
        const weight = call.weight(wanted);
        return weight?.shape.length === 4 ? {...weight, shape: [1, ...weight.shape]} : weight;
      },
    });
    if (!isImage) return y;
    const {name: ordered, channelsFirst} = graph.ordered(y, !isHostOrder);
    return {name: graph.reshape(name, ordered, inMemory(outputShape)), shape: outputShape, channelsFirst};
  };
}

export const FRAME_RULES: Readonly<Record<string, Rule>> = {
  Conv2D: onFrames(CONVOLUTION_RULES.Conv3D!),
  DepthwiseConv2D: onFrames(CONVOLUTION_RULES.DepthwiseConv3D!),
  SeparableConv2D: onFrames(CONVOLUTION_RULES.SeparableConv3D!),
  Conv2DTranspose: onFrames(CONVOLUTION_RULES.Conv3DTranspose!),
  MaxPooling2D: onFrames(SPATIAL_RULES.MaxPooling3D!),
  AveragePooling2D: onFrames(SPATIAL_RULES.AveragePooling3D!),
  GlobalAveragePooling2D: onFrames(SPATIAL_RULES.GlobalAveragePooling3D!),
  GlobalMaxPooling2D: onFrames(SPATIAL_RULES.GlobalMaxPooling3D!),
  ZeroPadding2D: onFrames(SPATIAL_RULES.ZeroPadding3D!),
  Cropping2D: onFrames(SPATIAL_RULES.Cropping3D!),
  UpSampling2D: onFrames(SPATIAL_RULES.UpSampling3D!),
};
