/** What users may ask of a convolution, as the namespace `sts.geometry`: its shapes, its parts, what its taps read. */
export {convMacs} from './conv_info';
export {conv3dInfo, depthwiseConv3dInfo} from './ordinary_info';
export {stsConv3dInfo, stsDepthwiseConv3dInfo} from './sts_info';
export {tapCount, tapTable} from './taps';
