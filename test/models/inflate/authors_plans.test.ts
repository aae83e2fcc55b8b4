/**
 * Networks that start from image weights as in the authors' code, against that code's rules told again on PyTorch's
 * side: regular expressions and modules' names over state dicts, kernels [out, in, time, height, width], key by key and
 * bit by bit. Small networks of all families.
 */
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {beforeAll, describe, expect, it} from 'vitest';
import {Checkpoint, entryOf, names, toTorch} from '../../../src/models/checkpoints';
import {imageModePlan, inflate, middleSlices, resNetPlan} from '../../../src/models/inflate';
import {createNetwork} from '../../../src/networks';
import {startBackend} from '../../support/backends';
import {fill} from '../../support/fill';
import {readGoldenJson} from '../../support/golden';

const {mmaction2, renamed, timm, torchvision} = names;

beforeAll(() => startBackend('cpu'));

interface Tensor {
  shape: readonly number[];
  values: Float32Array;
}

/** The floating-point tensors of a state dict. */
type State = Map<string, Tensor>;

async function stateOf(model: LayersModel, map: names.NameMap): Promise<State> {
  const state = [...(await toTorch(model, map))].filter(([key]) => !key.endsWith('.num_batches_tracked'));
  return new Map(state.map(([key, entry]) => [key, {shape: entry.shape, values: entry.toFloat32()}]));
}

const filled = (shapes: Iterable<readonly [string, readonly number[]]>): State =>
  new Map([...shapes].map(([key, shape]) => [key, {shape, values: fill(key, shape)}]));

const checkpointOf = (state: State) =>
  new Checkpoint([...state].map(([key, {shape, values}]) => [key, entryOf(values, shape)]));

const sameShape = (a: readonly number[], b: readonly number[]) => a.join() === b.join();

/** Which keys of a state differ from what is expected, in shape or any bit. */
function differences(found: State, expected: State): string[] {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  return [...expected.keys()].filter((key) => {
    const [a, b] = [found.get(key)!, expected.get(key)!];
    return !sameShape(a.shape, b.shape) || a.values.some((value, i) => !Object.is(value, b.values[i]));
  });
}

/** What a load that skips other shapes and unknown keys leaves in the network. */
function loaded(before: State, given: State): State {
  return new Map(
    [...before].map(([key, tensor]) => {
      const other = given.get(key);
      return [key, other && sameShape(other.shape, tensor.shape) ? other : tensor];
    }),
  );
}

