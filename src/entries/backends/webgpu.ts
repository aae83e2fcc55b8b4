/**
 * Entry "tfjs-sts/webgpu": importing it registers the kernels of tfjs-sts for the webgpu backend and puts others in the
 * place of the host's own 3D kernels; `restoreStockKernels('webgpu')` takes the latter back. In Node it lets `ready` start the backend.
 */
import {registerKernels, replaceStockKernels} from '../../kernels/registry';
import {registerStarter} from '../../kernels/starters';
import {kernelConfigs, stockReplacements} from '../../kernels/webgpu';
import {webgpuStarter} from '../../kernels/webgpu/start_in_node';

registerKernels(kernelConfigs);
replaceStockKernels(stockReplacements);
registerStarter(webgpuStarter);
