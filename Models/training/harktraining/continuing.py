"""Training that goes on from a finished network, on recordings without labels."""

import copy
import math
import time

import numpy as np
import torch
from torch.nn import functional

from . import augment, checkpoints, losses
from .memory import Memory
from .model import DIMENSION

# The share of a run in which the learning rate rises.
RISING = 0.1


def schedule(progress):
    """The learning rate's factor at a share of the run: up in a line, down in half a cosine."""
    return min(1.0, progress / RISING) * 0.5 * (1 + math.cos(math.pi * progress))


class Continuing:
    """A network, the frozen copy that it is held to, and all that a run cut off needs to go on."""

    def __init__(self, network, device, *, rate, hold, memory, seed):
        self.network = network.to(device, memory_format=torch.channels_last)
        self.anchor = copy.deepcopy(self.network).eval().requires_grad_(False)
        # No weight decay: it pulls to zero, and this run is to stay near where it began.
        self.optimiser = torch.optim.AdamW(self.network.parameters(), lr=rate, weight_decay=0.0)
        self.memory = Memory(memory, DIMENSION, device)
        self.device, self.rate, self.hold, self.seed = device, rate, hold, seed
        self.steps, self.seconds = 0, 0.0

    def loss(self, crops, recordings):
        """The loss of crops, two a recording, [2 n, 120, 64], and its two parts.

        The anchor sees the first crop of every second recording unchanged: of all would take a fourth
        longer and say little more.
        """
        plain = augment.middle(crops[0::4])
        patches = torch.cat([
            augment.mild(augment.middle(crops[0::2])),
            augment.strong(augment.mixed(augment.stretch(crops[1::2], 0.4), 0.15)),
            plain,
        ])
        embeddings = self.network(patches)
        changed, unchanged = embeddings[: len(crops)], embeddings[len(crops) :]
        owners = torch.cat([recordings[0::2], recordings[1::2]])
        labels = torch.full_like(owners, -1)
        with torch.no_grad():
            wanted = self.anchor(plain)
        contrastive = losses.contrastive(changed, owners, labels, self.memory.held())
        self.memory.push(changed, owners, labels)
        drift = (1 - functional.cosine_similarity(unchanged, wanted, dim=1)).mean()
        return contrastive + self.hold * drift, contrastive, drift

    def run(self, library, batch, share, note):
        """Steps until `share(steps, seconds)` of the run is 1; after each, `note(run, share, parts)` is
        called."""
        # Seeded by the step too: a run that goes on does not see its first batches again.
        random = np.random.default_rng([self.seed, self.steps])
        torch.manual_seed(self.seed + self.steps)
        self.network.train()
        earlier, began = self.seconds, time.monotonic()
        while (progress := share(self.steps, self.seconds)) < 1:
            for group in self.optimiser.param_groups:
                group["lr"] = self.rate * schedule(max(progress, 1e-3))
            crops, rows = library.draw(random, batch // 2)
            loss, *parts = self.loss(
                torch.from_numpy(crops).to(self.device), torch.from_numpy(rows).to(self.device))
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self.optimiser.step()
            self.steps += 1
            self.seconds = earlier + time.monotonic() - began
            note(self, share(self.steps, self.seconds), [part.item() for part in parts])

    def save(self, path, settings):
        state = {
            "network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(),
            "steps": self.steps, "seconds": self.seconds, "settings": settings, "held": self.memory.state(),
        }
        checkpoints.save(path, state)

    def load(self, path, settings):
        """Goes on from a checkpoint. Raises ValueError if it is of a run with other settings."""
        saved = torch.load(path, map_location=self.device, weights_only=True)
        checkpoints.same_run(path, saved["settings"], settings, "give another --work, or delete it")
        self.network.load_state_dict(saved["network"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.memory.load(saved["held"])
        self.steps, self.seconds = saved["steps"], saved["seconds"]
