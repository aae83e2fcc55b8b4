/**
 * What the authors' code starts a video network from, as plans for `inflate`: the same network trained on images, or
 * a 2D ResNet. Names and shapes only; where the names come from is the business of checkpoints/names.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {ImageWeight, ImageWeights, InflationPlan} from './plan';

const CLASSIFIER = ['classifier/kernel', 'classifier/bias'];

/**
 * From a network of the same family in image mode: everything but the classifier, which keeps the model's values. The
 * hidden layer of X3D is taken, without the bias that it has in image mode alone.
 *
 * The authors' code also takes the classifier where the number of classes happens to be the same; here it never is.
 *
 * @example
 * const image = checkpoints.names.renamed(checkpoints.read(file), checkpoints.names.timm.x3d());
 * inflate(image, createNetwork('x3d_s_sts'), {rule: 'center', plan: imageModePlan()});
 */
export function imageModePlan(): InflationPlan {
  return {from: kept(CLASSIFIER), unused: [...CLASSIFIER, 'fc1/bias']};
}

/**
 * From a 2D ResNet into SlowFast, SlowOnly or ir-CSN of the same depth. The model keeps its values where the ResNet has
 * nothing that fits: in the classifier, in SlowFast's fast path and lateral convolutions, in ir-CSN's depthwise
 * convolutions and the norms behind them. With rule 'mean' this is what the authors' code does.
 *
 * @param model the video network; its names are read, not its values
 * @example
 * const image = checkpoints.names.renamed(checkpoints.read(file), checkpoints.names.torchvision.slowFast());
 * const model = createNetwork('slowfast_r50_8x8_sts');
 * inflate(image, model, {rule: 'mean', plan: resNetPlan(model)});
 */
export function resNetPlan(model: LayersModel): InflationPlan {
  const weights = model.weights.map(({originalName}) => originalName);
  const depthwise = weights
    .filter((name) => name.endsWith('/depthwise_kernel'))
    .map((name) => name.slice(0, name.lastIndexOf('/')));
  const norms = depthwise.flatMap((layer) => weights.filter((name) => name.startsWith(`${layer}_bn/`)));
  const otherPath = weights.filter((name) => /^fast_|_lateral\//.test(name));
  return {
    from: kept([
      ...CLASSIFIER,
      ...otherPath,
      ...depthwise.map((layer) => `${layer}/depthwise_kernel`),
      ...norms,
    ]),
    unused: [...CLASSIFIER, ...depthwise.map((layer) => `${layer}/kernel`), ...norms],
  };
}

/**
 * Kernels with three slices in time as their middle slices alone, lazily; everything else as it is. With rule 'taper'
 * this is how the authors' code starts SlowOnly on Something-Something V2 from image mode.
 *
 * @param image names with weights in our layout, kernels `[3, height, width, in, out]`
 * @returns the same names, such kernels as `[1, height, width, in, out]`
 * @example
 * inflate(middleSlices(image), createNetwork('slowonly_r50_8x8_sts'), {rule: 'taper', plan: imageModePlan()});
 */
export function middleSlices(image: ImageWeights): Map<string, ImageWeight> {
  return new Map([...image].map(([name, weight]) => [name, middleSlice(weight)]));
}

function middleSlice(weight: ImageWeight): ImageWeight {
  const [slices, ...frame] = weight.shape;
  if (slices !== 3 || frame.length !== 4) return weight;
  return {
    shape: [1, ...frame],
    toFloat32: () => {
      const values = weight.toFloat32();
      return values.slice(values.length / 3, (2 * values.length) / 3);
    },
  };
}

const kept = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, null]));
