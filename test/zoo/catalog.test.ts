/** Every row of the catalog: its schema, and the files that ship. */
import {createHash} from 'node:crypto';
import {describe, expect, it} from 'vitest';
import {INFLATION_RULES} from '../../src/inflate';
import {listNetworks} from '../../src/networks';
import {CATALOG, DEFAULT_MODEL, listModels} from '../../src/zoo';
import {readRepositoryFile} from '../support/golden';

describe('the catalog', () => {
  it('has unique names, the default among them', () => {
    const names = listModels().map(({name}) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain(DEFAULT_MODEL);
  });

  it.each(CATALOG.map((entry) => [entry.name, entry] as const))('%s: the row is complete', (_name, entry) => {
    expect(entry.name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(listNetworks().map(({name}) => name)).toContain(entry.network);
    expect(INFLATION_RULES).toContain(entry.rule);
    for (const length of ['frames', 'size', 'crop'] as const) {
      expect(Number.isInteger(entry.input[length]) && entry.input[length] >= 1).toBe(true);
    }
    expect(entry.tag).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(entry.task).toBe('image classification');
    if (entry.reported !== null) {
      expect(entry.reported.top1).toBeGreaterThan(50);
      expect(entry.reported.top1).toBeLessThan(100);
      expect(entry.reported.source.length).toBeGreaterThan(5);
    }
    expect(entry.input.crop).toBeLessThanOrEqual(entry.input.size);
    expect(entry.input.std).toBeGreaterThan(0);
    for (const text of [entry.description, entry.licence, entry.source])
      expect(text.length).toBeGreaterThan(5);
  });

  it.each(CATALOG.map((entry) => [entry.name, entry] as const))(
    '%s: its files are those that ship',
    async (_name, entry) => {
      for (const file of [entry.weights, entry.labels]) {
        const bytes = await readRepositoryFile(file.path);
        expect(bytes.length).toBe(file.bytes);
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
      }
      const labels: unknown[] = JSON.parse(
        new TextDecoder().decode(await readRepositoryFile(entry.labels.path)),
      );
      expect(labels.length).toBe(entry.labels.count);
    },
  );
});
