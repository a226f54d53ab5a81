"""Mixes: two recordings at once, as a broadcast, a game or a street gives them."""

import hashlib
import random

import numpy as np

from . import features, render

SECONDS = 12.0
RATE = features.frontend.RATE
# What lies over what; the first gives the mix its kind.
PAIRS = [("music", "speech"), ("music", "effect"), ("effect", "effect"), ("speech", "music"), ("music", "music"),
         ("effect", "speech")]


def drawn(recordings, count):
    """(name, split, over, under) of `count` mixes, of recordings of one split each; none is for testing."""
    of_kind = {}
    for recording in recordings:
        if recording.split != "test":
            of_kind.setdefault((recording.split, recording.kind), []).append(recording)
    for found in of_kind.values():
        found.sort(key=lambda recording: recording.path)
    made = []
    for number in range(count):
        rng = random.Random(f"mix/{number}")
        split = "validation" if rng.random() < 0.1 else "train"
        over, under = (of_kind.get((split, kind), []) for kind in PAIRS[number % len(PAIRS)])
        if over and under:
            first, second = rng.choice(over), rng.choice(under)
            if first.path != second.path:
                # Named by what is in it: where more is collected later, a number means other parts.
                parts = hashlib.sha256(f"{first.path}\0{second.path}".encode()).hexdigest()[:12]
                made.append((f"mix-{number:03}-{parts}", split, first, second))
    return made


def _looped(samples, count, rng):
    """`count` samples from a place drawn at random; what is shorter comes again after a pause."""
    if len(samples) >= count:
        start = rng.randrange(len(samples) - count + 1)
        return samples[start : start + count]
    pause = np.zeros(int(RATE * rng.uniform(0.1, 2)), samples.dtype)
    once = np.concatenate([samples, pause])
    return np.tile(once, count // len(once) + 1)[:count]


def mix(name, over, under, path):
    """Writes the mix of two files to `path` (FLAC, 16 kHz mono), the second from 10 dB below to 6 dB above the
    first; false where one of them is silent."""
    rng = random.Random(f"mixed/{name}")
    count = int(SECONDS * RATE)
    parts = []
    for file in (over, under):
        part = _looped(features.samples_of(file, 60.0), count, rng).astype(np.float64)
        level = float(np.sqrt(np.mean(part**2)))
        if level < 1e-4:
            return False
        parts.append(part / level)
    return render.keep(parts[0] + parts[1] * 10 ** (rng.uniform(-10, 6) / 20), path, rate=RATE)
