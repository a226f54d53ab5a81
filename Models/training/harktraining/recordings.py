"""The list of recordings to train on: what each is, where it comes from, and which split it is in."""

import csv
import hashlib
import pathlib
from dataclasses import asdict, dataclass, fields, replace

AUDIO = {".ogg", ".oga", ".wav", ".flac", ".mp3", ".opus", ".aif", ".aiff", ".au", ".w64"}
SPLITS = ("train", "validation", "test")
# ESC-10's fold that no training sees: what the published figures are measured on.
ESC_TEST_FOLD = "4"


@dataclass(frozen=True)
class Recording:
    path: str
    """Relative to the data folder, or absolute for audio that lies elsewhere."""
    source: str
    """The package, data set or renderer that it comes from."""
    kind: str
    """music, one-shot, effect or speech."""
    label: str
    """What it is, where the name says so (`snare`); empty where it does not."""
    split: str
    """train, validation or test; the same for everything of one `family`."""


def split_of(family):
    """A recording's split, from its family's name alone: 80 % train, 10 % validation, 10 % test.

    A family is what must not be torn apart: takes of one drum, voices of one text. Hashing the name
    keeps the split when packages are added.
    """
    digest = int.from_bytes(hashlib.sha256(family.encode()).digest()[:4], "big") % 10
    return {0: "test", 1: "validation"}.get(digest, "train")


def esc_split(name):
    """ESC-10's clips are split by fold (a name's first digit); clips of one source share a fold."""
    fold, source = name.split("-")[:2]
    if fold == ESC_TEST_FOLD:
        return "test"
    # A tenth of the sources of the other folds validates; none of the rest is for testing.
    return "validation" if split_of(f"esc10/{source}") == "validation" else "train"


# Names of the files in which a song's instruments lie apart, in a folder of its own.
_STEMS = {"song", "guitar", "rhythm", "bass", "drums"}


def together(data, listed):
    """The same recordings, those that hold the same in one split: files of the same bytes, and the
    stems of a song. Where one of them is for training, all are: nothing that tests was trained on."""
    groups = {}
    for number, recording in enumerate(listed):
        path = pathlib.Path(data) / recording.path
        with open(path, "rb") as file:
            groups.setdefault(hashlib.file_digest(file, "sha256").digest(), []).append(number)
        if path.stem.lower() in _STEMS:
            groups.setdefault(path.parent, []).append(number)
    listed = list(listed)
    # A file may be in two groups: what the second changes, the first must hear of.
    changes = True
    while changes:
        changes = False
        for numbers in groups.values():
            split = min((listed[number].split for number in numbers), key=SPLITS.index)
            for number in numbers:
                if listed[number].split != split:
                    listed[number] = replace(listed[number], split=split)
                    changes = True
    return listed


def audio_below(folder, endings=AUDIO):
    """Every audio file below `folder`, links excepted, in the order of their paths."""
    return sorted(
        path for path in pathlib.Path(folder).rglob("*")
        if path.suffix.lower() in endings and path.is_file() and not path.is_symlink()
    )


def write(path, recordings):
    with open(path, "w", newline="") as file:
        table = csv.DictWriter(file, [field.name for field in fields(Recording)], lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(recording) for recording in recordings)


def read(path):
    with open(path, newline="") as file:
        return [Recording(**row) for row in csv.DictReader(file)]
