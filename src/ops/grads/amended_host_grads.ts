/**
 * Gradients of the host that fail for some calls of a kernel: those calls get ours, all others keep the host's. `tf.conv3d`
 * with dilations, which the host refuses; `tf.unstack` of one entry, whose gradient the host hands on as no list, and with
 * it recurrent layers and TimeDistributed on clips of one frame; `tf.batchNorm` of clips, whose gradient the host takes at rank 4
 * alone, and without a scale or an offset, for which it takes none. And some that cost more than they need: `tf.relu`, whose gradient
 * saves what it gives where it is taken once and is one pass where a backend has a kernel for it; `tf.mean`, whose gradient is tiles
 * of one value and no product with ones; `tf.mul` of clips and a gate; `tf.add` of one shape and `tf.clone`, whose gradients are what
 * they are given, and save nothing.
 */
import * as tf from '@tensorflow/tfjs-core';
import {isOfChannels} from '../../geometry/channels';
import {
  GateGrad,
  IndirectConv3DBackpropFilter,
  IndirectConv3DBackpropInput,
  ReluGrad,
} from '../../geometry/kernel_names';
import {conv3dInfo} from '../../geometry/ordinary_info';
import {runOptionalKernel} from '../optional_kernel';
import {runKernel} from '../run_kernel';
import {handedOn} from './shared_tensor';
import {isTakenOnce} from './taken_once';

type Amendment = (host: tf.GradFunc) => tf.GradFunc;

/** What a gradient saves, where that depends on what it is taken for. */
const savings: Readonly<Record<string, PropertyDescriptorMap>> = {
  [tf.Relu]: {
    inputsToSave: {enumerable: true, get: () => (isTakenOnce() ? [] : ['x'])},
    outputsToSave: {enumerable: true, get: () => (isTakenOnce() ? [true] : [])},
  },
};

const amendments: Readonly<Record<string, Amendment>> = {
  [tf.Conv3D]: (host) => (dy, saved, attrs) => {
    const {strides, pad, dilations} = attrs as unknown as tf.Conv3DAttrs;
    if ([dilations].flat().every((dilation) => dilation === 1)) return host(dy, saved, attrs);
    const [x, filter] = saved as [tf.Tensor5D, tf.Tensor5D];
    const info = conv3dInfo(x.shape, filter.shape, {strides, pad, dilations});
    return {
      x: () => runKernel(IndirectConv3DBackpropInput, {dy: dy as tf.Tensor, filter}, info),
      filter: () => runKernel(IndirectConv3DBackpropFilter, {x, dy: dy as tf.Tensor}, info),
    };
  },
  // What is saved of two of one shape is nothing (SummandsOfShapes).
  [tf.Add]: (host) => (dy, saved, attrs) => {
    if (saved.length > 0) return host(dy, saved, attrs);
    const share = () => handedOn(dy as tf.Tensor);
    return {a: share, b: share};
  },
  // With a value for each channel of each clip: the host makes products, and then sums them. In one pass where a backend has a kernel for it.
  [tf.Multiply]: (host) => (dy, saved, attrs) => {
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const isFirst = isOfChannels(a.shape, b.shape);
    const [x, gate] = isFirst ? [b, a] : [a, b];
    const areFloats = saved.every(({dtype}) => dtype === 'float32');
    const isGate = areFloats && isOfChannels(gate.shape, x.shape) && gate.size < x.size;
    if (!isGate || tf.engine().isTapeOn()) return host(dy, saved, attrs);
    const found = runOptionalKernel(GateGrad, {dy: dy as tf.Tensor, x, gate});
    if (found === undefined) return host(dy, saved, attrs);
    const [dx, dgate] = found as [tf.Tensor, tf.Tensor];
    return isFirst ? {a: () => dgate, b: () => dx} : {a: () => dx, b: () => dgate};
  },
  // The host casts what is float32 already.
  [tf.Identity]: () => (dy) => ({x: () => handedOn(dy as tf.Tensor)}),
  [tf.Unpack]: (host) => (dy, saved, attrs) => host([dy].flat(), saved, attrs),
  // The host makes ones in the size of x, value by value. Tiles have a gradient themselves up to rank 4 alone, which nobody asks for here.
  [tf.Mean]: (host) => (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor];
    if (x.rank > 4 || tf.engine().isTapeOn()) return host(dy, saved, attrs);
    const axes = tf.util.parseAxisParam((attrs as unknown as tf.MeanAttrs).axis, x.shape);
    const lengths = x.shape.map((length, axis) => (axes.includes(axis) ? length : 1));
    const kept = x.shape.map((length, axis) => length / lengths[axis]!);
    const share = () => tf.div(tf.reshape(dy as tf.Tensor, kept), tf.util.sizeFromShape(lengths));
    return {x: () => tf.tidy(() => tf.tile(share(), lengths))};
  },
  // The host asks for the sign of what is saved, which is that of x in what it gives, too.
  [tf.Relu]: (host) => (dy, saved, attrs) => {
    const [value] = saved as [tf.Tensor];
    if (value.dtype !== 'float32' || tf.engine().isTapeOn()) return host(dy, saved, attrs);
    const atOnce = () => runOptionalKernel(ReluGrad, {dy: dy as tf.Tensor, saved: value})?.[0];
    return {x: () => atOnce() ?? host(dy, saved, attrs).x!()};
  },
  // One value a channel at any rank is one value a channel of rows, `[rows, 1, 1, channels]`.
  [tf.FusedBatchNorm]: (host) => (dy, saved, attrs) => {
    const [x, mean, ...others] = saved as [tf.Tensor, tf.Tensor, variance: tf.Tensor, scale: tf.Tensor];
    const channels = x.shape.at(-1)!;
    if (x.rank === 4 || mean.size !== channels) return host(dy, saved, attrs);
    const asRows = (of: tf.Tensor) => tf.reshape(of, [-1, 1, 1, channels]);
    const each = (of: tf.Tensor) => tf.reshape(of, [channels]);
    const gradients = host(asRows(dy as tf.Tensor), [asRows(x), ...[mean, ...others].map(each)], attrs);
    return Object.fromEntries(
      Object.entries(gradients).map(([name, gradient]) => [
        name,
        () => tf.reshape(gradient(), name === 'x' ? x.shape : mean.shape),
      ]),
    );
  },
};

