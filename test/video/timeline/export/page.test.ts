/**
 * The page of a timeline in Chromium, opened from the disk as a reader would: what it asks for, what hostile names do, seeking
 * by click and by key with the film beside it, and that it fits a phone.
 */
import {createHash} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import {type Browser, chromium, type Page} from 'playwright';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {pathUrl} from '../../../../src/util/page/escape';
import {exportTimeline, type Timeline} from '../../../../src/video/timeline';
import {SCRIPT} from '../../../../src/video/timeline/export/html/script';
import {STYLE} from '../../../../src/video/timeline/export/html/style';
import {type Workshop, workshop} from '../../clips/make_video';
import {HOSTILE, sampleTimeline} from '../sample';

const DOT =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg==';

let shop: Workshop;
let browser: Browser;
beforeAll(async () => {
  shop = workshop();
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  browser = await chromium.launch({executablePath, args: ['--no-sandbox']});
});
afterAll(async () => {
  await browser.close();
  shop.remove();
});

/** A film of three seconds at 10 frames/s with a cut after each second. */
const SHORT: Timeline = {
  version: 1,
  video: {
    name: 'film.webm',
    width: 64,
    height: 36,
    duration: 3,
    frameRate: 10,
    isVariableRate: false,
    startTimestamp: 0,
    frames: 30,
  },
  shots: [0, 1, 2].map((second) => ({
    startFrame: second * 10,
    endFrame: second * 10 + 9,
    start: second,
    end: second + 1,
    transition: second === 0 ? ('start' as const) : ('cut' as const),
    confidence: 1,
  })),
  segments: [{start: 1, end: 2.5, labels: [{label: 'sea', score: 0.5}]}],
};

/** The page open in Chromium; `asked` is what it asked for besides itself, `complaints` what the browser said of it. */
async function open(name: string, html: string) {
  writeFileSync(shop.at(name), html);
  const page: Page = await browser.newPage();
  const address = pathToFileURL(shop.at(name)).href;
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (request.url() !== address && !request.url().startsWith('data:')) asked.push(request.url());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => complaints.push(message.text()));
  await page.goto(address);
  return {page, asked, complaints};
}

/** Waits until an expression is true in the page. Playwright's own waiting would need a policy that allows to evaluate text. */
const until = (page: Page, expression: string) =>
  expect.poll(() => page.evaluate(expression), {timeout: 10_000}).toBe(true);

it.each([
  ['style', STYLE],
  ['script', SCRIPT],
])('the policy has the hash of the %s; if not, put it into page.ts', (kind, text) => {
  const hash = createHash('sha256').update(text).digest('base64');
  expect(exportTimeline(SHORT, 'html')).toContain(`${kind}-src 'sha256-${hash}'`);
});

describe('with names that try to break out', () => {
  const name = `${HOSTILE[3]}${HOSTILE[2]}https://example.com/x.mp4`;

  it('shows them as text, runs nothing and asks for nothing but the film beside it', async () => {
    const timeline = {...sampleTimeline(25, HOSTILE, name), model: HOSTILE[2]};
    const thumbnails = timeline.shots.map(() => DOT);
    const {page, asked, complaints} = await open(
      'hostile.html',
      exportTimeline(timeline, 'html', {thumbnails}),
    );
    await page.locator('.absent').waitFor({state: 'visible'});
    expect(await page.evaluate('globalThis.hacked')).toBeUndefined();
    expect(await page.locator('h1').textContent()).toBe(name);
    expect(await page.locator('script').count()).toBe(1);
    expect(await page.locator('img:not(.shot img), [onerror], [onmouseover]').count()).toBe(0);
    const shown = await page.locator('.lane .name').allTextContents();
    const readable = (label: string) =>
      label.replace(/\r\n/g, '\n').replace('\0', '').replace('\ud800', '\ufffd');
    expect(shown).toEqual(['shots', ...HOSTILE.map(readable)]);
    // The one thing that it may ask for: the film, in a folder below its own, whatever its name says.
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((url) => !url.startsWith(pathToFileURL(shop.folder).href))).toEqual([]);
    // Chromium says itself that the film is not there.
    expect(complaints.filter((text) => !/ERR_FILE_NOT_FOUND/.test(text))).toEqual([]);
    await page.close();
  });

  it.each([
    ['film.mp4', 'film.mp4'],
    ['https://example.com/film.mp4', 'https%3A/example.com/film.mp4'],
    ['//example.com/film.mp4', '/example.com/film.mp4'],
    ['\\\\example.com\\film.mp4', '/example.com/film.mp4'],
    ['javascript:alert(1)', 'javascript%3Aalert(1)'],
    ['../films/a b?#.mp4', '../films/a%20b%3F%23.mp4'],
    ['/films/é.mp4', '/films/%C3%A9.mp4'],
    ['\ud800.mp4', '%EF%BF%BD.mp4'],
  ])('takes %s as the path %s', (path, url) => {
    expect(pathUrl(path)).toBe(url);
  });
});

