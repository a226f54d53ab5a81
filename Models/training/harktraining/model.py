"""The network in PyTorch, as it is trained: VGGish's trunk with batch normalisation, and Hark's head."""

import torch
from torch import nn
from torch.nn import functional

from harkmodel.network import CONVOLUTIONS, POOLED, WIDTHS

DIMENSION = 128
FULL = tuple(WIDTHS)
HALF = tuple(width // 2 for width in WIDTHS)


class Network(nn.Module):
    """[n, 96, 64] log-mel patches to [n, 128] embeddings of length 1."""

    def __init__(self, widths=HALF):
        super().__init__()
        self.widths = tuple(widths)
        self.convolutions, self.norms = nn.ModuleDict(), nn.ModuleDict()
        inputs = 1
        for name, width in zip(CONVOLUTIONS, widths):
            # The norm's shift does what a bias would.
            self.convolutions[name] = nn.Conv2d(inputs, width, 3, padding=1, bias=False)
            self.norms[name] = nn.BatchNorm2d(width)
            nn.init.kaiming_normal_(self.convolutions[name].weight, nonlinearity="relu")
            inputs = width
        self.embedding = nn.Linear(2 * 4 * inputs, DIMENSION)

    def trunk(self, patches):
        """[n, C, 6, 4]."""
        maps = patches.unsqueeze(1).contiguous(memory_format=torch.channels_last)
        for name in CONVOLUTIONS:
            maps = functional.relu(self.norms[name](self.convolutions[name](maps)))
            if name in POOLED:
                maps = functional.max_pool2d(maps, 2)
        return maps

    def forward(self, patches):
        maps = self.trunk(patches).float()
        # Means over time, then maxima over time, each in (mel, channel) order.
        pooled = [maps.mean(dim=2), maps.amax(dim=2)]
        flat = torch.cat([part.transpose(1, 2).flatten(1) for part in pooled], dim=1)
        return functional.normalize(self.embedding(flat), dim=1)


class Heads(nn.Module):
    """What only training needs: the way to the teacher's embedding; and the tags, which are shipped.

    Tags are linear in the embedding, so that a word is a direction.
    """

    def __init__(self, classes, teacher):
        super().__init__()
        self.teacher = nn.Linear(DIMENSION, teacher)
        self.tags = nn.Linear(DIMENSION, classes)
        # An embedding's values are about 0.09 each: logits of some size need weights of some size.
        nn.init.normal_(self.tags.weight, std=1.0)
        nn.init.constant_(self.tags.bias, -5.0)


def folded(network):
    """The network's tensors by their names in a model file, norms folded into weights and biases."""
    tensors = {}
    for name in CONVOLUTIONS:
        norm = network.norms[name]
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = network.convolutions[name].weight * scale[:, None, None, None]
        tensors[f"{name}.weight"] = weight.detach().float().cpu().numpy()
        tensors[f"{name}.bias"] = (norm.bias - norm.running_mean * scale).detach().float().cpu().numpy()
    tensors["embedding.weight"] = network.embedding.weight.detach().float().cpu().numpy()
    tensors["embedding.bias"] = network.embedding.bias.detach().float().cpu().numpy()
    return tensors
