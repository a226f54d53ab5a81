"""What is measured on: files that no training has heard, cut or changed where the question needs it."""

import hashlib
import pathlib
import subprocess

import numpy as np
import soundfile

from . import recordings

PART_SECONDS = 30


def _made(path, make):
    """`path`, which `make` writes unless it is there; under its name only when it is whole."""
    if not path.exists():
        fresh = path.with_name(f"new-{path.name}")
        make(fresh)
        fresh.replace(path)
    return path


def _name(kind, source, ending, start=0.0):
    """What is made of a file from `start` on, as the file is now: it is not made of another, nor of what
    the same file was before."""
    stat = source.stat()
    text = f"{source.absolute()}\0{stat.st_size}\0{stat.st_mtime_ns}\0{start:g}"
    # Names on disk need not be valid text.
    return f"{kind}-{hashlib.sha256(text.encode(errors='surrogateescape')).hexdigest()[:24]}.{ending}"


def esc10(listed):
    """(path, label, fold) of every clip."""
    return [(r.path, r.label, pathlib.Path(r.path).name[0]) for r in listed if r.source == "esc10"]


def _frequent(found, least):
    """Those whose label at least `least` of them have."""
    names = [label for _, label, *_ in found]
    return [entry for entry in found if names.count(entry[1]) >= least]


def samples(data, listed, least=6):
    """(path, label, asks) of one-shots that somebody recorded. Those that are for testing ask, and are
    answered from these and from what validates, which no training has heard either."""
    return _frequent(
        [(data / r.path, r.label, r.split == "test") for r in listed
         if r.split != "train" and r.kind == "one-shot" and r.label
         and not r.source.startswith("render")], least)


def single_renderings(data, listed, least=6):
    """(path, label) of test renderings of single notes and strokes, none twice: a sound font has the same
    stroke in many kits, and a softer one is often the same, only softer."""
    found = [(data / r.path, r.label) for r in listed
             if r.split == "test" and r.kind == "one-shot" and r.label and r.source.startswith("render")]
    kept, heard = [], {}
    for path, label in found:
        sound = _start(path)
        others = heard.setdefault(label, [])
        if all(float(sound @ other) < SAME_SOUND for other in others):
            others.append(sound)
            kept.append((path, label))
    return _frequent(kept, least)


# Of two renderings of one label, the correlation of their beginnings from which they are one.
SAME_SOUND = 0.95


def _start(path, seconds=1.0):
    """A recording's first second, scaled to length 1."""
    values, rate = soundfile.read(str(path), always_2d=True)
    length = int(seconds * rate)
    mono = np.pad(values.mean(axis=1)[:length], (0, max(0, length - len(values))))
    return mono / max(float(np.linalg.norm(mono)), 1e-12)


def rendered(data, listed, source):
    """(path, label) of test renderings of one kind."""
    return [(data / r.path, r.label) for r in listed
            if r.split == "test" and r.kind == "music" and r.source == source]


def halves(data, listed, work, wanted=200):
    """Two parts of PART_SECONDS, apart from each other, of test music; and of so many other pieces as
    are missing to `wanted`, which are only there to be confused with. Returns paths and the number of
    test recordings, which come first."""
    music = [r for r in listed if r.kind == "music" and not r.source.startswith("render")]
    order = {"test": 0, "validation": 1, "train": 2}
    music.sort(key=lambda r: (order[r.split], r.path))
    first, second, tests = [], [], 0
    for r in music:
        if len(first) >= wanted and r.split != "test":
            break
        source = data / r.path
        info = soundfile.info(str(source))
        if info.duration < 2 * PART_SECONDS + 5:
            continue
        # Of long pieces the first two minutes' ends, so that a piece is still itself.
        last = min(info.duration, 150) - PART_SECONDS
        for paths, start in ((first, 0.0), (second, last)):
            def cut(path, source=source, begin=int(start * info.samplerate), rate=info.samplerate):
                values, _ = soundfile.read(str(source), start=begin, stop=begin + PART_SECONDS * rate)
                soundfile.write(path, values, rate)

            paths.append(_made(work / _name(f"part-{PART_SECONDS}", source, "flac", start), cut))
        tests += r.split == "test"
    return first, second, tests


def changed(files, work):
    """For each kind of change, the files after it."""
    kinds = {"MP3 64 kbit/s": [], "-12 dB": [], "8 kHz band": []}
    for file in files:
        values, rate = soundfile.read(str(file), always_2d=True)

        def write(path, factor=1.0, values=values, rate=rate):
            soundfile.write(path, values * factor, rate)

        wav = _made(work / _name("plain", file, "wav"), write)
        kinds["MP3 64 kbit/s"].append(_made(
            work / _name("low-64", file, "mp3"),
            lambda path, wav=wav: subprocess.run(
                ["lame", "--quiet", "-b", "64", str(wav), str(path)], check=True)))
        kinds["-12 dB"].append(_made(
            work / _name("quiet-12", file, "wav"), lambda path, write=write: write(path, 10 ** (-12 / 20))))
        kinds["8 kHz band"].append(_made(
            work / _name("band-8000", file, "wav"),
            lambda path, wav=wav: subprocess.run(
                ["sox", "-D", str(wav), "-r", "8000", str(path)], check=True)))
    return kinds


def nuisances(work):
    """Silence, a constant, and white noise at three levels: nobody should have them as a neighbour."""
    rng = np.random.default_rng(0)
    made = {"silence": np.zeros(80_000), "constant": np.full(80_000, 0.4)}
    made |= {f"noise {level} dB": rng.standard_normal(80_000) * 10 ** (level / 20)
             for level in (-50, -30, -15)}
    paths = []
    for name, values in made.items():
        path = work / f"{name}.wav"
        soundfile.write(path, np.clip(values, -1, 1), 16_000)
        paths.append(path)
    return paths
