/**
 * Entry "tfjs-sts/webgpu": importing it registers the kernels of tfjs-sts for the webgpu backend and puts others in the
 * place of the host's own 3D kernels; `restoreStockKernels('webgpu')` takes the latter back.
 */
import {registerKernels, replaceStockKernels} from '../../kernels/registry';
import {kernelConfigs, stockReplacements} from '../../kernels/webgpu';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);
