/**
 * Entry "tfjs-sts/train": training of classifiers of clips and pictures. Importing it registers gradients and layers as the entry
 * "tfjs-sts" does.
 */
import {registerWithHost} from '../layers';

registerWithHost();

export * from '../train';
