"""The benchmark's models in PyTorch, built from the layer list and the weights in a safetensors file."""
import json
import math
import struct

import numpy
import torch
from torch import nn

DTYPES = {"F32": numpy.float32, "F64": numpy.float64, "I32": numpy.int32, "I64": numpy.int64}


def read_safetensors(path):
    """Returns ({name: tensor}, {key: text}). Format: length of the header, header in JSON, data."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(content[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors, metadata


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x):
        return x + self.body(x)


class SelfAttention(nn.Module):
    """Multi-head attention with a packed projection, written with modules so that hooks and vmap see all of it."""

    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.in_proj = nn.Linear(dim, 3 * dim)
        self.out_proj = nn.Linear(dim, dim)

    def forward(self, x):
        *batch, tokens, dim = x.shape
        size = dim // self.heads
        q, k, v = (part.reshape(*batch, tokens, self.heads, size).transpose(-2, -3)
                   for part in self.in_proj(x).split(dim, -1))
        weights = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(size), -1)
        return self.out_proj((weights @ v).transpose(-2, -3).reshape(*batch, tokens, dim))


class MeanTokens(nn.Module):
    def forward(self, x):
        return x.mean(-2)


BUILDERS = {
    "Flatten": lambda l: nn.Flatten(),
    "Linear": lambda l: nn.Linear(l["in"], l["out"]),
    "ReLU": lambda l: nn.ReLU(),
    "GELU": lambda l: nn.GELU(),
    "Conv2d": lambda l: nn.Conv2d(l["in"], l["out"], l["kernel"], padding=l["padding"]),
    "MaxPool2d": lambda l: nn.MaxPool2d(l["kernel"]),
    "LayerNorm": lambda l: nn.LayerNorm(l["dim"]),
    "MeanTokens": lambda l: MeanTokens(),
    "SelfAttention": lambda l: SelfAttention(l["dim"], l["heads"]),
    "Residual": lambda l: Residual(build(l["body"])),
}


def build(layers):
    return [BUILDERS[layer["kind"]](layer) for layer in layers]


class Workload:
    """A model in evaluation mode with one batch, a direction, a clip norm and the numbers expected of it."""

    def __init__(self, path):
        self.tensors, metadata = read_safetensors(path)
        self.names = json.loads(metadata["parameters"])
        self.model = nn.Sequential(*build(json.loads(metadata["arch"]))).eval()
        self.model.load_state_dict({name: self.tensors["param." + name] for name in self.names})
        self.input, self.labels = self.tensors["input"], self.tensors["target"].long()
        self.direction = {name: self.tensors["v." + name] for name in self.names}
        self.clip = self.tensors["clip"].item()

    def loss(self):
        """Sum of the losses of the samples: the gradient in front of each layer belongs to each sample alone."""
        return nn.functional.cross_entropy(self.model(self.input), self.labels, reduction="sum")

    def weights(self):
        return dict(self.model.named_parameters())

    def flat(self, gradients):
        return torch.cat([gradients[name].reshape(-1) for name in self.names])

    def expected(self, name):
        return self.tensors["expect." + name]
