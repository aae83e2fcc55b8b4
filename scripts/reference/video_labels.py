"""Writes models/kinetics400_labels.json and models/something_something_v2_labels.json: class names in index order.

Source: the class lists in the wheel of PyPI gluoncv 0.10.5.post0 (Apache-2.0), read as text; nothing of the package runs. Both are
alphabetical, which is the order of MMAction2's label maps and so that of the STS authors' networks.

Usage: python video_labels.py GLUONCV.whl OUTPUT_FOLDER
"""
import ast
import hashlib
import json
import os
import re
import sys
import zipfile

WHEEL_SHA256 = '93318cfda39ac3ac0fae3226f425f86b5edeafa581323e4f24927655538929ee'
KINETICS = {0: 'abseiling', 1: 'air drumming', 6: 'arm wrestling', 161: 'hurling (sport)', 308: 'skiing (not slalom or crosscountry)', 399: 'zumba'}
SOMETHING = {0: 'Approaching something with your camera', 16: 'Holding something', 173: 'Wiping something off of something'}


def classes(source):
    """The list that the source assigns to self.classes."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], 'attr', None) == 'classes':
            return ast.literal_eval(node.value)
    raise ValueError('no self.classes in the source')


def spaced(name):
    """Folder names as people write them: hurling_-sport- is hurling (sport)."""
    return re.sub(r'-(.*)-', r'(\1)', name.replace('_', ' '))


def write(path, names, count, known):
    assert len(set(names)) == len(names) == count
    assert names == sorted(names), 'not alphabetical'
    assert all(names[index] == name for index, name in known.items())
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(names, file, ensure_ascii=False, indent=0)
        file.write('\n')


def main(wheel, folder):
    with open(wheel, 'rb') as file:
        assert hashlib.sha256(file.read()).hexdigest() == WHEEL_SHA256, 'another gluoncv'
    with zipfile.ZipFile(wheel) as archive:
        kinetics, something = (
            classes(archive.read(f'gluoncv/data/{name}/classification.py').decode('utf-8')) for name in ('kinetics400', 'somethingsomethingv2')
        )
    write(os.path.join(folder, 'kinetics400_labels.json'), [spaced(name) for name in kinetics], 400, KINETICS)
    write(os.path.join(folder, 'something_something_v2_labels.json'), something, 174, SOMETHING)


if __name__ == '__main__':
    main(*sys.argv[1:])
