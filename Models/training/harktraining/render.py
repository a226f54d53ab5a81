"""Renderings of our own with FluidSynth: labels for free, and as much of everything as is wanted.

One long score is played for each sound font and cut at known times, since loading a font takes longer
than playing it.
"""

import pathlib
import random
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass

import numpy as np
import soundfile

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "scripts/samples"))
import score  # noqa: E402  the sample library's own notes and MIDI files

RATE = 32_000
TEMPO = 120  # beats a minute; a slot's length does not depend on the music in it

# General MIDI's sixteen families of eight programs.
FAMILIES = [
    "piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed",
    "pipe", "synth lead", "synth pad", "synth effect", "plucked and ethnic", "percussive", "sound effect",
]
# General MIDI's percussion keys, as far as they have names of their own.
DRUMS = {
    35: "kick", 36: "kick", 37: "cross stick", 38: "snare", 39: "clap", 40: "snare", 41: "tom",
    42: "hi-hat closed", 43: "tom", 44: "hi-hat pedal", 45: "tom", 46: "hi-hat open", 47: "tom",
    48: "tom", 49: "crash", 50: "tom", 51: "ride", 52: "china or splash", 53: "ride",
    54: "tambourine", 55: "china or splash", 56: "cowbell", 57: "crash", 59: "ride",
    60: "conga or bongo", 61: "conga or bongo", 62: "conga or bongo", 63: "conga or bongo",
    64: "conga or bongo", 65: "timbale", 66: "timbale", 69: "shaker", 70: "shaker", 73: "guiro",
    74: "guiro", 75: "clave or block", 76: "clave or block", 77: "clave or block", 80: "triangle",
    81: "triangle",
}
KITS = [0, 8, 16, 24, 25, 32, 40]
_SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9], [0, 3, 5, 7, 10]]


@dataclass(frozen=True)
class Slot:
    """One recording within a long score."""
    name: str
    kind: str
    label: str
    seconds: float
    parts: tuple
    """What sounds together, the leading part first: (channel, program, notes), a note being (beat, pitch,
    beats, velocity) from the slot's start. Channel 9 is percussion."""

    @property
    def lead(self):
        """The leading part's program and its first note's pitch: by these a slot is told from its like."""
        _, program, notes = self.parts[0]
        return program, notes[0][1]


def phrase(program, seed):
    """A few bars that the program's family would play: its register, lines or chords."""
    rng = random.Random(f"{program}/{seed}")
    family = program // 8
    low, high = {2: (40, 76), 4: (28, 50), 5: (40, 84), 7: (45, 77), 9: (60, 90)}.get(family, (45, 84))
    scale, key = rng.choice(_SCALES), rng.randrange(12)
    allowed = [p for p in range(low, high) if (p - key) % 12 in scale]
    sustained = family in (2, 5, 6, 11, 12) and rng.random() < 0.6
    beat, place, notes = 0.0, rng.randrange(len(allowed)), []
    while beat < 12:
        length = rng.choice([2, 3, 4] if sustained else [0.25, 0.5, 0.5, 1, 1, 2])
        place = max(0, min(len(allowed) - 1, place + rng.choice([-3, -2, -1, -1, 1, 1, 2, 3, 0])))
        voices = rng.choice([1, 3] if sustained or family in (0, 3) else [1, 1, 1, 2])
        for voice in range(voices):
            notes.append((beat, allowed[min(len(allowed) - 1, place + 2 * voice)], length * 0.95,
                          rng.randint(55, 115)))
        beat += length
    return tuple(notes)


