/** The names of classes that ship: the files, their order where it is known from elsewhere, and what is refused. */
import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {describe, expect, it} from 'vitest';
import {LABELS, type LabelSet, loadLabels} from '../../../src/models/zoo';
import {FormatError, InvalidArgumentError} from '../../../src/util/errors';
import {readRepositoryFile} from '../../support/golden';

/** Places that are known from MMAction2's label maps and from ImageNet's list. */
const KNOWN: Readonly<Record<LabelSet, Readonly<Record<number, string>>>> = {
  imagenet1k: {0: 'tench', 281: 'tabby', 999: 'toilet tissue'},
  kinetics400: {
    0: 'abseiling',
    1: 'air drumming',
    5: 'archery',
    6: 'arm wrestling',
    161: 'hurling (sport)',
    208: 'passing American football (in game)',
    232: 'playing guitar',
    399: 'zumba',
  },
  somethingSomethingV2: {
    0: 'Approaching something with your camera',
    16: 'Holding something',
    56: "Poking something so lightly that it doesn't or almost doesn't move",
    93: 'Pushing something from left to right',
    173: 'Wiping something off of something',
  },
};

describe.each(Object.entries(LABELS))('%s', (name, file) => {
  const set = name as LabelSet;

  it('is the file of its row', async () => {
    const bytes = await readRepositoryFile(file.path);
    expect(bytes.length).toBe(file.bytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
  });

  it('has a name of its own for each class, the known ones in their places', async () => {
    const names = await loadLabels(set, {readFile});
    expect(names.length).toBe(file.count);
    expect(new Set(names.map((label) => label.toLowerCase())).size).toBe(file.count);
    for (const [index, label] of Object.entries(KNOWN[set])) expect(names[Number(index)]).toBe(label);
    expect(names.filter((label) => label !== label.trim() || /[_\n]|-$/.test(label))).toEqual([]);
  });

  it('is refused when a byte differs', async () => {
    const damaged = async (path: URL | string) => {
      const bytes = new Uint8Array(await readFile(path));
      bytes[40]! ^= 1;
      return bytes;
    };
    await expect(loadLabels(set, {readFile: damaged})).rejects.toThrow(FormatError);
  });
});

describe('the order', () => {
  it.each(['kinetics400', 'somethingSomethingV2'] as const)('of %s is the alphabet', async (set) => {
    const names = await loadLabels(set, {readFile});
    // By code units, as Python sorts; no name holds anything but ASCII.
    expect([...names].sort()).toEqual(names);
    // Lengths of MMAction2's label maps, a line for each name.
    expect(names.join('\n').length + 1).toBe(set === 'kinetics400' ? 5956 : 7601);
  });
});

it('lists the known sets for an unknown one', async () => {
  const act = loadLabels('kinetics' as LabelSet, {readFile});
  await expect(act).rejects.toThrow(InvalidArgumentError);
  await expect(act).rejects.toThrow(/"kinetics".*nown are imagenet1k, kinetics400, somethingSomethingV2/);
});
