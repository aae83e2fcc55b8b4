/** The activations that a convolution may end with, chosen by a number in a uniform: one program serves them all. */
import {ACTIVATIONS, type Activation} from '../../geometry/kernel_names';
import type {Uniform} from './program';

/** The number of a leaky ReLU, after those of the names. */
const LEAKY = ACTIVATIONS.length;

export const ACTIVATION_UNIFORMS: readonly Uniform[] = [
  {name: 'activation', type: 'int'},
  {name: 'slope', type: 'float'},
];

export function activationValues(activation: Activation): number[][] {
  if (typeof activation !== 'string') return [[LEAKY], [activation.leakyRelu]];
  return [[ACTIVATIONS.indexOf(activation)], [0]];
}

const is = (name: (typeof ACTIVATIONS)[number]) => `activation == ${ACTIVATIONS.indexOf(name)}`;

/**
 * `activate(v)` of four values. NaN stays: a comparison with it is false, while maxima leave open what comes out. Where a
 * difference of near numbers would lose digits, a series takes its place. The complementary error function is that of Press et
 * al., Numerical Recipes, section 6.2: off by 1.2e-7 of its value.
 */
export const ACTIVATE = `
  const vec4 ZERO = vec4(0.0);

  vec4 rectified(vec4 v) { return mix(v, ZERO, lessThan(v, ZERO)); }

  vec4 upTo6(vec4 v) { return mix(rectified(v), vec4(6.0), greaterThan(v, vec4(6.0))); }

  // The exponential of NaN is a number on some devices.
  vec4 sigmoid(vec4 v) { return mix(1.0 / (1.0 + exp(-v)), v, isnan(v)); }

  vec4 expMinusOne(vec4 v) {
    vec4 series = v * (1.0 + v * (0.5 + v * (1.0 / 6.0 + v * (1.0 / 24.0))));
    return mix(exp(v) - 1.0, series, lessThan(abs(v), vec4(0.05)));
  }

  vec4 logOnePlus(vec4 v) {
    vec4 series = v * (1.0 - v * (0.5 - v * (1.0 / 3.0 - v * 0.25)));
    return mix(log(1.0 + v), series, lessThan(v, vec4(0.02)));
  }

  vec4 tangent(vec4 v) {
    vec4 twice = expMinusOne(-2.0 * abs(v));
    vec4 size = -twice / (2.0 + twice);
    return mix(size, -size, lessThan(v, ZERO));
  }

  // 1 - erf(z), z of 0 and more
  vec4 erfc(vec4 z) {
    vec4 t = 1.0 / (1.0 + 0.5 * z);
    vec4 p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
      + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
    return t * exp(p - z * z);
  }

  vec4 gelu(vec4 v) {
    vec4 tail = 0.5 * v * erfc(abs(v) * 0.70710678);
    return mix(tail, v - tail, greaterThan(v, ZERO));
  }

  vec4 activate(vec4 v) {
    if (${is('relu')}) return rectified(v);
    if (${is('relu6')}) return upTo6(v);
    if (${is('swish')}) return v * sigmoid(v);
    if (${is('hardSwish')}) return v * upTo6(v + 3.0) * (1.0 / 6.0);
    if (${is('sigmoid')}) return sigmoid(v);
    if (${is('elu')}) return mix(v, expMinusOne(v), lessThan(v, ZERO));
    if (${is('tanh')}) return tangent(v);
    if (${is('softplus')}) return rectified(v) + logOnePlus(exp(-abs(v)));
    if (${is('gelu')}) return gelu(v);
    if (activation == ${LEAKY}) return mix(v, slope * v, lessThan(v, ZERO));
    return v;
  }
`;
