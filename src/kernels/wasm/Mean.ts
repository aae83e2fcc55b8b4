/** `tf.mean` over neighbouring axes with others after them, on the wasm backend; see sum_rows.ts. */
import {Mean} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../registry';
import {wasmKernel} from './config';
import {isSumOfRows, sumRows} from './sum_rows';

export const meanConfig: StockReplacement = {
  ...wasmKernel(Mean, (args, host) => sumRows(args, host, true)),
  takes: isSumOfRows,
};
