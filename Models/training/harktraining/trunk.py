"""What a model's trunk gives for every patch of a store: computed once, and kept beside it."""

import pathlib

import numpy as np
import torch

from harkmodel.frontend import FRAMES

from . import augment, batches

# Patches that go through the trunk at once.
CHUNK = 128


def pooled_maps(network, patches):
    """[n, 96, 64] to [n, 8 · C]: what the embedding is linear in."""
    maps = network.trunk(patches)
    return torch.cat(
        [part.transpose(1, 2).flatten(1) for part in (maps.mean(dim=2), maps.amax(dim=2))], dim=1)


class TrunkStore:
    """Rows of half precision, in one file for patches as they are and in one for changed ones.

    `plain` has a row for every patch of the store, `changed` for the patches of the split that a collection
    was made with, at `changed_row[patch]`. A run that was cut off goes on after the last whole chunk.
    """

    def __init__(self, folder, network, collection, note=print, seed=1):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._network = network.eval().to(memory_format=torch.channels_last)
        self._width = network.embedding.in_features
        store, self._collection = collection.store, collection
        self._owner = np.repeat(np.arange(len(store.patches)), store.patches)
        self._number = np.arange(len(self._owner)) - np.asarray(collection.first_patch)[self._owner]
        own = np.isin(self._owner, collection.rows)
        self.changed_row = np.cumsum(own) - 1
        self._seed, self._note = seed, note
        self.plain = self._kept("plain", np.arange(len(self._owner)), self._as_they_are)
        self.changed = self._kept("changed", np.flatnonzero(own), self._altered)

    def _kept(self, name, patches, make):
        path = self.folder / f"{name}.f16"
        path.touch()
        row = 2 * self._width
        done = min(path.stat().st_size // row, len(patches))
        if done < len(patches):
            done -= done % CHUNK
        with open(path, "r+b") as file, torch.no_grad():
            file.truncate(done * row)
            file.seek(done * row)
            for first in range(done, len(patches), CHUNK):
                # Seeded by the place, so that a run that was cut off gives the same.
                torch.manual_seed(self._seed * 1_000_003 + first)
                inputs = make(patches[first : first + CHUNK])
                file.write(pooled_maps(self._network, inputs).numpy().astype(np.float16).tobytes())
                if first % (100 * CHUNK) == 0:
                    self._note(f"{name}: {first}/{len(patches)} patches")
        return np.memmap(path, np.float16, "r").reshape(-1, self._width)

    def _as_they_are(self, patches):
        return self._collection.patches(patches)

    def _altered(self, patches):
        """One half changed a little, the other a lot, as `train` changes a recording's two crops."""
        store, random = self._collection.store, np.random.default_rng([self._seed, int(patches[0])])
        wide = torch.from_numpy(np.stack([
            batches.crop(store, self._owner[patch], self._number[patch],
                         int(random.integers(-16, 17)) if store.patches[self._owner[patch]] > 1 else 0)
            for patch in patches]))
        half = len(wide) // 2
        return torch.cat([
            augment.mild(augment.middle(wide[:half])), augment.strong(augment.stretch(wide[half:], 0.4))])


def loudness_of_all(store):
    """[patches]: what each patch of a store weighs in its recording's embedding."""
    from harkmodel.frontend import BANDS
    from harkmodel.pooling import loudness

    step = 1000 * FRAMES
    return np.concatenate([
        loudness(store.frames[first : first + step].reshape(-1, FRAMES, BANDS))
        for first in range(0, len(store.frames), step)]).astype(np.float32)
