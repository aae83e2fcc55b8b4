/** The activations in double precision, from their definitions, with derivatives and the points where these jump. */
import type * as sts from '../../src/entries';

export interface Curve {
  value(x: number): number;
  derivative(x: number): number;
  /** The most that `value` changes per change of x. */
  steepest: number;
  kinks: number[];
  /** What stock ops may be off besides rounding: the host's erf is a formula of five terms. */
  absolute?: number;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

const density = (x: number) => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);

/** The normal distribution up to x, by Simpson's rule from -40 on for x below 0, where the integrand is smooth. */
function normal(x: number): number {
  if (!(x <= 0)) return 1 - normal(-x);
  const [steps, least] = [2000, Math.max(x - 12, -40)];
  const step = (x - least) / steps;
  let sum = density(least) + density(x);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 1 ? 4 : 2) * density(least + i * step);
  return x <= -40 ? 0 : (sum * step) / 3;
}

export const leaky = (slope: number): Curve => ({
  value: (x) => (x > 0 ? x : slope * x),
  derivative: (x) => (x > 0 ? 1 : slope),
  steepest: Math.max(1, slope),
  kinks: [0],
});

export const curves: Record<sts.ActivationName, Curve> = {
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
  elu: {
    value: (x) => (x > 0 ? x : Math.expm1(x)),
    derivative: (x) => (x > 0 ? 1 : Math.exp(x)),
    steepest: 1,
    kinks: [],
  },
  tanh: {value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2, steepest: 1, kinks: []},
  softplus: {
    value: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
    derivative: logistic,
    steepest: 1,
    kinks: [],
  },
  gelu: {
    value: (x) => x * normal(x),
    derivative: (x) => normal(x) + x * density(x),
    steepest: 1.13,
    kinks: [],
    absolute: 4e-6,
  },
};
