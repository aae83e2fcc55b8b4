/** A part of a convolution, and what the forms need of which it may be. */

export const PART_CALLS = {
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
} as const;
