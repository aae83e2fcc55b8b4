/** The kernels of ours that replace the host's own, by backend. */
import {stockReplacements as cpu} from '../../src/entries/cpu';
import {stockReplacements as wasm} from '../../src/entries/wasm';
import type {StockReplacements} from '../../src/kernels/registry';
import type {BackendName} from '../support/backends';

export const replacements = [cpu, wasm] as (StockReplacements & {backendName: BackendName})[];
