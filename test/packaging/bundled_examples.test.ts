/**
 * The examples that are projects of their own, with a bundler: installed with the packed tarball, bundled, and run away
 * from their node_modules.
 */
import {type ChildProcess, spawn} from 'node:child_process';
import {cpSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {readPage, serve} from './page';
import {createExample, type Project, repository, run} from './project';

const coffee = join(repository, 'examples/clips/coffee.mp4');

describe('examples/vite', () => {
  let project: Project;
  beforeAll(() => {
    project = createExample('vite');
  });
  afterAll(() => project?.remove());

  it('finds the .wasm files and the model of the packages, and names what is in a clip', async () => {
    const {status, stdout, stderr} = run('npx', ['--no-install', 'vite', 'build'], project.folder);
    expect(status, stdout + stderr).toBe(0);
    const {server, address} = await serve(join(project.folder, 'dist'));
    try {
      expect(await readPage(address, coffee)).toMatch(/^0\.\d{3} espresso\n/);
    } finally {
      server.close();
    }
  });
});

describe('examples/server', () => {
  let project: Project;
  let server: ChildProcess | undefined;
  const elsewhere = mkdtempSync(join(tmpdir(), 'tfjs-sts-bundle-'));
  beforeAll(() => {
    project = createExample('server');
  });
  afterAll(() => {
    server?.kill();
    project?.remove();
    rmSync(elsewhere, {recursive: true});
  });

  it('answers out of the bundle alone', async () => {
    const {status, stdout, stderr} = run(process.execPath, ['build.mjs'], project.folder);
    expect(status, stdout + stderr).toBe(0);
    cpSync(join(project.folder, 'dist'), elsewhere, {recursive: true});
    server = spawn(process.execPath, ['server.mjs'], {
      cwd: elsewhere,
      env: {...process.env, PORT: '0'},
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const port = await new Promise<number>((resolve) =>
      server!.stdout!.once('data', (data) => resolve(Number(data))),
    );
    const ask = (body: Uint8Array<ArrayBuffer>) =>
      fetch(`http://127.0.0.1:${port}/`, {method: 'POST', body}).then((response) => response.json());
    expect(await ask(new Uint8Array(readFileSync(coffee)))).toMatchObject([{label: 'espresso'}, {}, {}]);
    expect(await ask(new TextEncoder().encode('no video'))).toEqual({
      error: expect.stringMatching(/as a video/),
    });
  });
});
