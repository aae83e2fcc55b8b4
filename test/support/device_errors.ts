/**
 * Setup of the projects `node`, `browser` and `isolated`: a test fails on every error that a GPU device reports and nobody
 * caught. A program that the device refuses throws nothing; it leaves zeros in all results that were submitted together with
 * it. In a page all devices are heard; in Node those asked for after `listenToDevices` (backends.ts calls it).
 */
import {afterEach, expect} from 'vitest';

/** The part of a GPUDevice that is used here: TypeScript's library of the page does not have WebGPU yet. */
interface Device extends EventTarget {
  readonly queue: {onSubmittedWorkDone(): Promise<void>};
  readonly lost: Promise<unknown>;
}
type RequestDevice = (this: unknown, ...args: unknown[]) => Promise<Device>;

interface Heard {
  readonly devices: Device[];
  readonly errors: string[];
  listening: boolean;
}

const realm = globalThis as {
  GPUAdapter?: {prototype: {requestDevice: RequestDevice}};
  heardOfDevices?: Heard;
};
// The page has this file twice, as a setup and as what a test imports.
realm.heardOfDevices ??= {devices: [], errors: [], listening: false};
const heard = realm.heardOfDevices;
const {devices, errors} = heard;
listenToDevices();

/** Whoever asks for a device gets one that is listened to, however the test started its backend. */
export function listenToDevices(): void {
  const prototype = realm.GPUAdapter?.prototype;
  if (prototype === undefined || heard.listening) return;
  heard.listening = true;
  const {requestDevice} = prototype;
  prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    device.addEventListener('uncapturederror', (event) => {
      heard.errors.push((event as Event & {error: {message: string}}).error.message);
    });
    heard.devices.push(device);
    return device;
  };
}

/** The errors since the last call. They come as events, before the end of the work that they belong to. */
export async function takeDeviceErrors(): Promise<string[]> {
  await Promise.all(devices.map((device) => Promise.race([device.queue.onSubmittedWorkDone(), device.lost])));
  return errors.splice(0);
}

afterEach(async () => {
  expect(await takeDeviceErrors()).toEqual([]);
});
