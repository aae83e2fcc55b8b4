/** The commands train, teach and eval on videos of plain colours: what they leave behind, how they end, and what they refuse. */
import {copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {Interrupted} from '../../src/cli/interrupted';
import {main} from '../../src/cli/main';
import {Checkpoint, read, safetensors} from '../../src/models/checkpoints';
import {loadModel, saveModel} from '../../src/models/zoo';
import {createNetwork} from '../../src/networks';
import {type Workshop, workshop} from '../video/clips/make_video';
import {box} from './fake';

const NETWORK = 'x3d_tiny_sts';
const COLOURS = {blue: '0x1010f0', green: '0x10f010', red: '0xf01010'} as const;
const CLIP = ['--network', NETWORK, '--frames', '4', '--side', '32'];
/** Decoding costs most. */
const READING = ['--loaders', '0'];

let shop: Workshop;
let clips: string;
let base: string;
beforeAll(async () => {
  shop = workshop();
  clips = shop.at('clips');
  mkdirSync(clips);
  for (const [label, colour] of Object.entries(COLOURS)) {
    mkdirSync(`${clips}/${label}`);
    const source = `color=${colour}:s=40x32:r=10:d=0.6,noise=alls=20:allf=t,format=gbrp`;
    shop.make(`clips/${label}/0.mkv`, '-f', 'lavfi', '-i', source, '-c:v', 'ffv1');
    copyFileSync(`${clips}/${label}/0.mkv`, `${clips}/${label}/1.mkv`);
  }
  base = shop.at('base.safetensors');
  await tf.setBackend('cpu');
  const model = createNetwork(NETWORK, {frames: 4, height: 32, width: 32, classes: 7, seed: 4});
  await saveModel(model, base, {mean: 127, std: 128, network: NETWORK, size: 32});
  model.dispose();
});
afterAll(() => shop.remove());

/** A call of the command line; `stopAfter`: the signal comes when stderr has said this. */
async function call(args: readonly string[], stopAfter?: string) {
  const {io, written} = box();
  const stop = new AbortController();
  const stderr = {
    write(text: string) {
      written.err += text;
      if (stopAfter !== undefined && text.includes(stopAfter)) stop.abort(new Interrupted('SIGINT'));
    },
  };
  const code = await main(args.includes('--loaders') ? [...args, '--cache', shop.at('cache')] : args, {
    ...io,
    stderr,
    interruption: () => stop.signal,
  });
  return {code, ...written};
}

describe('teach', () => {
  it('makes a model that predict, eval and export take, and says how good it is on clips kept apart', async () => {
    const file = shop.at('colours.safetensors');
    const args = ['teach', clips, '-o', file, '--model', base, '--validation', '0.5', ...READING];
    const {code, out, err} = await call(args);
    expect(err).toMatch(/looking at the clips\n(.*\n)*teaching the classifier\n/);
    expect(out).toMatch(/colours\.safetensors: 3 classes from 3 clips, top-1 100\.0 % of clips kept apart\n/);
    expect(code).toBe(0);

    const {model, info} = await loadModel(file);
    expect(info).toMatchObject({labels: Object.keys(COLOURS), network: NETWORK, frames: 4, mean: 127});
    model.dispose();
    const said = await call([
      'predict',
      `${clips}/green/1.mkv`,
      '--model',
      file,
      '--backend',
      'cpu',
      '--json',
    ]);
    expect(JSON.parse(said.out).predictions[0].label).toBe('green');
    const torch = shop.at('torch.safetensors');
    expect((await call(['export', file, '--format', 'torch', '-o', torch])).code).toBe(0);

    // One of the videos in the wrong folder, one that is none.
    const mixed = shop.at('mixed');
    mkdirSync(mixed);
    for (const label of ['red', 'blue']) mkdirSync(`${mixed}/${label}`);
    copyFileSync(`${clips}/red/0.mkv`, `${mixed}/red/a.mkv`);
    copyFileSync(`${clips}/green/0.mkv`, `${mixed}/red/b.mkv`);
    copyFileSync(`${clips}/blue/0.mkv`, `${mixed}/blue/c.mkv`);
    writeFileSync(`${mixed}/blue/d.mkv`, 'no video');
    const report = shop.at('report.html');
    const judged = await call(['eval', file, mixed, '--views', '1x3', '--json', '--report', report]);
    expect(judged.err).toMatch(/note: passed over: cannot read '.*d\.mkv' as a video: [^/]*\n/);
    const answer = JSON.parse(judged.out);
    expect(answer).toMatchObject({samples: 3, top1: 2 / 3, views: '1x3', meanClass: (1 + 0 + 0.5) / 3});
    expect(answer.confusion).toEqual([
      [1, 0, 0],
      [0, 0, 0],
      [0, 1, 1],
    ]);
    expect(answer.unreadable).toHaveLength(1);
    writeFileSync(`${mixed}/blue/e.mkv`, 'no video');
    expect((await call(['eval', file, mixed])).err).toMatch(/note: 2 items could not be read\n/);
    // The worst first, which is the one in the wrong folder; of each video three pictures.
    const cards = readFileSync(report, 'utf8').split('<ol class="worst">')[1]!.split('</li>').slice(0, -1);
    expect(cards).toHaveLength(3);
    expect(cards[0]).toMatch(/<b>red<\/b> taken for <em>green<\/em>.*mixed\/red\/b\.mkv/);
    for (const card of cards) expect(card.match(/<img src="data:image\/jpeg/g)).toHaveLength(3);
    rmSync(`${mixed}/blue`, {recursive: true});
    const text = (await call(['eval', file, mixed, '--views', '1x1'])).out;
    expect(text).toMatch(/^top-1 +50\.0 %$/m);
    expect(text).toMatch(/^red +2 +50\.0 % +green \(1\)$/m);
  });

  it('counts the clips that it could read, and refuses a single class', async () => {
    const some = shop.at('some');
    for (const label of ['red', 'blue']) {
      mkdirSync(`${some}/${label}`, {recursive: true});
      copyFileSync(`${clips}/${label}/0.mkv`, `${some}/${label}/a.mkv`);
    }
    writeFileSync(`${some}/blue/b.mkv`, 'no video');
    const args = ['teach', some, '-o', shop.at('some.safetensors'), '--model', base, ...READING];
    const {out, err} = await call(args);
    expect(err).toMatch(/note: passed over: .*b\.mkv/);
    expect(out).toMatch(/some\.safetensors: 2 classes from 2 clips\n/);
    writeFileSync(`${some}/red/c.mkv`, 'no video');
    expect((await call(args)).err).toMatch(/note: 2 items could not be read/);
    rmSync(`${some}/blue`, {recursive: true});
    expect((await call(args)).err).toMatch(/'.*some' has one class, 'red'; teach needs two or more/);
    const trainArgs = [
      'train',
      some,
      ...CLIP,
      ...READING,
      '--recipe',
      'finetuneSomething',
      '-o',
      shop.at('none'),
    ];
    expect((await call(trainArgs)).err).toMatch(/'.*some' has one class, 'red'; train needs two or more/);
    mkdirSync(`${some}/green`);
    for (const command of [args, trainArgs])
      expect((await call(command)).err).toMatch(/class 'green' of '.*some' has nothing to learn from/);
  });

  it('ends with 130 at Ctrl-C and leaves nothing behind', async () => {
    const file = shop.at('never.safetensors');
    const {code, err} = await call(['teach', clips, '-o', file, '--model', base, ...READING], 'teaching');
    expect(code).toBe(130);
    expect(err).toMatch(/interrupted \(SIGINT\); nothing was written\n$/);
    expect(readdirSync(shop.folder).filter((name) => name.includes('never'))).toEqual([]);
  });
});

describe('train', () => {
  const args = (folder: string) => [
    ...['train', clips, ...CLIP, ...READING, '--recipe', 'finetuneSomething', '-o', folder, '--start', base],
    ...['--epochs', '2', '--batch', '3', '--validation', '0.5', '--rate', '0.01'],
  ];

  it('a run that Ctrl-C ended goes on with --resume and ends with the very same model', async () => {
    const [whole, parts] = [shop.at('whole'), shop.at('parts')];
    const run = await call(args(whole));
    expect(run.err).toMatch(/epoch 2\/2: loss \d+\.\d{3}, \d+\.\d %, validation top-1 \d+\.\d %\n/);
    expect(run.code).toBe(0);
    expect(run.out).toMatch(
      /model\.safetensors: 3 classes, 2 updates, top-1 \d+\.\d %, best \d+\.\d % after epoch \d\n$/,
    );
    const cut = await call(args(parts), 'epoch 1/2:');
    expect(cut.code).toBe(130);
    expect(cut.err).toMatch(/interrupted \(SIGINT\); go on with the same command and --resume\n$/);
    const again = await call(args(parts));
    expect(again.code).toBe(1);
    expect(again.err).toMatch(/there is a run in .*--resume/);
    expect((await call([...args(parts), '--resume'])).code).toBe(0);
    const file = (folder: string) => readFileSync(`${folder}/model.safetensors`);
    expect(file(parts).equals(file(whole))).toBe(true);

    const {model, info} = await loadModel(`${whole}/model.safetensors`);
    expect(info).toMatchObject({
      labels: Object.keys(COLOURS),
      network: NETWORK,
      frames: 4,
      mean: 127,
      std: 128,
    });
    expect(model.outputs[0]!.shape).toEqual([null, 3]);
    model.dispose();
    const onnx = shop.at('model.onnx');
    expect((await call(['export', `${whole}/model.safetensors`, '--format', 'onnx', '-o', onnx])).code).toBe(
      0,
    );

    // The best is a model too, and as good as was said.
    const best = `${whole}/best.safetensors`;
    const kept = await loadModel(best);
    expect(kept.info).toEqual({...info, name: kept.info.name});
    kept.model.dispose();
    const said = await call(['predict', `${clips}/red/1.mkv`, '--model', best, '--backend', 'cpu', '--json']);
    expect(Object.keys(COLOURS)).toContain(JSON.parse(said.out).predictions[0].label);
    expect(JSON.parse((await call(['eval', best, clips, '--views', '1x1', '--json'])).out).samples).toBe(6);
    const torch = shop.at('best.safetensors');
    expect((await call(['export', best, '--format', 'torch', '-o', torch])).code).toBe(0);
  });

  it('of a run that cannot be made longer says what to do, and that does it', async () => {
    const folder = shop.at('a run');
    expect((await call(args(folder))).code).toBe(0);
    const longer = await call([...args(folder), '--resume', '--epochs', '4']);
    expect(longer.code).toBe(1);
    const command = /: tfjs-sts (train .*), and the other options as they were$/m.exec(longer.err)![1]!;
    expect(longer.err).toMatch(/had another recipe: epochs was 2, is 4\. A cosine falls over all epochs/);
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    expect(words).toContain(`${folder}/model.safetensors`);
    const others = [...CLIP.slice(2), ...READING, '--batch', '3', '--rate', '1e-12'];
    expect((await call([...words, ...others])).err).not.toMatch(/error/);
    // All of it is as it was but for the averages of norms; the classifier too.
    const [before, after] = await Promise.all(
      [folder, `${folder}-longer`].map((path) => loadModel(`${path}/model.safetensors`)),
    );
    const learnt = before!.model.trainableWeights.map(({originalName}) => originalName);
    expect(learnt).toContain('classifier/bias');
    for (const name of learnt) {
      const [from, to] = [before!, after!].map(({model}) =>
        model.weights
          .find(({originalName}) => originalName === name)!
          .read()
          .dataSync<'float32'>(),
      );
      const moved = from!.reduce((most, value, i) => Math.max(most, Math.abs(value - to![i]!)), 0);
      expect([name, moved < 1e-6]).toEqual([name, true]);
    }
    before!.model.dispose();
    after!.model.dispose();
  });

  it('says once that a run is too short for its rates', async () => {
    const folder = shop.at('short');
    const notes = ({err}: {err: string}) => err.match(/^tfjs-sts: note: .*/gm) ?? [];
    expect(notes(await call(args(folder)))).toEqual([
      'tfjs-sts: note: the warm-up lasts 5 epochs, the run 2: give more --epochs, so that the rate gets to 0.01',
      'tfjs-sts: note: 2 updates at rates of at most 0.0014 will hardly change the network: give a higher --rate, such as 0.02, or more --epochs',
    ]);
    const enough = ['--epochs', '6', '--rate', '0.05', '--resume', '-o', shop.at('long')];
    expect(notes(await call([...args(folder), ...enough]))).toEqual([]);
  });

  it('says what of a start does not fit, and what it is', async () => {
    const folder = shop.at('unfit');
    const other = ['--network', 'slowonly_tiny_sts'];
    const {code, err} = await call([...args(folder), ...other]);
    expect(code).toBe(1);
    expect(err).toMatch(/weights of the network without a tensor \(\d+\)\n {2}\w+\/\w+/);
    expect(err).toMatch(
      /base\.safetensors' cannot start slowonly_tiny_sts .* misshapen; it is of x3d_tiny_sts, which --network x3d_tiny_sts trains\n$/,
    );
    const state = ['--start', `${shop.at('whole')}/checkpoint.safetensors`];
    expect((await call([...args(folder), ...state])).err).toMatch(
      /'.*checkpoint\.safetensors' cannot start .*; it is where a run stands; best\.safetensors and model\.safetensors/,
    );
    const nameless = shop.at('nameless.safetensors');
    const file = read(new Uint8Array(readFileSync(base)));
    writeFileSync(nameless, safetensors.write(new Checkpoint(file)));
    expect((await call([...args(folder), ...other, '--start', nameless])).err).toMatch(
      /misshapen; tfjs-sts inspect shows what is in the file, tfjs-sts info slowonly_tiny_sts what the network has\n$/,
    );
  });

  it('goes from pictures to clips: begins with the weights of its start, the classifier excepted', async () => {
    const pictures = shop.at('pictures');
    for (const [label, colour] of Object.entries(COLOURS)) {
      mkdirSync(`${pictures}/${label}`, {recursive: true});
      shop.make(`pictures/${label}/0.png`, '-f', 'lavfi', '-i', `color=${colour}:s=40x32`, '-frames:v', '1');
    }
    const [image, folder] = [shop.at('image'), shop.at('still')];
    const form = ['--network', 'x3d_tiny', '--frames', '1', '--side', '32', ...READING];
    const pretraining = ['--recipe', 'imagePretraining', '--epochs', '1', '--batch', '3'];
    const {code, err} = await call(['train', pictures, ...form, ...pretraining, '-o', image]);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/training x3d_tiny on 3 pictures of 3 classes on wasm, \d+ threads?\n/),
    ]);

    const start = `${image}/model.safetensors`;
    // A rate so small that no weight moves further than this.
    const still = await call([...args(folder), '--start', start, '--rate', '1e-12', '--epochs', '1']);
    expect(still.err).not.toMatch(/error/);
    expect(still.code).toBe(0);
    const [before, after] = [await loadModel(start), await loadModel(`${folder}/model.safetensors`)];
    const values = ({model}: typeof before, name: string) =>
      model.weights
        .find((weight) => weight.originalName === name)!
        .read()
        .dataSync<'float32'>();
    const kernels = before.model.weights
      .map(({originalName}) => originalName)
      .filter((name) => name.endsWith('kernel') && name !== 'classifier/kernel');
    expect(kernels.length).toBeGreaterThan(5);
    for (const name of kernels) {
      const [from, to] = [values(before, name), values(after, name)];
      const moved = from.reduce((most, value, i) => Math.max(most, Math.abs(value - to[i]!)), 0);
      expect([name, moved < 1e-6]).toEqual([name, true]);
    }
    before.model.dispose();
    after.model.dispose();
  });

  it('says what to do where no class can be split', async () => {
    const single = shop.at('single');
    for (const label of ['red', 'blue']) {
      mkdirSync(`${single}/${label}`, {recursive: true});
      copyFileSync(`${clips}/${label}/0.mkv`, `${single}/${label}/a.mkv`);
    }
    const {code, err} = await call(['train', single, ...args(shop.at('never')).slice(2)]);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /no class has two items; of one alone nothing can be split off\. Give more items, or other data for validation\.\n$/,
      ),
    ]);
  });
});

