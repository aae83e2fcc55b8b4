/** Activations behind a normalization, as `NormCall` numbers them: 0 none, 1 ReLU, 2 ReLU up to 6. */

/** Where the activation ends to have a slope. */
export function ceilingOf(activation: i32): v128 {
  return f32x4.splat(activation === 2 ? 6 : Infinity);
}

/** Where it begins to. */
export function floorOf(activation: i32): v128 {
  return f32x4.splat(activation === 0 ? -Infinity : 0);
}

/** Of output gradients those that pass an activation of y. */
export function passed(dy: v128, y: v128, ceiling: v128): v128 {
  return v128.and(dy, v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, ceiling)));
}
