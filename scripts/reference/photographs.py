"""Makes test/golden/photos: twelve CC0 photographs as 224 x 224 PNG files, ready for EfficientNet-Lite0.

Sources, by pinned sha256: Debian's gcompris-qt-data 3.1-2 (photographs inside Qt resource files, each with author, source and licence in
the README next to it; this script reads those READMEs and refuses a photograph that is not CC0-1.0) and PyPI scikit-image 0.17.2
(chelsea and coffee, CC0 according to the docstrings in skimage/data/__init__.py).

Every photograph is cut to its central square of 224/256 of the shorter side and resized to 224 x 224, bicubic: the evaluation
preprocessing of EfficientNet.

Usage: apt-get download gcompris-qt-data=3.1-2; pip download --no-deps --python-version 3.8 --only-binary :all: scikit-image==0.17.2
       python photographs.py gcompris-qt-data_3.1-2_all.deb scikit_image-0.17.2-*.whl OUTPUT_FOLDER
"""
import io
import os
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

import numpy as np
from PIL import Image

from store import check_sha256, sha256, write_json

DEB_SHA256 = 'e9cf06ab2105529068df73085784e835d2ff03f870d2a8091f09125d40abac9f'
WHEEL_SHA256 = '178210582cc62a5b25c633966658f1f2598615f9c3f27f36cf45055d2a74b401'

ACTIVITIES = ('categorization', 'erase', 'explore_farm_animals', 'explore_monuments', 'explore_world_animals')
GCOMPRIS = {  # our name: (resource file, folder of the README, photograph relative to it)
    'red_panda': ('erase', 'erase/resource', 'red_panda.webp'),
    'crab': ('erase', 'erase/resource', 'crab.webp'),
    'bison': ('explore_world_animals', 'explore_world_animals/resource/animals', 'bison.webp'),
    'jaguar': ('explore_world_animals', 'explore_world_animals/resource/animals', 'jaguar.webp'),
    'lemur': ('explore_world_animals', 'explore_world_animals/resource/animals', 'lemur.webp'),
    'macaw': ('explore_world_animals', 'explore_world_animals/resource/animals', 'scarlet_macaw.webp'),
    'sheep': ('explore_farm_animals', 'explore_farm_animals/resource/animals', 'sheep.webp'),
    'castle': ('explore_monuments', 'explore_monuments/resource', 'germany/neuschwansteinCastle.webp'),
    'hammer': ('categorization', 'categorization/resource/images/tools', 'hammer3.webp'),
    'solar_panel': ('categorization', 'categorization/resource/images/renewable', 'solar7.webp'),
}
SCIKIT_IMAGE = {
    'cat': ('skimage/data/chelsea.png', 'Stefan van der Walt', 'def chelsea'),
    'coffee': ('skimage/data/coffee.png', 'Rachel Michetti', 'def coffee'),
}


def qt_resources(blob):
    """Yields (path, bytes) of a binary Qt resource file ('qres', big endian): a tree of nodes, a name table, a data section."""
    magic, version, tree, data, names = struct.unpack('>4s4I', blob[:20])
    assert magic == b'qres'
    node_size = 14 if version < 2 else 22

    def walk(index, prefix):
        node = tree + index * node_size
        name_at, flags = struct.unpack_from('>IH', blob, node)
        length, = struct.unpack_from('>H', blob, names + name_at)
        name = blob[names + name_at + 6:names + name_at + 6 + 2 * length].decode('utf-16-be')
        path = f'{prefix}/{name}' if index else ''
        if flags & 2:
            count, first = struct.unpack_from('>II', blob, node + 6)
            for child in range(first, first + count):
                yield from walk(child, path)
        else:
            start = data + struct.unpack_from('>I', blob, node + 10)[0]
            size, = struct.unpack_from('>I', blob, start)
            content = blob[start + 4:start + 4 + size]
            yield path, zlib.decompress(content[4:]) if flags & 1 else content

    yield from walk(0, '')


def credit(readme, name):
    """Author and source of one file from a README made of paragraphs; refuses anything but CC0-1.0."""
    for paragraph in readme.split('\n\n'):
        if re.search(rf'^(Files: )?{re.escape(name)}\s*$', paragraph, re.M):
            fields = dict(re.findall(r'^(Copyright|Source|License): (.+)$', paragraph, re.M))
            if fields['License'].strip() != 'CC0-1.0':
                raise SystemExit(f'{name} is licensed {fields["License"]}, not CC0-1.0.')
            return fields['Copyright'].strip(), fields['Source'].strip()
    raise SystemExit(f'{name} is not mentioned in its README.')


def prepare(content):
    image = Image.open(io.BytesIO(content)).convert('RGB')
    side = min(image.size) * 224 / 256
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize((224, 224), Image.BICUBIC, box=(left, top, left + side, top + side))


def from_gcompris(deb):
    packed = subprocess.run(['dpkg-deb', '--fsys-tarfile', deb], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        loaded = {}
        for name, (resource, folder, file) in GCOMPRIS.items():
            member = f'./usr/share/gcompris-qt/rcc/{resource}.rcc'
            if resource not in loaded:
                loaded[resource] = dict(qt_resources(archive.extractfile(member).read()))
            base = f'/gcompris/src/activities/{folder}/'
            author, source = credit(loaded[resource][base + 'README'].decode('utf-8'), file)
            yield name, loaded[resource][base + file], {
                'package': 'Debian gcompris-qt-data 3.1-2', 'file': f'{member[1:]}:{base}{file}',
                'author': author, 'source': source, 'licence': 'CC0-1.0'}


def from_scikit_image(wheel):
    with zipfile.ZipFile(wheel) as archive:
        docs = archive.read('skimage/data/__init__.py').decode('utf-8')
        for name, (file, author, function) in SCIKIT_IMAGE.items():
            doc = docs.split(function)[1].split('return _load')[0]
            assert re.search(rf'CC0 by the photographer\s+\({author}\)', doc), f'{file}: the docstring does not say CC0.'
            yield name, archive.read(file), {
                'package': 'PyPI scikit-image 0.17.2', 'file': file, 'author': author,
                'source': 'scikit-image, skimage.data', 'licence': 'CC0-1.0'}


def all_photographs(deb):
    """Yields (name, bytes) of every photograph of the activities with photographs. They are of mixed free licences: for measuring alone."""
    check_sha256(deb, DEB_SHA256)
    packed = subprocess.run(['dpkg-deb', '--fsys-tarfile', deb], check=True, stdout=subprocess.PIPE).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for activity in ACTIVITIES:
            blob = archive.extractfile(f'./usr/share/gcompris-qt/rcc/{activity}.rcc').read()
            for path, content in qt_resources(blob):
                if path.endswith('.webp') and max(Image.open(io.BytesIO(content)).size) >= 200:
                    yield f'{activity}{path.replace("/", "_")}', content


def main(deb, wheel, output):
    check_sha256(deb, DEB_SHA256)
    check_sha256(wheel, WHEEL_SHA256)
    credits = {}
    for name, content, origin in sorted([*from_gcompris(deb), *from_scikit_image(wheel)]):
        path = os.path.join(output, f'{name}.png')
        picture = prepare(content)
        picture.save(path, optimize=True)
        assert np.array_equal(np.asarray(Image.open(path)), np.asarray(picture))
        credits[name] = {**origin, 'sha256': sha256(path)}
    write_json(os.path.join(output, 'credits.json'), credits)


if __name__ == '__main__':
    main(*sys.argv[1:4])
