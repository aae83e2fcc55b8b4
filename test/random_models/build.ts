/** From a recipe to a model with weights, inputs for it, and its description for a failure. */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {type Choice, KINDS, type Kind, type Place, size} from './layer_kinds';
import {Dice, type Node, type Recipe} from './recipe';

type Layer = tfl.layers.Layer;
type Value = tfl.SymbolicTensor;

/** Values larger than that are of no use: the arithmetic of a test is that of the cpu backend. */
const MOST_VALUES = 20_000;

export interface RandomModel {
  readonly model: tfl.LayersModel;
  readonly kinds: ReadonlySet<Kind>;
  /** A line a layer. */
  readonly text: string;
  /** New inputs; the caller disposes of them. */
  inputs(seed: number): tf.Tensor[];
}

const shapeOf = (value: Value) => value.shape.slice(1) as number[];

/** Where a model under construction keeps its values, and what it is made of. */
class Construction {
  private readonly values: Value[];
  private readonly read = new Set<Value>();
  private readonly known: {layer: Layer; shape: string}[] = [];

  constructor(
    inputs: readonly Value[],
    private readonly kinds: Set<Kind>,
    private readonly available: readonly Kind[],
    private readonly lines: string[],
    private readonly indent = '',
  ) {
    this.values = [...inputs];
  }

  /** Adds a layer, or nothing where what the dice say does not fit. */
  add({dice: numbers, inner}: Node): void {
    const dice = new Dice(numbers);
    const x = this.values.at(-1 - (dice.oneIn(3) ? dice.int(0, this.values.length - 1) : 0))!;
    const shape = shapeOf(x);
    const kind = dice.pick(this.available.filter(({ranks}) => ranks.includes(shape.length)));
    const choice = kind.make(this.placeOf(x, dice, inner));
    if (choice !== undefined) this.apply(kind, x, choice);
  }

  /** What nobody reads, the last three of it; one value that is read besides, now and then. */
  outputs(dice: Dice): Value[] {
    const ends = this.values.filter((value) => !this.read.has(value)).slice(-3);
    const inside = this.values.filter((value) => this.read.has(value) && !isInput(value));
    return inside.length > 0 && dice.oneIn(4) ? [...ends, dice.pick(inside)] : ends;
  }

  private placeOf(x: Value, dice: Dice, inner: Node['inner']): Place {
    const shape = shapeOf(x);
    return {
      x,
      shape,
      dice,
      other: (passes) => [...this.values].reverse().find((value) => value !== x && passes(shapeOf(value))),
      nested: (inside) => this.nestedModel(inside, inner),
      known: () => [...this.known].reverse().find((one) => one.shape === String(shape))?.layer,
    };
  }

  private apply(kind: Kind, x: Value, choice: Exclude<Choice, undefined>): void {
    const {layer, values} = choice instanceof tfl.layers.Layer ? {layer: choice, values: [x]} : choice;
    const shapes = values.map(shapeOf);
    const made = [layer.apply(values.length === 1 ? values[0]! : values)].flat() as Value[];
    if (
      made.some((value) => size(shapeOf(value)) > MOST_VALUES || shapeOf(value).some((length) => length < 1))
    )
      return;
    for (const value of values) this.read.add(value);
    this.values.push(...made);
    this.kinds.add(kind);
    if (values.length === 1) this.known.push({layer, shape: String(shapes[0])});
    const from = values.map((value) => `[${shapeOf(value)}]`).join(' ');
    this.lines.push(
      `${this.indent}${kind.name} ${layer.name} ${configText(layer)}: ${from} to [${made.map(shapeOf)}]`,
    );
  }

  private nestedModel(shape: readonly number[], inner: Node['inner']): tfl.LayersModel {
    const input = tfl.input({shape: [...shape]});
    const inside = new Construction([input], this.kinds, this.available, this.lines, `${this.indent}  `);
    // A model of nothing is not allowed.
    inside.apply(KINDS[0]!, input, tfl.layers.activation({activation: 'tanh'}));
    for (const dice of inner) inside.add({dice, inner: []});
    return tfl.model({inputs: input, outputs: inside.values.at(-1)!});
  }
}

