/**
 * The table of models: every row, the files that ship, and what the docs and the model card say of models a second time. The
 * figures of the authors' rows are written down once more in authors_models.test.ts.
 */
import {createHash} from 'node:crypto';
import {describe, expect, it} from 'vitest';
import {DEFAULT_MODEL} from '../../../src/cli/input/arguments';
import {LABELS, listModels, type ModelRow} from '../../../src/models/zoo';
import {clipOf} from '../../../src/models/zoo/model_info';
import {loadableNames, modelNamed} from '../../../src/models/zoo/table/models';
import {networkDefinition} from '../../../src/networks';
import {readRepositoryFile} from '../../support/golden';

const rows = listModels().map((row) => [row.name, row] as const);
const page = async (path: string) => new TextDecoder().decode(await readRepositoryFile(path));
const isShipped = ({weights}: ModelRow) => weights.from === 'package';

describe('names', () => {
  it('are unique, and can be loaded as loadModel lists them', () => {
    const names = rows.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [DEFAULT_MODEL, ...loadableNames()])
      expect(modelNamed(name)?.weights.from).not.toBe('convert');
  });

  it('of a network alone mean its only model that can be loaded', () => {
    expect(modelNamed('efficientnet_lite0_sts')?.name).toBe('efficientnet_lite0_sts.in1k');
    expect(modelNamed('camera_movement')?.name).toBe('camera_movement.drawn');
    expect(modelNamed('x3d_s_sts')).toBeUndefined();
    expect(modelNamed('x3d_s_sts.k400')?.tag).toBe('k400');
  });
});

describe.each(rows)('%s', (name, row) => {
  it('is a row of sense', () => {
    const {network, tag, task, input, labels, description, licence, source, views} = row;
    expect(name).toMatch(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/);
    expect(name.endsWith(`.${tag}`)).toBe(true);
    expect(labels === null).toBe(task !== 'classification' || network === null);
    const {frames, height, width} = clipOf(input);
    if (network !== null) {
      expect(name).toBe(`${network}.${tag}`);
      expect(networkDefinition(network).task).toBe(task);
      const sizes = networkDefinition(network).sizes({frames, height, width});
      for (const axis of ['frames', 'height', 'width'] as const)
        expect(sizes[axis].takes({frames, height, width}[axis]), axis).toBe(true);
    }
    // A square is cut out of what was scaled by its short side.
    if (typeof input.size === 'number') expect(height).toBeLessThanOrEqual(input.size);
    for (const deviation of [input.std].flat()) expect(deviation).toBeGreaterThan(0);
    for (const text of [description, source, licence ?? 'not stated']) expect(text.length).toBeGreaterThan(2);
    if (views !== null) expect(Math.min(views.clips, views.crops)).toBeGreaterThanOrEqual(1);
  });

  it('says how good it is by percent, on what, and by whose word', () => {
    for (const {metric, percent, on, source} of [...row.reported, ...row.measured]) {
      expect(metric).toBe(row.task === 'classification' ? 'top-1' : 'F1');
      // In percent, and of models that are of use.
      expect(percent).toBeGreaterThan(50);
      expect(percent).toBeLessThan(100);
      expect(Math.min(on.length, source.length)).toBeGreaterThan(2);
    }
  });
});

describe.each(rows.filter(([, row]) => isShipped(row)))('%s, which ships', (_, {weights, labels, ...row}) => {
  it('has the files that the table says', async () => {
    if (weights.from !== 'package') throw new Error('it does not ship');
    for (const file of [weights, ...(labels === null ? [] : [LABELS[labels]])]) {
      const bytes = await readRepositoryFile(file.path);
      expect(bytes.length).toBe(file.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
    }
  });

  it('is described so in the model card', async () => {
    if (weights.from !== 'package') throw new Error('it does not ship');
    const cards = (await page('models/README.md')).split(/^# /m);
    const file = weights.path.replace('models/', '');
    const card = cards.find((text) => text.includes(`\`${file}\`: `))!;
    expect(card).toContain(
      `| \`${file}\` (${weights.bytes.toLocaleString('en-US')} bytes) | \`${weights.sha256}\` |`,
    );
    expect(card).toContain(`| Licence | ${row.licence}`);
    for (const {percent} of row.measured)
      expect(card).toMatch(new RegExp(`^\\| Measured.*${(percent / 100).toFixed(3)}`, 'm'));
    for (const {percent, on} of row.reported)
      expect(card).toMatch(
        new RegExp(
          `^\\| Reported.*${percent}.*${on.replace('-1k', '')}|^\\| Reported.*${on}.*${percent}`,
          'm',
        ),
      );
  });
});

describe('docs/guide/zoo.md', () => {
  it('has a line for every model that ships', async () => {
    const text = await page('docs/guide/zoo.md');
    const lines = text.split('\n').filter((line) => /^\| `[a-z0-9_]+\.[a-z0-9_]+` \|/.test(line));
    const expected = rows
      .filter(([, row]) => isShipped(row))
      .map(([name, row]) => {
        const {frames, size, crop} = row.input;
        const pixels = (length: typeof size) =>
          typeof length === 'number' ? `${length}` : length.join(' x ');
        const cells = [
          `\`${name}\``,
          `${((row.weights.bytes ?? 0) / 1e6).toFixed(1)} MB`,
          crop === undefined
            ? `${frames} of ${pixels(size)}`
            : `${frames} of ${pixels(crop)}, cut from ${pixels(size)}`,
          row.labels === null
            ? row.network === null
              ? 'named in the file'
              : 'none'
            : `${LABELS[row.labels].count}, \`${row.labels}\``,
          row.licence,
          row.reported.map(({metric, percent, on}) => `${metric} ${percent} on ${on}`).join(', ') || 'none',
        ];
        return `| ${cells.join(' | ')} |`;
      });
    expect(lines).toEqual(expected);
  });

  it("has the authors' accuracies of the table", async () => {
    const text = await page('docs/guide/zoo.md');
    const tags = ['_image.in1k', '_sts.k400', '_sts.k400_e100', '_sts.ssv2'];
    const found = [...text.matchAll(/^\| `(\w+)` \|((?: (?:[\d.]+ )?\|){4})$/gm)].flatMap(
      ([, network, cells]) =>
        cells!
          .split('|')
          .slice(0, 4)
          .flatMap((cell, i) =>
            cell.trim() === '' ? [] : [[`${network}${tags[i]}`, Number(cell)] as const],
          ),
    );
    const theirs = rows
      .filter(([, row]) => !isShipped(row))
      .map(([name, row]) => [name, row.reported[0]!.percent] as const);
    expect(new Map(found)).toEqual(new Map(theirs));
  });
});
