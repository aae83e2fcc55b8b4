/**
 * Gradient of the indirect convolution with respect to its input, on the wasm backend: the same indirect convolution,
 * over the output gradient, with inverted tap rules and transposed weights. Under strides it is one convolution for each
 * class of input positions that the same taps reach (inversePhases), so that no zero is multiplied.
 */
import type {KernelConfig, TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvInfo, ConvPart} from '../../../geometry/conv_info';
import {
  convInfoOf,
  IndirectConv3DBackpropInput,
  type IndirectConv3DBackpropInputInputs,
} from '../../../geometry/kernel_names';
import {type InversePhase, inversePhases} from '../../../geometry/taps';
import {sizeOf, type Triple} from '../../../util/shapes';
import {ScratchPlan} from '../memory/scratch';
import {wasmKernel} from '../runtime/wasm_kernel';
import type {WasmHost} from '../runtime/wasm_runtime';
import type {Place} from './band_call';
import {narrowOf} from './narrow_call';
import {
  FLOAT_BYTES,
  isDepthwise,
  PANEL,
  PART_CALL_FIELDS,
  SCATTER_CALL_FIELDS,
  sumsCall,
  writeFields,
  writePartCall,
} from './part_call';
import {type Panels, packedWeights, roomsAt, runPart, scratchLayout, zeroChannels} from './run_part';

/** A phase of a part, as a convolution from the output's channels to the input's. */
interface Inverse {
  phase: InversePhase;
  /** The part that is inverted. */
  of: ConvPart;
  part: ConvPart;
  depthwise: boolean;
  /** Whether its rows are all positions of the input in their order; else they are scattered over it. */
  whole: boolean;
}

function inversesOf(info: ConvInfo, of: ConvPart): Inverse[] {
  const [input, output] = [info.inputShape, info.outputShape].map((shape) => shape.slice(1, 4) as Triple) as [
    Triple,
    Triple,
  ];
  return inversePhases(of.rule, input, output).map((phase) => ({
    phase,
    of,
    part: {
      rule: phase.read,
      firstTap: 0,
      inputChannel: of.outputChannel,
      inputChannels: of.outputChannels,
      outputChannel: of.inputChannel,
      outputChannels: of.inputChannels,
      groups: of.groups,
    },
    // With several outputs for an input, weights would have to be transposed: that the dense form does.
    depthwise: isDepthwise(of) && of.outputChannels === of.groups,
    whole: phase.size.every((length, axis) => length === input[axis]),
  }));
}

/** The taps of a phase in its order, inputs and outputs exchanged: panels of 8 input channels, or as they lie (depthwise). */
function weightsOf(
  host: WasmHost,
  filter: TensorInfo,
  info: ConvInfo,
  {phase, of, depthwise}: Inverse,
): Panels | number {
  const {taps} = phase;
  const [, inputs, columns] = info.filterView;
  const outputs = of.outputChannels / of.groups;
  const layout = `input ${depthwise ? 'depthwise' : 'dense'} ${[
    of.firstTap,
    of.outputChannel,
    of.groups,
    outputs,
    inputs,
    columns,
    ...taps,
  ].join()}`;
  const from = (tap: number) =>
    host.addressOf(filter) + ((of.firstTap + tap) * inputs * columns + of.outputChannel) * FLOAT_BYTES;
  if (depthwise) {
    const bytes = of.outputChannels * FLOAT_BYTES;
    return host.packedFrom(filter, layout, taps.length * bytes, (to) => {
      const heap = new Uint8Array(host.memory.buffer);
      taps.forEach((tap, i) => {
        heap.copyWithin(to + i * bytes, from(tap), from(tap) + bytes);
      });
    });
  }
  const panelBytes = taps.length * outputs * PANEL * FLOAT_BYTES;
  return {
    filter,
    layout,
    bytes: of.groups * Math.ceil(inputs / PANEL) * panelBytes,
    pack: (to) => {
      taps.forEach((tap, i) => {
        const panel = to + i * outputs * PANEL * FLOAT_BYTES;
        host.module.packTransposed(
          from(tap),
          panel,
          of.groups,
          inputs,
          outputs,
          columns * FLOAT_BYTES,
          panelBytes,
        );
      });
    },
  };
}