function isInput(value: Value): boolean {
  return value.sourceLayer.getClassName() === 'InputLayer';
}

function configText(layer: Layer): string {
  if (layer instanceof tfl.LayersModel) return '';
  const {kernelSize, strides, dilationRate, padding, activation, filters, groups, poolSize, units} =
    layer.getConfig();
  const telling = {kernelSize, strides, dilationRate, padding, activation, filters, groups, poolSize, units};
  return JSON.stringify(telling, (_, value) => value ?? undefined);
}

const shortClip = (dice: Dice) => [
  dice.int(1, 5),
  dice.int(1, 9),
  dice.int(1, 9),
  dice.pick([3, 1, 2, 4, 5, 8, 33]),
];

/** The first input is a clip; a second one is of the same shape, a clip, an image, a sequence or a vector. */
function inputShapes(recipe: Recipe, clip: (dice: Dice) => number[]): number[][] {
  const [first, second] = recipe.inputs.map((numbers) => new Dice(numbers));
  const shape = clip(first!);
  if (second === undefined) return [shape];
  const other = second.pick<() => number[]>([
    () => shape,
    () => clip(second),
    () => [second.int(1, 8), second.int(1, 8), second.int(1, 5)],
    () => [second.int(1, 4), second.int(1, 5)],
    () => [shape[3]!],
  ])();
  return [shape, other];
}

/**
 * @param available the layers that it may be made of
 * @param clip the shape of an input, without the batch
 */
export function buildModel(
  recipe: Recipe,
  available: readonly Kind[] = KINDS,
  clip = shortClip,
): RandomModel | undefined {
  const inputs = inputShapes(recipe, clip).map((shape) => tfl.input({shape}));
  const kinds = new Set<Kind>();
  const lines = inputs.map((input) => `input [${shapeOf(input)}]`);
  const construction = new Construction(inputs, kinds, available, lines);
  for (const node of recipe.nodes) construction.add(node);
  const outputs = construction.outputs(new Dice(recipe.nodes[0]!.dice)).filter((value) => !isInput(value));
  if (outputs.length === 0) return undefined;
  const reached = new Set(inputsOf(outputs));
  const used = inputs.filter((input) => reached.has(input));
  const model = tfl.model({inputs: used, outputs});
  fill(model);
  return {
    model,
    kinds,
    text: `${lines.join('\n')}\noutputs: ${outputs.map(({name}) => name).join(', ')}`,
    inputs: (seed) =>
      used.map((input, i) => tf.randomNormal([recipe.batch, ...shapeOf(input)], 0, 1, 'float32', seed + i)),
  };
}

/** The input layers' values that lead to these. */
function inputsOf(values: readonly Value[]): Value[] {
  const seen = new Set<Value>();
  const waiting = [...values];
  while (waiting.length > 0) {
    const value = waiting.pop()!;
    if (seen.has(value)) continue;
    seen.add(value);
    waiting.push(...value.sourceLayer.inboundNodes[value.nodeIndex]!.inputTensors);
  }
  return [...seen].filter(isInput);
}

/** Weights of the order that keeps values of the order of 1; variances and scales positive; nothing stays 0 or 1. */
function fill(model: tfl.LayersModel): void {
  model.weights.forEach((weight, i) => {
    const shape = weight.shape as number[];
    const values = tf.tidy(() => {
      if (/variance|gamma/.test(weight.originalName))
        return tf.randomUniform(shape, 0.5, 1.5, 'float32', i + 1);
      const terms = Math.max(1, size(shape.slice(0, -1)));
      return tf.randomNormal(shape, 0, 1 / Math.sqrt(terms), 'float32', i + 1);
    });
    weight.write(values);
    values.dispose();
  });
}
