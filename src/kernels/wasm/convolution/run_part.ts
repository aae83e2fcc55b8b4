/**
 * One part of a convolution, forward or a whole gradient with respect to the input: which form it goes in (direct, minimal
 * filtering, depthwise, in bands), its scratch, its packed weights, and the rows of the module's function.
 */
import type {TensorInfo} from '@tensorflow/tfjs-core';
import type {ConvPart} from '../../../geometry/conv_info';
import {tapCount} from '../../../geometry/taps';
import {type Shape5D, sizeOf} from '../../../util/shapes';
import {ScratchPlan} from '../memory/scratch';
import {MEMORY_STEPS, type WasmHost} from '../runtime/wasm_runtime';
import {bandScratch, bandsOf, inOrder, type Place, readsInPlace, writeBandCall} from './band_call';
import {narrowOf, narrowScratch, writeNarrowCall} from './narrow_call';
import {isDepthwise, PANEL, PART_CALL_FIELDS, type PartCall, type Rooms, writePartCall} from './part_call';
import {
  transformWeights,
  type Winograd,
  winogradOf,
  winogradScratch,
  winogradWeightBytes,
  writeWinogradCall,
} from './winograd_call';

/** Scratch of one part: offsets in bytes from its start, where the call stands, and its size, a multiple of 16. */
export interface ScratchLayout {
  pointers: number;
  zeros: number;
  edge: number;
  gathered: number;
  bytes: number;
}

/** Zeros in the place of a line of taps outside, or of a bias. */
export function zeroChannels({rule, inputChannels, outputChannels}: ConvPart): number {
  return Math.max(inputChannels * (rule.kind === 'grid' ? rule.taps[2] : 1), outputChannels);
}

export function scratchLayout(
  {module}: WasmHost,
  part: ConvPart,
  depthwise = isDepthwise(part),
): ScratchLayout {
  const [block, depth] = [module.BLOCK.value, module.DEPTH.value];
  const gathers = !depthwise && part.inputChannels / part.groups < module.GATHER_BELOW.value;
  const plan = new ScratchPlan();
  plan.fields(PART_CALL_FIELDS);
  return {
    zeros: plan.floats(zeroChannels(part)),
    edge: plan.floats(4 * PANEL),
    gathered: plan.floats(gathers ? block + block * depth : 0),
    // An address for each tap, or the four words of a row's place and an address for each line of taps.
    pointers: plan.floats((4 + tapCount(part.rule)) * block),
    bytes: plan.bytes,
  };
}

/** The addresses of a part's scratch that begins at `at`. */
export function roomsAt(at: number, layout: ScratchLayout): Rooms {
  return {
    pointers: at + layout.pointers,
    zeros: at + layout.zeros,
    gathered: at + layout.gathered,
    edge: at + layout.edge,
  };
}

/** Weights in panels for the dense form. */
export interface Panels {
  filter: TensorInfo;
  /** Says what is packed, and how. */
  layout: string;
  bytes: number;
  pack(to: number): void;
}

/** Where the module reads weights: panels are packed, and transformed if they are for the minimal-filtering form. */
export function packedWeights(host: WasmHost, weights: Panels | number, form?: Winograd): number {
  if (typeof weights === 'number') return weights;
  const {filter, layout, bytes, pack} = weights;
  if (form === undefined) return host.packedFrom(filter, layout, bytes, pack);
  const transformed = `${form.alongTime ? 'time' : 'frame'} ${layout}`;
  return host.packedFrom(filter, transformed, winogradWeightBytes(form), (to) =>
    host.withRoom(bytes, (from) => {
      pack(from);
      transformWeights(host.module, form, from, to);
    }),
  );
}

export interface PartWork {
  part: ConvPart;
  inputShape: Shape5D;
  /** Of the tensor whose positions are the rows. */
  outputShape: Shape5D;
  /** Of a part of some frames, the shape of all of them; see ConvInfo. */
  wholeShape?: Shape5D | undefined;
  /** Panels, or for the depthwise form the address of weights that are read as they lie. */
  weights: Panels | number;
  /** Where the rows of the depthwise or narrow form belong, if they are not those of a tensor in their order. */
  place?: Place;
  /** The part's call, with the scratch that it has. */
  describe(rooms: Rooms & {weights: number}): PartCall;
}

export function runPart(host: WasmHost, work: PartWork): void {
  const {part, inputShape, outputShape, weights: given, describe} = work;
  const rows = sizeOf(outputShape.slice(0, 4));
  const products = tapCount(part.rule) * (part.inputChannels / part.groups);
  const steps = rows * part.outputChannels * (products + MEMORY_STEPS);
  const depthwise = typeof given === 'number';
  const form = depthwise ? undefined : winogradOf(part, outputShape, work.wholeShape);
  const weights = packedWeights(host, given, form);
  if (form !== undefined) {
    host.runRows({
      run: 'convolveWinograd',
      rows: form.tiles,
      block: form.block,
      scratchBytes: winogradScratch(form),
      steps,
      writeCall: (at) => {
        writeWinogradCall(host.memory, at, form, (rooms) => describe({...rooms, weights}));
      },
    });
    return;
  }
  const narrow = depthwise ? undefined : narrowOf(part, inputShape, outputShape, work.wholeShape);
  if (narrow !== undefined) {
    const place = work.place ?? inOrder(part, outputShape);
    host.runRows({
      run: 'convolveNarrow',
      rows: narrow.count,
      scratchBytes: narrowScratch(narrow),
      steps,
      writeCall: (at) => {
        writeNarrowCall(host.memory, at, narrow, place, (rooms) => describe({...rooms, weights}));
      },
    });
    return;
  }
  if (depthwise && (work.place !== undefined || !readsInPlace(part))) {
    const bands = bandsOf(part, inputShape, outputShape);
    const place = work.place ?? inOrder(part, outputShape);
    host.runRows({
      run: 'convolveBands',
      rows: bands.count,
      scratchBytes: bandScratch(bands),
      steps,
      writeCall: (at) => {
        writeBandCall(host.memory, at, bands, place, (rooms) => describe({...rooms, weights}));
      },
    });
    return;
  }
  const layout = scratchLayout(host, part, depthwise);
  host.runRows({
    run: depthwise ? 'convolveDepthwise' : 'convolveDense',
    rows,
    block: host.module.BLOCK.value,
    scratchBytes: layout.bytes,
    steps,
    writeCall: (at) => {
      const rooms = roomsAt(at, layout);
      writePartCall(host.memory, at, describe({...rooms, weights}));
      new Float32Array(host.memory.buffer, rooms.zeros, zeroChannels(part)).fill(0);
    },
  });
}