describe('from image mode', () => {
  /** The authors' substitutions, applied in this order to every key. */
  const REVISE_KEYS: [RegExp, string][] = [
    [/get_feature/g, 'backbone'],
    [/^fc1\./g, 'cls_head.fc1.'],
    [/classifier.0./g, 'cls_head.fc1.'],
    [/classifier/g, 'cls_head.fc_cls'],
  ];

  const revised = (state: State): State =>
    new Map(
      [...state].map(([key, tensor]) => [
        REVISE_KEYS.reduce((name, [pattern, by]) => name.replace(pattern, by), key),
        tensor,
      ]),
    );

  async function imageState(network: string, map: names.NameMap, options = {}): Promise<State> {
    const image = createNetwork(network, {frames: 1, classes: 10, weightless: true, ...options});
    const state = await stateOf(image, map);
    image.dispose();
    return filled([...state].map(([key, {shape}]) => [key, shape]));
  }

  const cases = [
    {network: 'slowfast_tiny_sts', family: 'slowFast', options: {headOrder: 'slow-fast'}},
    {network: 'slowonly_tiny', family: 'slowOnly', options: {}},
    {network: 'slowonly_tiny_sts', family: 'slowOnly', options: {}},
    {network: 'r2plus1d_tiny_sts', family: 'r2plus1d', options: {}},
    {network: 'ircsn_tiny_sts', family: 'csn', options: {}},
    {network: 'x3d_tiny_sts', family: 'x3d', options: {hiddenBias: true}},
  ] as const;

  it.each(cases)('$network is loaded but for the classifier', async ({network, family, options}) => {
    const image = await imageState(network, timm[family](), options);
    const model = createNetwork(network);
    const before = await stateOf(model, mmaction2[family]());
    const report = inflate(renamed(checkpointOf(image), timm[family]()), model, {
      rule: 'center',
      plan: imageModePlan(),
    });
    const after = await stateOf(model, mmaction2[family]());
    model.dispose();
    expect(differences(after, loaded(before, revised(image)))).toEqual([]);
    expect(report.kept.sort()).toEqual(['classifier/bias', 'classifier/kernel']);
    expect([report.inflated, report.missing, report.extra, report.misshapen]).toEqual([[], [], [], []]);
    expect(report.copied.length).toBe(before.size - 2);
  });

  it('keeps the classifier also where it would fit', async () => {
    const image = await imageState('slowonly_tiny', timm.slowOnly(), {classes: 7});
    const model = createNetwork('slowonly_tiny');
    const head = 'cls_head.fc_cls.weight';
    const before = await stateOf(model, mmaction2.slowOnly());
    inflate(renamed(checkpointOf(image), timm.slowOnly()), model, {rule: 'center', plan: imageModePlan()});
    const after = await stateOf(model, mmaction2.slowOnly());
    model.dispose();
    expect(after.get(head)).toEqual(before.get(head));
  });

  it('middle slices with rule taper are inflate_3d_state_dict', async () => {
    const image = await imageState('slowonly_tiny_sts', timm.slowOnly());
    const model = createNetwork('slowonly_tiny_sts');
    const before = await stateOf(model, mmaction2.slowOnly());
    const ours = middleSlices(renamed(checkpointOf(image), timm.slowOnly()));
    const report = inflate(ours, model, {rule: 'taper', plan: imageModePlan()});
    const after = await stateOf(model, mmaction2.slowOnly());
    model.dispose();
    const tapered: State = new Map([...revised(image)].map(([key, tensor]) => [key, taper(tensor)]));
    const expected = loaded(before, tapered);
    // float32 arithmetic of the authors divides twice: one rounding more than here.
    for (const [key, {values}] of expected) {
      const found = after.get(key)!.values;
      expect(values.every((value, i) => Math.abs(found[i]! - value) <= 2e-7 * Math.abs(value))).toBe(true);
    }
    expect(report.inflated).toEqual(['layer3_0_conv1/kernel', 'layer4_0_conv1/kernel']);
  });

  /** For every tensor [out, in, 3, height, width]: a third of the middle slice, and of it a third, all, a third. */
  function taper({shape, values}: Tensor): Tensor {
    if (shape.length !== 5 || shape[2] !== 3) return {shape, values};
    const plane = shape[3]! * shape[4]!;
    const result = values.map((_, i) => {
      const slice = Math.floor(i / plane) % 3;
      const third = Math.fround(values[i + (1 - slice) * plane]! / 3);
      return slice === 1 ? third : third * (1 / 3);
    });
    return {shape, values: result};
  }
});

