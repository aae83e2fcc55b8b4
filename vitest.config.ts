/**
 * The test projects. `node`, `node-together` and `browser` (Chromium, software rendering: correctness, never speed) hold the
 * tests of the package, `isolated` those of a page whose threads may share memory; `packaging` installs the packed tarball
 * in fresh projects and needs a build before it.
 */
import {existsSync} from 'node:fs';
import {playwright} from '@vitest/browser-playwright';
import {defineConfig, type TestProjectInlineConfiguration} from 'vitest/config';
import {swiftShaderEnvironment} from './test/support/swiftshader';

const chromium = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** What starts WebGL 2 and WebGPU in a headless Chromium on a machine without a GPU. */
const chromiumArguments = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // As in Node (test/support/dawn.ts).
  '--enable-dawn-features=disable_workgroup_init',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

/** How many random cases, and which: a page does not see the environment by itself. */
const chosenByHand = Object.fromEntries(
  ['RANDOM_GEOMETRIES', 'RANDOM_SEED'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

const minute = 60_000;
const browserTests = 'test/**/*.browser.test.ts';
const sharedTests = 'test/**/*.shared.test.ts';
const isolatedTests = 'test/**/*.isolated.test.ts';
const packagingTests = 'test/packaging/**/*.test.ts';
/**
 * What a second Node need not repeat (scripts/test.mjs): memory, copies, plans, and threads that start and end have nothing to do
 * with rounding, and the bytes of the module are one file.
 */
const testsOfOneNode =
  process.env.TEST_BACKENDS === undefined
    ? []
    : [
        ...[
          'copies.shared',
          'copying_heap',
          'host',
          'Identity',
          'layout',
          'memory',
          'module',
          'plain_build',
          'plan',
        ],
        ...['copies', 'host', 'late', 'memory', 'pool', 'shared_build'].map((name) => `threads/${name}`),
      ].map((name) => `test/kernels/wasm/${name}.test.ts`);

/**
 * Folders whose tests share a process, and what it has loaded and compiled: they compute, and leave the backends, the kernels
 * and the registries of the host as they were.
 */
const togetherTests = [
  'experiments',
  'files',
  'geometry',
  'layers',
  'models/checkpoints',
  'models/inflate',
  'models/onnx',
  'models/shipped',
  'networks',
  'ops',
  'train/augment',
  'train/data',
  'train/evaluation',
  'train/optimization',
  'train/recipes',
  'train/report',
  'train/run_files',
  'util',
  'video',
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Tests in Node. */
const inNode = {
  // Flags of the engine, for tests on what it has behind them (scripts/test.mjs).
  execArgv: process.env.TEST_EXEC_ARGV?.match(/\S+/g) ?? [],
  setupFiles: ['test/support/device_errors.ts'],
  env: swiftShaderEnvironment(chromium),
  testTimeout: 3 * minute,
  hookTimeout: 2 * minute,
};

/** Tests in pages that Vite serves with `headers`. */
function browserProject(name: string, include: string[], headers = {}): TestProjectInlineConfiguration {
  return {
    server: {headers},
    // Everything the browser tests import from packages, named here: a package that Vite discovers while a test
    // runs makes it bundle again and reload the page under the test.
    optimizeDeps: {
      include: [
        '@tensorflow/tfjs-core',
        '@tensorflow/tfjs-layers',
        '@tensorflow/tfjs-backend-cpu',
        '@tensorflow/tfjs-backend-wasm',
        '@tensorflow/tfjs-backend-webgl',
        '@tensorflow/tfjs-backend-webgpu',
        'fast-check',
      ],
      // Of Node alone (test/support/dawn.ts, tfjs_node.ts).
      exclude: ['webgpu', '@tensorflow/tfjs-node'],
    },
    test: {
      name,
      include,
      exclude: [packagingTests],
      setupFiles: ['test/support/device_errors.ts'],
      env: chosenByHand,
      // One page at a time: all of them draw on the same two cores through the same software renderer.
      fileParallelism: false,
      testTimeout: 5 * minute,
      hookTimeout: 3 * minute,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({
          launchOptions: {
            args: chromiumArguments,
            ...(existsSync(chromium) ? {executablePath: chromium} : {}),
          },
        }),
        instances: [{browser: 'chromium'}],
      },
    },
  };
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'node-together',
          include: togetherTests,
          exclude: [browserTests, isolatedTests],
          isolate: false,
          ...inNode,
        },
      },
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [browserTests, isolatedTests, packagingTests, ...togetherTests, ...testsOfOneNode],
          ...inNode,
        },
      },
      {
        test: {
          name: 'packaging',
          include: [packagingTests],
          fileParallelism: false,
          testTimeout: 5 * minute,
          hookTimeout: 5 * minute,
        },
      },
      browserProject('browser', [browserTests, sharedTests]),
      browserProject('isolated', [isolatedTests], {
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Cross-Origin-Embedder-Policy': 'require-corp',
      }),
    ],
  },
});
