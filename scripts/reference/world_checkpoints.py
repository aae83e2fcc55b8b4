"""Makes test/golden/checkpoints/world: PyTorch files as training programs leave them, and expected.json.

Python 3.11 with torch 2.15.0, numpy 2.4.6, mmengine-lite 0.10.7 (with addict, yapf, termcolor, rich, packaging):
    python world_checkpoints.py ../../test/golden/checkpoints/world
The weights are always those of one small network, by their names; what differs is how they lie in the file.
"""
import argparse
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import json
import operator
import pathlib
import re
import sys
import types
import uuid
import warnings
import zipfile

import mmengine
import numpy as np
import torch
from mmengine.logging import MessageHub
from torch import nn

warnings.filterwarnings('ignore')
OUT = pathlib.Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)


class Color(enum.Enum):
    RED = 1


class Level(enum.IntFlag):
    LOW = 1
    HIGH = 2


Point = collections.namedtuple('Point', 'x y')


@dataclasses.dataclass
class Options:
    rate: float = 0.1
    steps: tuple = (1, 2)

    class Inner:
        pass

    @classmethod
    def made(cls):
        return cls()


class Steps(dict):
    """A dict of a class of its own, with attributes."""


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(2, 3, (1, 2, 2), bias=False)
        self.bn = nn.BatchNorm3d(3)

    def forward(self, x):
        return self.bn(self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = Block()
        self.head = nn.Linear(3, 2)
        self.unused = nn.Identity()
        self.register_buffer('grid', torch.arange(4.0), persistent=False)

    def forward(self, x):
        return self.head(self.stem(x).mean((2, 3, 4)))


def network():
    torch.manual_seed(7)
    net = Net().eval()
    for buffer in (net.stem.bn.running_mean, net.stem.bn.running_var):
        buffer.uniform_(0.5, 2)
    return net


net = network()
state = net.state_dict()
w = state['stem.conv.weight']


def save(name, payload, **options):
    torch.save(payload, OUT / name, **options)


# Notes of training programs, with every ordinary value that pickle knows.
beside = {
    'ordered': collections.OrderedDict(z=1, a=2),
    'default': collections.defaultdict(int, top1=3),
    'counter': collections.Counter('aab'),
    'deque': collections.deque([1, 2], maxlen=4),
    'types': [int, str, float, bool, list, dict, bytes, object, type, type(None), type(...), complex],
    'singletons': (..., NotImplemented, None),
    'range': range(1, 9, 2),
    'slice': slice(1, None, 2),
    'complex': 1 + 2j,
    'decimal': decimal.Decimal('1.5'),
    'fraction': fractions.Fraction(1, 3),
    'dates': [datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.timezone.utc),
              datetime.timedelta(seconds=3)],
    'paths': [pathlib.Path('a/b'), pathlib.PureWindowsPath('c:/d')],
    'uuid': uuid.UUID(int=5),
    'namespaces': [argparse.Namespace(lr=0.1), types.SimpleNamespace(a=1)],
    'enums': [Color.RED, Level.LOW | Level.HIGH],
    'records': [Point(1, 2), Options(), Options.Inner, Options.made, Options.Inner()],
    'functions': [functools.partial(int, base=2), operator.attrgetter('a.b'), len, getattr, torch.relu, nn.ReLU,
                  functools.reduce, np.sin],
    'pattern': re.compile('a+'),
    'error': ValueError('no'),
    'bytes': [b'\x00\xff', bytearray(b'ab'), memoryview(b'x').tobytes()],
    'frozen key': {frozenset({1, 2}): 'a', (1, 2): 'b'},
    'numpy': [np.float32(1.5), np.int64(-2), np.arange(6).reshape(2, 3), np.array(['a', None], dtype=object),
              np.datetime64('2024-02-29'), np.dtype('f4'), np.array([1 + 1j]), np.random.RandomState(0).get_state(),
              np.random.default_rng(0), np.zeros(2, dtype=[('a', 'i4')])],
    'torch': [torch.float32, torch.Size([2, 3]), torch.device('cpu'), torch.strided],
    'dict of a class': Steps(a=1),
    'version': tuple(sys.version_info),
    'module': nn.Dropout(0.5),
}
beside['itself'] = beside
for protocol in (2, 4, 5):
    save(f'beside_{protocol}.pth', {'epoch': 3, 'notes': beside, 'state_dict': state}, pickle_protocol=protocol)
save('beside_legacy.pth', {'state_dict': state, 'notes': beside}, _use_new_zipfile_serialization=False)

# As mmengine's runner writes it.
hub = MessageHub.get_instance('world')
for step in range(3):
    hub.update_scalar('train/loss', 1 / (step + 1))
hub.update_info('iter', 3)
optimizer = torch.optim.AdamW(net.parameters())
net(torch.ones(1, 2, 1, 2, 2)).sum().backward()
optimizer.step()
state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
w = state['stem.conv.weight']
average = torch.optim.swa_utils.AveragedModel(net)
save('mmengine.pth', {
    'meta': {'epoch': 1, 'iter': 3, 'cfg': mmengine.Config({'a': 1, 'model': {'type': 'Recognizer3D'}}).pretty_text,
             'config': mmengine.ConfigDict(lr=0.1, types=dict(kind=int)), 'dataset_meta': {'classes': ('a', 'b')},
             'experiment_name': 'x', 'mmengine_version': mmengine.__version__},
    'state_dict': state,
    'message_hub': hub.state_dict(),
    'optimizer': optimizer.state_dict(),
    'param_schedulers': [{'last_step': 3, '_get_lr_called_within_step': False}],
    'ema_state_dict': average.state_dict(),
})

