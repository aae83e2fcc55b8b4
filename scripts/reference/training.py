"""Makes test/golden/train/training.json: what PyTorch, timm, mmcv and mmaction2 compute where a training loop does the same.

pip install torch==2.15.0, and with --no-deps timm==1.0.22 (with huggingface_hub, safetensors, pyyaml), mmcv==1.7.2 (with addict, yapf;
its build wants setuptools below 70) and the file mmaction/core/evaluation/accuracy.py of mmaction2==0.24.1.

    python training.py ACCURACY_PY ../../test/golden/train/training.json

Optimizers: four weights follow gradients that depend on the weights and on noise, over 200 steps; in float64, and how far PyTorch's
own float32 comes from that. Averages: timm's ModelEmaV2 along such a run. Accumulated: a small classifier, whose batches go through it in
two pieces. Schedules: the rate of every iteration. Losses with their gradients. Metrics: 1,000 random cases, the matrix of each as the sum
of its cells times their places, counted from 1.
"""
import importlib.util
import json
import sys
import types

import numpy as np
import torch
import torch.nn.functional as F


def without_init(package):
    """The modules of timm and mmcv that are used need no torchvision, but the __init__ of their packages do."""
    locations = importlib.util.find_spec(package).submodule_search_locations
    sys.modules[package] = types.ModuleType(package)
    sys.modules[package].__path__ = list(locations)


for package in ('timm', 'timm.scheduler', 'timm.loss', 'timm.optim', 'timm.utils', 'mmcv.runner', 'mmcv.runner.hooks'):
    without_init(package)

from timm.utils.model_ema import ModelEmaV2

WEIGHTS = {'conv/kernel': (6, 5), 'conv/bias': (5,), 'norm/gamma': (5,), 'head/kernel': (5, 3)}
STEPS = 200
KEPT = [1, 2, 10, 50, 100, 200]


