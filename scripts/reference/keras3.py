"""Small models of Keras 3 with what they answer, for test/layers/host/keras_models.test.ts.

    python keras3.py ../../test/golden/keras3.json

Each entry: the model as model.to_json() writes it, and its outputs. Input and weights are a formula of their index, so that the test
makes them itself. Activations: what becomes of 21 values from -5 to 5.
"""
import json
import os
import sys

os.environ['KERAS_BACKEND'] = 'jax'

import keras
import numpy as np
from keras import layers as L

SIZE = (4, 3, 4, 4)


def numbers(shape, seed):
    count = int(np.prod(shape))
    values = np.sin(np.arange(count) * 12.9898 + seed * 78.233) * 1.3
    return values.reshape(shape).astype(np.float32)


def sequential(*layers, size=SIZE):
    return keras.Sequential([keras.Input(size), *layers])


def u_net():
    x = keras.Input(SIZE, name='the_volume')
    a = L.Conv3D(4, 3, padding='same', activation='silu', kernel_regularizer='l2', name='first_conv')(x)
    a = L.BatchNormalization(name='norm_1')(a)
    b = L.MaxPooling3D((2, 1, 2), name='down')(a)
    b = L.Conv3D(6, (1, 3, 3), padding='same', groups=2, kernel_initializer='lecun_normal', name='grouped_conv')(b)
    b = L.GroupNormalization(groups=3, name='group_norm')(b)
    b = L.LeakyReLU(negative_slope=0.1, name='leaky')(b)
    b = L.Conv3DTranspose(4, 2, strides=(2, 1, 2), padding='same', name='up_conv')(b)
    c = L.Add(name='sum')([a, b])
    d = L.Concatenate(name='both')([c, a])
    d = L.SpatialDropout3D(0.5, name='drop')(d)
    d = L.LayerNormalization(name='layer_norm')(d)
    y = L.Conv3D(2, 1, activation='sigmoid', name='voxels')(d)
    z = L.GlobalMaxPooling3D(keepdims=True, name='most')(d)
    return keras.Model(x, [y, z])


def transposed(strides, kernel, padding, output_padding=None, dilation=1, use_bias=True, **more):
    return sequential(
        L.Conv3DTranspose(3, kernel, strides=strides, padding=padding, output_padding=output_padding, dilation_rate=dilation,
                          use_bias=use_bias, **more),
        size=(2, 3, 2, 2))


