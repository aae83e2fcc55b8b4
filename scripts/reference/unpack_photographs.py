"""Writes the 248 photographs of Debian's gcompris-qt-data 3.1-2, as they lie in it, to a folder for `npm run bench:storage`.

Usage: python unpack_photographs.py gcompris-qt-data_3.1-2_all.deb OUTPUT_FOLDER
"""
import os
import sys

from photographs import all_photographs


def main(deb, output):
    os.makedirs(output, exist_ok=True)
    count = 0
    for name, content in all_photographs(deb):
        with open(os.path.join(output, name), 'wb') as file:
            file.write(content)
        count += 1
    print(f'{count} photographs')


if __name__ == '__main__':
    main(*sys.argv[1:3])
