/** The webgpu backend in Node, on a device whose errors fail the test that met them. */
import {startWebGPU, type WebGPUAdapter} from '../../src/entries/node';
import {listenToDevices} from './device_errors';

const DAWN: string = 'webgpu';

export async function startDawn(): Promise<WebGPUAdapter> {
  Object.assign(globalThis, (await import(DAWN)).globals);
  listenToDevices();
  return startWebGPU();
}
