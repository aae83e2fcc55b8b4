/**
 * Opens the benchmark's page in a headless Chromium, served by Vite from this checkout: the package as built in dist, the others from
 * node_modules.
 */
import {existsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {chromium} from 'playwright';
import {createServer} from 'vite';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** What gives a headless Chromium the GPU, and timestamps of it. */
const GPU = [
  '--enable-gpu',
  '--ignore-gpu-blocklist',
  '--enable-unsafe-webgpu',
  '--enable-dawn-features=allow_unsafe_apis',
  '--disable-background-networking',
  '--no-first-run',
];
const VULKAN = ['--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface'];
const SOFTWARE = [
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

function serve() {
  return createServer({
    configFile: false,
    root: ROOT,
    cacheDir: join(ROOT, '.cache/vite_benchmarks'),
    logLevel: 'error',
    server: {host: '127.0.0.1', hmr: false},
    resolve: {
      alias: [
        {find: /^tfjs-sts$/, replacement: join(ROOT, 'dist/index.js')},
        {find: /^tfjs-sts\/(.*)$/, replacement: join(ROOT, 'dist/$1.js')},
      ],
    },
    // Named, so that Vite bundles before the page runs and does not reload it; the other package finds its wasm beside itself.
    optimizeDeps: {
      entries: [],
      include: ['core', 'layers', 'backend-webgl', 'backend-webgpu'].map(
        (name) => `@tensorflow/tfjs-${name}`,
      ),
      exclude: ['onnxruntime-web'],
    },
  });
}

/**
 * @param options.software on a software adapter too
 * @param options.onAdapter is told the adapter, before anything is measured; false ends it
 * @param options.tell is called with each result
 * @returns what measure.mjs gives; undefined where onAdapter ended it
 */
export async function measureInChromium(given, {software, onAdapter, tell}) {
  const server = await serve();
  await server.listen();
  const gpu = process.platform === 'linux' ? [...GPU, ...VULKAN] : GPU;
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({
    headless: true,
    args: [...gpu, ...(software ? SOFTWARE : []), ...sandbox],
    ...(existsSync(CHROMIUM) ? {executablePath: CHROMIUM} : {channel: 'chromium'}),
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('pageerror', (error) => console.error(error.message));
    await page.exposeFunction('tellResult', tell);
    await page.goto(`${server.resolvedUrls.local[0]}benchmarks/gpu/page.html`);
    await page.waitForFunction(() => window.gpuBenchmark !== undefined);
    const adapter = await page.evaluate(() => window.gpuBenchmark.findAdapter());
    if (!onAdapter(adapter)) return undefined;
    const found = await page.evaluate((cases) => window.gpuBenchmark.run(cases), given);
    return {adapter, browser: `Chromium ${browser.version()}`, ...found};
  } finally {
    await browser.close();
    await server.close();
  }
}