def fnv(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def noise(key, count):
    """From [-1, 1), as test/support/fill.ts: a hash of key and index."""
    index = np.arange(count, dtype=np.uint64)
    x = (np.uint64(fnv(key)) ^ (index * np.uint64(0x9E3779B1) & np.uint64(0xFFFFFFFF)))
    x = ((x ^ (x >> np.uint64(16))) * np.uint64(0x85EBCA6B)) & np.uint64(0xFFFFFFFF)
    x = ((x ^ (x >> np.uint64(13))) * np.uint64(0xC2B2AE35)) & np.uint64(0xFFFFFFFF)
    x = x ^ (x >> np.uint64(16))
    return ((x >> np.uint64(9)).astype(np.float64) - 4194304) / 4194304


def values(key, shape):
    return torch.tensor(noise(key, int(np.prod(shape))).reshape(shape))


def doubles(weights):
    return {name: weight.detach().double().flatten().tolist() for name, weight in weights.items()}


def with_rounding(run):
    """What a run by dtype keeps, in float64, and how far float32 is from it."""
    exact, rounded = run(torch.float64), run(torch.float32)
    off = {step: max(abs(a - b) for w in exact[step] for a, b in zip(exact[step][w], rounded[step][w])) for step in KEPT}
    return {'weights': exact, 'float32Off': off}


def run(make, clip, dtype, decay=None):
    """Keeps the weights, or their averages by such a decay."""
    weights = {name: values(name, shape).to(dtype).requires_grad_() for name, shape in WEIGHTS.items()}
    optimizer = make(weights)
    model = torch.nn.ParameterDict(weights)
    averages = decay and ModelEmaV2(model, decay)
    kept = {}
    for step in range(1, STEPS + 1):
        for name, weight in weights.items():
            weight.grad = weight.detach() * 0.5 + values(f'{name}@{step}', weight.shape).to(dtype)
        if clip:
            torch.nn.utils.clip_grad_norm_(list(weights.values()), clip)
        optimizer.step()
        if averages:
            averages.update(model)
        if step in KEPT:
            kept[step] = doubles(averages.module if averages else weights)
    return kept


def averages():
    make = lambda weights: torch.optim.SGD(list(weights.values()), lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-2)
    return with_rounding(lambda dtype: run(make, None, dtype, decay=0.98))


def accumulated():
    """20 epochs of 10 batches of 5, in pieces of 3 and 2; every piece adds the gradients of its share of the mean loss."""
    samples, size, shapes = 50, 5, {'hidden/kernel': (6, 4), 'hidden/bias': (4,), 'classifier/kernel': (4, 3), 'classifier/bias': (3,)}
    labels = torch.tensor([fnv(f'accumulated{i}') % 3 for i in range(samples)])

    def train(dtype):
        inputs = values('accumulated', (samples, 6)).to(dtype)
        weights = {name: values(name, shape).to(dtype).requires_grad_() for name, shape in shapes.items()}
        optimizer = torch.optim.SGD(list(weights.values()), lr=0.05, momentum=0.9, weight_decay=1e-3)
        kept = {}
        for step in range(STEPS):
            begin = step * size % samples
            optimizer.zero_grad()
            for first, end in [(begin, begin + 3), (begin + 3, begin + 5)]:
                hidden = torch.tanh(inputs[first:end] @ weights['hidden/kernel'] + weights['hidden/bias'])
                logits = hidden @ weights['classifier/kernel'] + weights['classifier/bias']
                (F.cross_entropy(logits, labels[first:end]) * ((end - first) / size)).backward()
            optimizer.step()
            if step + 1 in KEPT:
                kept[step + 1] = doubles(weights)
        return kept

    return with_rounding(train)


def groups(weights, decay, lr):
    """No decay on biases and norms; the head learns ten times as fast."""
    def group(name):
        plain = name.endswith('kernel')
        return {'params': [weights[name]], 'weight_decay': decay if plain else 0.0, 'lr': lr * (10 if name.startswith('head') else 1)}
    return [group(name) for name in weights]


def optimizers():
    from timm.optim.lamb import Lamb
    everything = lambda weights: list(weights.values())
    cases = {
        'sgd': (lambda w: torch.optim.SGD(everything(w), lr=0.05, weight_decay=1e-2), None),
        'sgd_momentum': (lambda w: torch.optim.SGD(everything(w), lr=0.02, momentum=0.9, weight_decay=1e-2), 2.0),
        'sgd_nesterov': (lambda w: torch.optim.SGD(everything(w), lr=0.02, momentum=0.9, nesterov=True, weight_decay=1e-2), None),
        'sgd_groups': (lambda w: torch.optim.SGD(groups(w, 1e-2, 0.005), momentum=0.9), None),
        'adamw': (lambda w: torch.optim.AdamW(everything(w), lr=0.01, weight_decay=0.05), None),
        'lamb': (lambda w: Lamb(everything(w), lr=0.01, weight_decay=0.02), None),
        'lamb_groups': (lambda w: Lamb(groups(w, 0.02, 0.005)), None),
    }
    result = {}
    for name, (make, clip) in cases.items():
        result[name] = with_rounding(lambda dtype: run(make, clip, dtype))
    return result


def mmcv_rates(hook_class, epochs, iterations, lr, **options):
    """The rate of every iteration: the hook runs as mmcv's runner calls it, on an optimizer that does nothing."""
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=lr)
    hook = hook_class(**options)
    runner = types.SimpleNamespace(optimizer=optimizer, data_loader=range(iterations), max_epochs=epochs,
                                   max_iters=epochs * iterations, epoch=0, iter=0)
    rates = []
    hook.before_run(runner)
    for epoch in range(epochs):
        runner.epoch = epoch
        hook.before_train_epoch(runner)
        for _ in range(iterations):
            hook.before_train_iter(runner)
            rates.append(optimizer.param_groups[0]['lr'])
            runner.iter += 1
    return rates


def timm_rates(epochs, iterations, lr, warmup, start, minimum):
    from timm.scheduler.cosine_lr import CosineLRScheduler
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=lr)
    scheduler = CosineLRScheduler(optimizer, t_initial=epochs, lr_min=minimum, warmup_t=warmup, warmup_lr_init=start)
    rates = []
    for epoch in range(epochs):
        rates += [optimizer.param_groups[0]['lr']] * iterations
        scheduler.step(epoch + 1)
    return rates


