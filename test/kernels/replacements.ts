/** The kernels of ours that replace the host's own, by backend. */
import '../../src/entries/backends/cpu';
import {stockReplacements as cpu} from '../../src/kernels/cpu';
import '../../src/entries/backends/wasm';
import type {StockReplacements} from '../../src/kernels/registry';
import {stockReplacements as wasm} from '../../src/kernels/wasm';
import type {BackendName} from '../support/backends';

export const replacements = [cpu, wasm] as (StockReplacements & {backendName: BackendName})[];
