/** The activations in double precision, from their definitions, with derivatives and the points where these jump. */
import type * as sts from '../../src';

export interface Curve {
  value(x: number): number;
  derivative(x: number): number;
  /** The most that `value` changes per change of x. */
  steepest: number;
  kinks: number[];
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

export const curves: Record<sts.Activation, Curve> = {
  linear: {value: (x) => x, derivative: () => 1, steepest: 1, kinks: []},
  relu: {value: (x) => Math.max(0, x), derivative: (x) => (x > 0 ? 1 : 0), steepest: 1, kinks: [0]},
  relu6: {
    value: (x) => Math.min(6, Math.max(0, x)),
    derivative: (x) => (x > 0 && x < 6 ? 1 : 0),
    steepest: 1,
    kinks: [0, 6],
  },
  swish: {
    value: (x) => x * logistic(x),
    derivative: (x) => logistic(x) * (1 + x * (1 - logistic(x))),
    steepest: 1.1,
    kinks: [],
  },
  hardSwish: {
    value: (x) => (x < -3 ? 0 : x > 3 ? x : (x * (x + 3)) / 6),
    derivative: (x) => (x < -3 ? 0 : x > 3 ? 1 : (2 * x + 3) / 6),
    steepest: 1.5,
    kinks: [-3, 3],
  },
  sigmoid: {
    value: logistic,
    derivative: (x) => logistic(x) * (1 - logistic(x)),
    steepest: 0.25,
    kinks: [],
  },
};
