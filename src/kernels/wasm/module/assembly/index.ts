/** The module's exports. Those that the host does not call are exported to stay functions of their own (dense.ts). */
export {convolveDense, denseBlock, multiplyPanels, tile} from './dense';
export {convolveDepthwise, depthwiseBlock, depthwiseRow} from './depthwise';
export {finishBlock, finishRun} from './finish';
export {gatherLines, gatherRow} from './gather';
export {BLOCK, DEPTH, GATHER_BELOW} from './layout';
export {packDense} from './pack';
export {expandGrid, expandLine} from './taps';
