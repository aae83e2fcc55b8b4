/** The examples, run as their README files say: by Node, in the repository, against the build. */
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {beforeAll, describe, expect, it} from 'vitest';
import {repository, run} from './project';

beforeAll(() => {
  if (!existsSync(join(repository, 'dist/index.js')))
    throw new Error('dist/ is missing: run `npm run build` first');
});

/** What an example prints; fails with its stderr if it fails. */
function outputOf(example: string, ...args: string[]): string {
  const {status, stdout, stderr} = run(
    process.execPath,
    [`examples/${example}/main.mjs`, ...args],
    repository,
  );
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The numbers after `label` in each line that has it. */
function numbersAfter(output: string, label: string): number[][] {
  return output
    .split('\n')
    .filter((line) => line.includes(label))
    .map((line) =>
      line
        .slice(line.indexOf(label) + label.length)
        .match(/[\d.]+/g)!
        .map(Number),
    );
}

describe('examples', () => {
  const folders = readdirSync(join(repository, 'examples'), {withFileTypes: true})
    .filter((entry) => entry.isDirectory() && entry.name !== 'clips')
    .map(({name}) => name)
    // Projects of their own, see bundled_examples.test.ts.
    .filter((name) => !existsSync(join(repository, 'examples', name, 'package.json')));

  it('are the nine that run below, each with a README that says how', () => {
    const names = [
      'drop_in_layer',
      'inflate',
      'node_gpu',
      'predict',
      'slowfast',
      'teach',
      'timeline',
      'train',
    ];
    names.push('worker');
    expect(folders.sort()).toEqual(names);
    for (const name of folders) {
      const text = readFileSync(join(repository, 'examples', name, 'README.md'), 'utf8');
      expect(text).toContain(`node examples/${name}/main.mjs`);
    }
  });

  it('drop_in_layer learns, and keeps the weights of a model that it rewrites', () => {
    const output = outputOf('drop_in_layer');
    const losses = numbersAfter(output, 'loss ').map(([loss]) => loss!);
    expect(losses).toHaveLength(6);
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 10);
    expect(numbersAfter(output, 'not seen: accuracy ')[0]![0]).toBeGreaterThan(0.9);
    expect(output).toContain('existing: Conv3D > Conv3D > BatchNorm3D');
    expect(output).toContain('replaced: Conv3D > STSConv3D > BatchNorm3D');
    expect(output).toContain('the same kernel: true');
  });

  it("inflate shows that 'sts' and 'center' keep the image network's answers and 'mean' does not", () => {
    const output = outputOf('inflate');
    const differences = numbersAfter(output, 'logit in each frame: ');
    expect(differences.map((frames) => frames.length)).toEqual(Array(6).fill(4));
    const [sts, center, mean] = [0, 2, 4].map((i) => Math.max(...differences.slice(i, i + 2).flat()));
    expect(sts).toBeLessThan(0.01);
    expect(center).toBeLessThan(0.01);
    expect(mean).toBeGreaterThan(1);
  });

  it('node_gpu says which device did the work, learns there, and freezes to the same logits', () => {
    const output = outputOf('node_gpu');
    expect(output).toContain('@tensorflow/tfjs-node: the work is done by the processor');
    const [[before, after]] = numbersAfter(output, 'loss ') as [[number, number]];
    expect(after).toBeLessThan(before * 0.9);
    // Logits are of the order of one.
    expect(Number(/^frozen: the same logits to (\S+)$/m.exec(output)?.[1])).toBeLessThan(1e-4);
  });

  it('predict says what is in a clip', () => {
    expect(outputOf('predict', 'examples/clips/tabby_cat.mp4').split('\n')[1]).toMatch(
      /^0\.\d{3} (tabby|tiger cat|Egyptian cat)$/,
    );
  });

  it("slowfast prints the shapes of the stages, which are the authors', and says what its weights are", () => {
    const output = outputOf('slowfast', 'examples/clips/coffee.mp4', '--size', '64');
    for (const line of [
      'No --weights: the weights are random and the labels below mean nothing.',
      'examples/clips/coffee.mp4: clip of [1,32,64,64,3]',
      '34.5 M parameters, 2.3 GMAC',
      'slow_layer4_0: 4 x 2 x 2 x 2048',
      'fast_layer4_0: 32 x 2 x 2 x 256',
      'classifier: 400',
    ])
      expect(output.split('\n')).toContain(line);
    expect(output.match(/^0\.\d{3} class \d+$/gm)).toHaveLength(5);
  });

  it('teach tells what it was taught by two clips of each', () => {
    const output = outputOf('teach');
    expect(output).toMatch(/^0 to 3\.9 s: cup [01]\.\d\d$/m);
    expect(output).toMatch(/^4 to 7\.4 s: cat [01]\.\d\d$/m);
  });

  it('train goes from pictures to clips, ends after being stopped where it should, and learns both', () => {
    const output = outputOf('train');
    expect(numbersAfter(output, 'pictures: top-1 ')[0]![0]).toBeGreaterThan(0.7);
    expect(output).toContain('inflated: 2 kernels\nAbortError after 10 updates\n');
    expect(output).toMatch(/^clips: 32 updates, top-1 [01]\.\d\d\nlog: 32 updates$/m);
    expect(Number(/to the left, to the right; top-1 (\S+)$/m.exec(output)?.[1])).toBeGreaterThan(0.8);
  });

  it('timeline finds one shot in a clip of one, says what is in it, and writes its files', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tfjs-sts-timeline-'));
    try {
      const output = outputOf('timeline', 'examples/clips/coffee.mp4', folder);
      expect(output).toMatch(/^0\.00 to 4\.00 s: espresso 0\.\d\d$/m);
      expect(readdirSync(folder).sort()).toEqual(['coffee.edl', 'coffee.html', 'coffee.vtt']);
      const page = readFileSync(join(folder, 'coffee.html'), 'utf8');
      expect(page.match(/<img [^>]*src="data:image\/jpeg;base64,/g)).toHaveLength(1);
    } finally {
      rmSync(folder, {recursive: true});
    }
  });

  it('worker gets the same bits from a model that was sent as data', () => {
    const output = outputOf('worker');
    expect(output).toMatch(/^\d\d+ steps, \d\d+ tensors sent$/m);
    expect(output).toContain('logits came back; this program went on meanwhile: true');
    expect(output).toContain('the same bits as here: true');
  });

  it('predict without a video says how it is used', () => {
    const {status, stderr} = run(process.execPath, ['examples/predict/main.mjs'], repository);
    expect(status).not.toBe(0);
    expect(stderr).toContain('usage: node main.mjs VIDEO');
  });
});
