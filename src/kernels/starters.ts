/**
 * How an entry such as `tfjs-sts/wasm` starts its backend better than the host does by itself. `ready` (ready.ts) knows no backend's
 * kernels, and finds this in the host's registry, where both builds of the package and all of its entries see one another.
 */
import {getKernel, type KernelConfig, registerKernel} from '@tensorflow/tfjs-core';
import {UnavailableError} from '../util/errors';

export interface Starter {
  readonly backendName: string;
  /** Lets the package of the backend register itself, where that takes more than its import. Rejects with the reason. */
  load?(): Promise<void>;
  /**
   * Starts the backend.
   *
   * @param threads undefined for as many as suit the machine
   * @returns what to say of it
   */
  start?(threads: number | undefined): Promise<string>;
}

/** The name of a kernel that is none: the registry's keys are kernels. */
const STARTER = 'StsStarter';

interface StarterConfig extends KernelConfig {
  readonly starter: Starter;
}

/** May be called twice. */
export function registerStarter(starter: Starter): void {
  const {backendName} = starter;
  if (starterOf(backendName) !== undefined) return;
  const kernelFunc = () => {
    throw new UnavailableError(`${STARTER} is not a kernel; it tells how the backend starts.`);
  };
  const config: StarterConfig = {kernelName: STARTER, backendName, kernelFunc, starter};
  registerKernel(config);
}

export function starterOf(backendName: string): Starter | undefined {
  const config: KernelConfig | null = getKernel(STARTER, backendName);
  return (config as StarterConfig | null)?.starter;
}
