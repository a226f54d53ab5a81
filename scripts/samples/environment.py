"""Sounds of the world, by formula. Each returns a float array at synth.RATE."""

import numpy as np

from synth import RATE, band, pressed, seconds, unit, wander, white


def scatter(length, rate, sound, seed):
    """`sound(random)` at random moments, on average `rate` a second."""
    random = np.random.RandomState(seed)
    out = np.zeros(int(length * RATE))
    for _ in range(random.poisson(rate * length)):
        start = random.randint(0, len(out))
        piece = sound(random)[: len(out) - start]
        out[start : start + len(piece)] += piece
    return out


def _drop(random):
    t = seconds(0.012)
    return min(random.pareto(2.5), 4) * np.sin(2 * np.pi * random.uniform(1500, 7000) * t) * np.exp(-t / 0.0025)


def rain(length, drops, hiss, seed):
    """Drops that ring on a surface above the hiss of those farther away."""
    left, right = (
        0.12 * scatter(length, drops, _drop, seed + side)
        + hiss * unit(band(white(length, seed + 10 + side), 900, 11_000, -0.3))
        for side in (0, 1)
    )
    return pressed(np.stack([left, right], axis=1), 0.16)


def wind(length, seed):
    """Gusts: noise in bands whose loudness wanders together, with a whistle that rises with it."""
    gust = wander(length, 0.7, seed, 0.15, 1) ** 1.5
    out = np.zeros(int(length * RATE))
    for k, (low, high) in enumerate([(60, 250), (200, 500), (400, 900), (800, 1600)]):
        layer = unit(band(white(length, seed + k), low, high))
        out += layer * gust ** (1 + 0.6 * k) * wander(length, 2.0, seed + 20 + k, 0.5, 1)
    phase = 2 * np.pi * np.cumsum(480 + 260 * gust) / RATE
    return out + 0.05 * np.sin(phase) * gust**2


def sea(length, seed):
    """Waves that swell, break bright and run out."""
    out = np.zeros((int(length * RATE), 2))
    t = seconds(length)
    for side in (0, 1):
        rumble = unit(band(white(length, seed + side), 40, 400, -0.4))
        foam = unit(band(white(length, seed + 5 + side), 500, 9000, -0.4))
        swell = ((1 + np.sin(2 * np.pi * t / 6.1 - 1.2 + 0.3 * side)) / 2) ** 2
        breaking = ((1 + np.sin(2 * np.pi * (t - 0.8) / 6.1 - 1.2 + 0.3 * side)) / 2) ** 4
        out[:, side] = 0.5 * rumble * (0.3 + swell) + 0.9 * foam * (0.06 + breaking)
    return out


def crickets(length, seed):
    """Three crickets, each with its own pitch and pace: chirps of three short pulses."""
    random = np.random.RandomState(seed)
    t = seconds(length)
    out = 0.01 * unit(band(white(length, seed), 100, 900))
    for hertz, pace, gain in ((4300, 2.6, 1.0), (4650, 2.1, 0.5), (3950, 3.1, 0.35)):
        within = (t * pace + random.uniform()) % 1 / pace
        pulse = within * 30 % 1
        gate = np.where((within < 0.1) & (pulse < 0.6), np.sin(np.pi * pulse / 0.6) ** 2, 0)
        out += gain * gate * np.sin(2 * np.pi * hertz * t)
    return out


def birds(length, kind, seed):
    """Songs of swept whistles over quiet air; `kind` 1 trills, 2 calls in falling notes."""
    random = np.random.RandomState(seed)
    out = 0.008 * unit(band(white(length, seed), 300, 5000))
    now = 0.3
    while now < length - 1.2:
        count = random.randint(6, 11) if kind == 1 else 3
        start = random.uniform(3800, 5200) if kind == 1 else random.uniform(3000, 3600)
        for i in range(count):
            t = seconds(0.07 if kind == 1 else 0.22)
            x = t / t[-1]
            sweep = start + 900 * np.sin(2 * np.pi * x) if kind == 1 else start * (1 - 0.12 * i) * (1.08 - 0.16 * x)
            note = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) * np.sin(np.pi * x) ** 1.2
            at = int(now * RATE)
            piece = note[: len(out) - at]
            out[at : at + len(piece)] += piece * random.uniform(0.6, 1)
            now += 0.09 if kind == 1 else 0.28
        now += random.uniform(0.35, 0.9)
    return out


