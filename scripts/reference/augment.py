"""Makes test/golden/train/augment.json: what Pillow, torchvision and timm make of two small pictures, for the augmentation of src/train.

Pictures: 18 x 13 pixels of a photograph of test/golden/photos (scaled down) and 14 x 17 of noise under a ramp, which has every kind
of neighbour. Operations are timm's own functions with the arguments that timm's own tables give for a magnitude; chance is
taken out of timm and torchvision by handing them the numbers that the test hands to our functions.

Usage: python -m venv venv; venv/bin/pip install torch==2.15.0 numpy==2.4.6 pillow==13.0.0; venv/bin/pip install --no-deps timm==1.0.31 torchvision==0.29.2
       venv/bin/python augment.py ../../test/golden/photos ../../test/golden/train/augment.json
"""
import base64
import json
import random
import sys

import numpy as np
import torch
from PIL import Image
from timm.data import auto_augment as aa
from timm.data import mixup as timm_mixup
from timm.data.transforms import RandomResizedCropAndInterpolation
from torchvision.transforms import functional as F

FILL = (124, 116, 104)
FILTERS = {'bilinear': Image.Resampling.BILINEAR, 'bicubic': Image.Resampling.BICUBIC}
GEOMETRIC = {'Rotate', 'ShearX', 'ShearY', 'TranslateXRel', 'TranslateYRel'}


def text(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype=np.uint8).tobytes()).decode()


def picture(image):
    return {'width': image.width, 'height': image.height, 'data': text(image)}


def inputs(photos):
    photo = Image.open(f'{photos}/macaw.png').convert('RGB').resize((18, 13), Image.Resampling.BICUBIC)
    state = np.random.RandomState(3)
    ramp = np.linspace(0, 160, 17)[:, None, None] + np.linspace(0, 60, 14)[None, :, None]
    noise = Image.fromarray(np.clip(ramp + state.randint(0, 60, (17, 14, 3)), 0, 255).astype(np.uint8))
    grey = Image.new('RGB', (5, 4), (90, 90, 90))
    return {'photo': photo, 'noise': noise, 'grey': grey}


def signed(function, level, hparams, sign):
    """timm's argument of a level with its random sign fixed."""
    keep = aa._randomly_negate
    aa._randomly_negate = lambda value: value * sign
    try:
        return function(level, hparams)
    finally:
        aa._randomly_negate = keep


def operations(pictures):
    cases = []
    for name in aa._RAND_INCREASING_TRANSFORMS:
        for magnitude, sign in ((7, 1), (6.4, -1), (2.2, 1)):
            function = aa.LEVEL_TO_ARG[name]
            arguments = signed(function, magnitude, {}, sign) if function else ()
            for which in ('photo', 'noise'):
                for interpolation in ('bicubic', 'bilinear') if name in GEOMETRIC else ('bicubic',):
                    image = aa.NAME_TO_OP[name](
                        pictures[which], *arguments, fillcolor=FILL, resample=FILTERS[interpolation])
                    cases.append({
                        'name': name, 'magnitude': magnitude, 'sign': sign, 'interpolation': interpolation,
                        'picture': which, 'argument': arguments[0] if arguments else 0, 'data': text(image)})
                if function is None and which == 'noise':
                    break
            if function is None:
                break
    for name in ('AutoContrast', 'Equalize'):
        image = aa.NAME_TO_OP[name](pictures['grey'])
        cases.append({'name': name, 'magnitude': 7, 'sign': 1, 'interpolation': 'bicubic', 'picture': 'grey',
                      'argument': 0, 'data': text(image)})
    return cases


def colours(pictures):
    functions = {'brightness': F.adjust_brightness, 'contrast': F.adjust_contrast,
                 'saturation': F.adjust_saturation, 'hue': F.adjust_hue}
    amounts = {'brightness': (0.6, 1.4), 'contrast': (0.6, 1.4), 'saturation': (0.6, 1.4), 'hue': (0.1, -0.37)}
    return [{'name': name, 'amount': amount, 'picture': which, 'data': text(functions[name](pictures[which], amount))}
            for name in functions for amount in amounts[name] for which in ('photo', 'noise')]


def every_hue():
    """A hash-like sum over the hues of 110592 colours: each channel in 48 steps."""
    steps = np.concatenate([np.arange(0, 256, 6), [1, 2, 253, 254, 255]]).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing='ij'), -1).reshape(-1, len(steps), 3)
    turned = np.asarray(F.adjust_hue(Image.fromarray(grid), 0.25)).astype(np.uint64).reshape(-1)
    weights = np.arange(1, turned.size + 1, dtype=np.uint64)
    return {'steps': [int(step) for step in steps], 'turn': 0.25, 'sum': int((turned * weights).sum())}


