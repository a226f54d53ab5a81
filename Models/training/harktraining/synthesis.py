"""Sounds that sox synthesises: tones, noises, signals and machines, with numbers drawn at random."""

import random
import subprocess

TAKES = 24


def _tone(rng, shape):
    high = rng.uniform(80, 2500)
    return ["synth", "3", shape, f"{high:.1f}", "fade", "0.02", "3", f"{rng.uniform(0.02, 2.5):.2f}"]


def _noise(colour):
    def made(rng):
        # The generator begins alike each time: takes begin at different places of what it gives.
        return ["synth", "25", colour, "trim", f"{rng.uniform(0, 20):.2f}", "5", "fade", "t",
                f"{rng.uniform(0.01, 2):.2f}", "5", f"{rng.uniform(0.01, 2):.2f}"]
    return made


def _chord(rng):
    root = rng.uniform(90, 400)
    voices = []
    for step in rng.choice(((0, 4, 7), (0, 3, 7), (0, 7, 12), (0, 4, 7, 10))):
        voices += [rng.choice(("sine", "triangle", "sawtooth")), f"{root * 2 ** (step / 12):.1f}"]
    return ["synth", "4", *voices, "remix", "-", "fade", "0.05", "4", "1"]


def _sweep(rng):
    low, high = sorted((rng.uniform(60, 900), rng.uniform(500, 6000)))
    ends = (low, high) if rng.random() < 0.5 else (high, low)
    kind = rng.choice(("sine", "sawtooth", "square", "triangle"))
    return ["synth", f"{rng.uniform(0.4, 4):.2f}", kind, f"{ends[0]:.0f}{rng.choice('-/:')}{ends[1]:.0f}"]


def _siren(rng):
    low = rng.uniform(350, 800)
    return ["synth", f"{rng.uniform(0.2, 1.5):.2f}", rng.choice(("sine", "square")), f"{low:.0f}:{low * rng.uniform(1.3, 2.2):.0f}",
            "reverse", "repeat", "5"]


def _beeps(rng):
    on, off = rng.uniform(0.04, 0.4), rng.uniform(0.04, 0.6)
    return ["synth", f"{on:.2f}", rng.choice(("sine", "square")), f"{rng.uniform(400, 3200):.0f}", "fade", "0.005",
            f"{on:.2f}", "0.005", "pad", "0", f"{off:.2f}", "repeat", str(int(5 / (on + off)))]


def _telephone(rng):
    first, second = rng.choice(((350, 440), (480, 620), (425, 425), (697, 1209), (770, 1336), (852, 1477)))
    on = rng.choice((0.15, 0.5, 1))
    return ["synth", f"{on}", "sine", str(first), "sine", str(second), "remix", "-", "pad", "0", f"{on}", "repeat",
            str(int(5 / on / 2))]


def _engine(rng):
    speed = rng.uniform(25, 110)
    return ["synth", "5", "sawtooth", f"{speed:.1f}-{speed * rng.uniform(0.8, 1.6):.1f}", "synth", "5", "brownnoise", "mix",
            "lowpass", f"{rng.uniform(250, 900):.0f}", "tremolo", f"{rng.uniform(6, 30):.1f}", "60"]


def _surf(rng):
    return ["synth", "8", rng.choice(("pinknoise", "brownnoise")), "lowpass", f"{rng.uniform(800, 4000):.0f}", "tremolo",
            f"{rng.uniform(0.12, 0.3):.2f}", "85"]


def _wind(rng):
    return ["synth", "8", "pinknoise", "bandpass", f"{rng.uniform(250, 1200):.0f}", "0.8q", "tremolo", f"{rng.uniform(0.1, 0.6):.2f}",
            "60"]


def _ticking(rng):
    every = rng.uniform(0.25, 1.0)
    return ["synth", "0.006", rng.choice(("whitenoise", "pinknoise")), "highpass",
            f"{rng.uniform(800, 4000):.0f}", "pad", "0", f"{every:.3f}", "repeat", str(int(6 / every))]


def _plucks(rng):
    notes = []
    for _ in range(3):
        notes += ["pluck", f"%{rng.randint(-24, 12)}"]
    return ["synth", "3", *notes, "remix", "-", "fade", "0", "3", "0.5"]


def _wobble(rng):
    carrier = rng.uniform(60, 900)
    return ["synth", "4", rng.choice(("sawtooth", "square")), f"{carrier:.0f}", "synth", "4", "sine", "fmod",
            f"{rng.uniform(1, 60):.1f}", "lowpass", f"{rng.uniform(600, 4000):.0f}"]


def _kick(rng):
    return ["synth", f"{rng.uniform(0.15, 0.5):.2f}", "sine", f"{rng.uniform(110, 220):.0f}/{rng.uniform(35, 60):.0f}", "fade", "l",
            "0", "-0", f"{rng.uniform(0.1, 0.14):.2f}"]


def _hat(least, greatest):
    def made(rng):
        length = rng.uniform(least, greatest)
        return ["synth", f"{length:.2f}", "whitenoise", "highpass", f"{rng.uniform(5000, 8500):.0f}", "fade", "l", "0",
                f"{length:.2f}", f"{length * 0.95:.2f}"]
    return made


def _clap(rng):
    return ["synth", "0.012", "whitenoise", "pad", "0", "0.008", "repeat", "3", "bandpass", f"{rng.uniform(900, 1800):.0f}", "1.5q",
            "reverb", f"{rng.uniform(10, 40):.0f}"]


# Name to (kind, what sox is told).
SOUNDS = {
    **{f"{shape} tone": ("effect", lambda rng, shape=shape: _tone(rng, shape))
       for shape in ("sine", "square", "sawtooth", "triangle")},
    "white noise": ("effect", _noise("whitenoise")),
    "pink noise": ("effect", _noise("pinknoise")),
    "brown noise": ("effect", _noise("brownnoise")),
    "chord": ("effect", _chord), "sweep": ("effect", _sweep), "siren": ("effect", _siren), "beeps": ("effect", _beeps),
    "telephone": ("effect", _telephone), "engine": ("effect", _engine), "surf": ("effect", _surf), "wind": ("effect", _wind),
    "ticking": ("effect", _ticking), "plucked": ("effect", _plucks), "wobble": ("effect", _wobble),
    "kick": ("one-shot", _kick), "hi-hat closed": ("one-shot", _hat(0.04, 0.12)), "hi-hat open": ("one-shot", _hat(0.35, 0.9)),
    "clap": ("one-shot", _clap),
}


def make(name, take, path, rate=32_000):
    """Writes one take of the sound `name` to `path` (FLAC, mono).

    Raises `RuntimeError` with sox's own words where it refuses: what is told above is ours to get right.
    """
    rng = random.Random(f"sox/{name}/{take}")
    fresh = path.with_name(f"new-{path.name}")
    told = SOUNDS[name][1](rng)
    # Dither and noise come from sox's generator: -R seeds it the same each time.
    done = subprocess.run(
        ["sox", "-R", "-n", "-r", str(rate), "-b", "16", "-c", "1", str(fresh), *told, "norm", f"{-rng.uniform(1, 12):.1f}"],
        capture_output=True, text=True)
    if done.returncode != 0:
        fresh.unlink(missing_ok=True)
        raise RuntimeError(f"sox refuses {' '.join(told)}: {done.stderr.strip()}")
    fresh.replace(path)
