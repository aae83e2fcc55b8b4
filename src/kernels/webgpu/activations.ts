/** The activations that a convolution may end with, chosen by a number in a uniform: one program serves them all. */
import {ACTIVATIONS, type Activation} from '../../geometry/kernel_names';
import type {UniformValue} from './program';

/** The number of a leaky ReLU, after those of the names. */
const LEAKY = ACTIVATIONS.length;

export const ACTIVATION_FIELDS = 'activation : vec4<i32>, slope : f32,';

export function activationUniforms(activation: Activation): UniformValue[] {
  if (typeof activation !== 'string') return [[LEAKY, 0, 0, 0], {float: activation.leakyRelu}];
  return [[ACTIVATIONS.indexOf(activation), 0, 0, 0], {float: 0}];
}

const code = (name: (typeof ACTIVATIONS)[number]) => ACTIVATIONS.indexOf(name);

/**
 * `activate(v)` of four values. Where a difference of near numbers would lose digits, a series takes its place. The
 * complementary error function is that of Press et al., Numerical Recipes, section 6.2: off by 1.2e-7 of its value.
 */
export const ACTIVATE = `
  fn sigmoid(v : vec4<f32>) -> vec4<f32> { return 1.0 / (1.0 + exp(-v)); }

  fn expMinusOne(v : vec4<f32>) -> vec4<f32> {
    let series = v * (1.0 + v * (0.5 + v * (1.0 / 6.0 + v * (1.0 / 24.0))));
    return select(exp(v) - 1.0, series, abs(v) < vec4<f32>(0.05));
  }

  fn logOnePlus(v : vec4<f32>) -> vec4<f32> {
    let series = v * (1.0 - v * (0.5 - v * (1.0 / 3.0 - v * 0.25)));
    return select(log(1.0 + v), series, v < vec4<f32>(0.02));
  }

  fn tangent(v : vec4<f32>) -> vec4<f32> {
    let twice = expMinusOne(-2.0 * abs(v));
    return sign(v) * (-twice / (2.0 + twice));
  }

  /** 1 - erf(z), z of 0 and more. */
  fn erfc(z : vec4<f32>) -> vec4<f32> {
    let t = 1.0 / (1.0 + 0.5 * z);
    let p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
      + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
    return t * exp(p - z * z);
  }

  fn gelu(v : vec4<f32>) -> vec4<f32> {
    let half = 0.5 * v * erfc(abs(v) * 0.70710678);
    return select(half, v - half, v > vec4<f32>(0.0));
  }

  fn activate(v : vec4<f32>) -> vec4<f32> {
    let zero = vec4<f32>(0.0);
    switch (uniforms.activation.x) {
      case ${code('relu')}: { return max(v, zero); }
      case ${code('relu6')}: { return clamp(v, zero, vec4<f32>(6.0)); }
      case ${code('swish')}: { return v * sigmoid(v); }
      case ${code('hardSwish')}: { return v * clamp(v + 3.0, zero, vec4<f32>(6.0)) * (1.0 / 6.0); }
      case ${code('sigmoid')}: { return sigmoid(v); }
      case ${code('elu')}: { return select(expMinusOne(v), v, v > zero); }
      case ${code('tanh')}: { return tangent(v); }
      case ${code('softplus')}: { return max(v, zero) + logOnePlus(exp(-abs(v))); }
      case ${code('gelu')}: { return gelu(v); }
      case ${LEAKY}: { return select(uniforms.slope * v, v, v > zero); }
      default: { return v; }
    }
  }`;
