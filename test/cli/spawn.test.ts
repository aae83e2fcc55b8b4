/**
 * The built command line as users run it: real processes of dist/cli.js, each a second or two, so that what a command does in this
 * process is in the tests of the commands. Build first (`npm run build`).
 */
import {execFileSync, spawn} from 'node:child_process';
import {closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type Workshop, workshop} from '../video/clips/make_video';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = `${root}dist/cli.js`;

let shop: Workshop;
beforeAll(() => {
  if (!existsSync(program)) throw new Error('dist/cli.js is missing: run `npm run build` before these tests');
  shop = workshop();
});
afterAll(() => shop.remove());

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function run(
  args: string[],
  {env = {}, cwd = root}: {env?: Record<string, string>; cwd?: string} = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: {...process.env, ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({code, out, err}));
  });
}

const clip = (name: string) => `${root}examples/clips/${name}.mp4`;

describe('tfjs-sts', () => {
  it('tells its version', async () => {
    const {version} = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(await run(['--version'])).toEqual({code: 0, out: `${version}\n`, err: ''});
  });

  it.each([
    ['coffee', 'efficientnet_lite0_sts', 'wasm', /^espresso$/],
    ['tabby_cat', 'efficientnet_lite0', 'tensorflow', /^(tiger cat|Egyptian cat|tabby, tabby cat|tabby)$/],
  ])('names the shipped clip %s by %s, on what is best for it, %s', async (name, model, backend, label) => {
    const {code, out, err} = await run(['predict', clip(name), '--json', '--model', model]);
    expect(err).toBe('');
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    expect(answer).toMatchObject({model, backend, frames: 8});
    expect(answer.predictions).toHaveLength(5);
    expect(answer.predictions[0].label).toMatch(label);
    expect(answer.predictions[0].probability).toBeGreaterThan(0.3);
  });

  it('answers the very same on two threads, and from another folder with a relative path', async () => {
    const answers = [];
    for (const [threads, path, cwd] of [
      ['1', 'coffee.mp4', `${root}examples/clips`],
      ['2', clip('coffee'), root],
    ] as const) {
      const {code, out} = await run(['predict', path, '--json', '--frames', '2', '--threads', threads], {
        cwd,
      });
      expect(code).toBe(0);
      answers.push(JSON.parse(out).predictions);
    }
    expect(answers[0][0].label).toBe('espresso');
    expect(answers[1]).toEqual(answers[0]);
  });

  it.each<[string, () => string[], RegExp, Record<string, string>?]>([
    [
      'no ffmpeg',
      () => ['predict', clip('tabby_cat')],
      /ffprobe was not found: install ffmpeg/,
      {PATH: '/nonexistent'},
    ],
    ['not a video', () => ['predict', `${root}package.json`], /cannot read '.*package\.json' as a video/],
    [
      'a video shorter than the clip',
      () => ['predict', shop.formula('short.mkv', 320, 240, 3)],
      /has 3 frames .* use --frames 3/,
    ],
  ])('%s: one line, exit code 1', async (_, args, message, env = {}) => {
    const {code, out, err} = await run(args(), {env});
    expect([code, out]).toEqual([1, '']);
    const lines = err
      .trimEnd()
      .split('\n')
      .filter((line) => !/^(loading|reading|asking) /.test(line));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^tfjs-sts: /);
    expect(lines[0]).toMatch(message);
    expect(err).not.toMatch(/\n +at /);
  });

  it.each([[['list']], [['info', 'x3d_tiny', '--json']]])(
    'says in one line that the disk is full: %j',
    async (args) => {
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [program, ...args], {stdio: ['ignore', full, 'pipe']});
      let err = '';
      child.stderr!.on('data', (data) => {
        err += data;
      });
      const code = await new Promise((resolve) => child.on('close', resolve));
      closeSync(full);
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/^tfjs-sts: cannot write to the standard output: ENOSPC[^\n]*\n$/),
      ]);
    },
  );

  it('takes a video from a pipe, and leaves nothing of it behind when it is told to end', async () => {
    const folder = shop.at('temporary');
    mkdirSync(folder);
    const child = spawn(process.execPath, [program, 'predict', '-'], {
      env: {...process.env, TMPDIR: folder},
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    // Half of a video, so that it waits for the rest.
    child.stdin.write(readFileSync(clip('coffee')).subarray(0, 20_000));
    while (readdirSync(folder).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGTERM');
    const ended = await new Promise((resolve) =>
      child.on('close', (code, signal) => resolve([code, signal])),
    );
    expect(ended).toEqual([null, 'SIGTERM']);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is quiet when nobody reads either output', async () => {
    const child = spawn(process.execPath, [program, 'list', '--jsn'], {stdio: ['ignore', 'pipe', 'pipe']});
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'takes ffmpeg with it when %s ends it',
    async (signal) => {
      // An ffmpeg that never gives a frame, and says which process it is.
      const folder = shop.at(signal);
      mkdirSync(folder);
      writeFileSync(`${folder}/ffmpeg`, `#!/bin/sh\necho $$ >'${folder}/pid'\nexec sleep 60\n`, {
        mode: 0o755,
      });
      const child = spawn(process.execPath, [program, 'predict', clip('coffee'), '--frames', '2'], {
        env: {...process.env, PATH: `${folder}:${process.env.PATH}`},
        stdio: 'ignore',
      });
      const ended = new Promise<NodeJS.Signals | null>((resolve) => {
        child.on('close', (_, by) => resolve(by));
      });
      const isThere = () =>
        existsSync(`${folder}/pid`) && readFileSync(`${folder}/pid`, 'utf8').endsWith('\n');
      while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill(signal);
      expect(await ended).toBe(signal);
      const pid = Number(readFileSync(`${folder}/pid`, 'utf8'));
      // Told to end before its parent ended; a busy machine may take a moment to carry that out and to bury it.
      const state = () => execFileSync('sh', ['-c', `ps -o stat= -p ${pid} || true`], {encoding: 'utf8'});
      await expect.poll(state, {timeout: 20_000}).toMatch(/^(Z.*)?\s*$/);
    },
  );

  it.each([
    ['shots', 'SIGINT', 130, 'shots.json'],
    ['analyze', 'SIGTERM', 143, 'page.html'],
  ] as const)(
    '%s ends when %s comes, with code %i and nothing written',
    async (command, signal, code, file) => {
      const long = shop.at('long.mkv');
      if (!existsSync(long))
        shop.make('long.mkv', '-f', 'lavfi', '-i', 'testsrc=s=64x36:r=30:d=120', '-c:v', 'mpeg4');
      const folder = shop.at(`${command} told to end`);
      mkdirSync(folder);
      writeFileSync(`${folder}/${file}`, 'older');
      const child = spawn(process.execPath, [program, command, long, '-o', `${folder}/${file}`], {
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [out, err] = ['', ''];
      child.stdout.on('data', (data) => {
        out += data;
      });
      // In the midst of the film. A terminal tells the whole group, ffmpeg too.
      const tell = () => process.kill(-child.pid!, signal);
      child.stderr.on('data', (data) => {
        err += data;
        if (/^(looking for|analysing)/m.test(String(data))) setTimeout(tell, 400);
      });
      const ended = await new Promise((resolve) => child.on('close', (code, by) => resolve([code, by])));
      expect(ended).toEqual([code, null]);
      expect(out).toBe('');
      expect(err.trimEnd().split('\n').at(-1)).toBe(`tfjs-sts: interrupted (${signal}); nothing was written`);
      expect(readdirSync(folder)).toEqual([file]);
      expect(readFileSync(`${folder}/${file}`, 'utf8')).toBe('older');
      const running = execFileSync('ps', ['-eo', 'args'], {encoding: 'utf8'});
      expect(running.split('\n').filter((line) => /ffmpeg/.test(line) && line.includes(long))).toEqual([]);
    },
  );

  it('lets its reader go early', async () => {
    const child = spawn(process.execPath, [program, 'info', 'x3d_tiny', '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (data) => {
      err += data;
    });
    child.stdout.destroy();
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, err]).toEqual([0, '']);
  });
});
