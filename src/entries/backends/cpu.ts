/**
 * Entry "tfjs-sts/cpu": importing it registers the kernels of tfjs-sts for the cpu backend and puts others in the
 * place of the host's own for 3D convolution and pooling and their gradients (`kernelCoverage('cpu')` lists them); `restoreStockKernels('cpu')` takes the
 * latter back, all or by name.
 */
import {kernelConfigs, stockReplacements} from '../../kernels/cpu';
import {registerKernels, replaceStockKernels} from '../../kernels/registry';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);
