"""A model file to go on from: read, checked, and as a network that can be trained further."""

import hashlib
import json
import struct

import numpy as np
from torch import nn, from_numpy

from harkmodel import frontend, safetensors
from harkmodel.network import CONVOLUTIONS, weight
from harkmodel.pooling import POOLINGS

from . import checkpoints
from .model import Network


class Parent:
    """A model of Hark's own architecture. Raises ValueError for a file that is none, or is damaged."""

    def __init__(self, path):
        self.sha256 = checkpoints.sha256(path)
        try:
            self.tensors, metadata = safetensors.read(path)
            self.format = metadata["format"]
        except (struct.error, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"{path} is not a model of Hark's") from error
        if self.format != "hark-model-1":
            raise ValueError(f"{path} has the format {self.format}, and this recipe reads hark-model-1")
        if metadata.get("architecture") != "vggish-hark" or metadata.get("pooling") not in POOLINGS:
            raise ValueError(
                f"{path} has another architecture: only models with Hark's own head can be trained further")
        if json.loads(metadata.get("front_end", "null")) != json.loads(frontend.METADATA):
            raise ValueError(f"{path} expects another front end than Hark's")
        for name, digest in json.loads(metadata.get("hashes", "{}")).items():
            if name not in self.tensors or hashlib.sha256(self.tensors[name].tobytes()).hexdigest() != digest:
                raise ValueError(f"{path} is damaged: its tensor {name} is not what it was")
        if "metadata_hash" in metadata and metadata["metadata_hash"] != safetensors.metadata_hash(metadata):
            raise ValueError(f"{path} is damaged: its metadata is not what it was")
        missing = [
            f"{layer}.{part}" for layer in [*CONVOLUTIONS, "embedding"] for part in ("weight", "bias")
            if f"{layer}.{part}" not in self.tensors]
        if missing:
            raise ValueError(f"{path} lacks the tensor {missing[0]}")
        self.name, self.licence = metadata.get("name", "unnamed"), metadata.get("licence", "unknown")
        self.pooling = metadata["pooling"]
        self.labels = json.loads(metadata.get("labels", "[]"))
        self.training = json.loads(metadata.get("training", "{}"))

    @property
    def carried(self):
        """What a network trained further takes over as it is: the tags."""
        return {name: values for name, values in self.tensors.items() if name.startswith("tags.")}

    def limits(self):
        """`NAME.activation_limit`, of the layers that have one."""
        return {name: values for name, values in self.tensors.items() if name.endswith(".activation_limit")}


def network_of(tensors):
    """The network of a model file's tensors. Its norms are folded, so biases stand in their place: what
    is trained are weights and biases alone, and no running mean shifts with the batches."""
    widths = [len(tensors[f"{name}.weight"]) for name in CONVOLUTIONS]
    network, inputs = Network(widths), 1
    for name, width in zip(CONVOLUTIONS, widths):
        network.norms[name] = nn.Identity()
        network.convolutions[name] = nn.Conv2d(inputs, width, 3, padding=1)
        _fill(network.convolutions[name], tensors, name)
        inputs = width
    _fill(network.embedding, tensors, "embedding")
    return network


def tensors_of(network):
    """What `network_of` was given, in float32."""
    layers = {**network.convolutions, "embedding": network.embedding}
    return {
        f"{name}.{part}": getattr(layer, part).detach().float().cpu().contiguous().numpy()
        for name, layer in layers.items() for part in ("weight", "bias")}


def _fill(layer, tensors, name):
    layer.weight.data = from_numpy(weight(tensors, name).copy())
    layer.bias.data = from_numpy(np.array(tensors[f"{name}.bias"], np.float32))
