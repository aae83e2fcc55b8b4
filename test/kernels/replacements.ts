/** The kernels of ours that replace the host's own, by backend. */
import '../../src/entries/backends/cpu';
import {stockReplacements as cpu} from '../../src/kernels/cpu';
import '../../src/entries/backends/wasm';
import type {StockReplacements} from '../../src/kernels/registry';
import {stockReplacements as tensorflow} from '../../src/kernels/tensorflow';
import {stockReplacements as wasm} from '../../src/kernels/wasm';
import {stockReplacements as webgl} from '../../src/kernels/webgl';
import {type BackendName, backendNames} from '../support/backends';

type Replacements = StockReplacements & {backendName: BackendName};

/** In Node tensorflow's besides, in a page webgl's, where the backend is. */
export const replacements = (
  backendNames.includes('webgl')
    ? [cpu, wasm, webgl]
    : [cpu, wasm, tensorflow].filter(({backendName}) => backendNames.includes(backendName as BackendName))
) as Replacements[];
