"""A wider network that says what a narrow one says: what one has learnt need not be learnt again.

Net2WiderNet (Chen, Goodfellow & Shlens 2016): every channel stands twice, and whoever listens to it takes
a share of either. Shares are random for each weight and add up to one, so that nothing changes at
first, and the two soon go different ways.
"""

import torch

from harkmodel.network import CONVOLUTIONS

from .model import Network

# Shares are spread so widely about a half: enough for the twins to be told apart by what follows.
SPREAD = 0.5


def _shared(weight, generator, dim=1):
    """`weight`'s inputs twice, each weight split between the two at random."""
    share = 0.5 + SPREAD * torch.randn(weight.shape, generator=generator)
    return torch.cat([share * weight, (1 - share) * weight], dim=dim)


@torch.no_grad()
def widened(network, seed):
    """A network of twice the widths of `network`, which gives the same embeddings."""
    generator = torch.Generator().manual_seed(seed)
    wide = Network([2 * width for width in network.widths])
    for number, name in enumerate(CONVOLUTIONS):
        weight = network.convolutions[name].weight
        if number > 0:
            weight = _shared(weight, generator)
        wide.convolutions[name].weight.copy_(torch.cat([weight, weight]))
        norm, wider = network.norms[name], wide.norms[name]
        for values, doubled in ((norm.weight, wider.weight), (norm.bias, wider.bias),
                                (norm.running_mean, wider.running_mean),
                                (norm.running_var, wider.running_var)):
            doubled.copy_(torch.cat([values, values]))
    # Inputs of the embedding are [mean or maximum, mel, channel].
    weight = network.embedding.weight.view(len(network.embedding.weight), 8, network.widths[-1])
    wide.embedding.weight.copy_(_shared(weight, generator, dim=2).flatten(1))
    wide.embedding.bias.copy_(network.embedding.bias)
    return wide
