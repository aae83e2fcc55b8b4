/**
 * Gradients of a scalar by the host's tape, as its engine takes them, to the bit, of which nobody takes gradients. So what the tape has
 * saved of a call, and the gradient of what the call gave, are freed as soon as it has been passed, where the engine keeps all to the end;
 * what is saved is shared instead of cloned by a kernel; and the tape is gone through once.
 */
import * as tf from '@tensorflow/tfjs-core';
import {BatchNormFused, BatchNormTrain} from '../../geometry/kernel_names';
import {InvalidArgumentError, UnavailableError} from '../../util/errors';
import {sameShape} from '../../util/shapes';
import {atAllPositions, isPerChannel, takingPerChannel} from './per_channel';
import {handedOn, sharedTensor} from './shared_tensor';

type State = ReturnType<typeof tf.engine>['state'];
type Node = State['activeTape'][number];

const WITH_STATISTICS: ReadonlySet<string> = new Set([BatchNormTrain, BatchNormFused]);

/** Both are the caller's; a tensor that the value does not depend on has no gradient. */
export interface ValueAndGradients {
  readonly value: tf.Scalar;
  readonly grads: readonly (tf.Tensor | undefined)[];
}

/**
 * To be called within tf.tidy.
 *
 * @param compute records nothing that it is not asked for: its intermediates are freed as in tf.tidy
 * @param xs tensors and variables that it reads
 */
export function takeGradients(compute: () => tf.Scalar, xs: readonly tf.Tensor[]): ValueAndGradients {
  const {state} = tf.engine();
  // Within a gradient of somebody else the tape is not ours to end.
  if (state.gradientDepth > 0) return tf.engine().gradients(compute, [...xs], undefined, true);
  try {
    const value = recorded(compute, state);
    return tf.tidy('backward', () => {
      const walk = new Walk(xs, state.activeScope.id);
      return {value, grads: walk.gradientsOf(value, state.activeTape)};
    });
  } finally {
    for (const node of state.activeTape) freeSaved(node);
    state.activeTape = [];
  }
}

/** Runs with a new tape, which is the state's then. */
function recorded(compute: () => tf.Scalar, state: State): tf.Scalar {
  // The host's types hide it.
  const host = tf.engine() as unknown as {clone(x: tf.Tensor): tf.Tensor};
  const {clone} = host;
  state.activeTape = [];
  state.gradientDepth++;
  // By it, and for nothing else, the host saves what gradients will read.
  host.clone = (x) =>
    x.dtype === 'string' || x.dtype === 'complex64' ? clone.call(host, x) : shared(x, state);
  try {
    return tf.tidy('forward', compute);
  } finally {
    host.clone = clone;
    state.gradientDepth--;
  }
}

/** A tensor of the same values, and its call on the tape: through it go gradients of gradients that are taken within `compute`. */
function shared(x: tf.Tensor, state: State): tf.Tensor {
  const y = sharedTensor(x);
  state.activeTape.push({
    ...{id: state.nextTapeNodeId++, kernelName: tf.Identity, inputs: {x}, outputs: [y], saved: []},
    gradient: ([dy]) => ({x: () => handedOn(dy!)}),
  });
  return y;
}

function withoutGradient(kernelName: string, by = ''): UnavailableError {
  return new UnavailableError(
    `train: the kernel ${kernelName} has no gradient${by}, and weights are to be trained through it; register one with tf.registerGradient, ` +
      'or make the layers in front of it not trainable.',
  );
}

function freeSaved({saved}: Node): void {
  if (saved !== undefined) for (const tensor of saved) tensor.dispose();
}

function check(x: tf.Tensor, dx: tf.Tensor, kernelName: string): void {
  const name = `train: the gradient of the kernel ${kernelName} by an input [${x.shape}]`;
  if (dx.dtype !== 'float32' || !(sameShape(dx.shape, x.shape) || isPerChannel(dx))) {
    throw new InvalidArgumentError(
      `${name} is ${dx.dtype} [${dx.shape}]; float32 of the same shape is needed.`,
    );
  }
  if (dx.isDisposed) {
    throw new InvalidArgumentError(`${name} is disposed; make it when it is asked for, or tf.keep it.`);
  }
}

