/** Entry "tfjs-sts/cpu": importing it registers the kernels of tfjs-sts for the cpu backend. */
import {kernelConfigs} from './kernels/cpu';
import {registerKernels} from './kernels/registry';

registerKernels(kernelConfigs);

export {kernelConfigs};
