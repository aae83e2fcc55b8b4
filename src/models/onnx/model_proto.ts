/**
 * The messages of an ONNX model (onnx/onnx, onnx.proto; IR version 8 is that of operator set 17) as plain data, and
 * their bytes. What the nodes mean is not known here.
 */
import {bytes, type Fields, float, integer, message, text} from '../../util/protobuf';

const IR_VERSION = 8;
const OPERATOR_SET = 17;

/** Values of TensorProto.DataType. */
const FLOAT = 1;
const INT64 = 7;

/** A whole number, a list of them, a word, or a float, which has to be told from a whole number. */
export type Attribute = number | readonly number[] | string | {readonly float: number};

export interface OnnxNode {
  readonly name: string;
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A constant of the graph. Weights are floats; shapes and axes are integers. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

/** A float tensor that enters or leaves the graph; null is the batch, of any length. */
export interface OnnxPort {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxConstant[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** A ModelProto. */
export function modelFields(graph: OnnxGraph, metadata: Readonly<Record<string, string>>): Fields {
  return [
    ...integer(1, IR_VERSION),
    ...text(2, 'tfjs-sts'),
    ...message(7, ...graphFields(graph)),
    ...message(8, integer(2, OPERATOR_SET)),
    ...Object.entries(metadata).flatMap(([key, value]) => message(14, text(1, key), text(2, value))),
  ];
}

function graphFields({name, nodes, constants, inputs, outputs}: OnnxGraph): Fields[] {
  return [
    ...nodes.map((node) => message(1, ...nodeFields(node))),
    text(2, name),
    ...constants.map((constant) => message(5, ...constantFields(constant))),
    ...inputs.map((port) => message(11, ...portFields(port))),
    ...outputs.map((port) => message(12, ...portFields(port))),
  ];
}

function nodeFields({name, operator, inputs, output, attributes}: OnnxNode): Fields[] {
  return [
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(3, name),
    text(4, operator),
    ...Object.entries(attributes).map(([key, value]) => message(5, ...attributeFields(key, value))),
  ];
}

/** Field 20 is the type of an attribute: 1 float, 2 integer, 3 string, 7 integers. */
function attributeFields(name: string, value: Attribute): Fields[] {
  if (typeof value === 'number') return [text(1, name), integer(3, value), integer(20, 2)];
  if (typeof value === 'string') return [text(1, name), text(4, value), integer(20, 3)];
  if ('float' in value) return [text(1, name), float(2, value.float), integer(20, 1)];
  return [text(1, name), ...value.map((item) => integer(8, item)), integer(20, 7)];
}

/** The raw data are little-endian, as are typed arrays on every machine that runs JavaScript engines of today. */
function constantFields({name, shape, values}: OnnxConstant): Fields[] {
  return [
    ...shape.map((length) => integer(1, length)),
    integer(2, values instanceof Float32Array ? FLOAT : INT64),
    text(8, name),
    bytes(9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)),
  ];
}

/** The name of the batch's length is the same everywhere: it is the same length. */
function portFields({name, shape}: OnnxPort): Fields[] {
  const lengths = shape.map((length) => message(1, length === null ? text(2, 'batch') : integer(1, length)));
  const tensor = message(1, integer(1, FLOAT), message(2, ...lengths));
  return [text(1, name), message(2, tensor)];
}
