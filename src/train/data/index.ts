/** Data sets for training. `datasets` reads files, in Node; `generated` runs anywhere and is imported on its own. */
export {Dataset, type DatasetSummary, type SplitOptions} from './dataset';
export {datasets, type ListedOptions, type RawFramesOptions, type SomethingOptions} from './datasets';
export {type GeneratedOptions, generated} from './generated';
export type {DatasetOptions} from './options';
