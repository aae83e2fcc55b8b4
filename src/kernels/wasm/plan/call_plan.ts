/**
 * Calls of the module as plain data, made of shapes alone: words with holes for addresses, and the scratch that the calls
 * need to work with. Whoever runs a plan (WasmRuntime.runRows) writes the words to the beginning of the scratch and fills in
 * where that is and where the tensors are.
 */
import {CALLS, type CallName} from '../module/calls';
import type {RowFunctionName} from '../module/instantiate';

/** Tensors, packed weights and other values of which a call is told the address. */
export type Operand =
  | ('x' | 'y' | 'weights' | 'bias' | 'residual')
  /** Of several convolutions of one input, by number. */
  | `${'y' | 'weights' | 'bias'}${number}`
  /** Of the weights of an optimizer, by number alone. */
  | number
  | 'dx'
  | ('factors' | 'sums' | 'to' | 'values' | 'dvalues' | 'other' | 'sigmoid')
  | 'pieces'
  | ('dy' | 'gamma' | 'beta' | 'mean' | 'variance' | 'dgamma' | 'dbeta' | 'blocks');

/** Where the operands of a plan are. */
export type Operands = Partial<Record<Operand, number>>;

/** So many bytes from the beginning of an operand, or of the scratch. */
export interface Address {
  readonly base: Operand | 'scratch';
  readonly bytes: number;
}

/** The fields of a call; an address of 0 says that there is none. Floats do not come of shapes, and are not for plans. */
export type Fields<Name extends CallName> = {
  -readonly [Field in keyof (typeof CALLS)[Name]]: {
    usize: Address | 0;
    i32: number;
    f32: never;
  }[(typeof CALLS)[Name][Field] & ('usize' | 'i32' | 'f32')];
};

/** Rows that do not depend on each other, and the call of the function that computes any of them. */
export interface RowPlan {
  readonly run: RowFunctionName;
  /** How many rows there are. What a row is, the function knows: a position of the output, a slice of a filter. */
  readonly rows: number;
  /** Rows that the function takes at a time, where it does, else 1. */
  readonly block: number;
  /** Ranges of rows are whole multiples of so many, if there are several for each thread. */
  readonly tile: number;
  /** Multiply-adds of all rows in registers, or what takes as long: small work is not worth a second thread. */
  readonly steps: number;
  /** Of one thread, a multiple of 16. The call stands at its beginning. */
  readonly scratchBytes: number;
  /** The calls, with 0 for each hole. */
  readonly words: Int32Array;
  /** What the holes are filled from. */
  readonly bases: readonly Address['base'][];
  /** Three numbers for each hole: its word, which of `bases`, how many bytes from there. */
  readonly holes: Int32Array;
  /** Two numbers for each region of zeros: its first word, how many words. */
  readonly zeros: Int32Array;
}

type Work = Pick<RowPlan, 'rows' | 'steps'> & Partial<Pick<RowPlan, 'block' | 'tile'>>;

/** Rows of a tile of the dense convolution: ranges of whole tiles have no remainder but the last. */
const TILE_ROWS = 4;

/** Vectors of the module want addresses that are multiples of 16 bytes. */
const VECTOR_BYTES = 16;

export const FLOAT_BYTES = 4;

/** How many steps it takes to read a float from memory or to write it there: that bounds whatever does little with it. */
export const MEMORY_STEPS = 16;

/** Of a number as float32, for a field that is one. */
export const bitsOf = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0]!;

export const operand = (base: Operand, bytes = 0): Address => ({base, bytes});

/** An address so many bytes further on; none stays none. */
export function further(address: Address | 0, bytes: number): Address | 0 {
  return address === 0 ? 0 : {...address, bytes: address.bytes + bytes};
}

/** A plan in the making: regions of scratch, one after the other, the calls first. */
export class CallPlan {
  private bytes = 0;
  private readonly words: number[] = [];
  private readonly bases: Address['base'][] = [];
  private readonly holes: number[] = [];
  private readonly zeroRegions: number[] = [];

  reserve(bytes: number): Address {
    const at = this.bytes;
    this.bytes += Math.ceil(bytes / VECTOR_BYTES) * VECTOR_BYTES;
    return {base: 'scratch', bytes: at};
  }

  /** Space for floats, or for as many addresses: a wasm address is as long. */
  floats(count: number): Address {
    return this.reserve(count * FLOAT_BYTES);
  }

  /** Space for floats that are zero when the call begins. */
  zeros(count: number): Address {
    const region = this.floats(count);
    this.zeroRegions.push(region.bytes / FLOAT_BYTES, count);
    return region;
  }

  /** Space for a call; before any other region, so that the words of all calls lie together. */
  call(name: CallName): Address {
    return this.floats(Object.keys(CALLS[name]).length);
  }

  /** What stands in the space of a call. */
  write<Name extends CallName>(at: Address, name: Name, fields: Fields<Name>): void {
    Object.keys(CALLS[name]).forEach((field, i) => {
      const value = fields[field as keyof Fields<Name>] as Address | number;
      const word = at.bytes / FLOAT_BYTES + i;
      this.words[word] = typeof value === 'number' ? value : 0;
      if (typeof value !== 'number') this.holes.push(word, this.indexOf(value.base), value.bytes);
    });
  }

  finish(run: RowFunctionName, {rows, block = 1, tile = Math.min(block, TILE_ROWS), steps}: Work): RowPlan {
    return {
      ...{run, rows, block, tile, steps},
      scratchBytes: this.bytes,
      words: Int32Array.from(this.words, (word) => word ?? 0),
      bases: this.bases,
      holes: Int32Array.from(this.holes),
      zeros: Int32Array.from(this.zeroRegions),
    };
  }

  private indexOf(base: Address['base']): number {
    const known = this.bases.indexOf(base);
    return known >= 0 ? known : this.bases.push(base) - 1;
  }
}
