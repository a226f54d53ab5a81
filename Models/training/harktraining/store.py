"""Where prepared frames lie: one file for all recordings, and a table that says whose they are."""

import csv
import json
import pathlib

import numpy as np

from harkmodel import frontend

COLUMNS = ["key", "first", "patches"]


def _rows(table):
    """The lines of a store's table. A line of the list of recordings, by which the table once named them,
    is another recording's as soon as the list grows: such a table cannot be relied on."""
    with open(table, newline="") as file:
        lines = csv.DictReader(file)
        if lines.fieldnames != COLUMNS:
            raise ValueError(
                f"{table} is of an older form, which does not name recordings by their paths: "
                f"delete {table.parent} and prepare anew")
        return list(lines)


class Store:
    """Frames of all recordings in one file of half precision, and a table that says whose they are.

    `frames.f16` is [frames, 64]; `frames.csv` has a line for each recording that could be read: its
    key, its first frame and its number of patches. The key of what is in the list of recordings is its
    path there. Raises ValueError for a store of an older form.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        rows = _rows(self.folder / "frames.csv")
        self.frames = np.memmap(self.folder / "frames.f16", np.float16, "r").reshape(-1, frontend.BANDS)
        self.keys = [row["key"] for row in rows]
        self.first = np.array([int(row["first"]) for row in rows])
        self.patches = np.array([int(row["patches"]) for row in rows])

    @property
    def first_patch(self):
        """Each recording's first row in tables that have one row a patch."""
        return self.first // frontend.FRAMES

    def listed(self, recordings):
        """{row: recording} of what is in the list; what is not in it any more is left out."""
        by_path = {recording.path: recording for recording in recordings}
        return {row: by_path[key] for row, key in enumerate(self.keys) if key in by_path}


class StoreWriter:
    """Appends recordings to a store; an interrupted run goes on after the last whole one.

    `longest` is kept in `settings.json`, where it is given: the seconds of each recording that are used.
    Raises ValueError for a store of an older form, or with another `longest`.
    """

    def __init__(self, folder, longest=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.table = self.folder / "frames.csv"
        self.done = set()
        self.next = 0
        if self.table.exists():
            for row in _rows(self.table):
                self.done.add(row["key"])
                self.next = int(row["first"]) + int(row["patches"]) * frontend.FRAMES
        if longest is not None:
            self._settle(longest)
        if not self.table.exists():
            with open(self.table, "w", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(COLUMNS)
        path = self.folder / "frames.f16"
        path.touch()
        # Frames that no line of the table names are from a run that was cut off.
        with open(path, "r+b") as file:
            file.truncate(self.next * frontend.BANDS * 2)

    def _settle(self, longest):
        path = self.folder / "settings.json"
        if self.done:
            kept = json.loads(path.read_text())["longest"]
            if kept != longest:
                raise ValueError(
                    f"{self.folder} holds at most {kept:g} s of each recording, not {longest:g} s: "
                    f"give --longest {kept:g}, or delete {self.folder} and prepare anew")
        else:
            path.write_text(json.dumps({"longest": longest}) + "\n")

    def append(self, key, frames, patches):
        with open(self.folder / "frames.f16", "ab") as file:
            file.write(frames.astype(np.float16).tobytes())
        with open(self.table, "a", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow([key, self.next, patches])
        self.done.add(key)
        self.next += patches * frontend.FRAMES
