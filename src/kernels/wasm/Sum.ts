/** `tf.sum` over neighbouring axes with others after them, on the wasm backend; see sum_rows.ts. */
import {Sum} from '@tensorflow/tfjs-core';
import type {StockReplacement} from '../registry';
import {wasmKernel} from './config';
import {isSumOfRows, sumRows} from './sum_rows';

export const sumConfig: StockReplacement = {
  ...wasmKernel(Sum, (args, host) => sumRows(args, host, false)),
  takes: isSumOfRows,
};