def instrument_slots(seeds):
    """Every program but sound effects, once a seed."""
    return [
        Slot(f"program-{program:03}-{seed}", "music", FAMILIES[program // 8], 8.0,
             ((0, program, phrase(program, seed)),))
        for program in range(120) for seed in seeds
    ]


def one_shot_slots(seeds):
    """Single notes of every program, at pitches and strengths of their own."""
    slots = []
    for program in range(112):
        for seed in seeds:
            rng = random.Random(f"note/{program}/{seed}")
            pitch = rng.randint(30, 52) if program // 8 == 4 else rng.randint(45, 80)
            note = (0.0, pitch, rng.choice([0.5, 1.0, 2.0]), rng.randint(60, 120))
            slots.append(Slot(f"note-{program:03}-{seed}", "one-shot", FAMILIES[program // 8], 2.0,
                              ((0, program, (note,)),)))
    return slots


def drum_slots():
    """Every named percussion key of every kit, soft and loud."""
    return [
        Slot(f"drum-{kit:02}-{key}-{velocity}", "one-shot", DRUMS[key], 1.5,
             ((9, kit, ((0.0, key, 1.0, velocity),)),))
        for kit in KITS for key in DRUMS for velocity in (70, 115)
    ]


def play(slots, font, folder, progress=print):
    """Renders the slots with the font into `folder`: (slot, path) of all in which there is anything to hear."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # At most half an hour at once, to bound memory; and nothing twice after a run that was cut off.
    missing = [slot for slot in slots if not (folder / f"{slot.name}.flac").exists()]
    part, length = [], 0.0
    parts = []
    for slot in missing:
        part.append(slot)
        length += slot.seconds + 1
        if length > 1800:
            parts.append(part)
            part, length = [], 0.0
    if part:
        parts.append(part)
    for number, part in enumerate(parts):
        progress(f"{pathlib.Path(font).name}: part {number + 1} of {len(parts)}")
        _play(part, font, folder)
    return [(slot, folder / f"{slot.name}.flac") for slot in slots
            if (folder / f"{slot.name}.flac").exists()]


def _play(slots, font, folder):
    starts, now = [], 0.0
    for slot in slots:
        starts.append(now)
        now += slot.seconds + 1  # a second for what still sounds
    with tempfile.TemporaryDirectory() as work:
        raw = pathlib.Path(work) / "score.raw"
        midi = pathlib.Path(work) / "score.mid"
        midi.write_bytes(_score(slots, starts))
        sound = played(midi, font, gain=0.6)
    for slot, start in zip(slots, starts):
        piece = sound[int(start * RATE) : int((start + slot.seconds + 0.9) * RATE)]
        loud = np.flatnonzero(np.abs(piece) > 1e-3)
        if len(loud) == 0:
            continue  # the font has nothing there
        piece = piece[: min(len(piece), loud[-1] + RATE // 10)]
        peak = np.abs(piece).max()
        soundfile.write(folder / f"{slot.name}.flac", piece / max(peak, 1e-9) * 0.8, RATE)


def played(midi, font, gain=0.5, seconds=None):
    """What a MIDI file sounds like: mono samples at RATE, of its beginning where `seconds` are given."""
    with tempfile.TemporaryDirectory() as work:
        raw = pathlib.Path(work) / "sound.raw"
        subprocess.run(
            ["fluidsynth", "-ni", "-q", "-r", str(RATE), "-g", str(gain), "-T", "raw", "-O", "float", "-E",
             "little", "-F", str(raw), str(font), str(midi)], check=True, capture_output=True)
        count = -1 if seconds is None else int(2 * seconds * RATE)
        return np.fromfile(raw, "<f4", count).reshape(-1, 2).mean(axis=1)


def keep(sound, path, least=5.0, rate=RATE):
    """Writes `sound`, brought to one level, under its name when it is whole; false where there is next to
    nothing to hear, or less than `least` seconds."""
    peak = float(np.abs(sound).max(initial=0))
    if peak < 1e-3 or len(sound) < least * rate:
        return False
    fresh = path.with_name(f"new-{path.name}")
    soundfile.write(fresh, sound / peak * 0.8, rate)
    fresh.replace(path)
    return True


def _score(slots, starts):
    """One MIDI file; every slot sets its programs first, just before its notes."""
    beats = TEMPO / 60
    events = [(0, 0, b"\xff\x51\x03" + struct.pack(">I", round(60e6 / TEMPO))[1:])]
    for slot, start in zip(slots, starts):
        tick = round(start * beats * score.TICKS)
        for channel, program, notes in slot.parts:
            events.append((tick, 1, bytes([0xC0 | channel, program])))
            for beat, pitch, length, velocity in notes:
                if beat >= slot.seconds * beats:
                    continue
                on = tick + round(beat * score.TICKS) + 4
                # What a player may hold on to ends with the slot: the next one is not to hear it.
                off = min(on + max(10, round(length * score.TICKS)),
                          tick + round((slot.seconds + 0.5) * beats * score.TICKS))
                events.append((on, 3, bytes([0x90 | channel, pitch, velocity])))
                events.append((off, 2, bytes([0x80 | channel, pitch, 64])))
    track, now = b"", 0
    for when, _, message in sorted(events):
        track += score._variable(when - now) + message
        now = when
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, score.TICKS)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track
