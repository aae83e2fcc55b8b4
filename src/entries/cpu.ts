/**
 * Entry "tfjs-sts/cpu": importing it registers the kernels of tfjs-sts for the cpu backend and puts others in the
 * place of the host's own 3D kernels; `restoreStockKernels('cpu')` takes the latter back.
 */
import {kernelConfigs, stockReplacements} from '../kernels/cpu';
import {registerKernels, replaceStockKernels} from '../kernels/registry';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);

export {kernelConfigs, stockReplacements};