def siren(length, kind):
    """`kind` 1 wails up and down; 2 alternates two tones."""
    t = seconds(length)
    if kind == 1:
        hertz = 950 + 400 * np.sin(2 * np.pi * t / 3.4 - np.pi / 2)
    else:
        hertz = np.where(t % 1.2 < 0.6, 440.0, 585.0)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    tone = sum(np.sin(k * phase) / k**1.3 for k in (1, 2, 3, 4, 5, 7))
    return tone * np.minimum(1, t / 0.05) * np.minimum(1, (length - t) / 0.3)


def clock(length, seed):
    """Tick and tock, two a second, with a wooden case's ring."""
    out = np.zeros(int(length * RATE))
    for i in range(int(length * 2)):
        t = seconds(0.12)
        pitch = 1.0 if i % 2 == 0 else 0.82
        ring = sum(np.sin(2 * np.pi * f * pitch * t) * np.exp(-t / d) for f, d in ((2350, 0.006), (3900, 0.003), (640, 0.018)))
        click = 0.5 * white(0.12, seed + i)[: len(t)] * np.exp(-t / 0.0015)
        at = int((i * 0.5 + 0.1) * RATE)
        piece = (ring + click)[: max(0, len(out) - at)]
        out[at : at + len(piece)] += piece
    return out


def engine(length, revving, seed):
    """A four-cylinder engine: uneven firing pulses through an exhaust, and mechanical noise."""
    t = seconds(length)
    firing = 26 + (55 * np.clip(np.sin(2 * np.pi * t / 4 - 0.6), 0, 1) ** 1.5 if revving else wander(length, 3, seed, -0.8, 0.8))
    phase = np.cumsum(firing) / RATE
    pulse = np.exp(-((phase % 1) * 5)) * (1 + 0.25 * np.cos(2 * np.pi * phase / 4) + 0.15 * np.cos(np.pi * phase))
    exhaust = band(pulse - pulse.mean(), 30, 900)
    hiss = unit(band(white(length, seed), 300, 5000, -0.5)) * (0.5 + np.exp(-((phase % 1) * 3)))
    return unit(exhaust) + 0.18 * hiss * (firing / 26)


def fire(length, seed):
    """A low roar and crackles of every size."""

    def crackle(random):
        t = seconds(random.uniform(0.002, 0.012))
        burst = random.standard_normal(len(t)) * np.exp(-t / (0.2 * t[-1] + 1e-4))
        return min(random.pareto(1.4), 7) * burst

    roar = unit(band(white(length, seed), 40, 500, -0.5)) * wander(length, 4, seed + 1, 0.5, 1)
    snaps = band(scatter(length, 28, crackle, seed + 2), 700, 12_000)
    return pressed(0.25 * roar + 0.9 * unit(snaps), 0.1)


def thunder(length, seed):
    """A crack, then rolls that come from farther and farther away."""
    t = seconds(length)
    crack = unit(band(white(length, seed), 150, 5000, -0.4)) * np.exp(-((t - 0.4).clip(0)) * 6) * (t > 0.4)
    roll = unit(band(white(length, seed + 1), 25, 220, -0.5)) * wander(length, 2.5, seed + 2, 0.15, 1) ** 1.3
    return 0.7 * crack + 1.2 * roll * np.exp(-t / 3.5) * np.minimum(1, (t / 0.6) ** 2) * np.minimum(1, (length - t) / 0.5)


def footsteps(length, ground, seed):
    """Heel and toe; `gravel` crunches in grains, `wood` knocks and creaks low."""
    random = np.random.RandomState(seed)
    out = 0.002 * white(length, seed)
    for i, at in enumerate(np.arange(0.2, length - 0.4, 0.56)):
        for delay, gain in ((0.0, 1.0), (0.11, 0.55)):
            if ground == "gravel":
                t = seconds(0.16)
                grains = (random.uniform(size=len(t)) < 0.02) * random.standard_normal(len(t))
                sound = unit(band(grains, 900, 9000)) * np.exp(-t / 0.05)
            else:
                t = seconds(0.14)
                thump = np.sin(2 * np.pi * (95 + 12 * (i % 2)) * t) * np.exp(-t / 0.03)
                knock = unit(band(white(0.14, seed + 7 * i), 250, 1800)) * np.exp(-t / 0.012)
                sound = thump + 0.7 * knock[: len(t)]
            start = int((at + delay + random.uniform(-0.015, 0.015)) * RATE)
            out[start : start + len(sound)] += gain * random.uniform(0.75, 1) * sound[: len(out) - start]
    return pressed(out, 0.08)
