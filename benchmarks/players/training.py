"""Training steps in PyTorch, for ../training.mjs, which tells when: a line on stdin is one step of SGD with momentum.

The argument is JSON: threads, name (of torch_networks.py), config (what is other than the network's own), clip (time, height and width with x
between), batch, classes. Says lines of JSON: when it is ready, then for each step.
"""

import json
import sys
import time

import torch
from torch import nn
from torch_networks import NETWORKS

given = json.loads(sys.argv[1])
torch.set_num_threads(given["threads"])
torch.manual_seed(0)
model = NETWORKS[given["name"]](given["classes"], **given["config"]).train()
optimizer = torch.optim.SGD(model.parameters(), 1e-4, momentum=0.9, weight_decay=1e-4)
clips = torch.rand(given["batch"], 3, *map(int, given["clip"].split("x"))) * 2 - 1
targets = torch.full([given["batch"]], 3)
print(json.dumps({"ready": torch.__version__, "weights": sum(p.numel() for p in model.parameters())}), flush=True)
for _ in sys.stdin:
    cpu, wall = time.process_time(), time.perf_counter()
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(clips), targets).backward()
    optimizer.step()
    took = {"cpu": (time.process_time() - cpu) * 1000, "wall": (time.perf_counter() - wall) * 1000}
    print(json.dumps(took), flush=True)