/** From the end of a tape to its beginning. */
class Walk {
  /** By the tensors that they are of. */
  private readonly gradients = new Map<number, tf.Tensor>();
  /** Gradients that are in use: each belongs to one tensor. */
  private readonly held = new Set<number>();
  private readonly wanted: ReadonlySet<number>;
  /** What depends on what is wanted. */
  private readonly reached: Set<number>;

  constructor(
    private readonly xs: readonly tf.Tensor[],
    private readonly scope: number,
  ) {
    this.wanted = new Set(xs.map(({id}) => id));
    this.reached = new Set(this.wanted);
  }

  gradientsOf(value: tf.Scalar, tape: readonly Node[]): (tf.Tensor | undefined)[] {
    const asked = tape.map((node) => this.reach(node));
    this.hold(value, tf.ones(value.shape));
    for (let i = tape.length - 1; i >= 0; i--) {
      this.pass(tape[i]!, asked[i]!);
      freeSaved(tape[i]!);
    }
    return this.xs.map(({id}) => this.gradients.get(id));
  }

  /** The names of the inputs that a gradient goes to, of which there are some if the call depends on what is wanted. */
  private reach({inputs, outputs}: Node): string[] {
    const {reached} = this;
    const names: string[] = [];
    // A call may have left inputs out.
    for (const name in inputs) if (reached.has(inputs[name]?.id as number)) names.push(name);
    if (names.length > 0) for (const {id} of outputs) reached.add(id);
    return names;
  }

  /** @param names of the inputs that a gradient goes to */
  private pass({kernelName, inputs, outputs, gradient}: Node, names: readonly string[]): void {
    if (!outputs.some(({id}) => this.gradients.has(id))) return;
    if (names.length > 0) {
      if (gradient === undefined) throw withoutGradient(kernelName);
      const ofInputs = takingPerChannel(() => gradient(this.ofOutputs(kernelName, outputs)));
      for (const name of names) {
        const take = ofInputs[name];
        if (take === undefined) throw withoutGradient(kernelName, ` by its input ${name}`);
        this.add(inputs[name]!, tf.tidy(take), kernelName);
      }
    }
    // All that reads an output is behind it on the tape.
    for (const {id} of outputs) if (!this.wanted.has(id)) this.drop(id);
  }

  /** For an output that leads nowhere, and has none, the call's gradient makes zeros by itself. */
  private ofOutputs(kernelName: string, outputs: readonly tf.Tensor[]): tf.Tensor[] {
    const dys = outputs.map(({id}) => this.gradients.get(id)!);
    // Of the statistics of a batch it reads none.
    const [ofBatch] = dys;
    return WITH_STATISTICS.has(kernelName) && ofBatch !== undefined ? dys.fill(ofBatch) : dys;
  }

  private add(x: tf.Tensor, given: tf.Tensor, kernelName: string): void {
    check(x, given, kernelName);
    const dx = this.own(given);
    const before = this.gradients.get(x.id);
    if (before === undefined) {
      const isWhole = !isPerChannel(given);
      this.hold(x, isWhole ? dx : atAllPositions(dx, x.shape));
      if (!isWhole) dx.dispose();
      return;
    }
    const sum = tf.add(before, dx);
    if (!this.held.has(dx.id)) dx.dispose();
    this.drop(x.id);
    this.hold(x, sum);
  }

  /** A gradient that is another tensor's too is shared: each is freed by itself. */
  private hold(x: tf.Tensor, dx: tf.Tensor): void {
    const own = this.held.has(dx.id) ? sharedTensor(dx) : dx;
    this.held.add(own.id);
    this.gradients.set(x.id, own);
  }

  private drop(id: number): void {
    const gradient = this.gradients.get(id);
    if (gradient === undefined) return;
    this.gradients.delete(id);
    this.held.delete(gradient.id);
    gradient.dispose();
  }

  /** What was made elsewhere, such as a constant or a saved tensor that a gradient is, stays whose it was. */
  private own(gradient: tf.Tensor): tf.Tensor {
    return gradient.kept || gradient.scopeId !== this.scope ? sharedTensor(gradient) : gradient;
  }
}
