/**
 * Activations of Keras that the host lacks, by the names that it turns Keras' into: 'leaky_relu' of a model file is
 * 'leakyRelu' here and in code. In every layer, ours and the host's: `activation: 'silu'`. Not here: glu, which halves
 * the channels, sparsemax, and threshold, which has no values by default.
 */
import {
  add,
  clipByValue,
  div,
  elu,
  exp,
  leakyRelu,
  mul,
  neg,
  serialization,
  softplus,
  sqrt,
  square,
  step,
  sub,
  type Tensor,
  tanh,
  tidy,
} from '@tensorflow/tfjs-core';
import {activate, hardSwish} from '../../ops/activations';

type Unary = (x: Tensor) => Tensor;

const clip = (x: Tensor) => clipByValue(x, -1, 1);

/** 0 up to -1, x from 1 on, a parabola that joins both between. */
const sparsePlus: Unary = (x) => add(square(div(add(clip(x), 1), 2)), mul(step(sub(x, 1)), sub(x, 1)));

/** The approximation of gelu, x / 2 * (1 + tanh(u)); as x * sigmoid(2 u): on wasm tanh takes 15 times as long. */
const geluNew: Unary = (x) => {
  const u = mul(add(x, mul(mul(square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(x, activate(mul(u, 2), 'sigmoid'));
};

const functions: Readonly<Record<string, Unary>> = {
  celu: elu,
  exponential: exp,
  // As the host reads the name of its own 'gelu_new' in a model file.
  geluNew,
  hardShrink: (x) => mul(x, add(step(sub(x, 0.5)), step(sub(neg(x), 0.5)))),
  hardSilu: hardSwish,
  hardSwish,
  hardTanh: clip,
  // Keras 3's; that of Keras 2 and the host is another function.
  kerasHardSigmoid: (x) => div(clipByValue(add(x, 3), 0, 6), 6),
  leakyRelu: (x) => leakyRelu(x, 0.2),
  logSigmoid: (x) => neg(softplus(neg(x))),
  silu: (x) => activate(x, 'swish'),
  softShrink: (x) => sub(x, clipByValue(x, -0.5, 0.5)),
  sparsePlus,
  sparseSigmoid: (x) => div(add(clip(x), 1), 2),
  squareplus: (x) => div(add(x, sqrt(add(square(x), 4))), 2),
  tanhShrink: (x) => sub(x, tanh(x)),
};

/** A class per activation, as the host registers them. */
export const activationClasses = Object.entries(functions).map(
  ([name, apply]) =>
    class extends serialization.Serializable {
      /** @nocollapse */
      static className = name;

      apply(x: Tensor): Tensor {
        return tidy(() => apply(x));
      }

      override getConfig(): serialization.ConfigDict {
        return {};
      }
    },
);
