"""Retrieval figures, for validation while training; what is published is measured through Hark itself."""

import numpy as np

from harkmodel.frontend import BANDS, FRAMES
from harkmodel.pooling import pooled

from . import recordings
from .store import Store

# Patches of a recording that are listened to: half a minute's.
MOST_PATCHES = 31


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def retrieval(vectors, labels, nearest=5, asking=None):
    """(mAP, P@nearest) of every vector against all others; labels that stand alone are no queries.

    P@nearest is the share of what is right among the nearest, out of as many as there can be: with
    fewer of a label than `nearest`, all of them are all that can be found. `asking` is True for each
    vector that is a query, where not all are."""
    labels = np.asarray(labels)
    scores = unit(vectors) @ unit(vectors).T
    np.fill_diagonal(scores, -np.inf)
    if asking is not None:
        scores = scores[np.asarray(asking)]
    order = np.argsort(-scores, axis=1)[:, :-1]
    wanted = labels if asking is None else labels[np.asarray(asking)]
    right = labels[order] == wanted[:, None]
    right = right[right.any(axis=1)]
    precision = np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1)
    average = (precision * right).sum(axis=1) / right.sum(axis=1)
    possible = np.minimum(right.sum(axis=1), nearest)
    return float(average.mean()), float((right[:, :nearest].sum(axis=1) / possible).mean())


def reciprocal_rank(first, second):
    """Mean reciprocal rank of row i of `second` among all its rows, asked with row i of `first`."""
    scores = unit(first) @ unit(second).T
    own = np.diagonal(scores)[:, None]
    return float((1 / (scores >= own).sum(axis=1)).mean())


class Probe:
    """Measures a network on one split's prepared recordings."""

    def __init__(self, data, split, most=1500):
        listed = recordings.read(f"{data}/recordings.csv")
        self.store = Store(f"{data}/store")
        self.info = {row: r for row, r in self.store.listed(listed).items() if r.split == split}
        rows = list(self.info)
        # The same sample every time.
        rows = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))[:most]]
        self.rows = rows

    def _vectors(self, network, device, row, begin, count):
        import torch

        first = self.store.first[row] + begin * FRAMES
        patches = self.store.frames[first : first + count * FRAMES].reshape(count, FRAMES, BANDS)
        patches = patches.astype(np.float32)
        with torch.no_grad():
            return pooled(network(torch.from_numpy(patches).to(device)).cpu().numpy(), patches)

    def measure(self, network, device):
        """Same label among one-shots, styles and scenes; and halves of a minute of music, apart."""
        network.eval()
        figures, halves, worlds = {}, ([], []), {}
        for row in self.rows:
            info, count = self.info[row], self.store.patches[row]
            if info.kind == "music" and info.source != "render-styles" and count >= 2 * 15:
                halves[0].append(self._vectors(network, device, row, 0, 15))
                halves[1].append(self._vectors(network, device, row, count - 15, 15))
            if info.label:
                vector = self._vectors(network, device, row, 0, min(count, MOST_PATCHES))
                world = "styles" if info.source == "render-styles" else info.kind
                worlds.setdefault(world, []).append((vector, info.label))
        for world, found in worlds.items():
            vectors, labels = np.stack([v for v, _ in found]), [label for _, label in found]
            if len(set(labels)) < 2 or len(set(labels)) == len(labels):
                continue
            mean, at_five = retrieval(vectors, labels)
            figures[f"{world} mAP"], figures[f"{world} P@5"] = round(mean, 3), round(at_five, 3)
        if len(halves[0]) > 1:
            figures["halves MRR"] = round(reciprocal_rank(np.stack(halves[0]), np.stack(halves[1])), 3)
            figures["halves"] = len(halves[0])
        return figures
