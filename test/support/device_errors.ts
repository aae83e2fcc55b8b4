/**
 * Setup of the projects that run in Chromium: a test fails on every error that a GPU device reports and nobody caught. A
 * program that the device refuses throws nothing; it leaves zeros in all results that were submitted together with it.
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
}

// The page has this file twice, as a setup and as what a test imports.
const page = globalThis as {GPUAdapter?: {prototype: {requestDevice: RequestDevice}}; heardOfDevices?: Heard};
page.heardOfDevices ??= listen();
const {devices, errors} = page.heardOfDevices;

/** Whoever asks for a device gets one that is listened to, however the test started its backend. */
function listen(): Heard {
  const heard: Heard = {devices: [], errors: []};
  if (page.GPUAdapter === undefined) return heard;
  const {requestDevice} = page.GPUAdapter.prototype;
  page.GPUAdapter.prototype.requestDevice = async function (...args) {
    const device = await requestDevice.apply(this, args);
    device.addEventListener('uncapturederror', (event) => {
      heard.errors.push((event as Event & {error: {message: string}}).error.message);
    });
    heard.devices.push(device);
    return device;
  };
  return heard;
}

/** The errors since the last call. They come as events, before the end of the work that they belong to. */
export async function takeDeviceErrors(): Promise<string[]> {
  await Promise.all(devices.map((device) => Promise.race([device.queue.onSubmittedWorkDone(), device.lost])));
  return errors.splice(0);
}

afterEach(async () => {
  expect(await takeDeviceErrors()).toEqual([]);
});
