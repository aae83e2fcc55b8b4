"""PyTorch on the CPU: runs the nodes of the ONNX model of a case one after the other, as an eager module would."""
import json
import sys
import time

import numpy
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper

given = json.loads(sys.argv[1])
torch.set_num_threads(given["threads"])


def sides(pads):
    """ONNX's (begins..., ends...) as one number an axis where both sides are equal, and what F.pad has to add."""
    begins, ends = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if begins == ends:
        return begins, None
    pairs = [side for axis in reversed(range(len(begins))) for side in (begins[axis], ends[axis])]
    return [0] * len(begins), pairs


def conv(a, x, w, b=None):
    padding, extra = sides(a["pads"])
    x = x if extra is None else F.pad(x, extra)
    # A line of a frame is a convolution of rank 4, a grid one of rank 5.
    run = F.conv3d if x.dim() == 5 else F.conv2d
    return run(x, w, b, a["strides"], padding, a.get("dilations", 1), a["group"])


def pool(run):
    def pooled(a, x):
        padding, extra = sides(a.get("pads", [0] * 2 * len(a["kernel_shape"])))
        assert extra is None, "a pooling with unequal sides"
        return run(x, a["kernel_shape"], a["strides"], padding)

    return pooled


def pad(_, x, pads):
    axes = len(pads) // 2
    return F.pad(x, [side for axis in reversed(range(axes)) for side in (pads[axis], pads[axes + axis])])


def take(_, x, starts, ends, axes, steps):
    index = [slice(None)] * x.dim()
    index[axes[0]] = slice(starts[0], ends[0], steps[0])
    return x[tuple(index)]


OPERATORS = {
    "Conv": conv,
    "BatchNormalization": lambda a, x, g, b, m, v: F.batch_norm(x, m, v, g, b, False, 0.0, a["epsilon"]),
    "Relu": lambda _, x: F.relu(x),
    "Floor": lambda _, x: x.floor(),
    "Clip": lambda _, x, least, most: torch.clip(x, least, most),
    "Equal": lambda _, x, y: x == y,
    "Cast": lambda _, x: x.float(),
    "ReduceL2": lambda a, x: torch.linalg.vector_norm(x, dim=a["axes"], keepdim=True),
    "Max": lambda _, x, y: torch.maximum(x, y),
    "Div": lambda _, x, y: x / y,
    "MatMul": lambda _, x, y: x @ y,
    "Sigmoid": lambda _, x: torch.sigmoid(x),
    "Add": lambda _, x, y: x + y,
    "Mul": lambda _, x, y: x * y,
    "MaxPool": pool(F.max_pool3d),
    "AveragePool": pool(F.avg_pool3d),
    "GlobalAveragePool": lambda _, x: x.mean((2, 3, 4), keepdim=True),
    "Flatten": lambda _, x: x.flatten(1),
    "Gemm": lambda _, x, w, b=None: x @ w if b is None else torch.addmm(b, x, w),
    "Concat": lambda a, *xs: torch.cat(xs, a["axis"]),
    "Pad": pad,
    "Slice": take,
    "Transpose": lambda a, x: x.permute(a["perm"]),
    "Reshape": lambda _, x, shape: x.reshape([x.shape[0], *shape[1:]]),
    "Identity": lambda _, x: x,
}

graph = onnx.load(given["model"]).graph
constants = {}
for tensor in graph.initializer:
    values = numpy_helper.to_array(tensor)
    # Lengths and axes stay lists of numbers.
    constants[tensor.name] = values.tolist() if values.dtype == numpy.int64 else torch.from_numpy(values.copy())
nodes = [
    (OPERATORS[n.op_type], {a.name: onnx.helper.get_attribute_value(a) for a in n.attribute}, list(n.input), n.output[0])
    for n in graph.node
]
last_use = {name: i for i, (_, _, inputs, _) in enumerate(nodes) for name in inputs}
shape = [1, *(d.dim_value for d in graph.input[0].type.tensor_type.shape.dim[1:])]
clip = torch.from_numpy(numpy.fromfile(given["clip"], dtype=numpy.float32).reshape(shape))
input_name, output_name = graph.input[0].name, graph.output[0].name
del graph


def run():
    values = {**constants, input_name: clip}
    with torch.inference_mode():
        for i, (operator, attributes, inputs, output) in enumerate(nodes):
            values[output] = operator(attributes, *(values[name] for name in inputs))
            for name in inputs:
                if last_use[name] == i and name not in constants:
                    values.pop(name, None)
    return values[output_name]


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def say(message):
    print(json.dumps(message), flush=True)


say({"ready": torch.__version__})
result = None
for line in sys.stdin:
    if line.strip() == "answer":
        flat = result.flatten()
        say({"values": [flat[i * len(flat) // 64].item() for i in range(64)], "peakMemory": peak_memory()})
        continue
    cpu, start = time.process_time(), time.perf_counter()
    result = run()
    say({"wall": (time.perf_counter() - start) * 1e3, "cpu": (time.process_time() - cpu) * 1e3})
