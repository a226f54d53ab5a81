"""Audio files to log-mel frames: decoded, mixed down, resampled and framed as the daemon does it."""

import csv
import pathlib

import numpy as np
import soundfile
import soxr

from harkmodel import frontend

PATCH_SAMPLES = frontend.FRAMES * frontend.HOP
# A last partial patch shorter than this is dropped (but for a recording's first).
LEAST_PARTIAL = PATCH_SAMPLES // 2
# The last frame of a patch needs a whole window.
WINDOW_TAIL = frontend.WINDOW - frontend.HOP
# Of long pieces the beginning is enough: variety is worth more than length.
LONGEST_SECONDS = 240


def samples_of(path, longest=LONGEST_SECONDS):
    """16 kHz mono float32 in [-1, 1] of any file that libsndfile reads."""
    with soundfile.SoundFile(path) as file:
        values = file.read(int(longest * file.samplerate), dtype="float32", always_2d=True)
        rate = file.samplerate
    mono = values.mean(axis=1)
    if not np.isfinite(mono).all():
        raise ValueError("holds something that is not a finite number")
    return mono if rate == frontend.RATE else soxr.resample(mono, rate, frontend.RATE, quality="HQ")


def padded(samples):
    """`samples` with zeros up to whole patches, as the daemon pads: short audio to one patch, a last
    partial patch if it is at least half of one."""
    whole, rest = divmod(len(samples), PATCH_SAMPLES)
    count = max(1, whole + (rest >= LEAST_PARTIAL))
    wanted = count * PATCH_SAMPLES + WINDOW_TAIL
    return np.pad(samples[:wanted], (0, max(0, wanted - len(samples)))), count


def log_mel(samples):
    """([patches · 96, 64], patches) of 16 kHz samples; a minute at a time, to bound memory."""
    samples, count = padded(samples)
    step = 60 * PATCH_SAMPLES
    parts = [
        frontend.log_mel(samples[start : start + step + WINDOW_TAIL])
        for start in range(0, count * PATCH_SAMPLES, step)
    ]
    return np.concatenate(parts), count


class Store:
    """Frames of all recordings in one file of half precision, and a table that says whose they are.

    `frames.f16` is [frames, 64]; `frames.csv` has a line for each recording that could be read:
    its place in the list of recordings, its first frame and its number of patches.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.frames = np.memmap(self.folder / "frames.f16", np.float16, "r").reshape(-1, frontend.BANDS)
        with open(self.folder / "frames.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.recording = np.array([int(row["recording"]) for row in rows])
        self.first = np.array([int(row["first"]) for row in rows])
        self.patches = np.array([int(row["patches"]) for row in rows])

    @property
    def first_patch(self):
        """Each recording's first row in tables that have one row a patch."""
        return self.first // frontend.FRAMES


class StoreWriter:
    """Appends recordings to a store; an interrupted run goes on after the last whole one."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.table = self.folder / "frames.csv"
        self.done = set()
        self.next = 0
        if self.table.exists():
            with open(self.table, newline="") as file:
                for row in csv.DictReader(file):
                    self.done.add(int(row["recording"]))
                    self.next = int(row["first"]) + int(row["patches"]) * frontend.FRAMES
        else:
            self.table.write_text("recording,first,patches\n")
        path = self.folder / "frames.f16"
        path.touch()
        # Frames that no line of the table names are from a run that was cut off.
        with open(path, "r+b") as file:
            file.truncate(self.next * frontend.BANDS * 2)

    def append(self, recording, frames, patches):
        with open(self.folder / "frames.f16", "ab") as file:
            file.write(frames.astype(np.float16).tobytes())
        with open(self.table, "a") as file:
            file.write(f"{recording},{self.next},{patches}\n")
        self.next += patches * frontend.FRAMES
