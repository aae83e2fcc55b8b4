/** What optimizers do to weights, and the norm of gradients, on the cpu backend: one loop in double precision for each. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig} from '@tensorflow/tfjs-core';
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  type AdamWeightStep,
  adamBiases,
  adamFactors,
  GlobalNorm,
  inputsByWeight,
  SgdUpdate,
  type SgdUpdateAttrs,
  trustRatio,
  type WeightStep,
} from '../../geometry/update_kernels';
import {type Values, valuesOf} from './each_tap';

function sgd(
  [value, gradient, momentum]: readonly Values[],
  {gradientFactor, weightDecay, learningRate}: WeightStep,
  {momentumFactor, nesterov}: SgdUpdateAttrs,
): Float32Array[] {
  const to = new Float32Array(value!.length);
  const average = momentum && new Float32Array(to.length);
  for (let i = 0; i < to.length; i++) {
    let direction = gradient![i]! * gradientFactor + value![i]! * weightDecay;
    if (average !== undefined) {
      const next = momentum![i]! * momentumFactor + direction;
      average[i] = next;
      direction = nesterov ? direction + next * momentumFactor : next;
    }
    to[i] = value![i]! - direction * learningRate;
  }
  return average === undefined ? [to] : [to, average];
}

function adam(
  [value, gradient, mean, square]: readonly Values[],
  weight: AdamWeightStep,
  attrs: AdamUpdateAttrs,
): Float32Array[] {
  const {beta1, beta2, epsilon} = attrs;
  const {meanBias, rootBias} = adamBiases(attrs);
  const {valueFactor, directionFactor} = adamFactors(weight);
  const size = value!.length;
  const [to, toMean, toSquare] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    const scaled = gradient![i]! * weight.gradientFactor;
    const nextMean = mean![i]! * beta1 + scaled * (1 - beta1);
    const nextSquare = square![i]! * beta2 + scaled * scaled * (1 - beta2);
    const direction = nextMean / meanBias / (Math.sqrt(nextSquare) / rootBias + epsilon);
    to[i] = value![i]! * valueFactor + direction * directionFactor;
    toMean[i] = nextMean;
    toSquare[i] = nextSquare;
  }
  if (weight.trusts) {
    const step = trustRatio(sumOfSquares(value!), sumOfSquares(to)) * weight.learningRate;
    for (let i = 0; i < size; i++) to[i] = value![i]! - to[i]! * step;
  }
  return [to, toMean, toSquare];
}

function sumOfSquares(values: Values): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum;
}

/** A kernel of weights one by one. */
function updateConfig<Step extends WeightStep, Attrs extends {weights: Step[]}>(
  kernelName: string,
  update: (inputs: readonly Values[], weight: Step, attrs: Attrs) => Float32Array[],
): KernelConfig {
  return {
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({inputs, backend, attrs}) => {
      const cpu = backend as MathBackendCPU;
      // The host types attributes as an open map.
      const given = attrs as unknown as Attrs;
      return inputsByWeight(inputs, given.weights).flatMap((tensors, i) => {
        const values = tensors.map((info) => valuesOf(cpu, info));
        return update(values, given.weights[i]!, given).map((result) =>
          cpu.makeTensorInfo(tensors[0]!.shape, 'float32', result),
        );
      });
    },
  };
}

export const updateConfigs: readonly KernelConfig[] = [
  updateConfig(SgdUpdate, sgd),
  updateConfig(AdamUpdate, adam),
  {
    kernelName: GlobalNorm,
    backendName: 'cpu',
    kernelFunc: ({inputs, backend}) => {
      const cpu = backend as MathBackendCPU;
      const squares = Object.values(inputs).map((info) => sumOfSquares(valuesOf(cpu, info!)));
      const norm = Math.sqrt(squares.reduce((total, square) => total + square, 0));
      return cpu.makeTensorInfo([], 'float32', Float32Array.of(norm));
    },
  },
];
