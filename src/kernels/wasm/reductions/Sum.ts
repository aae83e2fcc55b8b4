/** `tf.sum` of float32 over axes that are not the last ones, on the wasm backend; see sum_rows.ts. */
import {Sum} from '@tensorflow/tfjs-core';
import {sumConfigOf} from './sum_rows';

export const sumConfig = sumConfigOf(Sum);
