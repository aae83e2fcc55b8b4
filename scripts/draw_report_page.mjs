/**
 * The picture of docs/guide/training.md: the report of the clips' stage of examples/train, in Chromium.
 *
 *   npm run build && node examples/train/main.mjs demo/run && node scripts/draw_report_page.mjs
 */
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {chromium} from 'playwright';
import {ensureChromium} from './setup.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const browser = await chromium.launch({executablePath: ensureChromium(), args: ['--no-sandbox']});
const page = await browser.newPage({viewport: {width: 1180, height: 1050}, colorScheme: 'light'});
await page.goto(pathToFileURL(join(root, 'demo/run/clips/report.html')).href);
const path = join(root, 'docs/images/training_report.jpg');
await page.screenshot({path, type: 'jpeg', quality: 82});
console.log(path);
await browser.close();
