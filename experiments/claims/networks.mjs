/**
 * The networks of the arms: of a form the image network, and the video network with plain convolutions, with STS ones, or with STS
 * ones whose static half has its taps on the frame's own pixel alone (its own 3 x 3 in the depthwise form).
 */
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import * as sts from 'tfjs-sts';
import {createNetwork} from 'tfjs-sts/networks';

/**
 * An STS convolution without its lines: of the static half of the channels only slice 1 counts, the one that reads where an image
 * convolution does. The weights have the shapes of the convolution that it replaces; those that do not count get no gradient.
 */
export class CentredStaticConv3D extends tfl.layers.Layer {
  /** @nocollapse */
  static className = 'CentredStaticConv3D';

  /** @param args `{depthwise, filters, strides, padding}`: of the depthwise form or not; filters of the other alone */
  constructor(args) {
    super(args);
    const {depthwise, filters, strides, padding} = args;
    this.form = {depthwise, filters, strides, padding};
  }

  build(shapes) {
    const shape = only(shapes);
    const channels = shape.at(-1);
    const {depthwise, filters} = this.form;
    const size = depthwise ? [3, 3, 3, channels, 1] : [3, 1, 1, channels, filters];
    this.kernel = this.addWeight('kernel', size, 'float32', tfl.initializers.zeros());
    this.counting = staticMask(size, depthwise ? 3 : 4);
    super.build(shape);
  }

  computeOutputShape(shapes) {
    const [batch, time, height, width, channels] = only(shapes);
    const {depthwise, filters, strides} = this.form;
    const size = [time, height, width].map((length, axis) => length && Math.ceil(length / strides[axis]));
    return [batch, ...size, depthwise ? channels : filters];
  }

  call(inputs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const {depthwise, strides, padding} = this.form;
    return tf.tidy(() => {
      const mask = tf.tensor(this.counting.values, this.counting.shape);
      const filter = tf.mul(this.kernel.read(), mask);
      return (depthwise ? sts.stsDepthwiseConv3d : sts.stsConv3d)(x, filter, strides, padding);
    });
  }

  getConfig() {
    return {...super.getConfig(), ...this.form};
  }
}
tf.serialization.registerClass(CentredStaticConv3D);

/** The host gives a layer of one input its shape, or a list with it. */
const only = (shapes) => (Array.isArray(shapes[0]) ? shapes[0] : shapes);

/** Ones; zeros in slices 0 and 2 of the first half of the channels along `axis`, an odd one among them. */
function staticMask(shape, axis) {
  const half = Math.ceil(shape[axis] / 2);
  const size = shape.reduce((product, length) => product * length, 1);
  const inner = shape.slice(axis + 1).reduce((product, length) => product * length, 1);
  const values = Float32Array.from({length: size}, (_, at) => {
    const slice = Math.floor((at * 3) / size);
    const channel = Math.floor(at / inner) % shape[axis];
    return channel < half && slice !== 1 ? 0 : 1;
  });
  return {shape, values};
}

/** The control's rule for `replaceConv3d`: the same convolutions that `sts: true` replaces. */
function centredStatic(layer, config) {
  const depthwise = layer.getClassName() === 'DepthwiseConv3D';
  const taps = config.kernelSize.join(' ');
  if (taps !== (depthwise ? '3 3 3' : '3 1 1')) return false;
  const {filters = null, strides, padding} = config;
  return new CentredStaticConv3D({depthwise, filters, strides, padding});
}

/**
 * @param form of the protocol
 * @param size `{frames, side, classes, seed}`
 */
function create({network, config}, {frames, side, classes, seed}, isSts = false) {
  return createNetwork(network, {...config, frames, height: side, width: side, classes, seed, sts: isSts});
}

export const imageNetwork = (form, {side, classes, seed}) => create(form, {frames: 1, side, classes, seed});

/**
 * The network of an arm, ready to be trained. The three that begin with an image network give the same answers at the start: the
 * image network's, frame by frame, averaged.
 *
 * @param arm of `ARMS`
 * @param image weights of the image network, as of `weightsOf`; for random starts undefined
 */
export function videoNetwork(form, arm, size, image) {
  const model = create(form, size, arm.convolution === 'sts');
  if (image !== undefined)
    sts.inflate(sts.inflationPlans.middleSlices(image), model, {
      rule: 'sts',
      plan: sts.inflationPlans.imageModePlan(),
    });
  if (arm.convolution !== 'centre') return model;
  const control = sts.replaceConv3d(model, centredStatic);
  model.dispose();
  return control;
}
