"""Analyses the same songs with Hark and with a pipeline of Python's libraries, and prints one table.

    python3 -m venv VENV && VENV/bin/pip install numpy onnx onnxruntime soundfile soxr
    make release
    VENV/bin/python Benchmarks/songs/peers.py MUSIC… --built .build/release --model MODEL [--songs 1000]

Hark runs as a user's daemon would: the folder with the songs is moved into a watched one, and the time ends when
all of them are in answers, fingerprints and the catalogue included; once with a worker for each processor and once with
one, bound to one. The pipeline is what one would write without Hark: libsndfile, soxr, NumPy's FFT and ONNX
Runtime, as many processes as processors, each with one thread, at f32 and at int8; it makes no fingerprints and stores
nothing. Everybody runs the same model. The songs are drawn from the folders, the same ones for the same `--seed`.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "network"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "Models"))
import peers as networks  # before NumPy: it says how many threads there are

import numpy as np
import soundfile
import soxr
from harkmodel import frontend, safetensors, sounds

FORMATS = {".flac", ".mp3", ".ogg", ".opus"}
FILTERBANK = frontend.FILTERBANK.astype(np.float32)
HANN = frontend.HANN.astype(np.float32)
SHORTEST = 30  # seconds of a song


def drawn(folders, count, seed):
    """Songs of 30 s and more, no two of the same bytes' count."""
    songs, seen = [], set()
    paths = sorted(p for folder in folders for p in pathlib.Path(folder).rglob("*"))
    random.Random(seed).shuffle(paths)
    for path in paths:
        if path.suffix.lower() not in FORMATS or not path.is_file() or len(songs) == count:
            continue
        try:
            facts = soundfile.info(path)
        except soundfile.LibsndfileError:
            continue
        if facts.duration >= SHORTEST and path.stat().st_size not in seen:
            seen.add(path.stat().st_size)
            songs.append((path, facts.duration))
    return songs


def log_mel(samples):
    """[patches, 1, 96, 64], in single precision throughout."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, frontend.WINDOW)[:: frontend.HOP]
    blocks = []
    for start in range(0, len(frames), 4096):
        spectrum = np.fft.rfft(frames[start : start + 4096] * HANN, frontend.FFT)
        magnitude = np.abs(spectrum).astype(np.float32)
        blocks.append(np.log(magnitude @ FILTERBANK + np.float32(frontend.OFFSET)))
    values = np.concatenate(blocks)
    count = len(values) // frontend.FRAMES
    return values[: count * frontend.FRAMES].reshape(count, 1, frontend.FRAMES, frontend.BANDS)


RUN = None


def prepare(path, batch):
    global RUN
    network = networks.onnx_runtime(path, batch)
    RUN = lambda patches: networks.in_batches(network, patches, batch)


def embed(path):
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != frontend.RATE:
        mono = soxr.resample(mono, rate, frontend.RATE, "HQ")
    embedding = RUN(log_mel(mono)).mean(axis=0)
    return embedding / np.linalg.norm(embedding)


def pipeline(songs, network, batch, processes):
    with multiprocessing.Pool(processes, prepare, (network, batch)) as pool:
        begin = time.monotonic()
        count = sum(1 for _ in pool.imap_unordered(embed, songs))
        assert count == len(songs)
        return time.monotonic() - begin


def hark(songs, options, workers, cores):
    """Seconds from the drop until the last song is in answers."""
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        (folder / "watched").mkdir()
        (folder / "waiting").mkdir()
        for number, song in enumerate(songs):
            os.link(song, folder / "waiting" / f"{number}{song.suffix}")
        socket = folder / "socket"
        command = [options.built / "harkd", "--watch", folder / "watched", "--state", folder / "state"]
        command += ["--socket", socket, "--workers", workers, "--log-level", "error"]
        command += ["--model", options.model]
        daemon = subprocess.Popen(list(map(str, command)), preexec_fn=lambda: os.sched_setaffinity(0, cores))

        def ask(*words):
            words = [options.built / "hark", "--socket", socket, *words]
            return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True).stdout

        while not socket.exists():
            assert daemon.poll() is None, "harkd ended"
            time.sleep(0.05)
        ask("status", "--wait")
        begin = time.monotonic()
        (folder / "waiting").rename(folder / "watched" / "songs")
        done = 0
        while done < len(songs):
            ask("status", "--wait")
            files = json.loads(ask("status", "--json"))["files"]
            assert not files.get("failed"), files
            done = files["analysed"]
            time.sleep(0.02)
        taken = time.monotonic() - begin
        daemon.terminate()
        daemon.wait()
        return taken


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("music", nargs="+")
    arguments.add_argument("--built", type=pathlib.Path, required=True)
    arguments.add_argument("--model", type=pathlib.Path, required=True)
    arguments.add_argument("--songs", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=1, help="each on its share of the songs")
    arguments.add_argument("--folder", help="for state and copies; on the disk of a library")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    songs = drawn(options.music, options.songs, options.seed)
    tensors, _ = safetensors.read(options.model)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = pathlib.Path(name)
        copies = []
        for number, (path, _) in enumerate(songs):
            copies.append(folder / f"{number}{path.suffix.lower()}")
            shutil.copyfile(path, copies[-1])
        options.folder = name
        files = dict(f32=str(folder / "f32.onnx"), int8=str(folder / "int8.onnx"))
        networks.graph(tensors, files["f32"])
        others = sounds.calibration_patches(4, 128).astype(np.float32)[:, None]
        networks.quantise(files["f32"], files["int8"], others)
        runs = {
            f"Hark, {len(cores)} workers": lambda part: hark(part, options, len(cores), cores),
            "Hark, one worker on one processor": lambda part: hark(part, options, 1, cores[:1]),
        }
        for precision, file in files.items():
            runs[f"Python, ONNX Runtime {precision}, {len(cores)} processes"] = (
                lambda part, file=file: pipeline(part, file, 16, len(cores))
            )
        seconds = dict.fromkeys(runs, 0.0)
        for round in range(options.rounds):
            part = copies[round :: options.rounds]
            for what, run in runs.items():
                seconds[what] += run(part)
                print(f"round {round + 1}: {what}: {seconds[what]:.1f} s so far", file=sys.stderr)
    hours = sum(duration for _, duration in songs) / 3600
    print(f"{len(songs)} songs, {hours:.1f} h\n")
    print("| program | seconds | songs an hour | × real time | Hark's speed beside it |\n" + "| --- " * 5 + "|")
    first = next(iter(seconds.values()))
    for what, taken in seconds.items():
        print(
            f"| {what} | {taken:.1f} | {len(songs) * 3600 / taken:.0f} | {hours * 3600 / taken:.0f} "
            f"| {taken / first:.2f} × |"
        )


if __name__ == "__main__":
    main()
