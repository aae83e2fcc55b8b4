"""Training steps in PyTorch, for training.mjs, which tells when: a line on stdin is one step of SGD with
momentum, batch 1.

The argument is JSON: threads, name (resnet3d18, the network of networks.mjs, or x3d_s, that of pytorchvideo as the package has it),
clip (time, height and width with x between), classes. Says lines of JSON: when it is ready, then for each step.
"""

import json
import sys
import time

import torch
from torch import nn

norm = nn.BatchNorm3d


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = nn.Conv3d(inputs, outputs, 3, stride, 1, bias=False)
        self.second = nn.Conv3d(outputs, outputs, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([norm(outputs), norm(outputs)])
        self.shortcut = nn.Identity()
        if stride != 1:
            self.shortcut = nn.Sequential(nn.Conv3d(inputs, outputs, 1, stride, bias=False), norm(outputs))

    def forward(self, x):
        y = torch.relu(self.norms[0](self.first(x)))
        return torch.relu(self.norms[1](self.second(y)) + self.shortcut(x))


def resnet3d18(classes):
    layers = [nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False), norm(64), nn.ReLU()]
    inputs = 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        layers += [Block(inputs, outputs, 2 if stage else 1), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(inputs, classes))


def squeeze_width(inner):
    """A sixteenth, rounded to a multiple of 8 that is no less than nine tenths of it."""
    width = max(8, int(inner / 16 + 4) // 8 * 8)
    return width + 8 if width < 0.9 * inner / 16 else width


class Bottleneck(nn.Module):
    """X3D's: 1x1x1, depthwise 3x3x3, squeeze-and-excite in every other block, swish, 1x1x1."""

    def __init__(self, inputs, outputs, stride, excited):
        super().__init__()
        inner = int(outputs * 2.25)
        self.expand = nn.Sequential(nn.Conv3d(inputs, inner, 1, bias=False), norm(inner), nn.ReLU())
        depthwise = nn.Conv3d(inner, inner, 3, (1, stride, stride), 1, groups=inner, bias=False)
        self.depthwise = nn.Sequential(depthwise, norm(inner))
        squeezed = squeeze_width(inner)
        self.excite = (
            nn.Sequential(
                nn.AdaptiveAvgPool3d(1),
                nn.Conv3d(inner, squeezed, 1),
                nn.ReLU(),
                nn.Conv3d(squeezed, inner, 1),
                nn.Sigmoid(),
            )
            if excited
            else None
        )
        self.project = nn.Sequential(nn.Conv3d(inner, outputs, 1, bias=False), norm(outputs))
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv3d(inputs, outputs, 1, (1, stride, stride), bias=False), norm(outputs))

    def forward(self, x):
        y = self.depthwise(self.expand(x))
        if self.excite is not None:
            y = y * self.excite(y)
        return torch.relu(self.project(nn.functional.silu(y)) + self.shortcut(x))


def x3d_s(classes):
    stem = [nn.Conv3d(3, 24, (1, 3, 3), (1, 2, 2), (0, 1, 1), bias=False)]
    stem += [nn.Conv3d(24, 24, (5, 1, 1), 1, (2, 0, 0), groups=24, bias=False), norm(24), nn.ReLU()]
    layers, inputs = stem, 24
    for outputs, depth in [(24, 3), (48, 5), (96, 11), (192, 7)]:
        for i in range(depth):
            layers.append(Bottleneck(inputs, outputs, 2 if i == 0 else 1, i % 2 == 0))
            inputs = outputs
    layers += [nn.Conv3d(192, 432, 1, bias=False), norm(432), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(432, 2048, bias=False), nn.ReLU(), nn.Dropout(0.5), nn.Linear(2048, classes))


given = json.loads(sys.argv[1])
torch.set_num_threads(given["threads"])
torch.manual_seed(0)
model = {"resnet3d18": resnet3d18, "x3d_s": x3d_s}[given["name"]](given["classes"]).train()
optimizer = torch.optim.SGD(model.parameters(), 1e-4, momentum=0.9, weight_decay=1e-4)
clip = torch.rand(1, 3, *map(int, given["clip"].split("x"))) * 2 - 1
print(json.dumps({"ready": torch.__version__, "weights": sum(p.numel() for p in model.parameters())}), flush=True)
for _ in sys.stdin:
    cpu, wall = time.process_time(), time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(clip), torch.tensor([3])).backward()
    optimizer.step()
    took = {"cpu": (time.process_time() - cpu) * 1000, "wall": (time.perf_counter() - wall) * 1000}
    print(json.dumps(took), flush=True)
