"""Synthetic sounds from a seed: something to scale and calibrate a network on.

Tones, chords, noises, strokes, sweeps and mixtures, so that every band and level occurs. They stand
in for audio where none may be shipped; they are not music and nothing can be learnt from them.
"""

import numpy as np

from .frontend import RATE, patches

LENGTH = 15_760  # one patch: 95 hops and a window


def _envelope(rng, n):
    t = np.arange(n) / RATE
    kind = rng.integers(4)
    if kind == 0:
        return np.ones(n)
    if kind == 1:
        return np.exp(-t * rng.uniform(2, 25))
    if kind == 2:
        return 0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(1, 12) * t + rng.uniform(0, 6))
    return np.interp(t, [0, rng.uniform(0.05, 0.5), n / RATE], [0, 1, rng.uniform(0, 1)])


def _tone(rng, n):
    t = np.arange(n) / RATE
    base = 55 * 2 ** rng.uniform(0, 5.5)
    glide = 1 + rng.choice([0, 0, 0.3]) * rng.uniform(-1, 1) * t
    vibrato = rng.choice([0, 0.01]) * np.sin(2 * np.pi * 5.5 * t)
    phase = 2 * np.pi * np.cumsum(base * (glide + vibrato)) / RATE
    slope = rng.uniform(0.3, 2.5)
    sound = np.zeros(n)
    for partial in range(1, 1 + min(30, int(7800 / (base * 1.3)) or 1)):
        if rng.random() < 0.85:
            sound += np.sin(partial * phase + rng.uniform(0, 6)) * partial**-slope
    return sound


def _chord(rng, n):
    return sum(_tone(rng, n) for _ in range(rng.integers(2, 5)))


def _noise(rng, n):
    spectrum = np.fft.rfft(rng.standard_normal(n))
    hertz = np.fft.rfftfreq(n, 1 / RATE)
    centre, width = 60 * 2 ** rng.uniform(0, 7), rng.uniform(0.2, 4)
    with np.errstate(divide="ignore"):
        octaves = np.log2(np.maximum(hertz, 1) / centre)
    return np.fft.irfft(spectrum * np.exp(-0.5 * (octaves / width) ** 2), n)


def _strokes(rng, n):
    sound = np.zeros(n)
    period = int(RATE * rng.uniform(0.08, 0.5))
    length = min(n, int(RATE * rng.uniform(0.02, 0.3)))
    stroke = (_noise if rng.random() < 0.6 else _tone)(rng, length)
    stroke = stroke * np.exp(-np.arange(length) / RATE * rng.uniform(15, 80))
    for start in range(rng.integers(period), n, period):
        end = min(n, start + length)
        sound[start:end] += stroke[: end - start]
    return sound


def _sweep(rng, n):
    t = np.arange(n) / n
    low, high = 80 * 2 ** rng.uniform(0, 6, 2)
    return np.sin(2 * np.pi * np.cumsum(low * (high / low) ** t) / RATE)


KINDS = [_tone, _chord, _noise, _strokes, _sweep]


def calibration_patches(seed, count):
    """[count, 96, 64]: one sound a patch, at levels from -50 to 0 dB; a few are near silence."""
    rng = np.random.default_rng(seed)
    result = []
    for number in range(count):
        sound = np.zeros(LENGTH)
        for _ in range(rng.choice([1, 1, 2, 3])):
            part = KINDS[rng.integers(len(KINDS))](rng, LENGTH) * _envelope(rng, LENGTH)
            sound += part / (np.abs(part).max() + 1e-9) * rng.uniform(0.2, 1)
        level = 10 ** (rng.uniform(-50, 0) / 20) if number % 3 == 0 else 10 ** (
            rng.uniform(-18, 0) / 20)
        sound = sound / (np.abs(sound).max() + 1e-9) * level
        sound += rng.standard_normal(LENGTH) * 10 ** (rng.uniform(-90, -45) / 20)
        result.append(patches(np.clip(sound, -1, 1))[0])
    return np.stack(result)
