/** Filters: packed in the order in which they are read, and gradients with respect to them. */

export const FILTER_CALLS = {
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
    /** Panels at a time, of a convolution that transforms its weights itself, from one turn's taps to the next's, whether panels are of inputs. */
    panels: 'i32',
    turnStep: 'i32',
    transposed: 'i32',
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
} as const;
