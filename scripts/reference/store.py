"""Small shared parts of the reference scripts: writing safetensors and JSON, checking hashes, the hash formula of fixed inputs.

Nothing here imports torch. The safetensors writer is kept apart from the TypeScript one on purpose: two implementations check each other.
"""
import hashlib
import json
import struct

import numpy as np


def sha256(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def check_sha256(path, expected):
    actual = sha256(path)
    if actual != expected:
        raise SystemExit(f'{path}: sha256 is {actual}, expected {expected}. Fetch the pinned version of the package.')


def write_safetensors(path, tensors):
    """tensors: dict of name to float32 array. Header padded with spaces to 8 bytes, tensors in the order given."""
    header, offset = {}, 0
    for name, array in tensors.items():
        size = array.size * 4
        header[name] = {'dtype': 'F32', 'shape': list(array.shape), 'data_offsets': [offset, offset + size]}
        offset += size
    text = json.dumps(header, separators=(',', ':')).encode('utf-8')
    text += b' ' * (-len(text) % 8)
    with open(path, 'wb') as file:
        file.write(struct.pack('<Q', len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array, dtype='<f4').tobytes())


def write_json(path, value):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write('\n')


def hash_noise(key, shape):
    """Values in [-1, 1), exact in float32: FNV-1a of the key, mixed with the flat row-major index (murmur3 finaliser)."""
    state = 0x811C9DC5
    for byte in key.encode('utf-8'):
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    index = np.arange(int(np.prod(shape)), dtype=np.uint32)
    with np.errstate(over='ignore'):
        x = np.uint32(state) ^ (index * np.uint32(0x9E3779B1))
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        x = x ^ (x >> np.uint32(16))
    return (((x >> np.uint32(9)).astype(np.float64) - 4194304.0) / 4194304.0).reshape(shape)


def byte_pattern(height, width):
    """uint8 [height, width, 3]: pixel(y, x, c) = (3 y + 5 x + 85 c + floor(x y / 16)) mod 256."""
    y, x, c = np.meshgrid(np.arange(height), np.arange(width), np.arange(3), indexing='ij')
    return ((3 * y + 5 * x + 85 * c + (x * y) // 16) % 256).astype(np.uint8)
