"""Makes excerpts to be named, in every condition, from any folders of music.

    generate.py --music DIR... --unknown DIR... --speech DIR... --output DIR [--count 40] [--seed 1]

`--music` is what gets indexed; `--unknown` is music that does not. Written into the output folder:
`library.json` and `library.s16`, `queries.json` and `queries.s16` (16 kHz mono, 16 bit, one behind
the other), from which `identify` reads. The same folders, seed and tools give the same queries; a
library that is already there is kept.
Needs numpy, scipy, soundfile, and the programs lame and sox.
"""

import argparse
import json
import pathlib
import random

import numpy as np
import soundfile

import degrade

CONDITIONS = {
    # name: (seconds of the excerpt as heard, chain of (effect, arguments), speed, pitch)
    "clean 1 s": (1, [], 1, 1),
    "clean 3 s": (3, [], 1, 1),
    "clean 5 s": (5, [], 1, 1),
    "clean 10 s": (10, [], 1, 1),
    "MP3 32 kbit/s 5 s": (5, [("mp3", 32)], 1, 1),
    "telephone + MP3 10 s": (10, [("telephone",)], 1, 1),
    "noise 10 dB 5 s": (5, [("noise", 10)], 1, 1),
    "noise 5 dB 5 s": (5, [("noise", 5)], 1, 1),
    "noise 0 dB 5 s": (5, [("noise", 0)], 1, 1),
    "room + noise 10 dB 5 s": (5, [("room",), ("noise", 10)], 1, 1),
    "room + noise 5 dB 5 s": (5, [("room",), ("noise", 5)], 1, 1),
    "room + noise 0 dB 5 s": (5, [("room",), ("noise", 0)], 1, 1),
    "room + noise 0 dB 10 s": (10, [("room",), ("noise", 0)], 1, 1),
    "speed +2 % 10 s": (10, [("speed", 1.02)], 1.02, 1.02),
    "speed -2 % 10 s": (10, [("speed", 0.98)], 0.98, 0.98),
    "speed +5 % 20 s": (20, [("speed", 1.05)], 1.05, 1.05),
    "speed -5 % 20 s": (20, [("speed", 0.95)], 0.95, 0.95),
    "speed +10 % 20 s": (20, [("speed", 1.10)], 1.10, 1.10),
    "speed -10 % 20 s": (20, [("speed", 0.90)], 0.90, 0.90),
    "tempo +8 % 20 s": (20, [("tempo", 1.08)], 1.08, 1),
    "tempo -8 % 20 s": (20, [("tempo", 0.92)], 0.92, 1),
    "pitch +50 cents 20 s": (20, [("pitch", 50)], 1, 2 ** (50 / 1200)),
    "pitch -50 cents 20 s": (20, [("pitch", -50)], 1, 2 ** (-50 / 1200)),
    "under speech 0 dB 10 s": (10, [("speech", 0)], 1, 1),
    "mix 0 dB 20 s": (14, [], 1, 1),
    "mix -6 dB 20 s": (14, [], 1, 1),
}
# A mix: the second recording comes in after so many seconds, as loud as the first or quieter; each
# sounds for 14 s, both for 8.
MIXES = {"mix 0 dB 20 s": 0, "mix -6 dB 20 s": -6}
ENTRY = 6


def audio_files(folders, least_bytes):
    paths = [p for f in folders for p in pathlib.Path(f).rglob("*")]
    endings = {".ogg", ".flac", ".wav", ".mp3", ".opus"}
    return sorted(
        p for p in paths if p.suffix.lower() in endings and p.stat().st_size >= least_bytes
    )


def as_int16(samples):
    peak = np.max(np.abs(samples), initial=1e-9)
    return np.round(samples * min(1, 0.99 / peak) * 32767).astype("<i2")


class Writer:
    """Appends 16-bit samples to one file and remembers where each piece lies."""

    def __init__(self, folder, name):
        self.file = open(folder / f"{name}.s16", "wb")
        self.table = folder / f"{name}.json"
        self.entries = []
        self.place = 0

    def add(self, samples, **facts):
        pieces = as_int16(samples)
        self.file.write(pieces.tobytes())
        self.entries.append(dict(facts, first=self.place, count=len(pieces)))
        self.place += len(pieces)

    def close(self):
        self.file.close()
        self.table.write_text(json.dumps(self.entries, indent=0))


