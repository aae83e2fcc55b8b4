/**
 * Entry "tfjs-sts": the whole portable API. Importing it makes the ops differentiable; it contains no kernel and no
 * backend (see the entries tfjs-sts/cpu, /wasm, ...).
 */
import {registerGradients} from './ops/grads/indirect_conv3d_grad';

registerGradients();

export {type KernelImplementation, kernelCoverage} from './kernels/registry';
export * from './ops';
export {FormatError, InvalidArgumentError, StsError, UnavailableError} from './util/errors';