def crops(pictures):
    cases = []
    for which, rectangle, size in (
            ('photo', (0, 0, 18, 13), (10, 10)), ('photo', (3, 2, 13, 9), (7, 12)), ('photo', (5, 4, 6, 7), (16, 13)),
            ('noise', (1, 2, 12, 14), (3, 4)), ('noise', (0, 0, 14, 17), (14, 17)), ('noise', (2, 3, 12, 10), (12, 15))):
        for interpolation in FILTERS:
            left, top, width, height = rectangle
            image = F.resized_crop(pictures[which], top, left, height, width, (size[1], size[0]), F.InterpolationMode(interpolation))
            cases.append({'picture': which, 'rectangle': rectangle, 'size': size, 'interpolation': interpolation, 'data': text(image)})
    return cases


class Given:
    """Hands out given numbers of 0 to 1 in the place of Python's random and numpy's."""

    def __init__(self, numbers):
        self.numbers = list(numbers)
        self.used = 0

    def next(self):
        self.used += 1
        return self.numbers[self.used - 1]

    def uniform(self, low, high):
        return low + (high - low) * self.next()

    def randint(self, low, high):
        return low + int(self.next() * (high - low + 1))


def rectangles():
    """timm's RandomResizedCrop; the last ones never fit and fall back."""
    state = np.random.RandomState(5)
    cases = []
    for width, height, area, aspect in [(320, 240, (0.08, 1.0), (3 / 4, 4 / 3))] * 12 + [
            (240, 427, (0.08, 1.0), (3 / 4, 4 / 3)), (400, 20, (0.5, 1.0), (3 / 4, 4 / 3)), (20, 400, (0.9, 1.0), (3 / 4, 4 / 3)),
            (33, 30, (1.0, 1.0), (4 / 3, 4 / 3))]:
        numbers = np.floor(state.rand(24) * 1000) / 1000
        given = Given(numbers)
        keep = random.uniform, random.randint
        random.uniform, random.randint = given.uniform, given.randint
        try:
            top, left, h, w = RandomResizedCropAndInterpolation.get_params(Image.new('RGB', (width, height)), area, aspect)
        finally:
            random.uniform, random.randint = keep
        cases.append({'width': width, 'height': height, 'area': area, 'aspect': aspect,
                      'numbers': list(map(float, numbers)), 'rectangle': [left, top, w, h]})
    return cases


def mixes():
    state = np.random.RandomState(8)
    batch = state.randint(0, 256, (4, 3, 10, 14)).astype(np.uint8)
    labels = [0, 2, 1, 2]
    cases = []
    for cutmix, share, numbers in ((False, 0.37, ()), (False, 0.912345, ()), (True, 0.4, (0.5, 0.5)), (True, 0.75, (0.05, 0.93)), (True, 0.1, (0.99, 0.0))):
        given = Given(numbers)
        mixup = timm_mixup.FastCollateMixup(mixup_alpha=0.1, cutmix_alpha=1.0, mode='batch', num_classes=3, label_smoothing=0)
        mixup._params_per_batch = lambda: (share, cutmix)
        keep = np.random.randint
        np.random.randint = lambda low, high, size=None: np.int64(given.randint(low, high - 1))
        try:
            clips, targets = mixup([(batch[i].copy(), labels[i]) for i in range(4)])
        finally:
            np.random.randint = keep
        cases.append({'cutmix': cutmix, 'share': share, 'numbers': numbers,
                      'data': text(clips.numpy().transpose(0, 2, 3, 1)),
                      'targets': [round(float(value), 7) for value in targets.double().reshape(-1)]})
    return {'width': 14, 'height': 10, 'labels': labels, 'data': text(batch.transpose(0, 2, 3, 1)), 'cases': cases}


def main(photos, output):
    torch.set_num_threads(1)
    pictures = inputs(photos)
    result = {
        'pictures': {name: picture(image) for name, image in pictures.items()},
        'operations': operations(pictures),
        'names': aa._RAND_INCREASING_TRANSFORMS,
        'colours': colours(pictures),
        'everyHue': every_hue(),
        'crops': crops(pictures),
        'rectangles': rectangles(),
        'mixes': mixes(),
    }
    with open(output, 'w') as file:
        json.dump(result, file, separators=(',', ':'))
        file.write('\n')


main(*sys.argv[1:])
