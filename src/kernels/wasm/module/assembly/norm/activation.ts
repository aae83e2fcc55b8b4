/** Activations behind a normalization, as `NormCall` numbers them: 0 none, 1 ReLU, 2 ReLU up to 6. */

/** Where the activation ends to have a slope. */
export function ceilingOf(activation: i32): v128 {
  return f32x4.splat(activation === 2 ? 6 : Infinity);
}

/** Where it begins to. */
export function floorOf(activation: i32): v128 {
  return f32x4.splat(activation === 0 ? -Infinity : 0);
}

/** Written out where it is called: with a constant activation nothing asks which one it is. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
export class Slope {
  /** Of output gradients those that pass an activation of y. */
  @inline
  static passed(dy: v128, y: v128, activation: i32): v128 {
    if (activation === 0) return dy;
    const isAbove = f32x4.gt(y, f32x4.splat(0));
    if (activation === 1) return v128.and(dy, isAbove);
    return v128.and(dy, v128.and(isAbove, f32x4.lt(y, f32x4.splat(6))));
  }
}
