/**
 * The graph of a functional model as Keras 3 writes it, in the words of Keras 2, which the host reads: calls as lists of
 * `[layer, call, output, {}]`. The host has turned all strings into camelCase by then but names under `name`: layers
 * are found by their names so turned.
 */
import type {serialization} from '@tensorflow/tfjs-core';
import {InvalidArgumentError} from '../../util/errors';

type Config = serialization.ConfigDict;
type Value = serialization.ConfigDictValue;
type History = [layer: string, call: number, output: number];

/** Operations that take tensors as arguments of their own; the host's layers of these classes take one list. */
const MERGING = new Set(['Add', 'Multiply', 'Maximum', 'Minimum', 'Average', 'Concatenate']);

/** The config with its graph in Keras 2's form; one that has it already comes back as it is. */
export function readGraph(config: Config): Config {
  if (!Array.isArray(config.layers)) return config;
  const layers = config.layers as Config[];
  const nameOf = originalNames(layers.map(({name}) => name as string));
  return {
    ...config,
    layers: layers.map((layer) => ({
      ...layer,
      inboundNodes: ((layer.inboundNodes ?? []) as Value[]).map((node) => readCall(layer, node, nameOf)),
    })),
    inputLayers: readEnds(config.inputLayers, nameOf),
    outputLayers: readEnds(config.outputLayers, nameOf),
  };
}

type NameOf = (turned: string) => string;

function originalNames(names: readonly string[]): NameOf {
  return (turned) => {
    const meant = names.filter((name) => camelCase(name) === turned);
    if (meant.length === 1) return meant[0]!;
    throw new InvalidArgumentError(
      meant.length === 0
        ? `The model calls a layer "${turned}" that it does not have.`
        : `The layers ${meant.map((name) => `"${name}"`).join(' and ')} cannot be told apart: tfjs-layers reads both as ` +
            `"${turned}". Rename one in Keras and save the model again.`,
    );
  };
}

/** As the host turns strings. */
function camelCase(name: string): string {
  return name.length <= 1 ? name : name.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}

function readCall(layer: Config, node: Value, nameOf: NameOf): Value {
  if (Array.isArray(node) || node === null || typeof node !== 'object') return node;
  const {args, kwargs} = node as {args?: Value[]; kwargs?: Config};
  const extra = Object.entries(kwargs ?? {}).find(([, value]) => value != null && value !== false);
  const given = args ?? [];
  const tensors = given.length === 1 && Array.isArray(given[0]) ? given[0] : given;
  const histories = tensors.map((tensor) => historyOf(tensor));
  const list = given.length === 1 || MERGING.has(String(layer.className));
  if (extra !== undefined || !list || histories.some((history) => history === undefined)) {
    throw new InvalidArgumentError(
      `Layer "${layer.name}" (${layer.className}): it is called with ${extra ? `'${extra[0]}'` : 'several arguments'}, ` +
        'which tfjs-layers cannot pass on. Convert the model as a SavedModel for tf.loadGraphModel.',
    );
  }
  return histories.map((history) => {
    const [name, call, output] = history!;
    return [nameOf(name), call, output, {}];
  });
}

function historyOf(tensor: Value): History | undefined {
  if (tensor === null || typeof tensor !== 'object' || Array.isArray(tensor)) return undefined;
  const {kerasHistory} = (tensor.config ?? {}) as {kerasHistory?: History};
  return kerasHistory;
}

/** One triple, a list of triples, or triples by the names of inputs, of which alone the host turns the layers' names. */
function readEnds(ends: Value | undefined, nameOf: NameOf): Value {
  if (ends === null || typeof ends !== 'object') return ends ?? null;
  if (Array.isArray(ends)) return typeof ends[0] === 'string' ? [ends] : ends;
  return (Object.values(ends) as History[]).map(([name, call, output]) => [nameOf(name), call, output]);
}
