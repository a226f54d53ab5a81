"""Where a run that is cut off goes on, and whether it is the same run."""

import hashlib

import torch


def save(path, state):
    """Under its name only when it is whole."""
    fresh = path.with_suffix(".new")
    torch.save(state, fresh)
    fresh.replace(path)


def same_run(path, kept, settings, remedy):
    """Raises ValueError, which names what differs, if a checkpoint that keeps `kept` is of a run with other
    settings. One that does not keep a setting is of an older recipe, and says nothing of it."""
    for name, value in settings.items():
        if name not in kept:
            raise ValueError(f"{path} is of an older recipe and does not tell its {name}: {remedy}")
        if kept[name] != value:
            raise ValueError(f"{path} is of a run with another {name}: {remedy}")


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
