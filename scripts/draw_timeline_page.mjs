/**
 * The pictures of docs/guide/timeline.md: the page that `npm run demo` writes, in Chromium, on a desk and on a phone.
 *
 *   npm run demo && node scripts/draw_timeline_page.mjs
 */
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {chromium} from 'playwright';
import {ensureChromium} from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const page = pathToFileURL(join(root, 'demo/film.html')).href;

const VIEWS = {
  timeline_desk: {viewport: {width: 1180, height: 1180}, colorScheme: 'light', at: 16.6},
  timeline_phone: {viewport: {width: 390, height: 844}, colorScheme: 'dark', at: 24.2, deviceScaleFactor: 2},
};

const browser = await chromium.launch({executablePath: ensureChromium(), args: ['--no-sandbox']});
for (const [name, {at, ...options}] of Object.entries(VIEWS)) {
  const tab = await browser.newPage(options);
  await tab.goto(`${page}#t=${at}`);
  await tab.locator('video').waitFor({state: 'visible'});
  // The picture of the film, and not of what is drawn over it.
  await tab.evaluate(() => document.querySelector('video').removeAttribute('controls'));
  while (await tab.evaluate(() => document.querySelector('video').seeking)) await tab.waitForTimeout(50);
  await tab.waitForTimeout(300);
  const path = join(root, 'docs/images', `${name}.jpg`);
  await tab.screenshot({path, type: 'jpeg', quality: 82});
  console.log(path);
}
await browser.close();
