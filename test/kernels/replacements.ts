/** The kernels of ours that replace the host's own, by backend. */
import {stockReplacements as cpu} from '../../src/cpu';
import type {StockReplacements} from '../../src/kernels/registry';
import {stockReplacements as wasm} from '../../src/wasm';
import type {BackendName} from '../support/backends';

export const replacements = [cpu, wasm] as (StockReplacements & {backendName: BackendName})[];