const isGiven = ([, input]: [name: string, input: unknown]) => input !== undefined;

/** From now on a tape takes calls without the inputs that they leave out, over which the host stumbles when it looks through it. */
function takeCallsWithoutInputs(tape: ReturnType<typeof tf.engine>['state']['activeTape']): void {
  tape.push = (...nodes) => {
    const complete = nodes.map((node) => ({
      ...node,
      inputs: Object.fromEntries(Object.entries(node.inputs).filter(isGiven)),
    }));
    return Array.prototype.push.apply(tape, complete);
  };
}

/**
 * The names of the inputs that the host saves of a call, of which the call may have left out some. It asks for them by `map`, just before
 * it puts the call on the tape, and fails for what is not there.
 */
class OptionalInputs extends Array<string> {
  override map<U>(callback: (name: string, index: number, names: string[]) => U): U[] {
    takeCallsWithoutInputs(tf.engine().state.activeTape);
    return Array.from(this, (name, i) => callback(name, i, this)).filter((input) => input !== undefined);
  }
}

/** The names of the inputs that the host saves of a sum: of two of one shape it needs to know no more, and keeps neither. */
class SummandsOfShapes extends Array<string> {
  override map<U>(callback: (name: string, index: number, names: string[]) => U): U[] {
    const [a, b] = Array.from(this, (name, i) => callback(name, i, this)) as unknown as [
      tf.Tensor,
      tf.Tensor,
    ];
    return (tf.util.arraysEqual(a.shape, b.shape) ? [] : [a, b]) as U[];
  }
}

/** How the host comes by the inputs that it saves of a call. Of those that may be left out only the last is: gradients know them by their place. */
const inputsToSave: Readonly<Record<string, typeof OptionalInputs | typeof SummandsOfShapes>> = {
  [tf.FusedBatchNorm]: OptionalInputs,
  [tf.Add]: SummandsOfShapes,
};

/** On a config of the host once it is amended, so that two copies of the package do it once. */
const AMENDED = Symbol.for('tfjs-sts.amended');

/** Where the host has no gradient at all, a program differentiates nothing, and there is nothing to amend. */
export function amendHostGradients(): void {
  for (const [kernelName, amend] of Object.entries(amendments)) {
    const host = tf.getGradient(kernelName);
    if (host == null || AMENDED in host) continue;
    const amended = {...host, gradFunc: amend(host.gradFunc), [AMENDED]: true};
    Object.defineProperties(amended, savings[kernelName] ?? {});
    const Inputs = inputsToSave[kernelName];
    if (Inputs !== undefined) amended.inputsToSave = Inputs.from(host.inputsToSave ?? []);
    // Taken out first: the host warns of a gradient that is put over another.
    tf.unregisterGradient(kernelName);
    tf.registerGradient(amended);
  }
}
