/** Pages of packaged programs: a server on this machine, and Chromium that reads what the page says. */
import {readFileSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname, join} from 'node:path';
import {type Browser, chromium} from 'playwright';
import {afterAll} from 'vitest';

const contentTypes: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** What makes a page cross-origin isolated, so that its threads may share memory. */
const isolating = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** Serves a folder on this machine. */
export async function serve(folder: string): Promise<{server: Server; address: string}> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = path === '/' ? '/index.html' : path;
    try {
      const body = readFileSync(join(folder, file));
      response
        .writeHead(200, {
          'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
          ...isolating,
        })
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`};
}

/** One for all pages of a test file. */
let started: Promise<Browser> | undefined;
afterAll(async () => {
  await (await started)?.close();
});

function chromiumOfFile(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  started ??= chromium.launch({executablePath, args: ['--no-sandbox']});
  return started;
}

/**
 * The text of #result once it is there; fails with what the page complained about.
 *
 * @param video a file that is chosen in the page's #video
 */
export async function readPage(address: string, video?: string): Promise<string> {
  const browser = await chromiumOfFile();
  // In a context of its own, with nothing cached.
  const page = await browser.newPage();
  try {
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    if (video !== undefined) await page.setInputFiles('#video', video);
    const result = page.locator('#result:not(:empty)');
    await result.waitFor({state: 'attached'}).catch(() => {
      throw new Error(`The page shows no result: ${complaints.join('; ') || 'no error either'}`);
    });
    return (await result.textContent()) ?? '';
  } finally {
    await page.close();
  }
}
