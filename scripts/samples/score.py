"""Notes, written as text, and the Standard MIDI File that plays them."""

import random
import re
import struct

TICKS = 480
STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


def pitch(name):
    """The MIDI number of a note such as `c4` (60), `f#5` or `bb3`."""
    letter, accidental, octave = re.fullmatch(r"([a-g])([#b]?)(-?\d)", name).groups()
    return STEPS[letter] + {"": 0, "#": 1, "b": -1}[accidental] + 12 * (int(octave) + 1)


def line(text, beat=1.0, start=0.0, velocity=88, legato=0.95, up=0):
    """Notes in sequence: `c4 e4:2 r c4+e4+g4:4`; a number after the colon is a length in `beat`s."""
    notes, now = [], start
    for word in text.split():
        names, _, length = word.partition(":")
        length = float(length or 1) * beat
        if names != "r":
            for name in names.split("+"):
                notes.append((now, pitch(name) + up, length * legato, velocity))
        now += length
    return notes


def drums(patterns, bars, beat=0.25, swing=0.0):
    """Percussion by pattern: {MIDI note: "x...x..."}, where X is loud, x soft and . silent."""
    notes = []
    for note, pattern in patterns.items():
        for bar in range(bars):
            for step, mark in enumerate(pattern):
                if mark != ".":
                    late = swing * beat if step % 2 else 0.0
                    when = (bar * len(pattern) + step) * beat + late
                    notes.append((when, note, beat * 0.9, 112 if mark == "X" else 74))
    return notes


def _variable(value):
    data = [value & 127]
    while value := value >> 7:
        data.append(value & 127 | 128)
    return bytes(reversed(data))


def midi(parts, tempo, seed=1, human=0.012):
    """A type 0 file. `parts`: (channel, program, notes); channel 9 is percussion.

    Times and velocities waver a little, as a player's would; `seed` repeats it.
    """
    wobble = random.Random(seed)
    events = [(0, 0, b"\xff\x51\x03" + struct.pack(">I", int(60e6 / tempo))[1:])]
    for channel, program, notes in parts:
        events.append((0, 1, bytes([0xC0 | channel, program])))
        for time, note, length, velocity in notes:
            on = max(0, round((time + wobble.uniform(-human, human)) * TICKS))
            off = max(on + 10, round((time + length) * TICKS))
            loud = max(1, min(127, velocity + wobble.randint(-7, 7)))
            events.append((on, 3, bytes([0x90 | channel, note, loud])))
            events.append((off, 2, bytes([0x80 | channel, note, 64])))
    track, now = b"", 0
    for when, _, message in sorted(events):
        track += _variable(when - now) + message
        now = when
    track += b"\x00\xff\x2f\x00"
    return (
        b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS) + b"MTrk" + struct.pack(">I", len(track)) + track
    )
