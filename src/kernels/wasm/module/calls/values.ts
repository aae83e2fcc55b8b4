/** What is done to one value after the other, and where values go. */

export const VALUE_CALLS = {
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
} as const;
