/**
 * What a function of our WebAssembly module is told: the one description of its calls. A call is a row of 32-bit words in
 * memory, addresses and sizes, in the order of its fields here; `npm run build:wasm` makes the module's classes of it
 * (assembly/calls.ts), so that this file imports nothing. The module keeps nothing between calls and owns no memory.
 */

/**
 * Output rows whose taps are expanded at a time: whole tiles of 4 or 6, so few that pointers and gathered rows stay in the L2 cache, and
 * one block for two tiles of each of the 7 x 7 positions in which many networks end.
 */
export const BLOCK = 108;

/** Products that are summed before the sums go back to memory: 8 columns of so many weights fill 8 kB of L1. */
export const DEPTH = 256;

/**
 * Below this many input channels a group, several taps of a row are multiplied as one: the inner loop over one tap would be
 * too short.
 */
export const GATHER_BELOW = 32;

/** Values of a weight that are updated, or whose squares are summed, at a time: a sum is the same whoever makes it. Also of what is set to zero. */
export const CHUNK = 1024;

/** Addresses are `usize`; sizes are `i32` and count elements unless the name says bytes. */
export const CALLS = {
  /** One part of a convolution (taps.ts). */
  PartCall: {
    /** First input channel of the part at the first position. */
    x: 'usize',
    /** Packed for the dense form (pack.ts); as the tensor holds them for the depthwise form. */
    weights: 'usize',
    /** Of the part's first output channel; zeros where the convolution has none. */
    bias: 'usize',
    /** First output channel of the part at the first position. */
    y: 'usize',
    /** Room for `(4 + taps) * BLOCK` addresses: of taps, or of lines of them after the places of the rows. */
    pointers: 'usize',
    /** What a tap outside the input reads: at least one zero for each input channel of the part. */
    zeros: 'usize',
    /** Room for BLOCK addresses and `BLOCK * DEPTH` floats; 0 where nothing is gathered. */
    gathered: 'usize',
    /** Room for a tile of 6 x 8 floats. */
    edge: 'usize',
    /** First output channel of the part at the first position of what is added to the sums at last; 0 for none. */
    residual: 'usize',
    /** Rows of a tile of the dense form: 4, or 6 where the engine is fit for it (six.ts). */
    tileRows: 'i32',
    /** 1 if the sums start at the bias, 0 if they are added to what y holds. */
    starts: 'i32',
    /** Of the sums when they are done, see epilogue.ts. 0, and no residual, for a part to which a later one adds. */
    activation: 'i32',
    xRowBytes: 'i32',
    yRowBytes: 'i32',
    /** Bytes from one tap's weights to the next; depthwise form. */
    tapBytes: 'i32',
    groups: 'i32',
    /** Channels of one group. */
    inputs: 'i32',
    outputs: 'i32',
    taps: 'i32',
    inputTime: 'i32',
    inputHeight: 'i32',
    inputWidth: 'i32',
    outputTime: 'i32',
    outputHeight: 'i32',
    outputWidth: 'i32',
    /** 0 grid, 1 column-major line. A row-major line is a grid: that of frames of one line. */
    rule: 'i32',
    tapsTime: 'i32',
    tapsHeight: 'i32',
    tapsWidth: 'i32',
    /** Of a line: `strideTime` steps through the frames, `strideWidth` along the line. */
    strideTime: 'i32',
    strideHeight: 'i32',
    strideWidth: 'i32',
    dilationTime: 'i32',
    dilationHeight: 'i32',
    dilationWidth: 'i32',
    /** Of a line: `paddingWidth` alone. */
    paddingTime: 'i32',
    paddingHeight: 'i32',
    paddingWidth: 'i32',
  },

  /** A part in the depthwise form that is computed band by band (bands.ts). */
  BandCall: {
    /**
     * A PartCall, whose `pointers` need room for its taps alone. Rule 1 stands for either kind of line. `y` and the
     * residual are where the first output is; of a line rule, where the frame is, and `yFirst` the place in its line.
     */
    part: 'usize',
    /** Room for `ring` frames of planes of `slotBytes`. */
    slots: 'usize',
    /** Room for planes of `sumsBytes`, twice: the sums of a frame, and its residual. */
    sums: 'usize',
    /** Room for a vector for each tap, and one for the bias, for each plane. */
    weights: 'usize',
    /** Channels of a band, a multiple of 4: there is a plane for four of them. */
    channels: 'i32',
    /** Output lines of a band; of a line rule, positions. */
    lines: 'i32',
    /** Frames from the first to the last that an output reads. */
    ring: 'i32',
    /** Positions from one line of a slot to the next, a multiple of `strideWidth`; of a line rule, of the whole slot. */
    pitch: 'i32',
    /** Lines of a slot that lie `strideHeight` apart in the input: they are side by side, so that outputs are neighbours. */
    phaseLines: 'i32',
    slotBytes: 'i32',
    sumsBytes: 'i32',
    /** Neighbouring taps that a tile takes at once: 1, 3 or 5. */
    span: 'i32',
    /** Bytes of y from one clip to the next, and from one frame of outputs to the next. */
    yClip: 'i32',
    yFrame: 'i32',
    /** Bytes of y from one line of outputs to the next, and from one output to the next; of a grid. */
    yLine: 'i32',
    yStep: 'i32',
    /** Of a line rule: lines and columns of a frame of y, the place of the first output in its line, and how many
     * places the next one is away. */
    yHeight: 'i32',
    yWidth: 'i32',
    yFirst: 'i32',
    yApart: 'i32',
  },

  /**
   * A gradient with respect to the filter piece by piece (pieces.ts): positions are cut into pieces, of which each has sums of its own,
   * so that threads share positions. How many there are follows from shapes alone, and so do the bits of the sums.
   */
  PiecesCall: {
    /** A ProductCall of the dense form, a NarrowCall, or of the depthwise form a PartCall: all of a piece, with the sums as `weights`. */
    of: 'usize',
    /** The sums of the first piece, and from there to those of the next: the result itself where there is one piece alone. */
    sums: 'usize',
    sumsBytes: 'i32',
    /** What is cut, and how much of it a piece has: output rows, bands of the narrow form, frames of the form by lines of taps. */
    rows: 'i32',
    pieceRows: 'i32',
    /** What is shared out of each piece, beside the pieces: rows of the filter, or some of its channels. */
    shares: 'i32',
  },

  /** The pieces' sums added up, in their order (pieces.ts). */
  PieceSumsCall: {
    from: 'usize',
    pieces: 'i32',
    pieceBytes: 'i32',
    /** Floats of a row of the filter that the part has, side by side in the sums of a piece. */
    columns: 'i32',
    to: 'usize',
    rowBytes: 'i32',
    /** 1 if they are written, 0 if they are added. */
    starts: 'i32',
  },

  /** A part in the narrow form (narrow.ts). */
  NarrowCall: {
    /**
     * A PartCall, whose `pointers` need room for the taps and inputs of a group. For the gradient with respect to the filter
     * (narrow_product.ts) as in a ProductCall.
     */
    part: 'usize',
    /** Room for as many frames as there are taps in time, each with planes of `planeBytes` for the inputs of the groups. */
    slots: 'usize',
    /** Room for planes of `sumsBytes` for the outputs of the groups. */
    sums: 'usize',
    /** Of a band, at most: groups, output lines, output columns. */
    groups: 'i32',
    lines: 'i32',
    columns: 'i32',
    /** Frames and lines that a dilation keeps apart: each so many of outputs are convolved on their own. */
    periodTime: 'i32',
    periodHeight: 'i32',
    /** Frames and lines that a tap reads, from one output of these to the next; counted over the tap's dilation. */
    stepTime: 'i32',
    stepHeight: 'i32',
    /** Positions from one line of a plane to the next. */
    pitch: 'i32',
    /** The same of the sums: as many, or more where lines are summed one by one. */
    sumsPitch: 'i32',
    /** Under a stride: classes of lines, each with its lines side by side in the plane, and how many lines. */
    phases: 'i32',
    phaseLines: 'i32',
    planeBytes: 'i32',
    sumsBytes: 'i32',
    /** Bytes of y from one clip, frame, line and output to the next. */
    yClip: 'i32',
    yFrame: 'i32',
    yLine: 'i32',
    yStep: 'i32',
    /** Of the band at work, set by the module: where it begins, and how much of each there is. */
    clip: 'i32',
    frame: 'i32',
    line: 'i32',
    column: 'i32',
    group: 'i32',
    lineCount: 'i32',
    columnCount: 'i32',
    groupCount: 'i32',
  },

  /** Rows of a part that do not lie side by side in the output (scatter.ts). */
  ScatterCall: {
    /** A PartCall; where its `y` is, the module sets. */
    part: 'usize',
    /** A PartCall whose one tap "reads" the place of a row, over the output as its `x`. */
    place: 'usize',
    /** Room for a block of rows, `BLOCK * yRowBytes` bytes of the part. */
    sums: 'usize',
  },

  /** A part in the minimal-filtering form (winograd.ts). */
  WinogradCall: {
    /**
     * A PartCall: the convolution. So many, of one input and geometry, stand at these distances in bytes: what is transformed
     * is theirs too. Of several each has one turn (winograd.ts).
     */
    part: 'usize',
    parts: 'i32',
    partBytes: 'i32',
    /** A PartCall: the matrix products, its taps those that are summed, its rows rounded up to panels of 8. */
    product: 'usize',
    /** Room for `block` positions of transformed inputs, for each of the products, at these distances in bytes. */
    values: 'usize',
    valuesApart: 'i32',
    /** Room for `block` positions of sums of the product, as often. */
    sums: 'usize',
    sumsApart: 'i32',
    /** From the weights of one product to those of the next. */
    weightsApart: 'i32',
    /** Room for `block` addresses. */
    rows: 'usize',
    /**
     * Room for the inputs of a tile, which are copied where some lie outside; of a tile of 4 x 4 outputs for what is
     * transformed along one axis, inputs or sums.
     */
    patch: 'usize',
    /** Tiles at a time: a multiple of 4, at most BLOCK. */
    block: 'i32',
    /** Of a tile: 4 of 2 outputs along time, 6 of 4, 16 of 2 x 2 outputs of a frame, 36 of 4 x 4. */
    products: 'i32',
    /** All tiles. */
    tiles: 'i32',
  },

  /**
   * A gradient with respect to the filter (product.ts): `y` of the part is the output gradient, `weights` the result. Also a part of few
   * rows (few_rows.ts), which needs no room.
   */
  ProductCall: {
    /** A PartCall. */
    part: 'usize',
    /** Room for a block of a group's output gradients, `BLOCK * outputs` floats with the outputs rounded up to 8. */
    panels: 'usize',
    /** Room for 24 columns of a block, `24 * BLOCK` floats. */
    strips: 'usize',
    /** Output rows of a part of few rows. */
    rows: 'i32',
  },

  /** A gradient with respect to the filter in the minimal-filtering form (winograd_product.ts). */
  WinogradProductCall: {
    /** A WinogradCall for the inputs; `part` as in a ProductCall, its `product` another with as many inputs as a strip has. */
    inputs: 'usize',
    /** A ProductCall whose part has the sums as its result: outputs rounded up to 8. */
    product: 'usize',
    /** Transformed output gradients in panels, for each of the 4 or 16 products, at these distances in bytes. */
    gradientsApart: 'i32',
    /** Room for the sums `[turns, 4 or 16, strip, outputs]`, the products at these distances in bytes. */
    sums: 'usize',
    sumsApart: 'i32',
    /** Inputs at a time. */
    strip: 'i32',
    /** Tiles, which are summed over. */
    tiles: 'i32',
  },

  /** Weights from a filter into panels (pack.ts), or transformed into panels for each product (weights.ts). */
  PackCall: {
    /** The first weight, in `[taps, inputs, rowBytes / 4 outputs]`. */
    from: 'usize',
    to: 'usize',
    /** Room for 64 rows of a panel of each tap, where they are transformed. */
    panel: 'usize',
    taps: 'i32',
    /** From one tap to the next, which may stand before it. */
    tapStep: 'i32',
    groups: 'i32',
    /** Channels of one group. */
    inputs: 'i32',
    outputs: 'i32',
    /** From one input to the next. */
    rowBytes: 'i32',
    /** From one panel to the next. */
    panelBytes: 'i32',
    /** Of a tile of the minimal-filtering form, and from one to the next. */
    products: 'i32',
    apart: 'i32',
  },

  /** A pooling (pooling.ts) or its gradient (pooling_gradients.ts). */
  PoolCall: {
    /** Values of the input. */
    x: 'usize',
    /** Values of the output, or the gradient with respect to them. */
    y: 'usize',
    /** The gradient with respect to the input. */
    dx: 'usize',
    /** Room for as many entries (pooling.ts) as a window has taps. */
    list: 'usize',
    channels: 'i32',
    inputTime: 'i32',
    inputHeight: 'i32',
    inputWidth: 'i32',
    outputTime: 'i32',
    outputHeight: 'i32',
    outputWidth: 'i32',
    windowTime: 'i32',
    windowHeight: 'i32',
    windowWidth: 'i32',
    strideTime: 'i32',
    strideHeight: 'i32',
    strideWidth: 'i32',
    paddingTime: 'i32',
    paddingHeight: 'i32',
    paddingWidth: 'i32',
  },

  /**
   * Batch normalization of `[rows, channels]` (assembly/norm). Rows are taken so many side by side that a wide row is whole vectors, and
   * not too few of them; wide rows make blocks, of which each has sums of its own.
   */
  NormCall: {
    x: 'usize',
    dy: 'usize',
    /** What is written for each value: y or dx. */
    to: 'usize',
    /** Forward: what is added before the activation, and where swish leaves sigmoids; 0 for none. */
    residual: 'usize',
    sigmoid: 'usize',
    /** `[channels]`; no beta where none is needed. */
    gamma: 'usize',
    beta: 'usize',
    mean: 'usize',
    variance: 'usize',
    dgamma: 'usize',
    dbeta: 'usize',
    /** Scratch: two rows of `width` for each block, and two of them in double precision. */
    blocks: 'usize',
    columns: 'usize',
    /** Scratch: the factors of a wide row, `width` each. */
    means: 'usize',
    scales: 'usize',
    offsets: 'usize',
    deviations: 'usize',
    shifts: 'usize',
    /** The bits of a float32. */
    epsilon: 'i32',
    /** 0 none, 1 ReLU, 2 ReLU up to 6; forward 3 swish. */
    activation: 'i32',
    rows: 'i32',
    channels: 'i32',
    /** Rows of a wide row, and its values. */
    tiles: 'i32',
    width: 'i32',
    wideRows: 'i32',
    /** Wide rows of a block, a multiple of 8. */
    blockRows: 'i32',
    /** 1 if what is written for each value is written row by row, 0 if four rows at a time (rows.ts). */
    byRow: 'i32',
    /** Of the rows that are left, fewer than `tiles`. */
    restBytes: 'i32',
  },

  /** What an optimizer does to weights (update.ts). */
  UpdateCall: {
    /** UpdatedWeights side by side, in the order of their chunks. */
    weights: 'usize',
    count: 'i32',
    /** Floats of the optimizer: those of `SgdFactors` or `AdamFactors`. */
    factors: 'usize',
  },
  /** A weight: addresses of as many values each. */
  UpdatedWeight: {
    /** Its first chunk among those of all weights. */
    first: 'i32',
    count: 'i32',
    value: 'usize',
    gradient: 'usize',
    /** State before, the first also momentum; 0 where there is none. */
    mean: 'usize',
    square: 'usize',
    /** What is written. */
    to: 'usize',
    toMean: 'usize',
    toSquare: 'usize',
    /** Of the gradient; of the value and of the direction in what is written, or for SGD its decay and rate. */
    gradientFactor: 'f32',
    valueFactor: 'f32',
    directionFactor: 'f32',
  },

  /** Sums of squares (update.ts): one for each chunk of weights, of which the values alone are asked for. */
  SquaresCall: {
    weights: 'usize',
    count: 'i32',
    sums: 'usize',
  },

  /** Softmax cross entropy of a batch in training (cross_entropy.ts). */
  CrossEntropyCall: {
    /** `[batch, classes]`, as are targets and the gradient. */
    logits: 'usize',
    targets: 'usize',
    /** `[classes]`; 0 where they are all 1. */
    weights: 'usize',
    /** What is written: a float each, and the gradient by the logits. */
    loss: 'usize',
    hits: 'usize',
    gradient: 'usize',
    batch: 'i32',
    classes: 'i32',
    /** The bits of a float32: the share of a target that all classes have evenly. */
    smoothing: 'i32',
  },

  /** Values made of those of one tensor, or of several of one shape (elementwise.ts). */
  ElementwiseCall: {
    a: 'usize',
    /** 0 where one is enough. */
    b: 'usize',
    to: 'usize',
    /** The sigmoid of a swish, which is made forward and read back. */
    sigmoid: 'usize',
    /** The number of one of the operations there. */
    operation: 'i32',
    count: 'i32',
  },

  /**
   * Clips with a value for each channel (channelwise.ts). Positions of a clip are taken so many side by side that a wide row is whole
   * vectors, and not too few of them; wide rows make pieces of a clip.
   */
  ChannelwiseCall: {
    /** `[clips, positions, channels]`, as are dy and what is written, y or dx. */
    x: 'usize',
    dy: 'usize',
    to: 'usize',
    /** `[clips, channels]`. */
    values: 'usize',
    dvalues: 'usize',
    /** `[clips, positions, channels]`: the sigmoid of a product, which is made forward and read back. */
    sigmoid: 'usize',
    /** Room for a wide row. */
    row: 'usize',
    /** Scratch: a wide row of sums for each piece. */
    sums: 'usize',
    /** 0 product, 1 sum, 2 swish of the product. */
    operation: 'i32',
    positions: 'i32',
    channels: 'i32',
    /** Positions of a wide row, and its values. */
    tiles: 'i32',
    width: 'i32',
    /** Wide rows of a piece, of which a clip may end within the last one, and pieces of a clip. */
    pieceRows: 'i32',
    pieces: 'i32',
  },

  /** Sums over the middle axis of three (sums.ts). */
  SumCall: {
    x: 'usize',
    y: 'usize',
    count: 'i32',
    inner: 'i32',
    /** What the sums are divided by. */
    divisor: 'i32',
  },

  /** Values that are set to zero (copies.ts), CHUNK of them at a time. */
  ZeroCall: {
    to: 'usize',
    count: 'i32',
  },

  /** Runs of bytes copied from one place to another, along lines and axes (copy.ts). Steps are bytes, and may be negative. */
  CopyCall: {
    from: 'usize',
    to: 'usize',
    /** Of a run. */
    bytes: 'i32',
    /** Runs of a line, and from one of them to the next. */
    count: 'i32',
    fromStep: 'i32',
    toStep: 'i32',
    /** Axes of lines, and for each a CopyAxis, side by side. */
    outer: 'i32',
    axes: 'usize',
  },
  /** An axis of lines. */
  CopyAxis: {
    length: 'i32',
    from: 'i32',
    to: 'i32',
    /** Set by the module. */
    index: 'i32',
  },
} as const satisfies Record<string, Record<string, 'usize' | 'i32' | 'f32'>>;

export type CallName = keyof typeof CALLS;
