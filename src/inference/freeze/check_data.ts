/**
 * Data of a frozen model from anywhere, checked before anything is made of it: each field is what it must be and there is
 * no other, every value is made before it is read, every tensor is there and used. What settings mean the ops check.
 */
import type {DataType} from '@tensorflow/tfjs-core';
import {FormatError} from '../../util/errors';
import {didYouMean} from '../../util/names';
import {sizeOf} from '../../util/shapes';
import {FROZEN_VERSION, type FrozenModelData, type FrozenStep, type FrozenTensor} from './frozen_data';
import {STEP_OPS} from './steps/step_ops';

type Fields = Readonly<Record<string, unknown>>;

const DTYPES: readonly DataType[] = ['float32', 'int32', 'bool', 'complex64', 'string'];

/** By name: the arrays may come from another realm. */
const ARRAYS: Readonly<Record<FrozenTensor['dtype'], string>> = {
  float32: 'Float32Array',
  int32: 'Int32Array',
  bool: 'Uint8Array',
};

/** Deeper than the config of any layer; a model in a wrapper in a model is about 20. */
const MOST_DEPTH = 64;

/**
 * @param data what may be a FrozenModelData
 * @param caller begins the messages
 * @returns the data itself
 * @throws FormatError naming the first thing that is not as it must be
 */
export function checkedData(data: unknown, caller: string): FrozenModelData {
  new Checking(caller).all(data);
  return data as FrozenModelData;
}

class Checking {
  constructor(private readonly caller: string) {}

  all(data: unknown): void {
    const {version} = this.record(data, 'the data');
    if (version !== FROZEN_VERSION) {
      this.fail(
        `the data is of version ${text(version)}; this tfjs-sts reads version ${FROZEN_VERSION}. Freeze the model again with it`,
      );
    }
    const fields = this.record(data, 'the data', [
      'version',
      'name',
      'inputs',
      'outputs',
      'steps',
      'tensors',
    ]);
    this.string(fields.name, 'name');
    const values = this.inputs(fields.inputs);
    const tensors = this.tensors(fields.tensors);
    const used = this.steps(fields.steps, values, tensors);
    this.outputs(fields.outputs, values);
    const unused = [...tensors].find((name) => !used.has(name));
    if (unused !== undefined) this.fail(`the tensor ${text(unused)} belongs to no step`);
  }

  /** @returns the names of the values that there are */
  private inputs(given: unknown): Set<string> {
    const values = new Set<string>();
    this.list(given, 'inputs', 1).forEach((input, i) => {
      const what = `inputs[${i}]`;
      const {name, dtype, shape, accepts} = this.record(input, what, ['name', 'dtype', 'shape', 'accepts']);
      this.make(name, values, what);
      this.dtype(dtype, what);
      const ranks = [shape, accepts].map((one) => this.shape(one, what, true).length);
      if (ranks[0] !== ranks[1]) this.fail(`${what}: shape and accepts differ in rank`);
    });
    return values;
  }

  /** @returns the names of the tensors that are used */
  private steps(given: unknown, values: Set<string>, tensors: ReadonlySet<string>): Set<string> {
    const used = new Set<string>();
    this.list(given, 'steps', 0).forEach((one, i) => {
      const what = `steps[${i}]`;
      const known = ['op', 'settings', 'inputs', 'outputs', 'tensors'];
      const fields = this.record(one, what, known, ['masked']);
      const step = fields as unknown as FrozenStep;
      this.op(fields.op, what);
      const op = STEP_OPS[step.op]!;
      this.json(this.record(fields.settings, `${what}.settings`), `${what}.settings`, 0);
      for (const input of this.list(fields.inputs, `${what}.inputs`, ...op.inputs))
        this.read(input, values, what);
      for (const output of this.list(fields.outputs, `${what}.outputs`, ...op.outputs))
        this.make(output, values, what);
      for (const name of Object.values(this.record(fields.tensors, `${what}.tensors`))) {
        if (!tensors.has(this.string(name, `${what}.tensors`)))
          this.fail(`${what}: there is no tensor ${text(name)}`);
        used.add(name as string);
      }
      const isFlag = fields.masked === undefined || typeof fields.masked === 'boolean';
      if (!isFlag || (fields.masked && step.op !== 'layer')) this.fail(`${what}: masked is for layers alone`);
    });
    return used;
  }

  private outputs(given: unknown, values: ReadonlySet<string>): void {
    const names = new Set<string>();
    this.list(given, 'outputs', 1).forEach((output, i) => {
      const what = `outputs[${i}]`;
      const fields = this.record(output, what, ['name', 'value', 'dtype', 'shape', 'kind']);
      this.make(fields.name, names, what);
      this.read(fields.value, values, what);
      this.dtype(fields.dtype, what);
      this.shape(fields.shape, what, true);
      if (fields.kind !== 'logits' && fields.kind !== 'probabilities')
        this.fail(`${what}: kind is ${text(fields.kind)}; it must be logits or probabilities`);
    });
  }

