/**
 * Fresh projects that install the packed tarball as a user would, in temporary folders outside the repository. The
 * versions of the other packages are those of package-lock.json.
 */
import {spawnSync} from 'node:child_process';
import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join, resolve} from 'node:path';

export const repository = resolve(import.meta.dirname, '../..');

interface Manifest {
  version: string;
  exports: Record<string, unknown>;
}

/** package.json of the package under test. */
export const manifest = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as Manifest;

/** The entries in it that are modules, such as './ops'. */
export const entries = Object.keys(manifest.exports).filter(
  (entry) => entry !== './package.json' && !entry.includes('*'),
);

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, without input. */
export function run(command: string, args: readonly string[], cwd: string): Outcome {
  const env: NodeJS.ProcessEnv = {...process.env, NO_COLOR: '1'};
  // Set by vitest for its own workers.
  delete env.NODE_ENV;
  const {status, stdout, stderr} = spawnSync(command, args, {cwd, env, encoding: 'utf8', stdio: 'pipe'});
  return {status, stdout, stderr};
}

/** `run`, for programs that have to succeed. */
function mustRun(command: string, args: readonly string[], cwd: string): Outcome {
  const outcome = run(command, args, cwd);
  if (outcome.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed:\n${outcome.stdout}\n${outcome.stderr}`);
  }
  return outcome;
}

let packed: string | undefined;

/** The tarball under test: the one that `npm test` packed, or one packed now from the present dist/. */
function tarball(): string {
  const given = process.env.TFJS_STS_TARBALL;
  if (given !== undefined) return resolve(repository, given);
  if (packed === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-pack-'));
    mustRun('npm', ['pack', '--silent', '--pack-destination', folder], repository);
    packed = join(folder, readdirSync(folder)[0]!);
  }
  return packed;
}

interface Lock {
  packages: Record<string, {version?: string}>;
}

function lockedVersion(name: string): string {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as Lock;
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (version === undefined) throw new Error(`package-lock.json has no ${name}`);
  return version;
}

export interface Project {
  readonly folder: string;
  /** Removes the project. */
  remove(): void;
}

/**
 * Copies apps/`app` and installs the tarball with `packages` in it; npm adds the required peers by itself.
 *
 * @param fields of package.json
 */
export function createProject(app: string, packages: readonly string[], fields: object): Project {
  return install(
    join(import.meta.dirname, 'apps', app),
    packages,
    JSON.stringify({name: 'app', version: '1.0.0', private: true, ...fields}),
  );
}

/** Copies apps/`app` into a folder of a project: a package of its own that finds what is installed there. Its path. */
export function createWithin(project: Project, app: string, fields: object): string {
  const folder = join(project.folder, app);
  cpSync(join(import.meta.dirname, 'apps', app), folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), JSON.stringify({name: app, private: true, ...fields}));
  return folder;
}

/** Copies an example that has a package.json of its own, and installs what that names, the tarball for tfjs-sts. */
export function createExample(name: string): Project {
  const example = join(repository, 'examples', name);
  const manifest = JSON.parse(readFileSync(join(example, 'package.json'), 'utf8'));
  const {dependencies, devDependencies, ...rest} = manifest;
  const packages = Object.keys({...dependencies, ...devDependencies}).filter((one) => one !== 'tfjs-sts');
  return install(example, packages, JSON.stringify(rest));
}

function install(source: string, packages: readonly string[], manifest: string): Project {
  const folder = mkdtempSync(join(tmpdir(), `tfjs-sts-${basename(source)}-`));
  cpSync(source, folder, {recursive: true});
  writeFileSync(join(folder, 'package.json'), manifest);
  const versions = packages.map((name) => `${name}@${lockedVersion(name)}`);
  const quiet = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  mustRun('npm', ['install', ...quiet, tarball(), ...versions], folder);
  return {folder, remove: () => rmSync(folder, {recursive: true, force: true})};
}
