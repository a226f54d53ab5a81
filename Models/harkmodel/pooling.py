"""How a recording's segments become one embedding; Sources/Embedding/Pooler.swift does the same."""

import numpy as np

from .frontend import OFFSET

# What a patch of silence weighs as much as: digital silence alone is then a recording like any other.
LEAST = 1e-5
POOLINGS = ("mean", "loudness")


def loudness(patches):
    """[n]: the weights of patches [n, 96, 64] of log-mel: the root of the geometric mean of their
    magnitudes. Loudness grows about as the root of a sound's pressure (Stevens 1955: with its power 0.6).
    """
    mean = np.asarray(patches, np.float32).mean(axis=(1, 2), dtype=np.float64)
    return np.sqrt(np.maximum(np.exp(mean) - OFFSET, LEAST))


def pooled(segments, patches, pooling="loudness"):
    """[128]: a recording's embedding before it is scaled to length 1."""
    weights = loudness(patches) if pooling == "loudness" else np.ones(len(segments))
    return (segments * weights[:, None]).sum(axis=0) / weights.sum()
