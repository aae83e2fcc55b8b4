/**
 * Entry "tfjs-sts/networks": the networks, by name or family by family, without weights. Importing it registers gradients and
 * layers as the entry "tfjs-sts" does: networks are there to be trained, saved and loaded.
 */
import {registerWithHost} from '../layers';

registerWithHost();

export * from '../networks';
export type {InvertedBottleneckConfig} from '../networks/blocks/inverted_bottlenecks';
export type {ResNetPath} from '../networks/blocks/resnet';
export type {FamilyOverrides, NetworkTask} from '../networks/definition';
export type {PartialShape} from '../util/shapes';
