"""Whoever is compared: Hark's own program as it is shipped, YAMNet, and MFCCs. Files in, vectors out."""

import pathlib
import subprocess
import tempfile

import numpy as np

from . import features, teacher


def hark(files, program, model, precision):
    """Pooled embeddings by `hark embed`, [files, 128]."""
    with tempfile.TemporaryDirectory() as work:
        output = pathlib.Path(work) / "rows.npy"
        done = subprocess.run(
            [str(program), "embed", *map(str, files), "--pooled", "--output", str(output), "--model",
             str(model), "--precision", precision], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"hark embed: {done.stderr.strip()}")
        return np.load(output)


def yamnet(files, path):
    """Means over patches of the 1024-d embedding, [files, 1024]."""
    heard = teacher.Teacher(path)
    rows = []
    for file in files:
        samples, patches = features.padded(features.samples_of(file))
        rows.append(heard.hear(samples, patches, features.PATCH_SAMPLES)[1].mean(axis=0))
    return np.stack(rows)


def mfcc(files):
    """Means and deviations of 20 MFCCs by librosa, [files, 40]."""
    import librosa

    rows = []
    for file in files:
        samples, _ = features.padded(features.samples_of(file))
        found = librosa.feature.mfcc(y=samples.astype(np.float32), sr=16_000, n_mfcc=20)
        rows.append(np.concatenate([found.mean(axis=1), found.std(axis=1)]))
    return np.stack(rows)


def standardised(hear, files):
    """An ear whose every value has mean 0 and deviation 1 over some files, the same whatever it hears."""
    values = hear(files)
    mean, deviation = values.mean(axis=0), values.std(axis=0) + 1e-9
    return lambda others: (hear(others) - mean) / deviation
