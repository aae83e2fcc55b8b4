"""One training step of ResNet3D-18 in PyTorch, on one thread, for training.mjs: milliseconds of processor time.

training_torch.py FRAMES SIZE CLASSES STEPS prints JSON. The network is that of networks.mjs.
"""

import json
import sys
import time

import torch
from torch import nn


def norm(channels):
    return nn.BatchNorm3d(channels)


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


def network(classes):
    layers = [nn.Conv3d(3, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False), norm(64), nn.ReLU()]
    inputs = 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        layers += [Block(inputs, outputs, 2 if stage else 1), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(inputs, classes))


frames, size, classes, steps = map(int, sys.argv[1:5])
torch.set_num_threads(1)
torch.manual_seed(0)
model = network(classes).train()
optimizer = torch.optim.SGD(model.parameters(), 1e-4)
clip = torch.rand(1, 3, frames, size, size) * 2 - 1
times = []
for _ in range(steps + 1):
    start = time.process_time()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(clip), torch.tensor([3])).backward()
    optimizer.step()
    times.append((time.process_time() - start) * 1000)
print(json.dumps({"version": torch.__version__, "first": times[0], "steps": times[1:]}))
