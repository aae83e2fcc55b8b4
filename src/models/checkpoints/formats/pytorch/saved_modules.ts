/**
 * The state dict of a module that was saved as a whole, `torch.save(model)` or `torch.jit.save`: read from the record of
 * its attributes, under the names that `state_dict()` gives. Nothing of the module is made or run.
 */
import {FormatError} from '../../../../util/errors';
import {CheckpointEntry} from '../../checkpoint';
import {PickledObject} from '../pickle/python_values';
import {unreadTensor} from './unread_tensors';

/** Modules within modules, deeper than any real ones. */
const MAX_DEPTH = 100;

/** How many characters the names of a file's modules may have. A module that is used twice is listed twice, and so on. */
export interface NameBudget {
  characters: number;
}

export const nameBudget = (): NameBudget => ({characters: 64 * 2 ** 20});

/** The module classes of TorchScript are named after its own root module. */
const isScripted = ({type}: PickledObject) => /^__torch__(\.|$)/.test(type.module);

/** Whether a record is that of a module: of torch.nn, a class derived from it, or TorchScript. */
export function isModule(value: unknown): value is PickledObject {
  if (!(value instanceof PickledObject) || !(value.state instanceof Map)) return false;
  const {state} = value;
  return (
    isScripted(value) || (state.get('_parameters') instanceof Map && state.get('_modules') instanceof Map)
  );
}

/**
 * Parameters and buffers by name, module by module: tensors, and the records of tensors that are not read. Buffers that
 * were registered as not persistent are left out, as `state_dict()` leaves them out; TorchScript keeps no note of that.
 *
 * @throws FormatError for modules that are nested without end
 */
export function stateOfModule(
  module: PickledObject,
  budget: NameBudget,
): Map<string, CheckpointEntry | PickledObject> {
  const state = new Map<string, CheckpointEntry | PickledObject>();
  const walk = (current: PickledObject, prefix: string, depth: number): void => {
    const [tensors, modules] = isScripted(current) ? scriptedParts(current) : partsOf(current);
    budget.characters -= prefix.length + 1;
    for (const [name, tensor] of tensors) {
      state.set(prefix + name, tensor);
      budget.characters -= prefix.length + name.length;
    }
    if (depth > MAX_DEPTH || budget.characters < 0)
      throw new FormatError('the PyTorch file holds modules within modules without end: it is hostile');
    for (const [name, child] of modules) walk(child, `${prefix}${name}.`, depth + 1);
  };
  walk(module, '', 0);
  return state;
}

type Parts = [
  tensors: readonly (readonly [string, CheckpointEntry | PickledObject])[],
  modules: readonly (readonly [string, PickledObject])[],
];

function partsOf({state}: PickledObject): Parts {
  const attributes = state as ReadonlyMap<unknown, unknown>;
  const passing = attributes.get('_non_persistent_buffers_set');
  const isPassing = (name: string) => passing instanceof Set && passing.has(name);
  const buffers = named(attributes.get('_buffers'), isTensor).filter(([name]) => !isPassing(name));
  return [
    [...named(attributes.get('_parameters'), isTensor), ...buffers],
    named(attributes.get('_modules'), isModule),
  ];
}

/** In TorchScript, tensors and modules are attributes like any other. */
function scriptedParts({state}: PickledObject): Parts {
  return [named(state, isTensor), named(state, isModule)];
}

const isTensor = (value: unknown): value is CheckpointEntry | PickledObject =>
  value instanceof CheckpointEntry || unreadTensor(value) !== null;

function named<T>(dict: unknown, isWanted: (value: unknown) => value is T): [string, T][] {
  if (!(dict instanceof Map)) return [];
  return [...(dict as ReadonlyMap<unknown, unknown>)].filter(
    (item): item is [string, T] => typeof item[0] === 'string' && isWanted(item[1]),
  );
}
