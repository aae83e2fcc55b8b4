/** Where the tiles of the minimal-filtering form lie (winograd.ts), and how a row of their outputs ends. */
import {sumFloats} from '../arithmetic';
import {PartCall, WinogradCall} from '../calls';
import {finishRun, isBound, RELU6} from '../epilogue';

/** Whether tiles are of outputs along time; else of a frame. */
export function isAlongTime(call: WinogradCall): bool {
  return call.products <= 6;
}

/** Outputs along an axis of a tile. */
export function sideOf(call: WinogradCall): i32 {
  return call.products === 36 || call.products === 6 ? 4 : 2;
}

/** Tiles along the axes. */
export function tilesWidth(call: WinogradCall, part: PartCall): i32 {
  return isAlongTime(call) ? part.outputWidth : (part.outputWidth + sideOf(call) - 1) / sideOf(call);
}

export function tilesHeight(call: WinogradCall, part: PartCall): i32 {
  return isAlongTime(call) ? part.outputHeight : (part.outputHeight + sideOf(call) - 1) / sideOf(call);
}

export function tilesTime(call: WinogradCall, part: PartCall): i32 {
  if (!isAlongTime(call)) return part.outputTime;
  const apart = part.dilationTime;
  const frames = sideOf(call) * apart;
  const whole = part.outputTime / frames;
  return whole * apart + min(apart, part.outputTime - whole * frames);
}

/** The first output frame of tile number `tile` along time; the next one is a dilation later, as what they read is. */
export function frameOfTile(call: WinogradCall, part: PartCall, tile: i32): i32 {
  return tile + (tile / part.dilationTime) * (sideOf(call) - 1) * part.dilationTime;
}

/** Whether rows can end as they are made (Ending): nothing is added to what is there, and the activation is no more than a bound. */
export function endsAtOnce(part: PartCall): bool {
  return part.starts !== 0 && isBound(part.activation);
}

/** What placeSums does with four values of a row, on the way to memory. */
// biome-ignore lint/complexity/noStaticOnlyClass: only methods can be marked `inline`
export class Ending {
  @inline
  static least(part: PartCall): v128 {
    return f32x4.splat(part.activation ? 0 : -Infinity);
  }

  @inline
  static most(part: PartCall): v128 {
    return f32x4.splat(part.activation === RELU6 ? 6 : Infinity);
  }

  /** @param toResidual from the place to its residual; 0 for none */
  @inline
  static place(y: usize, sum: v128, bias: v128, toResidual: usize, least: v128, most: v128): void {
    let value = f32x4.add(bias, sum);
    if (toResidual) value = f32x4.add(value, v128.load(y + toResidual));
    v128.store(y, f32x4.pmin(f32x4.pmax(value, least), most));
  }
}

/** Ends one row of the output: sums onto the bias or what is there, residual, activation. */
export function placeSums(part: PartCall, row: i32, sums: usize): void {
  const y = part.y + row * part.yRowBytes;
  sumFloats(y, part.starts ? part.bias : y, sums, part.outputs);
  if (!part.activation && !part.residual) return;
  finishRun(y, part.residual ? part.residual + row * part.yRowBytes : 0, part.outputs, part.activation);
}
