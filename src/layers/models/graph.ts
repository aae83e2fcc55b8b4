/**
 * A LayersModel as a list of calls in an order in which they can run: which layer, on which values, making which. Reads
 * the host's bookkeeping of symbolic tensors and changes nothing.
 */
import {type LayersModel, type layers, SymbolicTensor} from '@tensorflow/tfjs-layers';

export type Layer = layers.Layer;

/** One call of a layer. Values are symbolic tensors of the model, each made by one call. */
export interface Call {
  readonly layer: Layer;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** What it was called with besides values. */
  readonly callArgs: Readonly<Record<string, unknown>>;
}

/**
 * The calls that lead from the inputs of a model to its outputs. Calls that no output needs are left out.
 *
 * @param order of the branches that meet in a layer: that of its inputs, or the host's, which begins with the last one
 */
export function callsOf(model: LayersModel, order: 'inputs' | 'host' = 'inputs'): Call[] {
  const made = new Set<SymbolicTensor>(model.inputs);
  const calls: Call[] = [];
  // A stack instead of recursion: networks of hundreds of layers are one chain.
  const wanted = [...model.outputs].reverse();
  while (wanted.length > 0) {
    const value = wanted.at(-1)!;
    const call = callThatMakes(value);
    const missing = made.has(value) ? [] : call.inputs.filter((input) => !made.has(input));
    if (missing.length > 0) {
      wanted.push(...(order === 'host' ? missing : missing.reverse()));
      continue;
    }
    wanted.pop();
    if (made.has(value)) continue;
    calls.push(call);
    for (const output of call.outputs) made.add(output);
  }
  return calls;
}

function callThatMakes({sourceLayer, nodeIndex}: SymbolicTensor): Call {
  const {inputTensors, outputTensors, callArgs} = sourceLayer.inboundNodes[nodeIndex]!;
  // The initial states of a recurrent layer are among the inputs, too.
  const isValue = (arg: unknown) => [arg].flat().some((one) => one instanceof SymbolicTensor);
  const plain = Object.entries((callArgs ?? {}) as object).filter(([, arg]) => !isValue(arg));
  return {
    layer: sourceLayer,
    inputs: inputTensors,
    outputs: outputTensors,
    callArgs: Object.fromEntries(plain),
  };
}
