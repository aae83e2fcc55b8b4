/**
 * SwiftShader, the Vulkan driver that runs on the processor and comes with Chromium, for the tests of the webgpu backend in
 * Node. It must be named in the environment before the first device is asked for.
 */
import {existsSync, realpathSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** What tells Vulkan's loader about a driver; the second name is that of loaders before 1.3.207. */
const VARIABLES = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'];
const DRIVER = 'vk_swiftshader_icd.json';

/**
 * The environment in which Vulkan is SwiftShader, empty where there is none: tests of the backend then run on whatever Vulkan
 * finds, or fail. A driver that the environment names already stays.
 *
 * @param chromium path of the program; /usr/bin/chromium of Debian is a script, and the browser lies in /usr/lib/chromium
 */
export function swiftShaderEnvironment(chromium: string): Record<string, string> {
  if (VARIABLES.some((name) => process.env[name])) return {};
  const beside = existsSync(chromium) ? [dirname(realpathSync(chromium))] : [];
  const folders = [...beside, '/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const driver = folders.map((folder) => join(folder, DRIVER)).find((path) => existsSync(path));
  return driver === undefined ? {} : Object.fromEntries(VARIABLES.map((name) => [name, driver]));
}
