/** The webgpu backend in Node, on a device whose errors fail the test that met them. */
import {startWebGPU, type WebGPUAdapter} from '../../src/entries/node';
import {listenToDevices} from './device_errors';

const DAWN: string = 'webgpu';

/**
 * Zeros for the workgroups' memory, which no program of ours reads, are a store for each word in SwiftShader's programs, and
 * most of the time to compile them.
 */
const TOGGLES = ['enable-dawn-features=disable_workgroup_init'];

export async function startDawn(): Promise<WebGPUAdapter> {
  const {create, globals} = await import(DAWN);
  Object.assign(globalThis, globals);
  if (!('navigator' in globalThis)) Object.assign(globalThis, {navigator: {}});
  if (!('gpu' in navigator)) Object.assign(navigator, {gpu: create(TOGGLES)});
  listenToDevices();
  return startWebGPU();
}
