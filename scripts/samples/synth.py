"""Sounds by formula: drums, notes and noise. Mono float arrays at RATE; every seed repeats."""

import numpy as np

RATE = 44_100


def seconds(count):
    return np.arange(int(count * RATE)) / RATE


def white(length, seed):
    """Gaussian noise of `length` seconds. RandomState, because NumPy froze its sequences."""
    return np.random.RandomState(seed).standard_normal(int(length * RATE))


def band(signal, low, high, slope=0.0):
    """`signal` between `low` and `high` Hz with soft edges; `slope` in powers of frequency."""
    spectrum = np.fft.rfft(signal)
    hertz = np.maximum(np.fft.rfftfreq(len(signal), 1 / RATE), 1.0)
    gain = 1 / np.sqrt(1 + (low / hertz) ** 8) / np.sqrt(1 + (hertz / high) ** 8)
    return np.fft.irfft(spectrum * gain * hertz**slope, len(signal))


def unit(signal):
    """Scaled to a peak of one."""
    return signal / np.max(np.abs(signal))


def pressed(signal, rms):
    """Brought to `rms`, with what would stand out above full scale bent back (tanh)."""
    return np.tanh(signal * (rms / np.sqrt(np.mean(signal**2))))


def wander(length, per_second, seed, low=0.0, high=1.0):
    """A smooth random curve between `low` and `high`, with about `per_second` turns a second."""
    random = np.random.RandomState(seed)
    knots = random.uniform(low, high, int(length * per_second) + 3)
    t = seconds(length) * per_second
    index = t.astype(int)
    blend = (1 - np.cos(np.pi * (t - index))) / 2
    return knots[index] * (1 - blend) + knots[index + 1] * blend


def kick(hertz, length=0.35):
    t = seconds(length)
    sweep = hertz * t + 180 / 45 * (1 - np.exp(-45 * t))
    return np.sin(2 * np.pi * sweep) * np.exp(-9 * t) * np.minimum(1, (length - t) / 0.02)


def snare(tone, seed, length=0.28):
    t = seconds(length)
    body = np.sin(2 * np.pi * tone * t) * np.exp(-28 * t)
    wires = unit(band(white(length, seed), 1500, 9000)) * np.exp(-16 * t)
    return 0.5 * body + 0.8 * wires


def hat(length, seed):
    t = seconds(max(length * 2, 0.12))
    metal = sum(np.sign(np.sin(2 * np.pi * f * t)) for f in (2050, 3070, 4120, 5330, 6270, 8090))
    noise = unit(band(metal / 6 + 0.5 * white(len(t) / RATE, seed)[: len(t)], 6500, 15000))
    return noise * np.exp(-4 * t / length)


def clap(seed):
    t = seconds(0.3)
    bursts = sum(np.where(t >= d, np.exp(-90 * (t - d).clip(0)), 0) for d in (0, 0.011, 0.023))
    tail = np.where(t >= 0.03, np.exp(-14 * (t - 0.03).clip(0)), 0)
    return unit(band(white(0.3, seed), 800, 4000)) * (bursts / 2 + 0.6 * tail)


def saw_note(hertz, length, cutoff):
    """A band-limited saw through a falling low-pass filter, built from its harmonics."""
    t = seconds(length)
    out = np.zeros_like(t)
    for k in range(1, int(min(60, 9000 / hertz)) + 1):
        out += np.sin(2 * np.pi * k * hertz * t) / k / (1 + (k * hertz / cutoff) ** 2)
    return out * np.exp(-5 * t) * np.minimum(1, (length - t) / 0.005)


def square_note(hertz, length, duty):
    """A band-limited pulse wave of the given duty."""
    t = seconds(length)
    out = np.zeros_like(t)
    for k in range(1, int(10_000 / hertz) + 1):
        out += np.sin(np.pi * k * duty) / k * np.cos(2 * np.pi * k * hertz * t)
    return out * np.minimum(1, (length - t) / 0.004) * np.minimum(1, t / 0.001) * 0.6


def noise_hit(length, seed):
    """Noise that holds each value for a few samples: the console's drum."""
    t = seconds(length)
    steps = np.random.RandomState(seed + 900).uniform(-1, 1, len(t) // 4 + 1)
    return np.repeat(steps, 4)[: len(t)] * np.exp(-3 * t / length)