describe('from a 2D ResNet', () => {
  /** A ResNet of bottlenecks, one a stage, 10 classes. */
  function resNet(channels: number): State {
    const shapes: [string, number[]][] = [];
    const norm = (name: string, length: number) => {
      for (const tensor of ['weight', 'bias', 'running_mean', 'running_var'])
        shapes.push([`${name}.${tensor}`, [length]]);
    };
    shapes.push(['conv1.weight', [channels, 3, 7, 7]]);
    norm('bn1', channels);
    for (let stage = 0, inputs = channels; stage < 4; inputs = 4 * channels * 2 ** stage++) {
      const width = channels * 2 ** stage;
      const block = `layer${stage + 1}.0`;
      shapes.push([`${block}.conv1.weight`, [width, inputs, 1, 1]]);
      shapes.push([`${block}.conv2.weight`, [width, width, 3, 3]]);
      shapes.push([`${block}.conv3.weight`, [4 * width, width, 1, 1]]);
      shapes.push([`${block}.downsample.0.weight`, [4 * width, inputs, 1, 1]]);
      norm(`${block}.bn1`, width);
      norm(`${block}.bn2`, width);
      norm(`${block}.bn3`, 4 * width);
      norm(`${block}.downsample.1`, 4 * width);
    }
    shapes.push(['fc.weight', [10, 32 * channels]], ['fc.bias', [10]]);
    return filled(shapes);
  }

  /** `inflate_weights` of the authors' code: module by module, each path of SlowFast for itself. */
  function inflated(before: State, image: State): State {
    return new Map(
      [...before].map(([key, tensor]) => {
        const match = /^backbone\.(?:slow_path\.|fast_path\.)?(.+)\.(conv|bn)\.(\w+)$/.exec(key);
        if (match === null || match[1]!.includes('lateral')) return [key, tensor];
        const [, module, part, last] = match as unknown as [string, string, string, string];
        const isConv = part === 'conv';
        const source = module.includes('downsample')
          ? `${module}.${isConv ? 0 : 1}`
          : isConv
            ? module
            : module.replace('conv', 'bn');
        const given = image.get(`${source}.${last}`);
        return [key, given === undefined ? tensor : grown(given, tensor)];
      }),
    );
  }

  /** A kernel padded with zeros behind its inputs, repeated in time and divided; what does not fit stays as it was. */
  function grown(given: Tensor, tensor: Tensor): Tensor {
    if (tensor.shape.length === 1) return sameShape(given.shape, tensor.shape) ? given : tensor;
    const [out, inputs, time, height, width] = tensor.shape as [number, number, number, number, number];
    const [out2d, inputs2d, ...kernel2d] = given.shape as [number, number, number, number];
    if (out !== out2d || inputs < inputs2d || !sameShape(kernel2d, [height, width])) return tensor;
    const values = new Float32Array(out * inputs * time * height * width);
    for (let i = 0; i < values.length; i++) {
      const position = i % (height * width);
      const row = Math.floor(i / (height * width * time));
      const [input, output] = [row % inputs, Math.floor(row / inputs)];
      if (input >= inputs2d) continue;
      values[i] = given.values[(output * inputs2d + input) * height * width + position]! / time;
    }
    return {shape: tensor.shape, values};
  }

  it.each([
    {network: 'slowonly_tiny', family: 'slowOnly', channels: 8},
    {network: 'slowonly_tiny_sts', family: 'slowOnly', channels: 8},
    {network: 'slowfast_tiny', family: 'slowFast', channels: 32},
    {network: 'slowfast_tiny_sts', family: 'slowFast', channels: 32},
    {network: 'ircsn_tiny_sts', family: 'csn', channels: 8},
  ] as const)('$network gets what fits', async ({network, family, channels}) => {
    const image = resNet(channels);
    const model = createNetwork(network);
    const before = await stateOf(model, mmaction2[family]());
    const report = inflate(renamed(checkpointOf(image), torchvision[family]()), model, {
      rule: 'mean',
      plan: resNetPlan(model),
    });
    const after = await stateOf(model, mmaction2[family]());
    model.dispose();
    const expected = inflated(before, image);
    expect(differences(after, expected)).toEqual([]);
    const changed = [...before].filter(([key, tensor]) => expected.get(key) !== tensor).length;
    expect(report.copied.length + report.inflated.length).toBe(changed);
    expect([report.missing, report.extra, report.misshapen]).toEqual([[], [], []]);
  });

  it('refuses a ResNet of another depth or width, and leaves the model as it was', async () => {
    const image = resNet(4);
    for (const key of [...image.keys()].filter((name) => name.startsWith('layer4'))) image.delete(key);
    const model = createNetwork('slowonly_tiny');
    const before = await stateOf(model, mmaction2.slowOnly());
    expect(() =>
      inflate(renamed(checkpointOf(image), torchvision.slowOnly()), model, {
        rule: 'mean',
        plan: resNetPlan(model),
      }),
    ).toThrow(/nothing was assigned.*missing in the image network: layer4_0_conv1.*of the wrong shape/);
    expect(differences(await stateOf(model, mmaction2.slowOnly()), before)).toEqual([]);
    model.dispose();
  });

  it('has the names of ResNet-50', async () => {
    const {pairs_3d_2d: pairs} = await readGoldenJson<{pairs_3d_2d: [string, string][]}>(
      'resnet50_names.json',
    );
    expect(pairs.length).toBe(265);
    for (const [video, image] of pairs) {
      const ours = mmaction2.slowOnly().fromTorch(video)!.name;
      expect(torchvision.slowOnly().fromTorch(image)?.name).toBe(ours);
      expect(torchvision.slowFast().fromTorch(image)?.name).toBe(`slow_${ours}`);
      expect(torchvision.slowOnly().toTorch(ours)?.name).toBe(image);
    }
    expect(torchvision.csn().fromTorch('fc.weight')).toEqual({name: 'classifier/kernel', axes: [1, 0]});
  });
});
