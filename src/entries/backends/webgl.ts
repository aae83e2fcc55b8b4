/**
 * Entry "tfjs-sts/webgl": importing it registers the kernels of tfjs-sts for the webgl backend and puts others in the place of
 * the host's own 3D kernels; `restoreStockKernels('webgl')` takes the latter back. They need WebGL 2.
 */
import {registerKernels, replaceStockKernels} from '../../kernels/registry';
import {kernelConfigs, stockReplacements} from '../../kernels/webgl';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);
