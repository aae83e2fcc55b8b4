"""Measures what storing the kernels in half precision costs: top-1 and top-5 agreement of the rounded with the published network.

Runs over every photograph of 200 or more pixels in five activities of Debian's gcompris-qt-data 3.1-2, three crops of each.
The photographs are of mixed free licences; they are only measured here, none but the CC0 ones of photographs.py is kept.

Usage: python half_precision.py gcompris-qt-data_3.1-2_all.deb
"""
import io
import sys

import numpy as np
import torch
from PIL import Image

from efficientnet_lite0 import load, round_kernels
from photographs import all_photographs


def crops(image):
    """The central 224/256 square and the two square ends of the longer side, as [3, 3, 224, 224]."""
    short, centre = min(image.size), min(image.size) * 224 / 256
    right, bottom = image.width - short, image.height - short
    boxes = [((image.width - centre) / 2, (image.height - centre) / 2, (image.width + centre) / 2, (image.height + centre) / 2),
             (0, 0, short, short), (right, bottom, right + short, bottom + short)]
    views = [np.asarray(image.resize((224, 224), Image.BICUBIC, box=box)) for box in boxes]
    return (torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() - 127) / 128


def main(deb):
    published = load()
    rounded = round_kernels(published)
    total = top1 = top5 = count = 0
    worst, shifts = 0.0, []
    with torch.no_grad():
        for _, content in all_photographs(deb):
            x = crops(Image.open(io.BytesIO(content)).convert('RGB'))
            a, b = published(x), rounded(x)
            total += len(x)
            count += 1
            top1 += int((a.argmax(1) == b.argmax(1)).sum())
            top5 += sum(set(p.tolist()) == set(q.tolist()) for p, q in zip(a.topk(5).indices, b.topk(5).indices))
            shift = (a.softmax(1) - b.softmax(1)).abs().amax(1)
            shifts += shift.tolist()
            worst = max(worst, float((a - b).abs().max()))
    print(f'{count} photographs, {total} crops: top-1 equal {top1}, top-5 sets equal {top5}, '
          f'largest difference of a logit {worst:.4f}, of a probability {max(shifts):.4f} (mean of the maxima {np.mean(shifts):.5f})')


if __name__ == '__main__':
    main(sys.argv[1])
