"""Makes a library with copies in it, from any folders of music.

    generate.py --music DIR... --output DIR [--every 1] [--limit N] [--least-bytes 500000] [--seed 1]

Writes `library.json` and `library.s16` (16 kHz mono, 16 bit, one recording behind the other), from which
`duplicates` reads: all pieces, and of every so many-th the copies below. Then mixes, in which pieces that
are in the library follow each other. The same folders, seed and tools give the same library.
Needs the programs lame and sox.
"""

import argparse
import hashlib
import json
import pathlib
import random
import subprocess
import tempfile

RATE = 16_000
COPIES = ["mp3", "quiet", "trimmed", "padded", "fast", "slow", "all"]


def sox(source, target, *effects):
    output = ["-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", str(RATE)]
    command = ["sox", "-V1", "-D", str(source), *output, str(target), *effects]
    subprocess.run(command, check=True, capture_output=True)
    return pathlib.Path(target).read_bytes()


def mp3(source, folder):
    """64 kbit/s there and back; lame resamples as it sees fit, and its delay is left in."""
    wave, coded, decoded = (folder / n for n in ("a.wav", "a.mp3", "b.wav"))
    subprocess.run(["sox", "-V1", source, "-b", "16", wave], check=True, capture_output=True)
    subprocess.run(["lame", "--quiet", "-b", "64", wave, coded], check=True)
    subprocess.run(["lame", "--quiet", "--decode", coded, decoded], check=True)
    return decoded


def copy(name, source, coded, folder, chance):
    raw = folder / "a.raw"
    begin, end = (f"{chance.uniform(2, 3):.4f}" for _ in range(2))
    if name == "mp3":
        return sox(coded, raw)
    if name == "quiet":
        return sox(source, raw, "gain", "-6")
    if name == "trimmed":
        return sox(source, raw, "trim", begin, f"-{end}")
    if name == "padded":
        return sox(source, raw, "pad", begin, end)
    if name == "fast":
        return sox(source, raw, "speed", "1.03")
    if name == "slow":
        return sox(source, raw, "speed", "0.97")
    speed = chance.choice(["1.03", "0.97"])
    return sox(coded, raw, "gain", "-6", "trim", begin, f"-{end}", "speed", speed)


def audio_files(folders, least_bytes):
    """Compressed files, which are music and not samples; none that another one is byte for byte."""
    seen, files = set(), []
    for path in sorted(p for folder in folders for p in pathlib.Path(folder).rglob("*")):
        if path.suffix.lower() in {".ogg", ".flac", ".mp3", ".opus"} and path.is_file():
            content = path.read_bytes()
            digest = hashlib.sha256(content).digest()
            if len(content) >= least_bytes and digest not in seen:
                files.append(path)
            seen.add(digest)
    return files


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--music", nargs="+", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--least-bytes", type=int, default=500_000)
    parser.add_argument("--mixes", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    files = audio_files(options.music, options.least_bytes)[: options.limit]
    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    entries = []
    with tempfile.TemporaryDirectory() as name, open(output / "library.s16", "wb") as samples:
        folder = pathlib.Path(name)

        def add(data, **facts):
            entries.append(dict(facts, first=samples.tell() // 2, count=len(data) // 2))
            samples.write(data)
            (output / "library.json").write_text(json.dumps(entries))

        originals = {}
        for number, path in enumerate(files):
            original = sox(path, folder / "o.raw")
            originals[number] = (samples.tell(), len(original))
            add(original, path=str(path), source=number, copy="original")
            if number % options.every == 0:
                coded = mp3(path, folder)
                for kind in COPIES:
                    chance = random.Random(f"{options.seed} {number} {kind}")
                    data = copy(kind, path, coded, folder, chance)
                    add(data, path=str(path), source=number, copy=kind)
        samples.flush()
        with open(output / "library.s16", "rb") as written:
            for number in range(options.mixes):
                chance = random.Random(f"{options.seed} mix {number}")
                parts, data, place = [], b"", 0
                for source in chance.sample(sorted(originals), min(8, len(originals))):
                    first, count = originals[source]
                    written.seek(first)
                    part = written.read(count)
                    parts.append(dict(source=source, at=place, count=count // 2))
                    data, place = data + part, place + count // 2
                add(data, path="", source=-1, copy="mix", parts=parts)


if __name__ == "__main__":
    main()
