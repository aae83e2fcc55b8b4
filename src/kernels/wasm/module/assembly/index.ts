/** The module's exports. Those that the host does not call are exported to stay functions of their own (dense.ts). */
export {copyPositions, fillSlot} from './band_copy';
export {fiveTiles, singleTiles, threeTiles, threeTilesApart} from './band_tiles';
export {convolveBands, listFrameTaps} from './bands';
export {copyRuns, copyShortRuns} from './copy';
export {convolveDense, denseBlock, multiplyEdge, multiplyPanels, multiplyTiles} from './dense';
export {convolveDepthwise, depthwiseLine, depthwiseRow} from './depthwise';
export {depthwiseRun, listTaps, runTile} from './depthwise_run';
export {finishBlock, finishRun} from './finish';
export {gatherRow, listLine} from './gather';
export {BLOCK, DEPTH, GATHER_BELOW} from './layout';
export {convolveNarrow, fillSlots, listReads, moveSums} from './narrow';
export {fourToPlanes, fourToRows, planesToRows, rowsToPlanes} from './narrow_copy';
export {narrowTile, productNarrow} from './narrow_product';
export {fourOutputs, oneOutput, twoOutputs} from './narrow_tiles';
export {
  backpropBlock,
  normBackprop,
  normScale,
  normStatistics,
  normSums,
  scaleBlock,
  statisticsOfBlock,
  sumsOfBlock,
} from './norm';
export {packDense, packRows, packTransposed, transposePanel} from './pack';
export {
  averageOfFour,
  averageOfSixteen,
  averagePool,
  averagePoolGradient,
  listOutputs,
  listWindow,
  maxOfSixteen,
  maxPool,
  maxPoolGradient,
  maxPoolTaps,
  maxPoolTapsOfWholes,
  maxPoolWholes,
  sharesOfFour,
  takenFromFour,
} from './pooling';
export {
  packPanels,
  packStrips,
  productBlock,
  productDense,
  productPanels,
  productRows,
  productTile,
} from './product';
export {productDepthwise, productDepthwiseBlock, productTap} from './product_depthwise';
export {scatterDense, scatterRows} from './scatter';
export {sumOfFour, sumOfSixteen, sumStrips} from './sums';
export {expandGrid, expandLine} from './taps';
export {convolveWinograd, placeSums, winogradBlock} from './winograd';
export {productWinograd, winogradProductBlock} from './winograd_product';
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
  transformWeights,
} from './winograd_transforms';
