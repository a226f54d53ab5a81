"""Training that begins where a finished model file ended, as if its run had not been over."""

import math

import numpy as np
import torch
from torch.nn import functional

from harkmodel.network import CONVOLUTIONS, POOLED

from .model import Network
from .parent import network_of

# What a row of a convolution's weights is long when Kaiming's initialisation (He et al. 2015) makes it.
ROW_LENGTH = math.sqrt(2)


@torch.no_grad()
def network_from(tensors, patches):
    """The trainable network of a model file's tensors: norms, which a file has folded into weights and
    biases, are unfolded again by what `patches` [n, 96, 64] give at each layer, and do nothing to them
    at first. A layer behind a norm may have weights of any length; they get the length of new ones, since
    how far a step of training turns them depends on it."""
    finished = network_of(tensors)
    network = Network(finished.widths)
    maps = patches.unsqueeze(1).contiguous(memory_format=torch.channels_last)
    for name in CONVOLUTIONS:
        given, made, norm = finished.convolutions[name], network.convolutions[name], network.norms[name]
        lengths = given.weight.flatten(1).norm(dim=1).clamp_min(1e-8)
        made.weight.copy_(given.weight * (ROW_LENGTH / lengths).view(-1, 1, 1, 1))
        results = made(maps)
        norm.running_mean.copy_(results.mean(dim=(0, 2, 3)))
        norm.running_var.copy_(results.var(dim=(0, 2, 3)))
        norm.weight.copy_((norm.running_var + norm.eps).sqrt() * lengths / ROW_LENGTH)
        norm.bias.copy_(given.bias + norm.running_mean * lengths / ROW_LENGTH)
        maps = functional.relu(given(maps))
        if name in POOLED:
            maps = functional.max_pool2d(maps, 2)
    network.embedding.load_state_dict(finished.embedding.state_dict())
    return network


def fit_heads(heads, tensors, embeddings, wanted):
    """The tags as the file has them, and the map to the teacher's embedding, which it does not have, by
    least squares: of `embeddings` [n, 128] to `wanted` [n, 1024], each scaled to length 1, since only
    the direction counts."""
    heads.tags.weight.data.copy_(torch.from_numpy(tensors["tags.weight"].astype(np.float32)))
    heads.tags.bias.data.copy_(torch.from_numpy(tensors["tags.bias"].astype(np.float32)))
    inputs = torch.cat([embeddings, torch.ones(len(embeddings), 1)], dim=1).double()
    wanted = functional.normalize(wanted, dim=1).double()
    normal = inputs.T @ inputs + 1e-3 * torch.eye(inputs.shape[1], dtype=torch.float64)
    solved = torch.linalg.solve(normal, inputs.T @ wanted)
    heads.teacher.weight.data.copy_(solved[:-1].T)
    heads.teacher.bias.data.copy_(solved[-1])


@torch.no_grad()
def heard(network, collection, rows):
    """(embeddings [n, 128], the teacher's [n, 1024]) of rows of a collection's tables."""
    network.eval()
    parts = [network(collection.patches(rows[first : first + 64])) for first in range(0, len(rows), 64)]
    return torch.cat(parts), torch.from_numpy(collection.embeddings[rows].astype(np.float32))
