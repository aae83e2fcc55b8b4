#!/bin/sh
# Makes the clips of examples/clips: a slow camera move over two CC0 photographs of PyPI scikit-image 0.17.2.
#
#   pip download --no-deps --only-binary :all: --python-version 3.8 --platform manylinux1_x86_64 scikit-image==0.17.2
#   scripts/make_demo_clips.sh scikit_image-0.17.2-cp38-cp38-manylinux1_x86_64.whl
#
# Needs unzip, sha256sum and ffmpeg with libx264. The clips are kept in the repository; this is how they came to be.
set -eu

wheel=${1:?usage: make_demo_clips.sh SCIKIT_IMAGE_WHEEL [FOLDER]}
folder=${2:-$(dirname "$0")/../examples/clips}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

unzip -q -j "$wheel" skimage/data/coffee.png skimage/data/chelsea.png -d "$work"
# The hashes that scikit-image itself lists in skimage/data/_registry.py.
sha256sum --quiet -c - <<HASHES
cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7  $work/coffee.png
596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb  $work/chelsea.png
HASHES

# clip PHOTOGRAPH NAME: four seconds, closing in by a quarter while the view drifts across. The photograph is enlarged
# first, because zoompan moves by whole pixels and would tremble.
clip() {
  move="zoompan=z='1+on/480':x='(iw-iw/zoom)*on/120':y='(ih-ih/zoom)/2':d=120:fps=30:s=432x288"
  ffmpeg -v error -y -nostdin -i "$work/$1.png" -vf "crop='min(iw,ih*3/2)':ih,scale=3000:2000:flags=lanczos,$move,format=yuv420p" \
    -c:v libx264 -preset veryslow -crf 24 -threads 1 -map_metadata -1 -fflags +bitexact -flags:v +bitexact \
    -movflags +faststart -metadata title="$3" "$folder/$2.mp4"
}
clip coffee coffee 'A cup of coffee, after a photograph by Rachel Michetti, CC0'
clip chelsea tabby_cat 'Chelsea the cat, after a photograph by Stefan van der Walt, CC0'
