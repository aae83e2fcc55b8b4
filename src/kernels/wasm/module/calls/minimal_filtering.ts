/** Parts of a convolution, and their filter gradients, by fewer products. */

export const MINIMAL_FILTERING_CALLS = {
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
    /** A PackCall: weights are transformed of the filter, a few panels at a time; 0 where they have been before. */
    pack: 'usize',
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
} as const;
