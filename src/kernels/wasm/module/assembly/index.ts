/** The module's exports. Those that the host does not call are exported to stay functions of their own (dense.ts). */

export {
  channelwise,
  channelwiseGradients,
  channelwiseTotals,
  productGradientRow,
  productRow,
  sumRow,
  swishGradientRow,
  swishRow,
} from './channelwise';
export {copyRuns, copyShortRuns, zeroChunks} from './copies';
export {convolveDense, denseBlock} from './dense/dense';
export {
  addLines,
  fourProducts,
  multiplyFewRows,
  multiplyFewRowsTransposed,
  productFewRows,
} from './dense/few_rows';
export {multiplyFourRows} from './dense/four';
export {gatherRow, listLine} from './dense/gather';
export {packDense, packPanel, packRows, packTransposed, transposePanel} from './dense/pack';
export {multiplyEdge, multiplyPanels} from './dense/panels';
export {
  packPanels,
  packStrips,
  productBlock,
  productColumns,
  productDense,
  productEdge,
  productPanels,
  productRows,
  productTile,
} from './dense/product';
export {scatterDense, scatterRows} from './dense/scatter';
export {multiplySixRows, packSixes, productSix} from './dense/six';
export {copyPositions, fillSlot} from './depthwise/band_copy';
export {fiveTiles, singleTiles, threeTiles, threeTilesApart} from './depthwise/band_tiles';
export {convolveBands, listFrameTaps} from './depthwise/bands';
export {convolveDepthwise, depthwiseLine, depthwiseRow} from './depthwise/depthwise';
export {depthwiseRun, listTaps, runTile} from './depthwise/depthwise_run';
export {productChannels, productDepthwise, productTap, sixteenSums} from './depthwise/product_depthwise';
export {productLineTaps, sumsOfThree} from './depthwise/product_lines';
export {
  addChunk,
  elementwise,
  multiplyChunk,
  reluChunk,
  reluGradientChunk,
  subtractChunk,
  swishChunk,
  swishGradientChunk,
} from './elementwise';
export {finishBlock, finishRun} from './epilogue';
export {convolveNarrow, fillSlots, listReads, moveSums} from './narrow/narrow';
export {fourToPlanes, fourToRows, planesToRows, rowsToPlanes} from './narrow/narrow_copy';
export {narrowTile, productNarrow, productNarrowOutputs} from './narrow/narrow_product';
export {fourOutputs, oneOutput, twoOutputs} from './narrow/narrow_tiles';
export {
  channelGradients,
  channelMoments,
  columnMoments,
  columnTotals,
  normFactors,
  normGradients,
  normMoments,
} from './norm/factors';
export {
  backpropFour,
  backpropRow,
  normBackprop,
  normScale,
  scaleFour,
  scaleRow,
  writeBlock,
} from './norm/rows';
export {normStatistics, statisticsOfEight, statisticsOfOne} from './norm/statistics';
export {normSums, sumsOfFour, sumsOfOne} from './norm/sums';
export {addPieces} from './pieces';
export {crossEntropy} from './reductions/cross_entropy';
export {
  averageOfFour,
  averageOfSixteen,
  averagePool,
  isAsBefore,
  listWindow,
  maxOfSixteen,
  maxPool,
  maxPoolWholes,
  poolRows,
} from './reductions/pooling';
export {
  addShares,
  averagePoolGradient,
  gradientOfMax,
  isReached,
  maxPoolGradient,
  maxPoolGradientOfWholes,
} from './reductions/pooling_gradients';
export {sumOfFour, sumOfSixteen, sumStrips} from './reductions/sums';
export {
  adamChunk,
  adamUpdate,
  sgdChunk,
  sgdUpdate,
  squareSum,
  squareSums,
  weightOf,
} from './reductions/update';
export {expandGrid, expandLine} from './taps';
export {largeFrameTaps, largeTimeTaps, sixPanels, transformLargeGradients} from './winograd/large_gradients';
export {sixInputs, sixSums, transformLargeTaps, transformLargeTimeTaps} from './winograd/large_transforms';
export {placeSums} from './winograd/tiles';
export {transformDense, transformTransposed} from './winograd/weights';
export {convolveWinograd, convolveWinogradPanels, winogradBlock} from './winograd/winograd';
export {productWinograd, winogradProductBlock} from './winograd/winograd_product';
export {
  frameSums,
  frameTaps,
  timeSums,
  timeTaps,
  transformFrame,
  transformFrameGradients,
  transformFrameTaps,
  transformTime,
  transformTimeGradients,
  transformTimeTaps,
} from './winograd/winograd_transforms';