  /** @returns their names */
  private tensors(given: unknown): Set<string> {
    const tensors = Object.entries(this.record(given, 'tensors'));
    for (const [name, tensor] of tensors) {
      const what = `the tensor ${text(name)}`;
      const {dtype, shape, values} = this.record(tensor, what, ['dtype', 'shape', 'values']);
      const kind =
        typeof dtype === 'string' && Object.hasOwn(ARRAYS, dtype)
          ? (dtype as FrozenTensor['dtype'])
          : undefined;
      if (kind === undefined)
        return this.fail(`${what} is of ${text(dtype)}; known are ${Object.keys(ARRAYS).join(', ')}`);
      const size = sizeOf(this.shape(shape, what, false) as number[]);
      const array = Object.prototype.toString.call(values).slice('[object '.length, -1);
      const {length} = Object(values) as {length?: number};
      if (array !== ARRAYS[kind] || length !== size)
        this.fail(
          `${what} of ${kind} [${shape}] needs ${size} values in a ${ARRAYS[kind]}; it has ${length} in ${array}`,
        );
    }
    return new Set(tensors.map(([name]) => name));
  }

  private op(op: unknown, what: string): void {
    if (typeof op === 'string' && Object.hasOwn(STEP_OPS, op)) return;
    const known = Object.keys(STEP_OPS);
    const question = typeof op === 'string' ? didYouMean(op, known) || '.' : '.';
    this.fail(`${what}: the op ${text(op)} is unknown${question} Known are ${known.join(', ')}`);
  }

  private make(name: unknown, values: Set<string>, what: string): void {
    if (values.has(this.string(name, what))) this.fail(`${what}: there are two values ${text(name)}`);
    values.add(name as string);
  }

  private read(name: unknown, values: ReadonlySet<string>, what: string): void {
    if (!values.has(this.string(name, what)))
      this.fail(`${what}: no step before it makes the value ${text(name)}`);
  }

  private dtype(dtype: unknown, what: string): void {
    if (!DTYPES.includes(dtype as DataType)) this.fail(`${what}: the dtype ${text(dtype)} is unknown`);
  }

  private shape(shape: unknown, what: string, isPartial: boolean): readonly unknown[] {
    const isLength = (n: unknown) =>
      (isPartial && n === null) || (Number.isSafeInteger(n) && (n as number) >= 0);
    if (Array.isArray(shape) && shape.every(isLength)) return shape;
    return this.fail(`${what}: ${text(shape)} is no shape`);
  }

  private string(value: unknown, what: string): string {
    return typeof value === 'string' ? value : this.fail(`${what}: ${text(value)} is no name`);
  }

  private list(value: unknown, what: string, least: number, most = Infinity): readonly unknown[] {
    if (Array.isArray(value) && value.length >= least && value.length <= most) return value;
    const count =
      most === Infinity ? `${least} or more` : least === most ? `${least}` : `${least} to ${most}`;
    return this.fail(
      `${what}: got ${Array.isArray(value) ? value.length : text(value)}; a list of ${count} is needed`,
    );
  }

  /** An object with these fields, and no others if any are named. */
  private record(
    value: unknown,
    what: string,
    fields?: readonly string[],
    optional: readonly string[] = [],
  ): Fields {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.fail(`${what}: an object is needed; got ${text(value)}`);
    if (fields !== undefined) {
      const missing = fields.find((field) => !Object.hasOwn(value, field));
      if (missing !== undefined) this.fail(`${what}: the field ${missing} is missing`);
      const other = Object.keys(value).find((key) => !fields.includes(key) && !optional.includes(key));
      if (other !== undefined) this.fail(`${what}: the field ${text(other)} is unknown`);
    }
    return value as Fields;
  }

  private json(value: unknown, what: string, depth: number): void {
    if (depth > MOST_DEPTH) this.fail(`${what}: it is nested deeper than ${MOST_DEPTH}`);
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return;
    if (typeof value !== 'object') this.fail(`${what}: ${text(value)} is no plain data`);
    for (const inner of Object.values(value as object)) this.json(inner, what, depth + 1);
  }

  private fail(problem: string): never {
    throw new FormatError(`${this.caller}: ${problem}.`);
  }
}

/** As messages show a value from outside: no more than a line of it. */
function text(value: unknown): string {
  const shown =
    typeof value === 'string' || typeof value === 'number' ? JSON.stringify(value) : String(value);
  return shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
}
