/** The kernels of ours that replace the host's own, by backend. */
import '../../src/entries/backends/cpu';
import {stockReplacements as cpu} from '../../src/kernels/cpu';
import '../../src/entries/backends/wasm';
import type {StockReplacements} from '../../src/kernels/registry';
import {stockReplacements as tensorflow} from '../../src/kernels/tensorflow';
import {stockReplacements as wasm} from '../../src/kernels/wasm';
import {type BackendName, backendNames} from '../support/backends';

type Replacements = StockReplacements & {backendName: BackendName};

export const replacements: Replacements[] = [
  ...([cpu, wasm] as Replacements[]),
  ...(backendNames.includes('tensorflow') ? [tensorflow as Replacements] : []),
];
