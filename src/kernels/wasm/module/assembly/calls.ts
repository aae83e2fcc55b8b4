/** Written by `npm run build:wasm` from ../calls, which says what the fields mean. All of them are four bytes. */

export const BLOCK: i32 = 108;

export const CHUNK: i32 = 1024;

export const DEPTH: i32 = 256;

export const GATHER_BELOW: i32 = 32;

@unmanaged
export class PartCall {
  x!: usize;
  weights!: usize;
  bias!: usize;
  y!: usize;
  pointers!: usize;
  zeros!: usize;
  gathered!: usize;
  edge!: usize;
  residual!: usize;
  starts!: i32;
  activation!: i32;
  xRowBytes!: i32;
  yRowBytes!: i32;
  tapBytes!: i32;
  groups!: i32;
  inputs!: i32;
  outputs!: i32;
  taps!: i32;
  inputTime!: i32;
  inputHeight!: i32;
  inputWidth!: i32;
  outputTime!: i32;
  outputHeight!: i32;
  outputWidth!: i32;
  rule!: i32;
  tapsTime!: i32;
  tapsHeight!: i32;
  tapsWidth!: i32;
  strideTime!: i32;
  strideHeight!: i32;
  strideWidth!: i32;
  dilationTime!: i32;
  dilationHeight!: i32;
  dilationWidth!: i32;
  paddingTime!: i32;
  paddingHeight!: i32;
  paddingWidth!: i32;
}

@unmanaged
export class BandCall {
  part!: usize;
  slots!: usize;
  sums!: usize;
  weights!: usize;
  channels!: i32;
  lines!: i32;
  ring!: i32;
  pitch!: i32;
  phaseLines!: i32;
  slotBytes!: i32;
  sumsBytes!: i32;
  span!: i32;
  yClip!: i32;
  yFrame!: i32;
  yLine!: i32;
  yStep!: i32;
  yHeight!: i32;
  yWidth!: i32;
  yFirst!: i32;
  yApart!: i32;
}

@unmanaged
export class NarrowCall {
  part!: usize;
  slots!: usize;
  sums!: usize;
  groups!: i32;
  lines!: i32;
  columns!: i32;
  periodTime!: i32;
  periodHeight!: i32;
  stepTime!: i32;
  stepHeight!: i32;
  pitch!: i32;
  sumsPitch!: i32;
  phases!: i32;
  phaseLines!: i32;
  planeBytes!: i32;
  sumsBytes!: i32;
  yClip!: i32;
  yFrame!: i32;
  yLine!: i32;
  yStep!: i32;
  clip!: i32;
  frame!: i32;
  line!: i32;
  column!: i32;
  group!: i32;
  lineCount!: i32;
  columnCount!: i32;
  groupCount!: i32;
}

@unmanaged
export class ScatterCall {
  part!: usize;
  place!: usize;
  sums!: usize;
}

@unmanaged
export class PackCall {
  from!: usize;
  to!: usize;
  panel!: usize;
  taps!: i32;
  tapStep!: i32;
  groups!: i32;
  inputs!: i32;
  outputs!: i32;
  rowBytes!: i32;
  panelBytes!: i32;
  products!: i32;
  apart!: i32;
  panels!: i32;
  turnStep!: i32;
  transposed!: i32;
}

@unmanaged
export class ProductCall {
  part!: usize;
  panels!: usize;
  strips!: usize;
  rows!: i32;
}

@unmanaged
export class PiecesCall {
  of!: usize;
  sums!: usize;
  sumsBytes!: i32;
  rows!: i32;
  pieceRows!: i32;
  shares!: i32;
}

@unmanaged
export class PieceSumsCall {
  from!: usize;
  pieces!: i32;
  pieceBytes!: i32;
  columns!: i32;
  to!: usize;
  rowBytes!: i32;
  starts!: i32;
}

