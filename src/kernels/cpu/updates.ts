/** What optimizers do to a weight, and the norm of gradients, on the cpu backend: one loop in double precision for each. */
import type {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {KernelConfig, NamedAttrMap, NamedTensorInfoMap, TensorInfo} from '@tensorflow/tfjs-core';
import {
  AdamUpdate,
  type AdamUpdateAttrs,
  adamFactors,
  GlobalNorm,
  SgdUpdate,
  type SgdUpdateAttrs,
  trustRatio,
} from '../../geometry/update_kernels';
import {type Values, valuesOf} from './each_tap';

type Inputs = Readonly<Record<string, Values>>;

function sgd({value, gradient, momentum}: Inputs, attrs: SgdUpdateAttrs): Float32Array[] {
  const {gradientFactor, weightDecay, learningRate, momentumFactor, nesterov} = attrs;
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

function adam({value, gradient, mean, square}: Inputs, attrs: AdamUpdateAttrs): Float32Array[] {
  const {beta1, beta2, epsilon, meanBias, rootBias, valueFactor, directionFactor} = adamFactors(attrs);
  const size = value!.length;
  const [to, toMean, toSquare] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    const scaled = gradient![i]! * attrs.gradientFactor;
    const nextMean = mean![i]! * beta1 + scaled * (1 - beta1);
    const nextSquare = square![i]! * beta2 + scaled * scaled * (1 - beta2);
    const direction = nextMean / meanBias / (Math.sqrt(nextSquare) / rootBias + epsilon);
    to[i] = value![i]! * valueFactor + direction * directionFactor;
    toMean[i] = nextMean;
    toSquare[i] = nextSquare;
  }
  if (attrs.trusts) {
    const step = trustRatio(sumOfSquares(value!), sumOfSquares(to)) * attrs.learningRate;
    for (let i = 0; i < size; i++) to[i] = value![i]! - to[i]! * step;
  }
  return [to, toMean, toSquare];
}

function sumOfSquares(values: Values): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum;
}

/** A kernel whose results have the shape of the value. */
function updateConfig(
  kernelName: string,
  update: (inputs: Inputs, attrs: NamedAttrMap) => Float32Array[],
): KernelConfig {
  return {
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({inputs, backend, attrs}) => {
      const cpu = backend as MathBackendCPU;
      return update(valuesByName(cpu, inputs), attrs!).map((values) =>
        cpu.makeTensorInfo(inputs.value!.shape, 'float32', values),
      );
    },
  };
}

function valuesByName(backend: MathBackendCPU, inputs: NamedTensorInfoMap): Inputs {
  // Inputs that may be left out are undefined or null, for which the host's type has no word.
  const given = Object.entries(inputs as Record<string, TensorInfo | null | undefined>);
  return Object.fromEntries(
    given.flatMap(([name, info]) => (info == null ? [] : [[name, valuesOf(backend, info)]])),
  );
}

export const updateConfigs: readonly KernelConfig[] = [
  updateConfig(SgdUpdate, (inputs, attrs) => sgd(inputs, attrs as SgdUpdateAttrs)),
  updateConfig(AdamUpdate, (inputs, attrs) => adam(inputs, attrs as AdamUpdateAttrs)),
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
