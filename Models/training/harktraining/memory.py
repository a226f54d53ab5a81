"""Embeddings of earlier batches, for the contrastive term to tell from this batch's.

A cross-batch memory (Wang et al. 2020, XBM): embeddings drift slowly, so those of the last thousands of
crops serve as what must be pushed away, and cost no further run of the network.
"""

import torch


class Memory:
    """A ring of the last `size` embeddings, with the numbers of their recordings and labels."""

    def __init__(self, size, dimension, device):
        self.embeddings = torch.zeros(size, dimension, device=device)
        self.recordings = torch.full((size,), -1, device=device)
        self.labels = torch.full((size,), -1, device=device)
        self._next = 0
        self.count = 0

    def held(self):
        """What is in it: [count, 128], [count], [count]."""
        return (self.embeddings[: self.count], self.recordings[: self.count], self.labels[: self.count])

    def state(self):
        """What a run that goes on needs of it."""
        return {"embeddings": self.embeddings, "recordings": self.recordings, "labels": self.labels,
                "next": self._next, "count": self.count}

    def load(self, state):
        """Takes over the state of a memory of the same size."""
        for name in ("embeddings", "recordings", "labels"):
            getattr(self, name).copy_(state[name])
        self._next, self.count = state["next"], state["count"]

    def push(self, embeddings, recordings, labels):
        """Takes a batch in, and lets the oldest go. A memory of size 0 stays empty."""
        if len(self.embeddings) == 0:
            return
        places = (self._next + torch.arange(len(embeddings))) % len(self.embeddings)
        self.embeddings[places] = embeddings.detach()
        self.recordings[places] = recordings
        self.labels[places] = labels
        self._next = int(places[-1]) + 1
        self.count = min(self.count + len(embeddings), len(self.embeddings))
