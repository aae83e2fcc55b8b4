/** Networks for the benchmarks that the package does not have. No weights: those that the layers start with. */
import * as tf from '@tensorflow/tfjs-layers';
import * as sts from 'tfjs-sts';

/** ResNet3D-18 (Tran et al., CVPR 2018): basic blocks of 3x3x3 convolutions, a stem of 3x7x7 with stride 2 in space. */
export function resnet3d18({frames, size, classes}) {
  const convolve = (x, filters, kernelSize, strides = 1) =>
    sts.layers.conv3d({filters, kernelSize, strides, padding: 'same', useBias: false}).apply(x);
  const norm = (x) => sts.layers.batchNorm3d({momentum: 0.9, epsilon: 1e-5}).apply(x);
  const relu = (x) => tf.layers.activation({activation: 'relu'}).apply(x);
  const block = (x, filters, stride) => {
    const inner = relu(norm(convolve(x, filters, 3, stride)));
    const y = norm(convolve(inner, filters, 3));
    const shortcut = stride === 1 ? x : norm(convolve(x, filters, 1, stride));
    return relu(tf.layers.add().apply([y, shortcut]));
  };
  const inputs = tf.input({shape: [frames, size, size, 3]});
  let x = relu(norm(convolve(inputs, 64, [3, 7, 7], [1, 2, 2])));
  for (const [stage, filters] of [64, 128, 256, 512].entries()) {
    x = block(block(x, filters, stage === 0 ? 1 : 2), filters, 1);
  }
  const pooled = sts.layers.globalAveragePooling3d().apply(x);
  return tf.model({inputs, outputs: tf.layers.dense({units: classes}).apply(pooled)});
}

/**
 * A MeshNet (Fedorov et al. 2017) as it segments brains in pages: 3x3x3 convolutions of `width` channels with batch
 * normalization and ReLU, their dilation growing and shrinking again, and a pointwise one for `classes` classes.
 */
export function meshNet({width, size, classes = 3}) {
  const inputs = tf.input({shape: [...size, 1], name: 'clip'});
  let x = inputs;
  for (const dilationRate of [1, 2, 4, 8, 16, 8, 4, 2, 1]) {
    x = sts.layers
      .conv3d({filters: width, kernelSize: 3, padding: 'same', dilationRate, useBias: false})
      .apply(x);
    x = sts.layers.batchNorm3d({}).apply(x);
    x = tf.layers.activation({activation: 'relu'}).apply(x);
  }
  return tf.model({inputs, outputs: sts.layers.conv3d({filters: classes, kernelSize: 1}).apply(x)});
}
