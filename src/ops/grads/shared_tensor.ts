/** Another tensor of the same values, without a kernel: data is counted by its backend, as for the variables of the host. */
import * as tf from '@tensorflow/tfjs-core';

/** Not for a tape that is on, which knows nothing of it. */
export function sharedTensor(x: tf.Tensor): tf.Tensor {
  const {backend} = tf.engine().state.tensorInfo.get(x.dataId)!;
  const y = tf.engine().makeTensorFromTensorInfo(x, backend);
  backend.incRef(x.dataId);
  return y;
}

/** A gradient that is what it was given: a tensor of its own, since each is freed by itself. */
export function handedOn(dy: tf.Tensor): tf.Tensor {
  return tf.engine().isTapeOn() ? tf.clone(dy) : sharedTensor(dy);
}
