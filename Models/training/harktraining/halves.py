"""What fine-tuning did to a library: whether halves of recordings find each other, and what stayed."""

from dataclasses import dataclass

import numpy as np
import torch

from harkmodel.pooling import pooled

from .evaluation import reciprocal_rank, unit

# Patches at either end of a recording that stand for its half, as in training's validation.
HALF = 15
# Recordings that ask, and recordings that they are told apart from.
QUERIES, OTHERS = 100, 200


@dataclass
class Hearing:
    """One network's embeddings of the same patches of a library."""
    first: np.ndarray
    second: np.ndarray
    """[recordings, 128]: either half, pooled; those that validate come first."""
    patches: np.ndarray
    """[n, 128]: of all patches of the halves of what validates."""
    queries: int


def hear(network, library, device, pooling):
    """The halves of recordings that validate and, to tell them apart from, of others; `pooling` is one of
    harkmodel.pooling's."""
    asking = library.validation[:QUERIES]
    apart = set(library.validation)
    others = [row for row in library.halved if row not in apart][: max(0, OTHERS - len(asking))]
    network.eval()
    halves, patches = ([], []), []
    for row in asking + others:
        count = library.store.patches[row]
        length = min(HALF, count // 2)
        for half, first in zip(halves, (0, count - length)):
            values = library.patches(row, first, length)
            with torch.no_grad():
                rows = network(torch.from_numpy(values).to(device)).cpu().numpy()
            half.append(pooled(rows, values, pooling))
            if row in apart:
                patches.append(rows)
    return Hearing(*map(np.stack, halves), np.concatenate(patches), len(asking))


def rank(hearing):
    """Mean reciprocal rank of the other half, asked with either half of every recording that validates."""
    asks = [half[: hearing.queries] for half in (hearing.first, hearing.second)]
    return (reciprocal_rank(asks[0], hearing.second) + reciprocal_rank(asks[1], hearing.first)) / 2


def nearness(hearing, other):
    """Cosines of the same patches' embeddings by two networks: the median, and the lowest twentieth's."""
    cosines = (unit(hearing.patches) * unit(other.patches)).sum(axis=1)
    return float(np.median(cosines)), float(np.quantile(cosines, 0.05))


def same_tag(hearing, other, tags):
    """The share of patches whose first tag is the same by both; None for a model without tags."""
    if "tags.weight" not in tags:
        return None
    first, second = (
        np.argmax(h.patches @ tags["tags.weight"].astype(np.float32).T + tags["tags.bias"], axis=1)
        for h in (hearing, other))
    return float((first == second).mean())