MODELS = {
    'u_net': u_net,
    'groups': lambda: sequential(L.Conv3D(6, (2, 3, 1), strides=(1, 2, 1), groups=2, padding='same', activation='leaky_relu')),
    'dilation': lambda: sequential(L.Conv3D(3, 2, dilation_rate=(1, 2, 3), activation='gelu')),
    'hard sigmoid': lambda: sequential(L.Conv3D(3, 1, activation='hard_sigmoid')),
    'batch norm of axis 2': lambda: sequential(L.BatchNormalization(axis=2, scale=False)),
    'layer norm of two axes': lambda: sequential(L.LayerNormalization(axis=[1, 4], epsilon=1e-2)),
    'layer norm without offset': lambda: sequential(L.LayerNormalization(axis=[2, 3], center=False)),
    'instance norm': lambda: sequential(L.GroupNormalization(groups=-1)),
    'group norm of axis 1': lambda: sequential(L.GroupNormalization(groups=2, axis=1, epsilon=1e-2)),
    'group norm of axis 3': lambda: sequential(L.GroupNormalization(groups=2, axis=3, scale=False)),
    'group norm of rank 3': lambda: sequential(L.GroupNormalization(groups=2), size=(5, 4)),
    'unit norm': lambda: sequential(L.UnitNormalization(axis=[1, 3])),
    'rms norm': lambda: sequential(L.RMSNormalization(axis=[3, 4])),
    'normalization': lambda: sequential(L.Normalization(axis=(1, 4), mean=numbers((4, 4), 7), variance=numbers((4, 4), 8) ** 2)),
    'normalization by one number': lambda: sequential(L.Normalization(axis=None, mean=0.5, variance=4, invert=True)),
    'normalization with weights': lambda: sequential(L.Normalization(axis=-1)),
    'up': lambda: sequential(L.UpSampling3D((1, 2, 3)), size=(2, 2, 3, 2)),
    'up, channels first': lambda: sequential(L.UpSampling3D(2, data_format='channels_first'), size=(2, 2, 3, 2)),
    'crop': lambda: sequential(L.Cropping3D(((1, 0), (1, 1), (0, 2)))),
    'crop, channels first': lambda: sequential(L.Cropping3D((1, 1, 0), data_format='channels_first')),
    'pad': lambda: sequential(L.ZeroPadding3D((1, 0, 2)), size=(2, 2, 3, 2)),
    'global maximum': lambda: sequential(L.GlobalMaxPooling3D()),
    'global average kept': lambda: sequential(L.GlobalAveragePooling3D(keepdims=True, data_format='channels_first')),
    'spatial dropout of frames': lambda: sequential(L.TimeDistributed(L.SpatialDropout2D(0.5))),
    'relu with a slope': lambda: sequential(L.ReLU(negative_slope=0.2)),
    'pooling': lambda: sequential(L.AveragePooling3D((2, 3, 2), strides=(2, 1, 2), padding='same'), L.MaxPooling3D(2, padding='same')),
    'transposed 2 by 2 same': lambda: transposed(2, 2, 'same'),
    'transposed 3 by 2 same': lambda: transposed(2, 3, 'same', activation='relu'),
    'transposed 2 by 3 valid': lambda: transposed(3, 2, 'valid'),
    'transposed, output padding, same': lambda: transposed((2, 3, 2), (3, 4, 5), 'same', output_padding=(1, 2, 0)),
    'transposed, output padding, valid': lambda: transposed(2, (3, 2, 1), 'valid', output_padding=1),
    'transposed, dilated, same': lambda: transposed(1, (3, 2, 2), 'same', dilation=(1, 2, 3), use_bias=False),
    'transposed, dilated, valid': lambda: transposed(1, 2, 'valid', dilation=2),
    'other names': lambda: sequential(L.Conv3D(2, 1, kernel_initializer='lecun_uniform', kernel_regularizer='l1')),
}

ACTIVATIONS = ['celu', 'elu', 'exponential', 'gelu', 'hard_shrink', 'hard_sigmoid', 'hard_silu', 'hard_swish', 'hard_tanh',
               'leaky_relu', 'linear', 'log_sigmoid', 'log_softmax', 'mish', 'relu', 'relu6', 'selu', 'sigmoid', 'silu', 'soft_shrink',
               'softmax', 'softplus', 'softsign', 'sparse_plus', 'sparse_sigmoid', 'squareplus', 'swish', 'tanh', 'tanh_shrink']


def weights_of(model):
    seed = 1
    for layer in model.layers:
        filled = []
        for weight in layer.weights:
            values = numbers(weight.shape, seed) * 0.4 if 'int' not in weight.dtype else np.array(7)
            filled.append(np.square(values) + 0.1 if 'variance' in weight.path else values)
            seed += 1
        layer.set_weights(filled)
        if isinstance(layer, L.Normalization) and filled:
            layer.finalize_state()


def rounded(values):
    return [float(f'{value:.6g}') for value in np.asarray(values).ravel()]


def entry(make):
    keras.backend.clear_session()
    model = make()
    weights_of(model)
    shape = model.inputs[0].shape[1:]
    outputs = model(numbers((2, *shape), 50), training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return {
        'topology': json.loads(model.to_json()),
        'outputs': [{'shape': list(y.shape), 'values': rounded(y)} for y in outputs],
    }


def activation_entry(name):
    return rounded(L.Activation(name)(np.linspace(-5, 5, 21, dtype=np.float32)[None]))


with open(sys.argv[1], 'w') as file:
    json.dump({
        'keras': keras.__version__,
        'models': {name: entry(make) for name, make in MODELS.items()},
        'activations': {name: activation_entry(name) for name in ACTIVATIONS},
    }, file, separators=(',', ':'))
    file.write('\n')
