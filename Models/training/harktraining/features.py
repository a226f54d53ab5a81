"""Audio files to log-mel frames: decoded, mixed down, resampled and framed as the daemon does it."""

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
BLOCK_SAMPLES = 1 << 20


def samples_of(path, longest=LONGEST_SECONDS):
    """16 kHz mono float32 in [-1, 1] of any file that libsndfile reads."""
    with soundfile.SoundFile(path) as file:
        rate, left, parts = file.samplerate, int(longest * file.samplerate), []
        # A block at a time: a file may have many channels, and only their mean is kept.
        while left > 0:
            block = file.read(min(left, BLOCK_SAMPLES), dtype="float32", always_2d=True)
            if not len(block):
                break
            parts.append(block.mean(axis=1))
            left -= len(block)
    if not parts:
        raise ValueError("holds no samples")
    mono = np.concatenate(parts)
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
