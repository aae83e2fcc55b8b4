/** In which order the steps of a frozen model run for the values that are wanted, and when each value can be freed. */
import type {FrozenGraph} from './frozen_data';
import type {Step} from './steps/step_ops';

/** A step in its turn; values are numbered. */
export interface Turn {
  readonly step: Step;
  readonly masked: boolean;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Later turns of convolutions of the same input that may be computed with this one. */
  readonly siblings: readonly Turn[];
  /** Values that nobody reads after this turn: neither inputs of the model nor wanted. */
  readonly spent: readonly number[];
}

/** What runs for the values that are wanted. */
export interface Schedule {
  readonly turns: readonly Turn[];
  /** Numbers of the values. */
  readonly wanted: readonly number[];
}

/** The number of each value: inputs first, then what the steps make. */
export function numberValues({inputs, steps}: FrozenGraph): Map<string, number> {
  const names = [...inputs.map(({name}) => name), ...steps.flatMap(({outputs}) => outputs)];
  return new Map(names.map((name, number) => [name, number]));
}

/** The schedule for these values; steps that they do not need are left out. */
export function scheduled(
  graph: FrozenGraph,
  steps: readonly Step[],
  numbers: ReadonlyMap<string, number>,
  wanted: readonly string[],
): Schedule {
  const turns: Turn[] = [];
  const needed = new Set(wanted);
  const kept = new Set([...graph.inputs.map(({name}) => name), ...wanted]);
  const numbersOf = (names: readonly string[]) => names.map((name) => numbers.get(name)!);
  for (let i = steps.length - 1; i >= 0; i--) {
    const {inputs, outputs, masked = false} = graph.steps[i]!;
    if (!outputs.some((output) => needed.has(output))) continue;
    // Seen from the end, the first to read a value is its last reader.
    const spent = [...new Set([...inputs, ...outputs])].filter((value) => !kept.has(value));
    for (const value of spent) kept.add(value);
    for (const input of inputs) needed.add(input);
    const read = {inputs: numbersOf(inputs), outputs: numbersOf(outputs), spent: numbersOf(spent)};
    turns.push({step: steps[i]!, masked, siblings: [], ...read});
  }
  return {turns: withSiblings(turns.reverse()), wanted: numbersOf(wanted)};
}

/** Each of the turns with its siblings, if it is the first of them. */
function withSiblings(turns: readonly Turn[]): Turn[] {
  const later = new Set<Turn>();
  return turns.map((turn, i) => {
    const {step} = turn;
    if (step.kind !== 'convolution' || turn.inputs.length > 1 || later.has(turn)) return turn;
    const siblings = turns
      .slice(i + 1)
      .filter(
        (other) =>
          other.step.kind === 'convolution' &&
          other.inputs.length === 1 &&
          other.inputs[0] === turn.inputs[0] &&
          !later.has(other) &&
          other.step.isSiblingOf(step),
      );
    for (const sibling of siblings) later.add(sibling);
    return {...turn, siblings};
  });
}