/** dy `info.outputShape`, filter `info.filterShape`; a new tensor of `info.inputShape`. */
export function backpropInput(
  host: WasmHost,
  {dy, filter}: IndirectConv3DBackpropInputInputs,
  info: ConvInfo,
): TensorInfo {
  const dx = host.makeOutput(info.inputShape);
  const inverses = info.parts.flatMap((part) => inversesOf(info, part));
  // Where every part is one whole phase, the first of them writes; else all add to zeros.
  const writes = inverses.length === info.parts.length && inverses.every(({whole}) => whole);
  if (!writes) host.write(dx, 0);
  for (const inverse of inverses) {
    const begins =
      info.parts.find(({inputChannel}) => inputChannel === inverse.of.inputChannel) === inverse.of;
    const run: Run = {host, info, dy, dx, inverse, weights: weightsOf(host, filter, info, inverse)};
    if (inverse.whole) runWhole(run, writes && begins);
    else if (placesRows(run)) runWhole(run, begins, {shape: info.inputShape, rule: inverse.phase.place});
    else runScattered(run);
  }
  return dx;
}

interface Run {
  host: WasmHost;
  info: ConvInfo;
  dy: TensorInfo;
  dx: TensorInfo;
  inverse: Inverse;
  weights: Panels | number;
}

/** The part as a convolution onto rows of `channels`. */
function invertedInfo({info, inverse: {phase, part}}: Run, channels: number): ConvInfo {
  return {
    inputShape: info.outputShape,
    filterShape: info.filterShape,
    outputShape: [info.inputShape[0], ...phase.size, channels],
    filterView: [phase.taps.length, part.inputChannels / part.groups, part.outputChannels],
    parts: [part],
  };
}

/** Whether the form that the phase goes in puts its rows where they belong. */
function placesRows(run: Run): boolean {
  const {part, depthwise} = run.inverse;
  const {inputShape, outputShape} = invertedInfo(run, part.outputChannels);
  return depthwise || narrowOf(part, inputShape, outputShape) !== undefined;
}

/** Straight into the gradient, which `starts` here or is added to; with a place for its rows also where they lie apart. */
function runWhole(run: Run, starts: boolean, place?: Place): void {
  const {host, info, dy, dx, inverse, weights} = run;
  const {part} = inverse;
  const inverted = invertedInfo(run, info.inputShape[4]);
  runPart(host, {
    part,
    inputShape: inverted.inputShape,
    outputShape: inverted.outputShape,
    weights,
    ...(place && {place}),
    describe: (rooms) =>
      sumsCall(inverted, part, starts, {
        ...rooms,
        x: host.addressOf(dy) + part.inputChannel * FLOAT_BYTES,
        y: host.addressOf(dx) + part.outputChannel * FLOAT_BYTES,
        bias: rooms.zeros,
      }),
  });
}

/** Rows that lie apart in the gradient: a block of them side by side in scratch, then added to where they belong. */
function runScattered(run: Run): void {
  const {host, info, dy, dx, inverse} = run;
  const {phase, part} = inverse;
  const weights = packedWeights(host, run.weights);
  const inverted = invertedInfo(run, part.outputChannels);
  const rows = sizeOf(inverted.outputShape.slice(0, 4));
  const [taps, inputs, outputs] = inverted.filterView;
  const layout = scratchLayout(host, part, false);
  const plan = new ScratchPlan();
  plan.fields(SCATTER_CALL_FIELDS);
  const head = plan.take(layout.bytes);
  const placeAt = plan.fields(PART_CALL_FIELDS);
  const sumsAt = plan.floats(host.module.BLOCK.value * outputs);
  host.runRows({
    run: 'scatterDense',
    rows,
    block: host.module.BLOCK.value,
    steps: rows * taps * inputs * outputs,
    scratchBytes: plan.bytes,
    writeCall: (at) => {
      const rooms = roomsAt(at + head, layout);
      const [place, sums] = [at + placeAt, at + sumsAt];
      writeFields(host.memory, at, SCATTER_CALL_FIELDS, {part: at + head, place, sums});
      const x = host.addressOf(dy) + part.inputChannel * FLOAT_BYTES;
      const addresses = {...rooms, x, weights, y: sums, bias: rooms.zeros};
      writePartCall(host.memory, at + head, sumsCall(inverted, part, true, addresses));
      const placed = {...inverted, inputShape: info.inputShape};
      const onto = {...addresses, x: host.addressOf(dx) + part.outputChannel * FLOAT_BYTES};
      writePartCall(host.memory, place, sumsCall(placed, {...part, rule: phase.place}, true, onto));
      new Float32Array(host.memory.buffer, rooms.zeros, zeroChannels(part)).fill(0);
    },
  });
}

export const indirectConv3DBackpropInputConfig: KernelConfig = wasmKernel(
  IndirectConv3DBackpropInput,
  ({inputs, attrs}, host) =>
    backpropInput(host, inputs as IndirectConv3DBackpropInputInputs, convInfoOf(attrs)),
);
