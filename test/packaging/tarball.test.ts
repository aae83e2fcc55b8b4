/**
 * The packed package in the hands of users: installed into a bare Node project of ES and CommonJS modules, into a Vite
 * project with pages of script tags beside it, each of which does a real convolution; its types and its command line. Needs a build.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {answer, question} from './convolution';
import {readPage, serve} from './page';
import {createProject, createWithin, entries, manifest, type Project, repository, run} from './project';

const core = '@tensorflow/tfjs-core';
const cpu = '@tensorflow/tfjs-backend-cpu';
const wasm = '@tensorflow/tfjs-backend-wasm';

/** A program in TypeScript that uses the declared types of every entry. */
const typedProgram = `
import * as tf from '${core}';
import * as sts from 'tfjs-sts';
${entries.map((entry, i) => `import * as entry${i} from 'tfjs-sts${entry.slice(1)}';`).join('\n')}
export const output: tf.Tensor = sts.stsConv3d(tf.zeros([1, 2, 3, 4, 1]) as tf.Tensor5D, tf.zeros([3, 1, 1, 1, 4]), 1, 'same');
export const entries = [${entries.map((_, i) => `entry${i}`).join(', ')}];
// @ts-expect-error The declared types are no bag of \`any\`.
sts.noSuchFunction();
`;

function checkAnswer(text: string) {
  const {shape, values, gradient, coverage} = JSON.parse(text);
  expect(shape).toEqual(answer.shape);
  expect(values).toEqual(answer.values);
  expect(gradient).toEqual(answer.gradient);
  // The host's own kernels are listed too; on cpu all but the pooling stay the host's.
  const ours = Object.keys(coverage).filter((name) => name.startsWith('IndirectConv3D'));
  expect(ours.map((name) => coverage[name])).toEqual(['kernel', 'kernel', 'kernel']);
}

/**
 * How TypeScript may look for packages; the last one knows no `exports`, and node16 is the profile of are-the-types-wrong. Whatever finds them,
 * the declarations are the same files, and what is in them is checked once.
 */
const resolutions = [
  {module: 'nodenext', skipLibCheck: false},
  {module: 'esnext', moduleResolution: 'bundler', skipLibCheck: true},
  {module: 'commonjs', moduleResolution: 'node10', skipLibCheck: true},
];

/** In every resolution the program compiles, and nothing is wrong in our declarations. Of the host's we are not the judge. */
function checkTypes(folder: string, file: string, ways: readonly object[]) {
  writeFileSync(join(folder, file), typedProgram);
  for (const resolution of ways) {
    const compilerOptions = {
      noEmit: true,
      strict: true,
      ...resolution,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({compilerOptions, files: [file]}));
    const {stdout} = run(process.execPath, [join(repository, 'node_modules/typescript/bin/tsc')], folder);
    const complaints = stdout
      .split('\n')
      .filter((line) => line !== '' && !/^(\s|(\.\.\/)?node_modules\/@)/.test(line));
    expect(complaints, JSON.stringify(resolution)).toEqual([]);
  }
}

