"""What goes into a batch: crops of recordings, two a recording, with the teacher's word on each."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import torch

from harkmodel.frontend import BANDS, FRAMES, OFFSET
from harkmodel.pooling import loudness

from . import augment, recordings
from .store import Store
from .teacher import CLASSES, DIMENSION

# Shares of a batch's recordings. Music matters most and has the most to tell apart.
KIND_SHARES = {"music": 0.45, "effect": 0.27, "one-shot": 0.2, "speech": 0.08}
SILENCE = float(np.log(OFFSET))


def crop(store, row, patch, shift=0):
    """[96 + 2 · MARGIN, 64]: a recording's patch, moved by `shift` frames, with frames to both sides;
    silence where the recording has none."""
    wide = np.full((FRAMES + 2 * augment.MARGIN, BANDS), SILENCE, np.float32)
    begin, end = store.first[row], store.first[row] + store.patches[row] * FRAMES
    start = begin + patch * FRAMES + shift - augment.MARGIN
    low, high = max(begin, start), min(end, start + len(wide))
    wide[low - start : high - start] = store.frames[low:high]
    return wide


@dataclass
class Batch:
    """Row 2 i and row 2 i + 1 are crops of one recording."""
    wide: torch.Tensor
    """[n, 96 + 2 · MARGIN, 64] log-mel, with frames to both sides of each patch."""
    scores: torch.Tensor
    """[n, 521]: the teacher's, for the patch nearest to the crop."""
    embeddings: torch.Tensor
    """[n, 1024], centred."""
    recordings: torch.Tensor
    labels: torch.Tensor
    """[n]: a number for the recording's label, -1 without one."""


class Collection:
    """One split of the prepared recordings, and random batches of it."""

    def __init__(self, data, split, seed, sources=None):
        listed = recordings.read(f"{data}/recordings.csv")
        self.store = Store(f"{data}/store")
        self.first_patch = self.store.first_patch
        self.scores = np.memmap(f"{data}/store/scores.f16", np.float16, "r").reshape(-1, CLASSES)
        self.embeddings = np.memmap(f"{data}/store/embeddings.f16", np.float16, "r").reshape(-1, DIMENSION)
        self.info = self.store.listed(listed)
        self.rows = [
            row for row, info in self.info.items()
            if info.split == split and (sources is None or info.source in sources)
        ]
        if not self.rows:
            raise ValueError(f"no recording of the split {split} is prepared in {data}")
        names = sorted({self._name(row) for row in self.info if self.info[row].label})
        self.label_numbers = {name: number for number, name in enumerate(names)}
        self._random = np.random.default_rng(seed)
        # Of the recordings drawn so far: the running sums of their patches' weights.
        self._weights = {}
        self._by_kind = {}
        for row in self.rows:
            info = self.info[row]
            self._by_kind.setdefault(info.kind, {}).setdefault(info.source, []).append(row)
        self._by_label = {}
        for row in self.rows:
            if self.info[row].label:
                self._by_label.setdefault(self._name(row), []).append(row)
        self._by_label = {name: rows for name, rows in self._by_label.items() if len(rows) > 1}
        # Styles, instruments, drums and scenes are drawn equally often, whatever the number of each.
        self._label_sets = {}
        for name in self._by_label:
            self._label_sets.setdefault(name.split("/")[0], []).append(name)

    def _name(self, row):
        """A label within its own world: an organ's note is not an organ piece."""
        info = self.info[row]
        world = {"render-styles": "style", "render-bands": "band", "esc10": "scene"}.get(info.source, info.kind)
        return f"{world}/{info.label}"

    def _loud_patch(self, row):
        """A patch of a recording, as likely as it counts in the embedding: two pauses are no pair."""
        if row not in self._weights:
            begin, count = self.store.first[row], self.store.patches[row]
            patches = self.store.frames[begin : begin + count * FRAMES].reshape(-1, FRAMES, BANDS)
            self._weights[row] = np.cumsum(loudness(patches))
        sums = self._weights[row]
        return min(int(np.searchsorted(sums, self._random.random() * sums[-1])), len(sums) - 1)

    def digest(self):
        """SHA-256 of what is drawn from: a recording's row and a label's number mean it alone."""
        told = [[row, *vars(info).values()] for row, info in self.info.items()]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def sample(self, count):
        """At most `count` rows of the tables, in their order and the same every time, of this split."""
        own = np.concatenate([
            np.arange(self.first_patch[row], self.first_patch[row] + self.store.patches[row])
            for row in self.rows])
        return np.sort(np.random.default_rng(0).choice(own, min(count, len(own)), replace=False))

    def patches(self, rows):
        """[n, 96, 64]: the patches that are these rows of the tables."""
        found = self.store.frames.reshape(-1, FRAMES, BANDS)[rows]
        return torch.from_numpy(found.astype(np.float32))

    def _any_row(self):
        kinds = list(self._by_kind)
        shares = np.array([KIND_SHARES[kind] for kind in kinds])
        sources = self._by_kind[self._random.choice(kinds, p=shares / shares.sum())]
        # Between every recording alike and every source alike: a large source may weigh more, but
        # not as much more as it is larger.
        names = list(sources)
        weights = np.sqrt([len(sources[name]) for name in names])
        rows = sources[names[self._random.choice(len(names), p=weights / weights.sum())]]
        return rows[self._random.integers(len(rows))]

    def _labelled_pair(self):
        sets = list(self._label_sets)
        names = self._label_sets[sets[self._random.integers(len(sets))]]
        rows = self._by_label[names[self._random.integers(len(names))]]
        return [rows[index] for index in self._random.choice(len(rows), 2, replace=False)]

    def label_number(self, row):
        """A number for a recording's label, -1 without one."""
        return self.label_numbers[self._name(row)] if self.info[row].label else -1

    def draw(self, size, labelled=0.5):
        """A batch of `size` crops of size / 2 recordings, a share of them in pairs of one label."""
        return self._batch(self.drawn(size // 2, labelled))

    def drawn(self, count, labelled=0.5):
        """`count` recordings, a share of them in pairs of one label; one may be drawn twice."""
        rows = []
        while self._label_sets and len(rows) + 2 <= count * labelled:
            rows += self._labelled_pair()
        while len(rows) < count:
            rows.append(self._any_row())
        return rows

    def _batch(self, rows):
        n = 2 * len(rows)
        wide = np.empty((n, FRAMES + 2 * augment.MARGIN, BANDS), np.float32)
        patches = np.empty(n, np.int64)
        for index in range(n):
            row = rows[index // 2]
            count = self.store.patches[row]
            patch = self._loud_patch(row)
            patches[index] = self.first_patch[row] + patch
            shift = self._random.integers(-16, 17) if count > 1 else 0
            wide[index] = crop(self.store, row, patch, shift)
        labels = [self.label_number(row) for row in rows]
        return Batch(
            torch.from_numpy(wide), torch.from_numpy(self.scores[patches].astype(np.float32)),
            torch.from_numpy(self.embeddings[patches].astype(np.float32)),
            torch.tensor(np.repeat(rows, 2)), torch.tensor(np.repeat(labels, 2)))
