/** How a product ends, in all programs: bias, residual and activation, and the values written. */
import type {Direction} from '../../../geometry/products';
import {ACTIVATE, ACTIVATION_FIELDS} from '../activations';
import {type Components, repeat} from '../program';

/** What is bound besides source and weights. */
export interface Epilogue {
  readonly bias: boolean;
  readonly residual: boolean;
}

export function epilogueInputs({bias, residual}: Epilogue, components: Components) {
  return [
    ...(bias ? [{name: 'bias', components}] : []),
    ...(residual ? [{name: 'residual', components}] : []),
  ];
}

/** A gradient has no activation. */
export function epilogueFields(direction: Direction): string {
  return direction === 'forward' ? ACTIVATION_FIELDS : '';
}

export function epilogueKey({bias, residual}: Epilogue): string {
  return `${bias ? 'b' : ''}${residual ? 'r' : ''}`;
}

/**
 * `finish(row, column, left, sums)`: four sums of a row of the destination, from channel `column` on; the first `left` of them
 * are its own.
 */
export function finish(epilogue: Epilogue, direction: Direction, components: Components): string {
  const {bias, residual} = epilogue;
  return `
  ${direction === 'forward' ? ACTIVATE : ''}
  ${bias ? readQuad('bias', components) : ''}
  ${residual ? readQuad('residual', components) : ''}
  fn finish(row : i32, column : i32, left : i32, sums : vec4<f32>) {
    if (row >= uniforms.size.w || left <= 0) { return; }
    let at = row * uniforms.counts.y + column;
    var v = sums;
    ${bias ? 'v += bias4(column, left);' : ''}
    ${residual ? 'v += residual4(at, left);' : ''}
    ${direction === 'forward' ? 'v = activate(v);' : ''}
    let first = at / ${components};
    ${repeat(4 / components, (i) => {
      const write = `result[first + ${i}] = ${pieceOf('v', components, i)};`;
      return i === 0 ? write : `if (left > ${i * components}) { ${write} }`;
    })}
  }`;
}

function pieceOf(quad: string, components: Components, i: number): string {
  if (components === 4) return quad;
  return components === 2 ? `${quad}.${['xy', 'zw'][i]}` : `${quad}[${i}]`;
}

/**
 * A function NAME4(at, left): four values of a bound array from index `at` on, a whole element; zeros after the first
 * `left`, rounded up to an element.
 */
export function readQuad(name: string, components: Components): string {
  if (components === 4) return `fn ${name}4(at : i32, left : i32) -> vec4<f32> { return ${name}[at / 4]; }`;
  const zero = components === 2 ? 'vec2<f32>(0.0)' : '0.0';
  const pieces = Array.from({length: 4 / components}, (_, i) => `p${i}`);
  return `
  fn ${name}4(at : i32, left : i32) -> vec4<f32> {
    let first = at / ${components};
    ${repeat(pieces.length, (i) => `var p${i} = ${zero}; if (left > ${i * components}) { p${i} = ${name}[first + ${i}]; }`)}
    return vec4<f32>(${pieces.join(', ')});
  }`;
}
