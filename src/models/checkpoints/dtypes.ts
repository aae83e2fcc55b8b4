/** The element types of checkpoints and their sizes. Values and their decoding are in checkpoint.ts. */

/** Element types, by their safetensors names. */
export type CheckpointDtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

const ITEM_BYTES: ReadonlyMap<string, number> = new Map<CheckpointDtype, number>([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
]);

/** The supported element types. */
export const CHECKPOINT_DTYPES = [...ITEM_BYTES.keys()] as readonly CheckpointDtype[];

/** Whether a string names a supported element type. */
export function isCheckpointDtype(name: string): name is CheckpointDtype {
  return ITEM_BYTES.has(name);
}

/** Bytes of one element. */
export function itemBytes(dtype: CheckpointDtype): number {
  return ITEM_BYTES.get(dtype)!;
}