# Wrappers and nesting.
save('data_parallel.pth', nn.DataParallel(net).state_dict())
save('compiled.pth', {'model': torch.compile(net).state_dict()})
save('ema_only.pth', {'epoch': 1, 'ema_state_dict': average.state_dict(), 'rng_state': {'cpu': torch.get_rng_state()[:4]}})
double = {name: tensor * 2 for name, tensor in state.items() if tensor.is_floating_point()}
save('student_teacher.pth', {'student': state, 'teacher': double, 'optimizer': optimizer.state_dict()})
save('deeper.pth', {'checkpoint': {'weights': state, 'lr': torch.tensor(0.5)}, 'epoch': torch.tensor(2)})

# Modules saved as a whole.
save('whole.pth', net)
save('whole_legacy.pth', net, _use_new_zipfile_serialization=False)
save('whole_nested.pth', {'epoch': 1, 'model': nn.DataParallel(net), 'ema': None})
tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2), nn.utils.weight_norm(nn.Linear(2, 1)))
tied[1].weight = tied[0].weight
save('tied.pth', tied)
torch.jit.save(torch.jit.script(net), OUT / 'script.pt')
torch.jit.save(torch.jit.trace(net, torch.ones(1, 2, 1, 2, 2)), OUT / 'trace.pt')
torch.jit.save(torch.jit.freeze(torch.jit.script(net)), OUT / 'frozen.pt')

# Kinds of tensors.
base = torch.arange(24.0)
kinds = {
    'bf16': base[:3].to(torch.bfloat16), 'f16': base[:3].half(), 'f64': base[:3].double() / 3,
    'i8': base[:3].to(torch.int8), 'bool': base[:3] > 1, 'scalar': torch.tensor(5), 'empty': torch.zeros(0, 3),
    'first': base[:6].view(2, 3), 'turned': base.view(2, 3, 4).permute(2, 0, 1), 'every second': base[1::2],
    'expanded': torch.tensor([1.0]).expand(2, 2), 'last': base[20:], 'parameter': nn.Parameter(base[:2]),
    'buffer': nn.Buffer(base[:2]), 'channels last': torch.arange(12.0).view(1, 3, 2, 2).to(memory_format=torch.channels_last),
}
save('kinds.pth', kinds)
save('kinds_legacy.pth', kinds, _use_new_zipfile_serialization=False)

# Tensors that are not read, each among the weights; all of them beside the weights.
odd = {
    'quantized': torch.quantize_per_tensor(w, 0.1, 0, torch.qint8),
    'quantized per channel': torch.quantize_per_channel(w, torch.ones(3), torch.zeros(3), 0, torch.quint8),
    'sparse': w.to_sparse(),
    'csr': torch.eye(3).to_sparse_csr(),
    'complex': torch.complex(w, w),
    'conj': torch.complex(w, w).conj(),
    'negative': torch.complex(w, w).conj().imag,
    'float8': w.to(torch.float8_e4m3fn),
    'uint16': torch.arange(3).to(torch.uint16),
    'meta': w.to('meta'),
    'nested': torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.strided),
}
for name, tensor in odd.items():
    save(f'odd_{name.replace(" ", "_")}.pth', {'state_dict': {**state, 'odd.weight': tensor}})
save('odd_beside.pth', {'state_dict': state, 'statistics': odd})
storable = {name: odd[name] for name in ('quantized', 'complex')}
save('odd_legacy.pth', {'notes': storable, 'state_dict': state}, _use_new_zipfile_serialization=False)


# The same archive as a big-endian machine writes it, with zip64 headers. PyTorch reads it back as it was.
def rewritten(name, source, change, force_zip64=False):
    with zipfile.ZipFile(OUT / source) as old, zipfile.ZipFile(OUT / name, 'w') as new:
        for info in old.infolist():
            with new.open(zipfile.ZipInfo(info.filename), 'w', force_zip64=force_zip64) as entry:
                entry.write(change(info.filename, old.read(info)))


widths = {str(i): v.element_size() for i, v in enumerate(state.values())}


def big_endian(name, data):
    key = name.split('/data/')[-1]
    if name.endswith('/byteorder'):
        return b'big'
    if '/data/' not in name:
        return data
    return np.frombuffer(data, f'u{widths[key]}').byteswap().tobytes()


save('plain.pth', state)
rewritten('big_endian.pth', 'plain.pth', big_endian)
rewritten('zip64.pth', 'plain.pth', lambda _, data: data, force_zip64=True)
(OUT / 'plain.pth').unlink()
for name in ('big_endian.pth', 'zip64.pth'):
    for key, tensor in torch.load(OUT / name).items():
        assert torch.equal(tensor, state[key]), (name, key)


def plain(tensor):
    values = tensor.detach().to(torch.float64).flatten().tolist()
    return {'shape': list(tensor.shape), 'values': values}


named = lambda tensors: {name: plain(tensor) for name, tensor in tensors.items()}
before = network().state_dict()
expected = {'before the step': named(before), 'state': named(state), 'kinds': named(kinds),
            'tied': named(tied.state_dict()), 'average': named(average.state_dict())}
(OUT / 'expected.json').write_text(json.dumps(expected, separators=(',', ':')) + '\n')
