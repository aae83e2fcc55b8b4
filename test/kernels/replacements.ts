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

/** Those of webgl in a page, where the backend is. */
export const replacements = (
  backendNames.includes('webgl') ? [cpu, wasm, webgl] : [cpu, wasm]
) as Replacements[];

/** Those of the host's convolutions, in Node tensorflow's too, whose pooling is the host's own. */
export const convolutionReplacements: Replacements[] = backendNames.includes('tensorflow')
  ? [...replacements, tensorflow as Replacements]
  : replacements;