def schedules():
    from mmcv.runner.hooks.lr_updater import CosineAnnealingLrUpdaterHook, StepLrUpdaterHook
    warm = dict(warmup='linear', warmup_by_epoch=True, warmup_iters=5)
    return {
        'mmcv_cosine': mmcv_rates(CosineAnnealingLrUpdaterHook, 50, 7, 0.01, min_lr=0, **warm),
        'mmcv_cosine_by_iteration': mmcv_rates(CosineAnnealingLrUpdaterHook, 20, 7, 0.2, min_lr=0.001, by_epoch=False,
                                               warmup='linear', warmup_iters=21, warmup_ratio=0.05),
        'mmcv_step': mmcv_rates(StepLrUpdaterHook, 30, 4, 0.1, step=[10, 20, 25], gamma=0.1, **warm),
        'timm_cosine': timm_rates(300, 3, 5e-3, 5, 5e-6, 1e-6),
    }


def losses():
    from timm.loss.binary_cross_entropy import BinaryCrossEntropy
    batch, classes = 6, 5
    logits = (values('logits', (batch, classes)) * 6).requires_grad_()
    hard = torch.tensor([0, 3, 4, 1, 1, 2])
    one_hot = F.one_hot(hard, classes).double()
    soft = 0.7 * one_hot + 0.3 * one_hot.flip(0)
    weights = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.25], dtype=torch.float64)
    cases = {
        'softmax': (one_hot, {}, lambda: F.cross_entropy(logits, hard)),
        'softmax_smooth': (one_hot, {'labelSmoothing': 0.1}, lambda: F.cross_entropy(logits, hard, label_smoothing=0.1)),
        'softmax_soft': (soft, {'labelSmoothing': 0.1}, lambda: F.cross_entropy(logits, soft, label_smoothing=0.1)),
        'softmax_weights': (soft, {'classWeights': weights.tolist()}, lambda: F.cross_entropy(logits, soft, weight=weights)),
        'binary': (soft, {}, lambda: F.binary_cross_entropy_with_logits(logits, soft)),
        'binary_smooth': (one_hot, {'labelSmoothing': 0.1}, lambda: BinaryCrossEntropy(smoothing=0.1)(logits, hard)),
        'binary_weights': (soft, {'classWeights': weights.tolist()},
                           lambda: F.binary_cross_entropy_with_logits(logits, soft, weight=weights)),
    }
    result = {'logits': logits.tolist(), 'cases': {}}
    for name, (targets, options, compute) in cases.items():
        logits.grad = None
        value = compute()
        value.backward()
        result['cases'][name] = {'name': name.split('_')[0], 'options': options, 'targets': targets.tolist(),
                                 'loss': value.item(), 'gradient': logits.grad.tolist()}
    return result


def placed(matrix):
    """A number that says whether two matrices of counts are the same."""
    return int(sum(cell * (place + 1) for place, cell in enumerate(matrix.flatten())))


def metrics(accuracy_py):
    spec = importlib.util.spec_from_file_location('accuracy', accuracy_py)
    accuracy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(accuracy)
    cases = []
    for case in range(1000):
        classes, samples = 2 + fnv(f'classes{case}') % 9, 1 + fnv(f'samples{case}') % 40
        scores = noise(f'scores{case}', classes * samples).reshape(samples, classes)
        labels = np.array([fnv(f'label{case},{i}') % classes for i in range(samples)], dtype=np.int64)
        top1, top5 = accuracy.top_k_accuracy(scores, labels, (1, 5))
        mean_class = accuracy.mean_class_accuracy(scores, labels)
        predicted = scores.argmax(axis=1)
        matrix = accuracy.confusion_matrix(predicted, labels)
        cases.append([classes, samples, float(top1), float(top5), float(mean_class), int(np.trace(matrix)), placed(matrix)])
    return cases


if __name__ == '__main__':
    accuracy_py, target = sys.argv[1:]
    made = {'optimizers': optimizers(), 'averages': averages(), 'accumulated': accumulated(), 'schedules': schedules(), 'losses': losses(), 'metrics': metrics(accuracy_py)}
    with open(target, 'w') as file:
        json.dump(made, file, separators=(',', ':'))
