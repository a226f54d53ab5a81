"""VGGish's log-mel front end (Hershey et al. 2017) in NumPy."""

import json

import numpy as np

RATE = 16_000
WINDOW, HOP, FFT = 400, 160, 512
BANDS, LOWEST, HIGHEST, OFFSET = 64, 125.0, 7500.0, 0.01
FRAMES = 96

METADATA = json.dumps(
    {
        "sample_rate": RATE,
        "window": WINDOW,
        "hop": HOP,
        "fft": FFT,
        "bands": BANDS,
        "lowest_frequency": LOWEST,
        "highest_frequency": HIGHEST,
        "log_offset": OFFSET,
        "patch_frames": FRAMES,
        "patch_hop": FRAMES,
    }
)


def _mel(hertz):
    return 1127 * np.log1p(np.asarray(hertz) / 700)


def _filterbank():
    """[FFT / 2 + 1, BANDS]: triangles that are linear in HTK mel, without area normalisation."""
    edges = np.linspace(_mel(LOWEST), _mel(HIGHEST), BANDS + 2)
    bins = _mel(np.arange(FFT // 2 + 1) * RATE / FFT)[:, None]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0
    return weights


FILTERBANK = _filterbank()
HANN = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)


def log_mel(samples):
    """[frames, 64] of 16 kHz samples in [-1, 1]."""
    count = 1 + (len(samples) - WINDOW) // HOP
    index = np.arange(WINDOW) + HOP * np.arange(count)[:, None]
    magnitude = np.abs(np.fft.rfft(np.asarray(samples, np.float64)[index] * HANN, FFT))
    return np.log(magnitude @ FILTERBANK + OFFSET).astype(np.float32)


def patches(samples):
    """[patches, 96, 64] without overlap; a last partial patch is dropped."""
    frames = log_mel(samples)
    count = len(frames) // FRAMES
    return frames[: count * FRAMES].reshape(count, FRAMES, BANDS)
