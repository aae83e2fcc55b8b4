/** The webgpu backend in Node, on a device whose errors fail the test that met them. */
import {globals} from 'webgpu';
import {startWebGPU, type WebGPUAdapter} from '../../src/node';
import {listenToDevices} from './device_errors';

export function startDawn(): Promise<WebGPUAdapter> {
  Object.assign(globalThis, globals);
  listenToDevices();
  return startWebGPU();
}
