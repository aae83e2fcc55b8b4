/** What the folder offers to the rest of the package. */
export {
  predictInSlabs,
  type SlabOptions,
  type SlabSource,
  type SlabVolume,
  slabStream,
} from './predict_in_slabs';
export type {OutputSlab, SlabStream} from './slab_stream';