describe('with the film beside it', () => {
  const film = () => {
    const source =
      'color=red:s=64x36:r=10:d=1[a];color=lime:s=64x36:r=10:d=1[b];color=blue:s=64x36:r=10:d=1[c]';
    const graph = `${source};[a][b][c]concat=n=3`;
    return shop.make('film.webm', '-filter_complex', graph, '-c:v', 'libvpx', '-g', '5', '-b:v', '200k');
  };
  /** The colour of the picture that the film shows. */
  const colour = (page: Page) =>
    page.evaluate(`(() => {
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      context.drawImage(document.querySelector('video'), 0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value > 127).join();
    })()`);
  const time = (page: Page) => page.evaluate<number>(`document.querySelector('video').currentTime`);

  it('seeks by click, by key and by address, and marks the shot that is shown', async () => {
    film();
    const html = exportTimeline(SHORT, 'html', {thumbnails: [DOT, '', DOT]});
    const {page, asked, complaints} = await open('beside.html', html);
    await page.locator('video').waitFor({state: 'visible'});
    expect(new Set(asked)).toEqual(new Set([pathToFileURL(shop.at('film.webm')).href]));
    const current = page.locator('[aria-current]');
    const settled = () =>
      until(
        page,
        `!document.querySelector('video').seeking && document.querySelector('video').readyState > 1`,
      );
    expect(await current.textContent()).toMatch(/^0:00\.0/);

    await page.locator('.shot').nth(1).click();
    await settled();
    expect(await time(page)).toBeCloseTo(1.001, 5);
    expect(await current.textContent()).toMatch(/^0:01\.0.*sea/);
    expect(await page.evaluate('location.hash')).toBe('#t=1');

    await page.keyboard.press('n');
    await settled();
    expect(await time(page)).toBeCloseTo(2.001, 5);
    expect(await page.evaluate(`document.activeElement.getAttribute('href')`)).toBe('#t=2');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('p');
    await settled();
    expect(await time(page)).toBeCloseTo(0.001, 5);

    // Bars are links too, by mouse and by keyboard.
    await page.getByRole('link', {name: /^sea 50/}).focus();
    await page.keyboard.press('Enter');
    await settled();
    expect(await time(page)).toBeCloseTo(1.001, 5);

    const {x, y, width, height} = (await page.locator('.film svg').boundingBox())!;
    await page.mouse.click(x + width * 0.9, y + height / 2);
    await settled();
    // A bar of a shot is a link to the start of it.
    expect(await time(page)).toBeCloseTo(2.001, 5);
    await page.evaluate(`location.hash = '#t=0.55'`);
    await until(page, `document.querySelector('video').currentTime < 1`);
    expect(await time(page)).toBeCloseTo(0.551, 5);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('takes the film from the reader where it is not beside', async () => {
    const path = film();
    const html = exportTimeline(SHORT, 'html', {videoPath: 'elsewhere.webm'});
    const {page} = await open('without.html', html);
    await page.locator('.absent').waitFor({state: 'visible'});
    await page.setInputFiles('input', path);
    await page.locator('video').waitFor({state: 'visible'});
    await page.locator('.shot').nth(2).click();
    await until(page, `document.querySelector('video').currentTime > 2`);
    await until(page, `!document.querySelector('video').seeking`);
    expect(await colour(page)).toBe('false,false,true');
    await page.close();
  });
});

it('fits a phone and a desk, light and dark: nothing is cut off, text can be told from what is behind it', async () => {
  const html = exportTimeline(sampleTimeline(25), 'html');
  const {page} = await open('fits.html', html);
  await page.locator('.absent').waitFor({state: 'visible'});
  for (const [width, colorScheme] of [
    [360, 'light'],
    [360, 'dark'],
    [1280, 'dark'],
  ] as const) {
    await page.setViewportSize({width, height: 800});
    await page.emulateMedia({colorScheme});
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    // Contrast as WCAG 2 defines it, of the body and of the softest text.
    const ratios = await page.evaluate<number[]>(`['body', '.shot .how'].map((place) => {
      const element = document.querySelector(place);
      const light = (colour) => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => {
          const value = part / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const behind = getComputedStyle(element.closest('.shot') ?? element).backgroundColor;
      const [a, b] = [getComputedStyle(element).color, behind].map(light).sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    })`);
    expect(Math.min(...ratios)).toBeGreaterThan(4.5);
  }
  await page.close();
});

it('refuses pictures that are not one for each shot, or from elsewhere', () => {
  expect(() => exportTimeline(SHORT, 'html', {thumbnails: [DOT]})).toThrow(
    /1 thumbnails; there must be one for each of 3/,
  );
  const urls = [DOT, 'https://example.com/x.png', DOT];
  expect(() => exportTimeline(SHORT, 'html', {thumbnails: urls})).toThrow(
    /thumbnails\[1\] must be a data: URL/,
  );
});
