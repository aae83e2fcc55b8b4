/** What users may ask of a convolution, as the namespace `sts.geometry`: its shapes, its parts, what its taps read. */
export {conv3dInfo, convMacs, depthwiseConv3dInfo, stsConv3dInfo, stsDepthwiseConv3dInfo} from './conv_info';
export {tapCount, tapTable} from './taps';
