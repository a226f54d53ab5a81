"""Where prepared frames lie: one file for all recordings, and a table that says whose they are."""

import csv
import pathlib

import numpy as np

from harkmodel import frontend


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
