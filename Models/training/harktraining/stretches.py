"""Stretches of recordings, two of each: what is compared is a recording's embedding, not a patch's."""

from dataclasses import dataclass

import numpy as np
import torch

# Patches of a stretch, at most: a quarter of a minute.
LONGEST = 15


@dataclass
class Pairs:
    """Stretches 2 i and 2 i + 1 are of one recording."""
    patches: np.ndarray
    """[n]: rows of the store's tables, stretch by stretch."""
    stretch: np.ndarray
    """[n]: the stretch that each is of."""
    first: np.ndarray
    """[stretches]: the place of each stretch's first patch in `patches`."""
    recordings: torch.Tensor
    labels: torch.Tensor
    """[stretches]: a number for the recording's label, -1 without one."""


def draw(collection, random, count):
    """Two stretches of each of about `count` recordings, apart where the recording is long enough."""
    patches, lengths, owners = [], [], []
    for row in dict.fromkeys(collection.drawn(count)):
        have, first = int(collection.store.patches[row]), int(collection.first_patch[row])
        length = 1 if have == 1 else int(random.integers(1, min(LONGEST, have // 2) + 1))
        if have >= 2 * length:
            early = int(random.integers(0, have - 2 * length + 1))
            starts = [early, int(random.integers(early + length, have - length + 1))]
        else:
            starts = [0, have - length]
        for start in starts:
            patches.append(np.arange(first + start, first + start + length))
            lengths.append(length)
            owners.append(row)
    labels = [collection.label_number(row) for row in owners]
    return Pairs(
        np.concatenate(patches), np.repeat(np.arange(len(lengths)), lengths),
        np.cumsum([0, *lengths[:-1]]), torch.tensor(owners), torch.tensor(labels))


def pooled(embeddings, weights, stretch, count):
    """[count, d]: weighted means of the rows of each stretch, scaled to length 1."""
    sums = torch.zeros(count, embeddings.shape[1], dtype=embeddings.dtype).index_add(0, stretch, embeddings * weights[:, None])
    return torch.nn.functional.normalize(sums, dim=1)
