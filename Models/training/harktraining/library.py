"""One's own recordings: found below a folder, heard once, and split into training and validation."""

import hashlib
from dataclasses import dataclass, field

import numpy as np

from harkmodel import frontend

from . import features, recordings
from .batches import SILENCE, crop
from .store import Store, StoreWriter

# What a daemon would report if it could not be read: named here too, not passed over in silence.
ENDINGS = recordings.AUDIO | {
    ".aac", ".aifc", ".alac", ".ape", ".caf", ".m4a", ".mp2", ".mpc", ".rf64", ".snd", ".voc", ".wma", ".wv"}
VALIDATION_SHARE, LEAST_VALIDATION = 0.2, 4
# Frames no louder than this say nothing: silence, and dither at 16 bits.
SILENT = SILENCE + 0.05


def hours(frames):
    return frames * frontend.HOP / frontend.RATE / 3600


def key(folder, path, longest):
    """A name for the first `longest` seconds of a file as it is now: where it lies below the folder, its
    size and its time."""
    stat = path.stat()
    text = f"{path.relative_to(folder)}\0{stat.st_size}\0{stat.st_mtime_ns}\0{longest:g}"
    # Names on disk need not be valid text.
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


@dataclass
class Heard:
    """What became of the files."""
    keys: list = field(default_factory=list)
    frames: int = 0
    failed: int = 0
    silent: int = 0
    left: int = 0
    """Files that were not opened since the limit was reached."""


def hear(folder, work, most_hours, longest, complain, progress):
    """Puts the log-mel frames of the files below `folder` into the store `work`, as far as they are not
    in it, until `most_hours` are. Files come in an order of their own, by a hash, so that a limit takes
    some of every album rather than all of the first. One file's samples are held at a time.
    """
    found = {key(folder, path, longest): path for path in recordings.audio_below(folder, ENDINGS)}
    writer, heard = StoreWriter(work), Heard()
    known = dict(zip(Store(work).keys, map(int, Store(work).patches))) if writer.next else {}
    for done, name in enumerate(sorted(found)):
        if hours(heard.frames) >= most_hours:
            heard.left = len(found) - done
            break
        if name not in known:
            path = found[name]
            try:
                frames, patches = features.log_mel(features.samples_of(path, longest))
            except Exception as error:  # any decoder's word: one bad file must not end the run
                heard.failed += 1
                complain(f"passed over {path}: {error}")
                continue
            if frames.max() < SILENT:
                heard.silent += 1
                complain(f"passed over {path}: is silent")
                continue
            writer.append(name, frames, patches)
            known[name] = patches
        heard.keys.append(name)
        heard.frames += known[name] * frontend.FRAMES
        progress(done + 1, len(found), heard)
    return heard


class Library:
    """The recordings of a store that `keys` name, copies left out.

    `train` and `validation` are rows of the store. A recording validates if a hash of its frames says so,
    whatever it is called and whatever else is in the folder; of the shortest none does, since only what
    has two halves can be measured. Copies would have to be pushed apart, and could stand on both sides.
    """

    def __init__(self, work, keys):
        self.store = Store(work)
        wanted, digests = set(keys), {}
        for row, name in enumerate(self.store.keys):
            if name in wanted:
                begin = self.store.first[row]
                frames = self.store.frames[begin : begin + self.store.patches[row] * frontend.FRAMES]
                digests.setdefault(hashlib.sha256(frames.tobytes()).digest(), row)
        self.rows = list(digests.values())
        self.copies = len(wanted) - len(self.rows)
        self.halved = [
            row for _, row in sorted(digests.items()) if self.store.patches[row] >= 2]
        shares = {row: int.from_bytes(digest[:4], "big") / 2**32 for digest, row in digests.items()}
        chosen = sum(shares[row] < VALIDATION_SHARE for row in self.halved)
        self.validation = self.halved[: max(LEAST_VALIDATION, chosen)]
        apart = set(self.validation)
        self.train = [row for row in self.rows if row not in apart]

    @property
    def train_patches(self):
        return int(self.store.patches[self.train].sum())

    def draw(self, random, recordings_wanted):
        """([2 n, 120, 64], [2 n]): two crops of each of n training recordings, one after the other, and
        the recordings' rows."""
        count = min(recordings_wanted, len(self.train))
        rows = np.repeat(random.choice(self.train, count, replace=False), 2)
        crops = []
        for row in rows:
            patches = self.store.patches[row]
            shift = random.integers(-16, 17) if patches > 1 else 0
            crops.append(crop(self.store, row, random.integers(patches), shift))
        return np.stack(crops), rows

    def patches(self, row, first, count):
        """[count, 96, 64] of a recording, from its patch `first` on."""
        begin = self.store.first[row] + first * frontend.FRAMES
        frames = self.store.frames[begin : begin + count * frontend.FRAMES]
        return frames.astype(np.float32).reshape(count, frontend.FRAMES, frontend.BANDS)

    def calibration(self, count, seed):
        """[count, 96, 64]: patches of training recordings, one each before any gives a second."""
        random, order = np.random.default_rng(seed), []
        while len(order) < count:
            order.extend(random.permutation(self.train))
        return np.concatenate([
            self.patches(row, random.integers(self.store.patches[row]), 1) for row in order[:count]])
