/** Pooling, normalization, sums, loss, and the updates of weights. */

export const REDUCTION_CALLS = {
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
    /** Scratch: two rows of `width` for each block and one between blocks, and two of them in double precision. */
    blocks: 'usize',
    columns: 'usize',
    /** Scratch: the factors of a wide row, `width` each, in this order behind each other. */
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

  /** Sums over the middle axis of three (sums.ts). */
  SumCall: {
    x: 'usize',
    y: 'usize',
    count: 'i32',
    inner: 'i32',
    /** What the sums are divided by. */
    divisor: 'i32',
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
} as const;
