"""Networks of the training race in PyTorch, layer by layer those of the package: the same convolutions and the same number of
weights. Convolutions are those that PyTorch has, an STS one is made of the three that its taps are: along the rows of a frame as one line,
along its columns as one line, in time. Where one tensor can be read in several ways, the way that PyTorch is fastest with.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

norm = nn.BatchNorm3d


def same(size):
    """Half of a kernel, on every side."""
    return tuple(length // 2 for length in size)


def conv(inputs, outputs, size, stride=1, groups=1):
    return nn.Conv3d(inputs, outputs, size, (1, stride, stride), same(size), groups=groups, bias=False)


def conv_norm(inputs, outputs, size, stride=1):
    return nn.Sequential(conv(inputs, outputs, size, stride), norm(outputs))


def columns(frames):
    return frames.transpose(-1, -2).contiguous()


class STSConv(nn.Module):
    """3 x 1 x 1: a quarter of the outputs along rows, a quarter along columns, half in time."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs, 3, 1, 1))
        nn.init.kaiming_uniform_(self.weight, math.sqrt(5))
        half = (outputs + 1) // 2
        self.parts = [(half + 1) // 2, half // 2, outputs - half]

    def forward(self, x):
        n, c, t, h, w = x.shape
        rows, cols, time = self.weight.split(self.parts)
        line = lambda frames, taps: F.conv3d(frames.view(n, c, t, 1, h * w), taps.view(-1, c, 1, 1, 3), padding=(0, 0, 1))
        along_rows = line(x, rows).view(n, -1, t, h, w)
        along_columns = line(columns(x), cols).view(n, -1, t, w, h).transpose(-1, -2)
        return torch.cat([along_rows, along_columns, F.conv3d(x, time, padding=(1, 0, 0))], 1)


class STSDepthwise(nn.Module):
    """3 x k x k, depthwise: half of the channels k x k in the frame, and k * k along its rows and columns; half 3 x k x k."""

    def __init__(self, channels, k, stride):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, 1, 3, k, k))
        nn.init.kaiming_uniform_(self.weight, math.sqrt(5))
        self.k, self.stride, self.static = k, stride, (channels + 1) // 2

    def forward(self, x):
        n, c, t, h, w = x.shape
        k, s, static = self.k, self.stride, self.static
        out_h, out_w = -(-h // s), -(-w // s)
        frames = x[:, :static].transpose(1, 2).reshape(n * t, static, h, w)
        kernel = self.weight[:static]
        # What is missing behind the line's last place, where the stride does not divide the sides.
        behind = max(0, (out_h * out_w - 1) * s * s + (k * k + 1) // 2 - h * w)
        reach = k * k // 2

        def line(frames, taps):
            lines = F.pad(frames.view(n * t, static, h * w), (reach, behind)) if s > 1 else frames.view(n * t, static, h * w)
            y = F.conv1d(lines, taps.reshape(static, 1, k * k), stride=s * s, padding=0 if s > 1 else reach, groups=static)
            return y[..., : out_h * out_w]

        y = F.conv2d(frames, kernel[:, :, 1], stride=s, padding=k // 2, groups=static)
        y = y + line(frames, kernel[:, :, 0]).view_as(y)
        y = y + line(columns(frames), kernel[:, :, 2]).view(n * t, static, out_w, out_h).transpose(-1, -2)
        still = y.view(n, t, static, out_h, out_w).transpose(1, 2)
        moving = F.conv3d(x[:, static:], self.weight[static:], None, (1, s, s), (1, k // 2, k // 2), groups=c - static)
        return torch.cat([still, moving], 1)


def depthwise(channels, k, stride, is_sts):
    if is_sts:
        return STSDepthwise(channels, k, stride)
    return conv(channels, channels, (3, k, k), stride, channels)


class BasicBlock(nn.Module):
    """Of a ResNet3D-18: its strides are those of time too."""

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
    layers = [conv(3, 64, (3, 7, 7), 2), norm(64), nn.ReLU()]
    inputs = 64
    for stage, outputs in enumerate([64, 128, 256, 512]):
        layers += [BasicBlock(inputs, outputs, 2 if stage else 1), BasicBlock(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(inputs, classes))


class Bottleneck(nn.Module):
    """Of a path of SlowOnly and SlowFast: taps x 1 x 1, 1 x 3 x 3, 1 x 1 x 1."""

    def __init__(self, inputs, channels, taps, stride, is_sts):
        super().__init__()
        outputs = 4 * channels
        temporal = STSConv(inputs, channels) if is_sts and taps > 1 else conv(inputs, channels, (taps, 1, 1))
        self.body = nn.Sequential(
            *[temporal, norm(channels), nn.ReLU()],
            *[*conv_norm(channels, channels, (1, 3, 3), stride), nn.ReLU()],
            *conv_norm(channels, outputs, (1, 1, 1)),
        )
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = conv_norm(inputs, outputs, (1, 1, 1), stride)

    def forward(self, x):
        return torch.relu(self.body(x) + self.shortcut(x))


def path_stem(channels, taps):
    pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1))
    return nn.Sequential(*conv_norm(3, channels, (taps, 7, 7), 2), nn.ReLU(), pool)


def path_stage(inputs, channels, taps, blocks, stage, is_sts=False):
    width = channels * 2**stage
    of = lambda i: (inputs if i == 0 else 4 * width, width, taps, 2 if stage and i == 0 else 1, is_sts)
    return nn.Sequential(*[Bottleneck(*of(i)) for i in range(blocks)])


def slow_only(classes, stages, path, sts=False):
    channels, inputs = path["channels"], path["channels"]
    layers = [path_stem(channels, path["stemTaps"])]
    for stage, (blocks, taps) in enumerate(zip(stages, path["taps"])):
        layers.append(path_stage(inputs, channels, taps, blocks, stage, sts))
        inputs = 4 * channels * 2**stage
    return nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(inputs, classes))


class SlowFast(nn.Module):
    """SlowFast-50, 8 x 8."""

    def __init__(self, classes):
        super().__init__()
        self.stems = nn.ModuleList([path_stem(64, 1), path_stem(8, 5)])
        self.laterals, self.slow, self.fast = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        slow, fast = 64, 8
        for stage, (blocks, taps) in enumerate(zip([3, 4, 6, 3], [1, 1, 3, 3])):
            self.laterals.append(nn.Conv3d(fast, 2 * fast, (7, 1, 1), (4, 1, 1), (3, 0, 0), bias=False))
            self.slow.append(path_stage(slow + 2 * fast, 64, taps, blocks, stage))
            self.fast.append(path_stage(fast, 8, 3, blocks, stage))
            slow, fast = 256 * 2**stage, 32 * 2**stage
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Linear(slow + fast, classes))

    def forward(self, x):
        slow, fast = self.stems[0](x[:, :, ::4]), self.stems[1](x)
        for lateral, slow_stage, fast_stage in zip(self.laterals, self.slow, self.fast):
            slow, fast = slow_stage(torch.cat([slow, lateral(fast)], 1)), fast_stage(fast)
        return self.classifier(torch.cat([fast.mean((2, 3, 4)), slow.mean((2, 3, 4))], 1))


def squeeze_width(inner):
    """A sixteenth, rounded to a multiple of 8 that is no less than nine tenths of it."""
    width = max(8, int(inner / 16 + 4) // 8 * 8)
    return width + 8 if width < 0.9 * inner / 16 else width


class X3DBlock(nn.Module):
    """1x1x1, depthwise 3x3x3, squeeze-and-excite in every other block, swish, 1x1x1."""

    def __init__(self, inputs, outputs, stride, excited, is_sts):
        super().__init__()
        inner = int(outputs * 2.25)
        self.expand = nn.Sequential(*conv_norm(inputs, inner, (1, 1, 1)), nn.ReLU())
        self.depthwise = nn.Sequential(depthwise(inner, 3, stride, is_sts), norm(inner))
        self.excite = None
        if excited:
            squeezed = squeeze_width(inner)
            down, up = nn.Conv3d(inner, squeezed, 1), nn.Conv3d(squeezed, inner, 1)
            self.excite = nn.Sequential(nn.AdaptiveAvgPool3d(1), down, nn.ReLU(), up, nn.Sigmoid())
        self.project = conv_norm(inner, outputs, (1, 1, 1))
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = conv_norm(inputs, outputs, (1, 1, 1), stride)

    def forward(self, x):
        y = self.depthwise(self.expand(x))
        if self.excite is not None:
            y = y * self.excite(y)
        return torch.relu(self.project(F.silu(y)) + self.shortcut(x))


X3D_S = [{"channels": 24, "blocks": 3}, {"channels": 48, "blocks": 5}, {"channels": 96, "blocks": 11}, {"channels": 192, "blocks": 7}]


def x3d(classes, stem=24, stages=X3D_S, hidden=2048, dropout=0.5, sts=False):
    temporal = nn.Conv3d(stem, stem, (5, 1, 1), 1, (2, 0, 0), groups=stem, bias=False)
    layers, inputs = [conv(3, stem, (1, 3, 3), 2), temporal, norm(stem), nn.ReLU()], stem
    for stage in stages:
        for i in range(stage["blocks"]):
            layers.append(X3DBlock(inputs, stage["channels"], 2 if i == 0 else 1, i % 2 == 0, sts))
            inputs = stage["channels"]
    width = int(inputs * 2.25)
    layers += [*conv_norm(inputs, width, (1, 1, 1)), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten()]
    head = [nn.Linear(width, hidden, bias=False), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, classes)]
    return nn.Sequential(*layers, *head)


class InvertedBottleneck(nn.Module):
    def __init__(self, inputs, outputs, expansion, k, stride):
        super().__init__()
        inner = inputs * expansion
        expand = [] if expansion == 1 else [*conv_norm(inputs, inner, (1, 1, 1)), nn.ReLU6()]
        filtered = [STSDepthwise(inner, k, stride), norm(inner), nn.ReLU6()]
        self.body = nn.Sequential(*expand, *filtered, *conv_norm(inner, outputs, (1, 1, 1)))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.adds else self.body(x)


# Expansion, channels, blocks, stride, kernel.
LITE0 = [(1, 16, 1, 1, 3), (6, 24, 2, 2, 3), (6, 40, 2, 2, 5), (6, 80, 3, 2, 3), (6, 112, 3, 1, 5), (6, 192, 4, 2, 5), (6, 320, 1, 1, 3)]


def efficientnet_lite0_sts(classes):
    """Padded as PyTorch pads: TensorFlow's padding at strides, which the package's has, is another pass here."""
    layers, inputs = [*conv_norm(3, 32, (1, 3, 3), 2), nn.ReLU6()], 32
    for expansion, outputs, blocks, stride, k in LITE0:
        for i in range(blocks):
            layers.append(InvertedBottleneck(inputs, outputs, expansion, k, 1 if i else stride))
            inputs = outputs
    layers += [*conv_norm(inputs, 1280, (1, 1, 1)), nn.ReLU6(), nn.AdaptiveAvgPool3d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Dropout(0.2), nn.Linear(1280, classes))


NETWORKS = {
    "resnet3d18": resnet3d18,
    "x3d_s": x3d,
    "slowfast_r50_8x8": SlowFast,
    "efficientnet_lite0_sts": efficientnet_lite0_sts,
    "slowonly_tiny": slow_only,
    "x3d_tiny": lambda classes, **config: x3d(classes, stem=8, dropout=0, **config),
}