def excerpt(path, duration, seconds, random_source):
    """A stretch of a file at its own rate that is not near silence, and where it begins."""
    for _ in range(50):
        start = random_source.uniform(0, max(0, duration - seconds))
        with soundfile.SoundFile(path) as file:
            rate = file.samplerate
            first = int(start * rate)
            file.seek(first)
            samples = file.read(int(seconds * rate), always_2d=True).mean(axis=1)
        level = np.sqrt(np.mean(samples**2)) if len(samples) else 0
        if level > 1e-2 or (level > 1e-3 and random_source.random() < 0.3):
            return samples, rate, first / rate
    return None


def make_query(name, path, duration, speech, source):
    seconds, chain, speed, pitch = CONDITIONS[name]
    length = seconds * speed
    if duration < length + 1:
        return None
    found = excerpt(path, duration, length, source)
    if found is None:
        return None
    samples, rate, start = found
    numbers = np.random.default_rng(source.getrandbits(63))
    for effect, *arguments in chain:
        samples, rate = degrade.apply(effect, samples, rate, numbers, speech, *arguments)
    samples = degrade.resampled(samples, rate, 16000)
    return samples, dict(condition=name, start=start, speed=speed, pitch=pitch)


def make_mix(name, first, second):
    """Two excerpts one after the other, with an overlap."""
    levels = [np.sqrt(np.mean(samples**2)) for samples, _ in (first, second)]
    mix = np.zeros(ENTRY * 16000 + max(len(first[0]), len(second[0])))
    mix[: len(first[0])] += first[0] / levels[0]
    later = mix[ENTRY * 16000 :][: len(second[0])]
    later += second[0] / levels[1] * 10 ** (MIXES[name] / 20)
    return 0.1 * mix, first[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--music", nargs="+", required=True)
    parser.add_argument("--unknown", nargs="*", default=[])
    parser.add_argument("--speech", nargs="*", default=[])
    parser.add_argument("--output", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=40, help="queries a condition")
    parser.add_argument("--unknown-count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--conditions", nargs="*", help="only those whose names hold one of these")
    parser.add_argument("--least-bytes", type=int, default=500_000)
    options = parser.parse_args()
    source = random.Random(options.seed)
    options.output.mkdir(parents=True, exist_ok=True)
    speech = degrade.Speech(audio_files(options.speech, 20_000), source)

    known = audio_files(options.music, options.least_bytes)
    if not (options.output / "library.json").exists():
        library = Writer(options.output, "library")
        for path in known:
            samples, rate = soundfile.read(path, always_2d=True)
            library.add(degrade.resampled(samples.mean(axis=1), rate, 16000), path=str(path))
        library.close()
    unknown = audio_files(options.unknown, options.least_bytes)
    durations = {path: soundfile.info(path).duration for path in known + unknown}

    queries = Writer(options.output, "queries")
    wanted = options.conditions or [""]
    names = [name for name in CONDITIONS if any(part in name for part in wanted)]
    for name in names:
        made = 0
        while made < options.count:
            number = source.randrange(len(known))
            query = make_query(name, known[number], durations[known[number]], speech, source)
            if query and name in MIXES:
                other = source.randrange(len(known))
                path = known[other]
                second = make_query(name, path, durations[path], speech, source)
                if not second or other == number:
                    continue
                query = make_mix(name, query, second)
                query[1].update(second=other, second_start=second[1]["start"] - ENTRY)
            if query:
                queries.add(query[0], recording=number, **query[1])
                made += 1
    made = 0
    while unknown and made < options.unknown_count:
        name = names[made % len(names)]
        path = unknown[source.randrange(len(unknown))]
        query = make_query(name, path, durations[path], speech, source)
        if query and name in MIXES:
            other = unknown[source.randrange(len(unknown))]
            second = make_query(name, other, durations[other], speech, source)
            query = make_mix(name, query, second) if second else None
            if query:
                place = second[1]["start"] - ENTRY
                query[1].update(second_path=str(other), second_start=place)
        if query:
            queries.add(query[0], recording=-1, path=str(path), **query[1])
            made += 1
    queries.close()


if __name__ == "__main__":
    main()
