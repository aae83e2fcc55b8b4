/**
 * The gradient of the host's own Conv3D where it is dilated, which the host's gradient refuses: `tf.conv3d` and
 * `tf.layers.conv3d` with a dilation train through ours. All other calls keep the host's gradient.
 */
import * as tf from '@tensorflow/tfjs-core';
import {conv3dInfo} from '../conv_info';
import {IndirectConv3DBackpropFilter, IndirectConv3DBackpropInput} from '../kernel_names';
import {runKernel} from '../run_kernel';

/** On the host's config once it stands here, so that two copies of the package do it once. */
const DILATED = Symbol.for('tfjs-sts.dilated');

/** Puts it in the place of the host's, where the host has one: a program without it differentiates nothing anyway. */
export function takeDilatedConvolutions(): void {
  const host = tf.getGradient(tf.Conv3D);
  if (host == null || DILATED in host) return;
  const ours: tf.GradConfig & {[DILATED]: true} = {
    ...host,
    [DILATED]: true,
    gradFunc: (dy, saved, attrs) => {
      const {strides, pad, dilations} = attrs as unknown as tf.Conv3DAttrs;
      if ([dilations].flat().every((dilation) => dilation === 1)) return host.gradFunc(dy, saved, attrs);
      const [x, filter] = saved as [tf.Tensor5D, tf.Tensor5D];
      const info = conv3dInfo(x.shape, filter.shape, {strides, pad, dilations});
      return {
        x: () => runKernel(IndirectConv3DBackpropInput, {dy: dy as tf.Tensor, filter}, info),
        filter: () => runKernel(IndirectConv3DBackpropFilter, {x, dy: dy as tf.Tensor}, info),
      };
    },
  };
  // Taken out first: the host warns of a gradient that is put over another.
  tf.unregisterGradient(tf.Conv3D);
  tf.registerGradient(ours);
}
