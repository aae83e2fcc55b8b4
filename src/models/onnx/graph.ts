/**
 * A graph that grows node by node. ONNX has channels behind the batch, tfjs has them last: each value knows which of
 * the two its memory is, and is reordered where a layer needs the other, once for all of its readers. Knows no layer.
 */
import type {PartialShape} from '../../util/shapes';
import type {Attribute, OnnxConstant, OnnxNode} from './model_proto';

export interface Value {
  readonly name: string;
  /** As tfjs has it, whatever the order in memory; null is the batch. */
  readonly shape: PartialShape;
  /** True: the last axis of `shape` stands behind the batch. */
  readonly channelsFirst: boolean;
}

export class Graph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  private readonly names = new Set<string>();
  private readonly lists = new Map<string, string>();
  private readonly reordered = new Map<string, Value>();

  /** `wanted`, or with a number behind it where the name is taken. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.names.has(name); i++) name = `${wanted}_${i}`;
    this.names.add(name);
    return name;
  }

  /**
   * Adds a node and gives the name of its one output.
   *
   * @param owner the layer that it belongs to; its name begins that of the node
   */
  node(
    owner: string,
    operator: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
  ): string {
    const name = this.unique(`${owner}/${operator}`);
    this.nodes.push({name, operator, inputs, output: name, attributes});
    return name;
  }

  /** A constant of floats. */
  floats(wanted: string, shape: readonly number[], values: Float32Array): string {
    const name = this.unique(wanted);
    this.constants.push({name, shape, values});
    return name;
  }

  /** A list of whole numbers; equal lists are one constant. */
  integers(list: readonly number[]): string {
    const wanted = `integers_${list.join('_')}`;
    const known = this.lists.get(wanted);
    if (known !== undefined) return known;
    const name = this.unique(wanted);
    this.lists.set(wanted, name);
    this.constants.push({name, shape: [list.length], values: BigInt64Array.from(list, BigInt)});
    return name;
  }

  /** Positions `start, start + step, ...` below `end` of one axis. */
  slice(owner: string, x: string, axis: number, start: number, end: number, step = 1): string {
    const [starts, ends, axes, steps] = [start, end, axis, step].map((n) => this.integers([n]));
    return this.node(owner, 'Slice', [x, starts!, ends!, axes!, steps!]);
  }

  /** The same values with other lengths behind the batch. */
  reshape(owner: string, x: string, lengths: readonly number[]): string {
    // In ONNX a 0 stands for the length that the input has there.
    return this.node(owner, 'Reshape', [x, this.integers([0, ...lengths])]);
  }

  /** The same values with the second axis as part of the batch. */
  inBatch(owner: string, x: string, lengths: readonly number[]): string {
    return this.node(owner, 'Reshape', [x, this.integers([-1, ...lengths])]);
  }

  /** The value in the wanted order. Up to rank 2 there is only one. */
  ordered(value: Value, channelsFirst: boolean): Value {
    const rank = value.shape.length;
    if (value.channelsFirst === channelsFirst) return value;
    if (rank <= 2) return {...value, channelsFirst};
    const done = this.reordered.get(value.name);
    if (done !== undefined) return done;
    const name = this.node(value.name, 'Transpose', [value.name], {
      perm: channelsFirst ? firstFromLast(rank) : lastFromFirst(rank),
    });
    const result = {...value, name, channelsFirst};
    this.reordered.set(value.name, result);
    this.reordered.set(name, value);
    return result;
  }
}

/** For each axis with channels first, which axis it is with channels last. */
export function firstFromLast(rank: number): number[] {
  return [0, rank - 1, ...range(1, rank - 1)];
}

function lastFromFirst(rank: number): number[] {
  return [0, ...range(2, rank), 1];
}

function range(from: number, to: number): number[] {
  return Array.from({length: to - from}, (_, i) => from + i);
}
