"""Runs other fingerprinting programs on a folder that generate.py made, where they are found.

    peers.py FOLDER olaf PATH/TO/olaf_core > ANSWERS
    peers.py FOLDER audfprint PATH/TO/audfprint.py [--density 100] > ANSWERS
    peers.py FOLDER fpcalc [PATH/TO/fpcalc] > ANSWERS

Answers are lines as `identify` prints them, for score.py. Olaf and audfprint name the recording and
the place themselves; their best answer counts as theirs, at its own threshold. fpcalc (Chromaprint) only
makes fingerprints: a query is laid beside every recording at every place, and named where
at most `--bits` of a word's 32 bits differ on average. Without ffmpeg, audfprint reads WAV at its
own rate, which is written for it. All programs hear the same 16 kHz samples. Needs what generate.py
needs; audfprint needs numpy below 2 in the Python that runs this, fpcalc numpy 2.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import numpy as np
import scipy.io.wavfile
import scipy.signal

RATE = 16000


class Corpus:
    def __init__(self, folder, name):
        self.entries = json.loads((folder / f"{name}.json").read_text())
        self.data = np.memmap(folder / f"{name}.s16", dtype="<i2", mode="r")

    def __len__(self):
        return len(self.entries)

    def samples(self, i):
        entry = self.entries[i]
        return self.data[entry["first"] : entry["first"] + entry["count"]]


def answer(query, found, milliseconds):
    """`found`: (recording, seconds of it at the query's start, how many agree), the best first."""
    matches = [
        dict(recording=r, offset=o, speed=1, pitch=1, matched=m, seconds=0, expected=0)
        for r, o, m in found
    ]
    print(json.dumps(dict(query=query, matches=matches, hearing=0, searching=milliseconds)))


def batches(count, size=40):
    return [range(i, min(count, i + size)) for i in range(0, count, size)]


def olaf(options, library, queries, folder):
    """Raw float samples in; lines of matches out. Its database lies in $HOME/.olaf/db."""
    (folder / ".olaf" / "db").mkdir(parents=True)
    environment = dict(os.environ, HOME=str(folder))

    def run(command, corpus, numbers):
        words = [options.program, command]
        for i in numbers:
            raw = folder / f"{i}.raw"
            (corpus.samples(i).astype("<f4") / 32768).tofile(raw)
            words += [str(raw), f"n{i}"]
        start = time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True, env=environment)
        for raw in folder.glob("*.raw"):
            raw.unlink()
        return done.stdout, (time.monotonic() - start) * 1000

    for numbers in batches(len(library)):
        run("store", library, numbers)
    for i in options.chosen:
        text, milliseconds = run("query", queries, [i])
        found = []
        for line in text.splitlines():
            cells = [cell.strip() for cell in line.split(",")]
            name = re.search(r"n(\d+)$", cells[-4]) if len(cells) >= 7 else None
            if name and int(cells[-7]) > 0:
                offset = float(cells[-2]) - float(cells[-6])
                found.append((int(name[1]), offset, int(cells[-7])))
        answer(i, sorted(found, key=lambda x: -x[2])[:5], milliseconds)


def audfprint(options, library, queries, folder):
    """WAV files in; "Matched … in NAME to time …" lines out."""
    rate = 11025
    start = "import sys, audio_read; audio_read.HAVE_FFMPEG = False; import audfprint; "
    start += "audfprint.main(sys.argv)"
    environment = dict(os.environ, PYTHONPATH=str(pathlib.Path(options.program).resolve().parent))

    def run(command, corpus, numbers):
        names = []
        for i in numbers:
            names.append(folder / f"n{i}.wav")
            samples = scipy.signal.resample_poly(corpus.samples(i) / 32768, 441, 640)
            level = np.clip(np.round(samples * 32767), -32768, 32767)
            scipy.io.wavfile.write(names[-1], rate, level.astype("<i2"))
        words = [sys.executable, "-c", start, command, "-d", str(folder / "base")]
        words += ["-n", str(options.density), "-C", *map(str, names)]
        if command == "match":
            words += ["-R", "-x", "1"]
        begin = time.monotonic()
        done = subprocess.run(
            words, capture_output=True, text=True, env=environment, cwd=folder
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        for name in names:
            name.unlink()
        return done.stdout, (time.monotonic() - begin) * 1000 / len(names)

    for place, numbers in enumerate(batches(len(library))):
        run("add" if place else "new", library, numbers)
    pattern = re.compile(
        r"starting at\s+([\d.-]+) s in \S*n(\d+)\.wav to time\s+([\d.-]+) s in \S*n(\d+)\.wav"
        r" with\s+(\d+)"
    )
    for part in batches(len(options.chosen), 200):
        numbers = [options.chosen[p] for p in part]
        text, milliseconds = run("match", queries, numbers)
        found = {}
        for begin, query, place, recording, agree in pattern.findall(text):
            offset = float(place) - float(begin)
            found[int(query)] = [(int(recording), offset, int(agree))]
        for i in numbers:
            answer(i, found.get(i, []), milliseconds)


def fpcalc(options, library, queries, folder):
    """WAV files in, 32-bit words out, one for each 1984 samples at 16 kHz."""

    def words(corpus, i):
        name = folder / "n.wav"
        scipy.io.wavfile.write(name, RATE, corpus.samples(i))
        command = [options.program, "-raw", "-json", "-length", "0", str(name)]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.stdout:  # fpcalc 1.5 calls the end of a file an error, after the fingerprint
            return np.zeros(0, np.uint32)
        return np.array(json.loads(done.stdout)["fingerprint"], np.uint32)

    step = 4096 / 3 / 11025  # Chromaprint's frames: 4096 samples, a third of that apart
    known = [words(library, i) for i in range(len(library))]
    firsts = np.cumsum([0] + [len(k) for k in known])
    line = np.concatenate(known)
    for i in options.chosen:
        query = words(queries, i)
        start = time.monotonic()
        count = len(line) - len(query) + 1
        if len(query) < 2 or count < 1:
            answer(i, [], 0)
            continue
        wrong = np.zeros(count, np.uint32)
        for k, word in enumerate(query):
            wrong += np.bitwise_count(line[k : k + count] ^ word)
        for end in firsts[1:-1]:  # not across two recordings
            wrong[max(0, end - len(query) + 1) : end] = 32 * len(query)
        best = int(np.argmin(wrong))
        found = []
        if wrong[best] <= options.bits * len(query):
            recording = int(np.searchsorted(firsts, best, side="right")) - 1
            agree = 32 * len(query) - int(wrong[best])
            found.append((recording, float(best - firsts[recording]) * step, agree))
        answer(i, found, (time.monotonic() - start) * 1000)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("peer", choices=["olaf", "audfprint", "fpcalc"])
    parser.add_argument("program", nargs="?", default="fpcalc")
    parser.add_argument("--density", type=int, default=100, help="audfprint's hashes a second")
    parser.add_argument("--bits", type=float, default=10, help="of 32 that may differ, for fpcalc")
    parser.add_argument("--every", type=int, default=1, help="answer every how many-th query")
    options = parser.parse_args()
    library, queries = (Corpus(options.folder, name) for name in ("library", "queries"))
    options.chosen = list(range(0, len(queries), options.every))
    peer = dict(olaf=olaf, audfprint=audfprint, fpcalc=fpcalc)[options.peer]
    with tempfile.TemporaryDirectory() as folder:
        peer(options, library, queries, pathlib.Path(folder))


if __name__ == "__main__":
    main()