describe('pictures', () => {
  /** A model of colours by hand: what pooling leaves of red, green and blue are the logits. */
  const coloured = async (frames: number) => {
    const input = tfl.input({shape: [frames, 32, 32, 3]});
    const pooled = tfl.layers.averagePooling3d({poolSize: [frames, 32, 32]}).apply(input);
    const x = tfl.layers.flatten().apply(pooled);
    const logits = tfl.layers.dense({units: 3, useBias: false, activation: 'linear'}).apply(x);
    const model = tfl.model({inputs: input, outputs: logits as tfl.SymbolicTensor});
    const rows = [
      [0, 0, 9],
      [0, 9, 0],
      [9, 0, 0],
    ];
    model.setWeights([tf.tensor2d(rows)]);
    const file = shop.at(`colours-${frames}.safetensors`);
    await saveModel(model, file, {
      ...{mean: 127, std: 128, labels: Object.keys(COLOURS)},
      size: 32,
      crop: 32,
    });
    model.dispose();
    return file;
  };
  const folder = () => {
    const pictures = shop.at('stills');
    for (const [label, colour] of Object.entries(COLOURS)) {
      mkdirSync(`${pictures}/${label}`, {recursive: true});
      for (const i of [0, 1])
        shop.make(
          `stills/${label}/${i}.png`,
          ...['-f', 'lavfi', '-i', `color=${colour}:s=40x32`, '-frames:v', '1'],
        );
    }
    return pictures;
  };

  it('are judged by a model of one frame, and by no other', async () => {
    const [file, pictures] = [await coloured(1), folder()];
    copyFileSync(`${pictures}/red/0.png`, `${pictures}/blue/2.png`);
    const report = shop.at('stills.html');
    const {out, err} = await call(['eval', file, pictures, '--json', '--views', '1x3', '--report', report]);
    expect(err).not.toMatch(/error|note/);
    expect(JSON.parse(out)).toMatchObject({samples: 7, top1: 6 / 7, unreadable: []});
    expect(JSON.parse(out).confusion).toEqual([
      [2, 0, 1],
      [0, 2, 0],
      [0, 0, 2],
    ]);
    expect(readFileSync(report, 'utf8')).toContain('stills/blue/2.png');
    writeFileSync(`${pictures}/blue/3.png`, 'no picture');
    expect((await call(['eval', file, pictures])).err).toMatch(
      /note: passed over: '.*blue\/3\.png' is no picture, or damaged \(ffmpeg says: Invalid PNG signature/,
    );
    expect((await call(['eval', file, pictures, '--views', '10x3'])).err).toMatch(
      /--views asks for 10 clips, and '.*stills' has pictures, of which there is one each: 1x1 or 1x3\n$/,
    );
    const {code, err: refused} = await call(['eval', await coloured(4), pictures]);
    expect([code, refused]).toEqual([
      1,
      expect.stringMatching(
        /'.*stills' has pictures and no videos, and the network sees clips of 4 frames; /,
      ),
    ]);
    // Videos still do for a model of one frame.
    expect(JSON.parse((await call(['eval', file, clips, '--json'])).out)).toMatchObject({
      samples: 6,
      top1: 1,
    });
  });

  it('may be the frames of videos, told by their list', async () => {
    const file = await coloured(4);
    for (const label of Object.keys(COLOURS)) {
      mkdirSync(shop.at(`frames/my ${label}`), {recursive: true});
      const video = `${clips}/${label}/0.mkv`;
      shop.make(`frames/my ${label}/img_%05d.png`, '-i', video, '-frames:v', '6');
      shop.make(`frames/my ${label}/f%d.png`, '-i', video, '-frames:v', '5');
    }
    const list = (name: string, lines: string) => {
      writeFileSync(shop.at(name), lines);
      return shop.at(name);
    };
    const lines = 'my blue 6 0\nmy green 6 1\nmy red 6 2\n';
    const framed = list('frames/list.txt', lines);
    const named = ['--frame-names', 'img_%05d.png'];
    const {out, err} = await call(['eval', file, framed, ...named, '--views', '2x1', '--json']);
    expect(err).not.toMatch(/error|note/);
    expect(JSON.parse(out)).toMatchObject({samples: 3, top1: 1});
    // By its lines alone, with the usual names of frames, which these have not.
    expect((await call(['eval', file, framed])).err).toMatch(
      /passed over: no such file: '.*my blue\/img_0000\d\.jpg'\n/,
    );
    const other = list('frames/other.txt', lines.replaceAll(' 6 ', ' 5 '));
    const run = [
      'train',
      other,
      '--frame-names',
      'f%d.png',
      '--network',
      NETWORK,
      '--frames',
      '4',
      '--side',
      '32',
    ];
    const trained = await call([
      ...run,
      ...[...READING, '--recipe', 'finetuneSomething', '--epochs', '1', '-o', shop.at('framed')],
    ]);
    expect(trained.err).toMatch(/training x3d_tiny_sts on 3 clips of 3 classes/);
    expect(trained.code).toBe(0);

    const mixed = list('frames/mixed.txt', `${lines}a.mkv 1\n`);
    expect((await call(['eval', file, mixed])).err).toMatch(
      /line 1 of '.*mixed\.txt' has two numbers behind its path \(FOLDER FRAMES NUMBER\), line 4 has not/,
    );
    copyFileSync(`${clips}/blue/0.mkv`, shop.at('frames/my blue 6'));
    expect((await call(['eval', file, framed])).err).toMatch(
      /line 1 of '.*list\.txt' may be a video, 'my blue 6', or 6 frames in 'my blue'/,
    );
    const comma = list('frames/comma.txt', 'my blue 6,0\n');
    expect(JSON.parse((await call(['eval', file, comma, '--json'])).out)).toMatchObject({
      samples: 1,
      top1: 1,
    });
  });
});

describe('refused at once', () => {
  it.each([
    ['teach without a place', ['teach', '.'], /teach needs -o FILE/],
    ['teach into another kind of file', ['teach', '.', '-o', 'a.json'], /ends in \.safetensors/],
    [
      'teach with half a share',
      ['teach', '.', '-o', 'a.safetensors', '--validation', '1.5'],
      /above 0 and below 1/,
    ],
    ['teach with percent', ['teach', '.', '-o', 'a.safetensors', '--validation', '20%'], /such as 0\.2/],
    ['a misspelt option', ['teach', '.', '-o', 'a.safetensors', '--veiws', '3'], /did you mean --views/],
    [
      'data that are not there',
      ['teach', 'nowhere', '-o', 'a.safetensors'],
      /no such file or folder: 'nowhere'/,
    ],
    [
      'train without a recipe',
      ['train', '.', '-o', 'a'],
      /train needs --recipe NAME, one of finetuneKinetics/,
    ],
    [
      'a recipe of another name',
      ['train', '.', '-o', 'a', '--recipe', 'finetune'],
      /did you mean finetuneKinetics/,
    ],
    [
      'a rate that is none',
      ['train', '.', '-o', 'a', '--recipe', 'finetuneKinetics', '--rate', 'x'],
      /--rate is 'x'/,
    ],
    [
      'train without a network',
      ['train', '.', '-o', 'a', '--recipe', 'finetuneKinetics', ...READING],
      /train needs --network/,
    ],
    [
      'a network that is no classifier',
      ['train', '.', '-o', 'a', '--recipe', 'finetuneKinetics', '--network', 'transnet_v2', ...READING],
      /transnet_v2 is for shots and no classifier, .* families efficientnet_lite, .*x3d are, see tfjs-sts list/,
    ],
    [
      'a misspelt network for tests',
      ['train', '.', '-o', 'a', '--recipe', 'finetuneKinetics', '--network', 'x3d_tny', ...READING],
      /no network is called "x3d_tny"; did you mean x3d_tiny/,
    ],
    ['eval without data', ['eval', 'a'], /eval takes a MODEL and DATA/],
    ['views of two crops', ['eval', 'a', '.', '--views', '10x2'], /--views is '10x2'/],
  ])('%s', async (_, args, message) => {
    const {code, out, err} = await call(args);
    expect(err).toMatch(message);
    expect(err.trimEnd().split('\n').at(-1)).toMatch(/^tfjs-sts: /);
    expect([code, out]).toEqual([1, '']);
  });

  it('eval of classes that the model does not know', async () => {
    const file = shop.at('strange');
    mkdirSync(file);
    mkdirSync(`${file}/violet`);
    copyFileSync(`${clips}/red/0.mkv`, `${file}/violet/a.mkv`);
    const {err} = await call(['eval', shop.at('colours.safetensors'), file]);
    expect(err).toMatch(
      /does not know 1 of the 1 classes of '.*', such as 'violet'; it knows blue, green, red/,
    );
  });
});
