"""Measures what storing the kernels in half precision costs: top-1 and top-5 agreement of the rounded with the published network.

Runs over every photograph of 200 or more pixels in five activities of Debian's gcompris-qt-data 3.1-2, three crops of each.
The photographs are of mixed free licences; they are only measured here, none but the CC0 ones of photographs.py is kept.

Usage: python half_precision.py gcompris-qt-data_3.1-2_all.deb
"""
import io
import subprocess
import sys
import tarfile

import numpy as np
import torch
from PIL import Image

from efficientnet_lite0 import load, round_kernels
from photographs import DEB_SHA256, qt_resources
from store import check_sha256

ACTIVITIES = ('categorization', 'erase', 'explore_farm_animals', 'explore_monuments', 'explore_world_animals')


def crops(image):
    """The central 224/256 square and the two square ends of the longer side, as [3, 3, 224, 224]."""
    short, centre = min(image.size), min(image.size) * 224 / 256
    right, bottom = image.width - short, image.height - short
    boxes = [((image.width - centre) / 2, (image.height - centre) / 2, (image.width + centre) / 2, (image.height + centre) / 2),
             (0, 0, short, short), (right, bottom, right + short, bottom + short)]
    views = [np.asarray(image.resize((224, 224), Image.BICUBIC, box=box)) for box in boxes]
    return (torch.from_numpy(np.stack(views)).permute(0, 3, 1, 2).float() - 127) / 128


def photographs(deb):
    packed = subprocess.run(['dpkg-deb', '--fsys-tarfile', deb], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for activity in ACTIVITIES:
            blob = archive.extractfile(f'./usr/share/gcompris-qt/rcc/{activity}.rcc').read()
            for path, content in qt_resources(blob):
                if path.endswith('.webp'):
                    image = Image.open(io.BytesIO(content)).convert('RGB')
                    if max(image.size) >= 200:
                        yield image


def main(deb):
    check_sha256(deb, DEB_SHA256)
    published = load()
    rounded = round_kernels(published)
    total = top1 = top5 = count = 0
    worst, shifts = 0.0, []
    with torch.no_grad():
        for image in photographs(deb):
            x = crops(image)
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