// One installation for both kinds of module.
describe('in a Node project', () => {
  let project: Project;
  let commonJs: string;
  beforeAll(() => {
    project = createProject('esm', [core, cpu], {type: 'module'});
    commonJs = createWithin(project, 'cjs', {type: 'commonjs'});
  });
  afterAll(() => project?.remove());

  it('computes, also with the CJS build loaded beside it', () => {
    const {stdout, stderr} = run(process.execPath, ['main.mjs', JSON.stringify(question)], project.folder);
    // The host greets on stderr; it would warn there about a kernel or a gradient that is registered twice.
    expect(stderr).not.toMatch(/regist|error/i);
    checkAnswer(stdout);
  });

  it('knows what the CJS build made: a model, its frozen form, a checkpoint', () => {
    const program = `
      import {createRequire} from 'node:module';
      import '${cpu}';
      import * as tf from '${core}';
      import {sequential} from '@tensorflow/tfjs-layers';
      import * as sts from 'tfjs-sts';
      import {Checkpoint} from 'tfjs-sts/checkpoints';
      const require = createRequire(import.meta.url);
      const builds = [sts, require('tfjs-sts')];
      const models = builds.map(({layers}) => sequential({
        layers: [
          layers.conv3d({filters: 4, kernelSize: 3, inputShape: [4, 6, 6, 3]}),
          layers.batchNorm3d(),
          layers.globalAveragePooling3d(),
        ],
      }));
      const frozen = models.map((model) => sts.freeze(model));
      const {Checkpoint: Other} = require('tfjs-sts/checkpoints');
      console.log(JSON.stringify({
        apart: builds[0].freeze !== builds[1].freeze,
        steps: (await Promise.all(frozen.map((model) => model.toData()))).map(({steps}) => steps.map(({op}) => op)),
        isFrozen: builds[1].freeze(models[0]) instanceof sts.FrozenModel,
        isCheckpoint: Object.create(Other.prototype) instanceof Checkpoint,
      }));`;
    const {stdout, stderr} = run(process.execPath, ['--input-type=module', '-e', program], project.folder);
    expect(stderr).not.toMatch(/error/i);
    const {steps, ...rest} = JSON.parse(stdout);
    expect(rest).toEqual({apart: true, isFrozen: true, isCheckpoint: true});
    expect(steps[0].length).toBeGreaterThan(0);
    expect(steps[1]).toEqual(steps[0]);
  });

  it('has types in every resolution', () => checkTypes(project.folder, 'types.mts', resolutions));

  it('brings no backend along', () => {
    const {stdout} = run('npm', ['ls', '--all', '--parseable'], project.folder);
    expect(stdout).toContain(cpu.replace('/', process.platform === 'win32' ? '\\' : '/'));
    expect(stdout).not.toMatch(/tfjs-(backend-(wasm|webgl|webgpu)|node)/);
  });

  it('computes by `require`', () => {
    const {stdout, stderr} = run(process.execPath, ['main.cjs', JSON.stringify(question)], commonJs);
    expect(stderr).not.toMatch(/regist|error/i);
    checkAnswer(stdout);
  });

  it('has types for `require`', () =>
    checkTypes(commonJs, 'types.cts', [{module: 'nodenext', skipLibCheck: true}]));

  it('finds the model that comes in the package', () => {
    const program = `
      const {readFile} = require('node:fs/promises');
      require('${cpu}');
      require('tfjs-sts/zoo')
        .loadModel('efficientnet_lite0_sts', {readFile: (path) => readFile(path)})
        .then(({model, info}) => console.log(info.labels.length, model.outputs[0].shape.at(-1)));`;
    const {stdout, stderr} = run(process.execPath, ['-e', program], commonJs);
    expect(stdout, stderr).toBe('1000 1000\n');
  });

  it('reads a data set in a thread of its own', () => {
    const list = join(commonJs, 'list.txt');
    writeFileSync(list, `${join(repository, 'examples/clips/coffee.mp4')} 0\n`);
    const program = `
      require('${cpu}');
      const {datasets} = require('tfjs-sts/node');
      (async () => {
        const data = await datasets.kinetics(${JSON.stringify(list)}, {frames: 2, size: 32, crop: 32, loaders: 1});
        for await (const {x} of data.batches(0, {batchSize: 2, seed: 1})) console.log(x.shape.join());
      })();`;
    const {stdout, stderr} = run(process.execPath, ['-e', program], commonJs);
    expect(stdout, stderr).toBe('1,2,32,32,3\n');
  });

  it('every entry loads by `require` and by `import`, without its backend', () => {
    for (const entry of entries) {
      const name = JSON.stringify(`tfjs-sts${entry.slice(1)}`);
      const program = `require(${name}); import(${name}).catch((error) => { console.error(error); process.exit(1); });`;
      const {status, stderr} = run(process.execPath, ['-e', program], commonJs);
      expect(status, `${name}: ${stderr}`).toBe(0);
    }
  });
});

// One installation for the command line too, with the backend that is best for it, and for pages without a bundler.
describe('in a Vite project', () => {
  let project: Project;
  beforeAll(() => {
    project = createProject('vite', [core, cpu, wasm, '@tensorflow/tfjs', 'vite'], {type: 'module'});
  });
  afterAll(() => project?.remove());

  const tfjsSts = (...args: string[]) => run('npx', ['--no-install', 'tfjs-sts', ...args], project.folder);

  it('has a command line that tells its version', () => {
    expect(tfjsSts('--version')).toEqual({status: 0, stdout: `${manifest.version}\n`, stderr: ''});
  });

  it('has a command line that names what is in a clip, with the model that comes in the package', () => {
    const {status, stdout, stderr} = tfjsSts(
      'predict',
      join(repository, 'examples/clips/coffee.mp4'),
      '--json',
    );
    expect(status, stderr).toBe(0);
    const {predictions} = JSON.parse(stdout);
    expect(predictions).toHaveLength(5);
    expect(predictions[0].label).toBe('espresso');
  });

  it('is bundled without a word about Node, and computes in Chromium, also on two threads', async () => {
    const {status, stdout, stderr} = run(
      'npx',
      ['--no-install', 'vite', 'build', '--target', 'es2022'],
      project.folder,
    );
    expect(status, stdout + stderr).toBe(0);
    expect(stdout + stderr).not.toMatch(/externalized for browser compatibility.*tfjs-sts/);
    const {server, address} = await serve(join(project.folder, 'dist'));
    try {
      checkAnswer(await readPage(`${address}#${encodeURIComponent(JSON.stringify(question))}`));
      expect(await readPage(`${address}threads.html`)).toBe('wasm true');
    } finally {
      server.close();
    }
  });

  describe('in a page of three script tags', () => {
    beforeAll(() => {
      createWithin(project, 'script', {});
    });

    it('is the global sts, with the kernels of all backends of a page, and threads', async () => {
      const {server, address} = await serve(project.folder);
      try {
        const {threads, kernels, ...found} = JSON.parse(
          await readPage(`${address}script/index.html#${encodeURIComponent(JSON.stringify(question))}`),
        );
        checkAnswer(JSON.stringify(found));
        expect(threads).toBe(true);
        expect(kernels).toEqual(['kernel', 'kernel', 'kernel', 'kernel']);
      } finally {
        server.close();
      }
    });

    it('says which script is missing', async () => {
      const {server, address} = await serve(project.folder);
      try {
        expect(await readPage(`${address}script/alone.html`)).toMatch(
          /there is no global tf; load tf\.min\.js of @tensorflow\/tfjs/,
        );
      } finally {
        server.close();
      }
    });
  });
});