@unmanaged
export class WinogradCall {
  part!: usize;
  parts!: i32;
  partBytes!: i32;
  product!: usize;
  values!: usize;
  valuesApart!: i32;
  sums!: usize;
  sumsApart!: i32;
  weightsApart!: i32;
  pack!: usize;
  rows!: usize;
  patch!: usize;
  block!: i32;
  products!: i32;
  tiles!: i32;
}

@unmanaged
export class WinogradProductCall {
  inputs!: usize;
  product!: usize;
  gradientsApart!: i32;
  sums!: usize;
  sumsApart!: i32;
  strip!: i32;
  tiles!: i32;
}

@unmanaged
export class PoolCall {
  x!: usize;
  y!: usize;
  dx!: usize;
  list!: usize;
  channels!: i32;
  inputTime!: i32;
  inputHeight!: i32;
  inputWidth!: i32;
  outputTime!: i32;
  outputHeight!: i32;
  outputWidth!: i32;
  windowTime!: i32;
  windowHeight!: i32;
  windowWidth!: i32;
  strideTime!: i32;
  strideHeight!: i32;
  strideWidth!: i32;
  paddingTime!: i32;
  paddingHeight!: i32;
  paddingWidth!: i32;
}

@unmanaged
export class NormCall {
  x!: usize;
  dy!: usize;
  to!: usize;
  residual!: usize;
  sigmoid!: usize;
  gamma!: usize;
  beta!: usize;
  mean!: usize;
  variance!: usize;
  dgamma!: usize;
  dbeta!: usize;
  blocks!: usize;
  columns!: usize;
  means!: usize;
  scales!: usize;
  offsets!: usize;
  deviations!: usize;
  shifts!: usize;
  epsilon!: i32;
  activation!: i32;
  rows!: i32;
  channels!: i32;
  tiles!: i32;
  width!: i32;
  wideRows!: i32;
  blockRows!: i32;
  byRow!: i32;
  restBytes!: i32;
}

@unmanaged
export class SumCall {
  x!: usize;
  y!: usize;
  count!: i32;
  inner!: i32;
  divisor!: i32;
}

@unmanaged
export class CrossEntropyCall {
  logits!: usize;
  targets!: usize;
  weights!: usize;
  loss!: usize;
  hits!: usize;
  gradient!: usize;
  batch!: i32;
  classes!: i32;
  smoothing!: i32;
}

@unmanaged
export class UpdateCall {
  weights!: usize;
  count!: i32;
  factors!: usize;
}

@unmanaged
export class UpdatedWeight {
  first!: i32;
  count!: i32;
  value!: usize;
  gradient!: usize;
  mean!: usize;
  square!: usize;
  to!: usize;
  toMean!: usize;
  toSquare!: usize;
  gradientFactor!: f32;
  valueFactor!: f32;
  directionFactor!: f32;
}

@unmanaged
export class SquaresCall {
  weights!: usize;
  count!: i32;
  sums!: usize;
}

@unmanaged
export class ElementwiseCall {
  a!: usize;
  b!: usize;
  to!: usize;
  sigmoid!: usize;
  operation!: i32;
  count!: i32;
}

@unmanaged
export class ChannelwiseCall {
  x!: usize;
  dy!: usize;
  to!: usize;
  values!: usize;
  dvalues!: usize;
  sigmoid!: usize;
  row!: usize;
  sums!: usize;
  operation!: i32;
  positions!: i32;
  channels!: i32;
  tiles!: i32;
  width!: i32;
  pieceRows!: i32;
  pieces!: i32;
}

@unmanaged
export class ZeroCall {
  to!: usize;
  count!: i32;
}

@unmanaged
export class CopyCall {
  from!: usize;
  to!: usize;
  bytes!: i32;
  count!: i32;
  fromStep!: i32;
  toStep!: i32;
  outer!: i32;
  axes!: usize;
}

@unmanaged
export class CopyAxis {
  length!: i32;
  from!: i32;
  to!: i32;
  index!: i32;
}
