"""From MIDI, text or numbers to a tagged file."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from synth import RATE

SOUND_FONT = "/usr/share/sounds/sf2/FluidR3_GM.sf2"
ARTIST = "Hark sample library"
DATE = "2025"


def run(*command, data=None):
    """The program's standard output; its messages are shown only if it fails."""
    done = subprocess.run([str(c) for c in command], input=data, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


def played(midi, folder):
    """FluidSynth's stereo output at RATE, without the silence after the last note's end."""
    score, raw = folder / "score.mid", folder / "score.raw"
    score.write_bytes(midi)
    run("fluidsynth", "-ni", "-q", "-r", RATE, "-g", 0.5, "-T", "raw", "-O", "float", "-E", "little",
        "-F", raw, SOUND_FONT, score)
    sound = np.fromfile(raw, "<f4").reshape(-1, 2).astype(float)
    loud = np.flatnonzero(np.max(np.abs(sound), axis=1) > 10 ** (-50 / 20) * np.max(np.abs(sound)))
    return sound[: loud[-1] + int(0.15 * RATE)]


def said(voice, text, speed, folder):
    """espeak-ng's mono output, resampled to RATE."""
    wav = folder / "said.wav"
    run("espeak-ng", "-v", voice, "-s", speed, "-w", wav, text)
    raw = run("sox", "-R", wav, "-t", "raw", "-e", "float", "-b", 32, "-c", 1, "-", "rate", "-v", RATE)
    return np.frombuffer(raw, "<f4").astype(float)


def levelled(sound, channels, seconds):
    """Cut and faded, in `channels` channels, without offset, with a peak 2 dB below full scale."""
    sound = sound.reshape(len(sound), -1)
    if seconds is not None:
        sound = sound[: int(seconds * RATE)]
    if channels == 1:
        sound = sound.mean(axis=1, keepdims=True)
    elif sound.shape[1] == 1:
        sound = np.repeat(sound, 2, axis=1)
    sound = sound - sound.mean(axis=0)
    fade = min(int(0.08 * RATE), len(sound) // 8)
    sound[-fade:] *= np.linspace(1, 0, fade)[:, None]
    edge = min(int(0.002 * RATE), len(sound) // 8)
    sound[:edge] *= np.linspace(0, 1, edge)[:, None]
    return sound * (10 ** (-2 / 20) / np.max(np.abs(sound)))


def encode(sound, sample, path, album, track):
    """Writes `sound` as `path`, in the codec that its extension names, with tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    codec = path.suffix
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        run("sox", "-R", "-t", "raw", "-e", "float", "-b", 32, "-r", RATE, "-c", sound.shape[1], "-",
            "-b", sample.bits, wav, "rate", "-v", sample.rate, data=sound.astype("<f4").tobytes())
        title = sample.title
        if codec == ".flac":
            tags = {"TITLE": title, "ARTIST": ARTIST, "ALBUM": album, "TRACKNUMBER": track, "DATE": DATE}
            run("flac", "--silent", "--force", "--best", *[f"--tag={k}={v}" for k, v in tags.items()], "-o", path, wav)
        elif codec == ".ogg":
            run("oggenc", "-Q", "-s", 1, "-q", 4, "-t", title, "-a", ARTIST, "-l", album, "-N", track, "-d", DATE,
                "-o", path, wav)
        elif codec == ".opus":
            run("opusenc", "--quiet", "--serial", 1, "--bitrate", 64 * sound.shape[1], "--title", title, "--artist", ARTIST,
                "--album", album, "--tracknumber", track, "--date", DATE, wav, path)
        elif codec == ".mp3":
            run("lame", "--silent", "-q", 2, "-b", 64 * sound.shape[1], "--id3v2-only", "--tt", title, "--ta", ARTIST,
                "--tl", album, "--tn", track, "--ty", DATE, wav, path)
        else:
            run("sox", "-R", "-D", wav, path)
            run("sndfile-metadata-set", "--str-title", title, "--str-artist", ARTIST, "--str-album", album,
                "--str-date", DATE, path)


def retag(source, path, title, album, track):
    """A copy of a FLAC file with other tags: the same samples."""
    path.write_bytes(source.read_bytes())
    run("metaflac", "--remove-all-tags", f"--set-tag=TITLE={title}", f"--set-tag=ARTIST={ARTIST}",
        f"--set-tag=ALBUM={album}", f"--set-tag=TRACKNUMBER={track}", f"--set-tag=DATE={DATE}", path)
