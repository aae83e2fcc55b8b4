/**
 * Models of which every step of training computes the same, but for weights, batch and dropout: their layers are known, and each is of the
 * class that it says. A layer of somebody else's may do in its thousandth step what it has not done before.
 */
import type {LayersModel, layers} from '@tensorflow/tfjs-layers';
import {layerClasses} from '../../../layers';
import {allLayers} from '../../optimization/parameters';

/** The host's that do. */
const HOSTS = [
  ...['Activation', 'ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'],
  ...['Conv1D', 'Conv2D', 'Conv3D', 'Conv2DTranspose', 'Conv3DTranspose', 'DepthwiseConv2D'],
  ...['SeparableConv2D', 'Dense', 'BatchNormalization', 'LayerNormalization', 'Dropout'],
  ...['Add', 'Average', 'Concatenate', 'Dot', 'Maximum', 'Minimum', 'Multiply'],
  ...['Cropping2D', 'UpSampling2D', 'ZeroPadding2D', 'Flatten', 'Permute', 'RepeatVector', 'Reshape'],
  ...['AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D', 'GlobalAveragePooling1D'],
  ...['GlobalAveragePooling2D', 'GlobalMaxPooling1D', 'GlobalMaxPooling2D'],
  ...['MaxPooling1D', 'MaxPooling2D', 'MaxPooling3D'],
  ...['InputLayer', 'Rescaling'],
];
const MODELS = ['Model', 'Functional', 'Sequential'];
const NAMES: ReadonlySet<string> = new Set([...HOSTS, ...layerClasses.map(({className}) => className)]);

export function isRepeatable(model: LayersModel): boolean {
  return (
    isOfClass(model, new Set(MODELS)) &&
    model.layers.every((layer) =>
      'layers' in layer ? isRepeatable(layer as LayersModel) : isOfClass(layer, NAMES),
    ) &&
    // Losses of layers are functions of whoever added them.
    allLayers(model).every(({losses}) => losses.length === 0)
  );
}

function isOfClass(layer: layers.Layer, names: ReadonlySet<string>): boolean {
  return (
    names.has(layer.getClassName()) &&
    // A class that is derived from one of these has the name of that one unless it says another.
    Object.hasOwn(layer.constructor, 'className') &&
    !Object.hasOwn(layer, 'call') &&
    (layer as unknown as {_callHook?: unknown})._callHook == null
  );
}
