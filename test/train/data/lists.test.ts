/** The lists of data sets, as their authors write them. */
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, describe, expect, it} from 'vitest';
import {
  listFolder,
  listKineticsCsv,
  listNumbered,
  listRawFrames,
  listSomething,
  parseCsv,
  VIDEO_FILE,
} from '../../../src/train/data/lists';

const home = mkdtempSync(join(tmpdir(), 'tfjs-sts-lists-'));
afterAll(() => rmSync(home, {recursive: true}));

function file(name: string, text: string): string {
  const path = join(home, name);
  mkdirSync(join(path, '..'), {recursive: true});
  writeFileSync(path, text);
  return path;
}

const pathsOf = ({items}: {items: readonly {path: string}[]}) => items.map(({path}) => path);

describe('folder', () => {
  it('takes a class for each folder and its videos, also those further down, in the order of their names; none for one with other files alone', async () => {
    for (const name of [
      'b/2.MP4',
      'b/10.mkv',
      'b/notes.txt',
      'b/.hidden.mp4',
      'a/deep/1.webm',
      '.git/x.mp4',
      'stray.mp4',
      'empty/x.txt',
      'run/log.jsonl',
    ])
      file(`folders/${name}`, '');
    mkdirSync(join(home, 'folders/none'));
    const folder = join(home, 'folders');
    const listed = await listFolder('folder', folder, VIDEO_FILE, 'video');
    expect(pathsOf(listed)).toEqual(
      ['a/deep/1.webm', 'b/10.mkv', 'b/2.MP4'].map((name) => join(folder, name)),
    );
    expect(listed).toMatchObject({labels: [0, 1, 1], classes: ['a', 'b', 'none']});
  });

  it('says what is missing', async () => {
    await expect(listFolder('f', join(home, 'folders/empty'), VIDEO_FILE, 'video')).rejects.toThrow(
      "f: no videos in folders of '",
    );
    await expect(listFolder('f', join(home, 'folders/b'), VIDEO_FILE, 'video')).rejects.toThrow(
      "/b' (2 lie directly in it); it needs a folder for each class",
    );
    await expect(listFolder('f', join(home, 'nowhere'), VIDEO_FILE, 'video')).rejects.toThrow(
      "nowhere': there is no such file or folder",
    );
  });
});

describe('kinetics', () => {
  it('reads csv with quotes, classes in alphabetical order', async () => {
    const list = file(
      'k.csv',
      'label,youtube_id,time_start,time_end,split\n"tai chi, slow",-AbC_1,7,17,train\r\nabseiling,xyz,120,130,train\n',
    );
    const listed = await listKineticsCsv('kinetics', list, '/videos', undefined);
    expect(pathsOf(listed)).toEqual(['/videos/-AbC_1_000007_000017.mp4', '/videos/xyz_000120_000130.mp4']);
    expect(listed).toMatchObject({labels: [1, 0], classes: ['abseiling', 'tai chi, slow']});
  });

  it('refuses other columns and classes that are not given', async () => {
    const list = file('other.csv', 'name,id\na,b\n');
    await expect(listKineticsCsv('k', list, '/', undefined)).rejects.toThrow(
      'has no column label; it has name, id.',
    );
    const some = file('some.csv', 'label,youtube_id,time_start,time_end\nyoga,x,0,10\n');
    await expect(listKineticsCsv('k', some, '/', ['abseiling'])).rejects.toThrow("has the class 'yoga'");
  });

  it('reads lines of a path and a number', async () => {
    const list = file('k.txt', 'a b/c.mp4 1\n\n/abs.mp4 0\n');
    const listed = await listNumbered('kinetics', list, '/videos', undefined);
    expect(pathsOf(listed)).toEqual(['/videos/a b/c.mp4', '/abs.mp4']);
    expect(listed).toMatchObject({labels: [1, 0], classes: ['0', '1']});
    const bad = file('bad.txt', 'x.mp4 1\nx.mp4 one\n');
    await expect(listNumbered('k', bad, '/', undefined)).rejects.toThrow("line 2 of '");
  });
});

it('parses comma-separated values', () => {
  expect(parseCsv('a,"b ""c"", d",\n\r\n,x')).toEqual([
    ['a', 'b "c", d', ''],
    ['', 'x'],
  ]);
  expect(parseCsv('one')).toEqual([['one']]);
});

describe('somethingSomething', () => {
  const list = () =>
    file(
      's.json',
      JSON.stringify([
        {
          id: '78687',
          label: 'holding potato next to vicks',
          template: 'Holding [something] next to [something]',
        },
        {id: 5, template: 'Closing [something]'},
      ]),
    );

  it('takes templates without brackets', async () => {
    const listed = await listSomething('s', list(), {folder: '/v', ending: '.webm'});
    expect(pathsOf(listed)).toEqual(['/v/78687.webm', '/v/5.webm']);
    expect(listed).toMatchObject({
      labels: [1, 0],
      classes: ['Closing something', 'Holding something next to something'],
    });
  });

  it('takes the numbers of the list of classes', async () => {
    const classList = file(
      'labels.json',
      JSON.stringify({'Holding something next to something': '0', 'Closing something': '1'}),
    );
    const listed = await listSomething('s', list(), {folder: '/v', classList, ending: '.mp4'});
    expect(listed).toMatchObject({
      labels: [0, 1],
      classes: ['Holding something next to something', 'Closing something'],
    });
  });

  it('refuses other files', async () => {
    const settings = {folder: '/v', ending: '.webm'};
    await expect(listSomething('s', file('x.json', '{'), settings)).rejects.toThrow("x.json' is no JSON");
    await expect(listSomething('s', file('y.json', '[{"id":1}]'), settings)).rejects.toThrow(
      'must be a list of objects with id and template',
    );
    const classList = file('gap.json', '{"Closing something":"1"}');
    await expect(listSomething('s', list(), {...settings, classList})).rejects.toThrow('numbers from 0 on');
  });
});

it('reads lists of raw frames', async () => {
  const list = file('r.txt', 'dir one 3 0\ndir2 40 2\n');
  const listed = await listRawFrames('rawframes', list, {folder: '/f', pattern: 'img_%05d.jpg', first: 1});
  expect(listed.items).toEqual([
    {kind: 'frames', path: '/f/dir one', pattern: 'img_%05d.jpg', first: 1, count: 3},
    {kind: 'frames', path: '/f/dir2', pattern: 'img_%05d.jpg', first: 1, count: 40},
  ]);
  expect(listed).toMatchObject({labels: [0, 2], classes: ['0', '1', '2']});
  const empty = file('r0.txt', 'dir 0 1\n');
  await expect(listRawFrames('r', empty, {folder: '/', pattern: '', first: 1})).rejects.toThrow('line 1');
});
