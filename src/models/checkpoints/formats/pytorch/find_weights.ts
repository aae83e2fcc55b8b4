/**
 * Where in the payload of a PyTorch file the weights are: the dict of tensors, or the module saved as a whole, that a file
 * of some training program has at its root or under some key. Takes what is certain, and asks when it is not.
 */
import {FormatError, InvalidArgumentError} from '../../../../util/errors';
import {Checkpoint, CheckpointEntry} from '../../checkpoint';
import {quoted} from '../format';
import {PickledObject} from '../pickle/python_values';
import {isModule, nameBudget, stateOfModule} from './saved_modules';
import {unreadTensor} from './unread_tensors';

type Dict = ReadonlyMap<unknown, unknown>;

interface Place {
  /** The keys that lead to it. */
  readonly at: readonly string[];
  readonly dict: Dict;
  /** Whether the dict is the state dict of a module, which the file does not hold as such. */
  readonly ofModule: boolean;
}

/** What training programs call the network's own weights, in the order of preference. */
const WEIGHTS = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'network',
  'net',
  'module',
  'weights',
  'params',
];
/** Keys under which tensors are no weights of a network. */
const NO_WEIGHTS = /optim|sched|scaler|rng/i;
const MAX_DEPTH = 5;

/**
 * The weights of a payload as a checkpoint. Names stay as they are; the rest becomes `extra`.
 *
 * @param at the keys that lead to the weights. Default: those under the first of {@link WEIGHTS} that holds any, else the
 *   tensors of the dict itself, else the only other place that holds any
 * @throws FormatError when there are none, when several places could be meant, and for tensors that are not read;
 *   InvalidArgumentError when `at` leads nowhere
 */
export function checkpointOf(payload: unknown, at?: readonly string[]): Checkpoint {
  const search = new Search();
  const start = at === undefined ? payload : search.follow(payload, at);
  const places = search.places(start, at ?? []);
  if (places.length !== 1) throw new FormatError(places.length === 0 ? NOTHING : choice(places));
  const place = places[0]!;
  requireRead(place);
  const tensors: [string, CheckpointEntry][] = [];
  const others = new Map<unknown, unknown>();
  for (const [key, value] of place.dict) {
    if (typeof key === 'string' && value instanceof CheckpointEntry) tensors.push([key, value]);
    else others.set(key, value);
  }
  const extra = place.ofModule ? payload : without(payload, place.at, others);
  return new Checkpoint(tensors, {extra, at: place.at});
}

class Search {
  /** What was looked at: a payload may refer to itself, and one dict may stand in many places. */
  private readonly seen = new Set<unknown>();
  private readonly budget = nameBudget();

  /** Where weights could be; one place when it is certain. */
  places(value: unknown, at: readonly string[]): Place[] {
    if (at.length > MAX_DEPTH || this.seen.has(value)) return [];
    this.seen.add(value);
    if (isModule(value)) {
      const dict = stateOfModule(value, this.budget);
      return holdsTensors(dict, 0) ? [{at, dict, ofModule: true}] : [];
    }
    const dict = dictOf(value);
    if (dict === null) return [];
    for (const key of WEIGHTS) {
      const inside = this.places(dict.get(key), [...at, key]);
      if (inside.length > 0) return inside;
    }
    const here = {at, dict, ofModule: false};
    if (holdsTensors(dict, 1)) return [here];
    const inside = [...dict].flatMap(([key, child]) =>
      typeof key === 'string' && !NO_WEIGHTS.test(key) ? this.places(child, [...at, key]) : [],
    );
    // Tensors without axes alone are an epoch or a rate beside the weights, if there are any.
    return inside.length === 0 && holdsTensors(dict, 0) ? [here] : inside;
  }

  follow(payload: unknown, at: readonly string[]): unknown {
    let value = payload;
    for (const [depth, key] of at.entries()) {
      const dict = dictOf(value);
      if (!dict?.has(key)) {
        const keys = [...(dict?.keys() ?? [])].filter((other) => typeof other === 'string').slice(0, 20);
        throw new InvalidArgumentError(
          `checkpoints.read: at is ${spelled(at)}, and there is no ${quoted(key)} ` +
            `${depth === 0 ? 'at the root' : `in ${spelled(at.slice(0, depth))}`}; its keys are ${keys.map(quoted).join(', ') || 'none'}`,
        );
      }
      value = dict.get(key);
    }
    return value;
  }
}

/** A dict, or the items of an object that is one. */
function dictOf(value: unknown): Dict | null {
  if (value instanceof Map) return value as Dict;
  return value instanceof PickledObject && value.dict.size > 0 ? value.dict : null;
}

function holdsTensors(dict: Dict, rank: number): boolean {
  for (const [key, value] of dict) {
    if (typeof key !== 'string') continue;
    if (value instanceof CheckpointEntry ? value.shape.length >= rank : unreadTensor(value) !== null)
      return true;
  }
  return false;
}

const NOTHING =
  'the PyTorch file holds no dict of tensors and no module with weights; in Python, torch.save(model.state_dict(), "weights.pth")';

function choice(places: readonly Place[]): string {
  const listed = places.slice(0, 10).map(({at, dict}) => `${spelled(at)} (${dict.size})`);
  const more = places.length > 10 ? ` and ${places.length - 10} more` : '';
  return (
    `the PyTorch file holds weights in ${places.length} places and none has a name that says which is meant: ${listed.join(', ')}${more}. ` +
    `Choose one: checkpoints.read(bytes, {at: ${spelled(places[0]!.at)}}), or --at on the command line`
  );
}

const spelled = (at: readonly string[]) => quoted(at.join('/'));

/** Weights that are left out in silence would be missed much later, so the first tensor that is not read ends it. */
function requireRead({dict, at, ofModule}: Place): void {
  const unread = [...dict].filter(([key, value]) => typeof key === 'string' && unreadTensor(value) !== null);
  if (unread.length === 0) return;
  const [name, value] = unread[0]!;
  const {what, remedy} = unreadTensor(value)!;
  const more = unread.length > 1 ? ` (and ${unread.length - 1} more)` : '';
  const path = at.map((key) => `[${JSON.stringify(key)}]`).join('');
  const state = `torch.load(FILE, map_location="cpu", weights_only=False)${path}${ofModule ? '.state_dict()' : ''}`;
  throw new FormatError(
    `${quoted(name as string)} is ${what}, which tfjs-sts does not read${more}. In Python: ` +
      `torch.save({k: ${remedy} for k, v in ${state}.items()}, "plain.pth")`,
  );
}

/** The payload without the weights: what else their dict held stays in their place, if there is anything. */
function without(payload: unknown, at: readonly string[], others: Dict): unknown {
  const [key, ...rest] = at;
  if (key === undefined) return others.size > 0 ? others : null;
  const copy = new Map(dictOf(payload)!);
  const inside = without(copy.get(key), rest, others);
  if (inside === null) copy.delete(key);
  else copy.set(key, inside);
  return copy;
}
