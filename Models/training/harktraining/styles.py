"""Accompaniments in a hundred styles, by MMA (Musical MIDI Accompaniment) over chords of our own.

A style's name is a label that says how a piece is played; the same chords in another key, tempo and
sound font are another piece of that style.
"""

import pathlib
import random
import re
import subprocess
import tempfile

LIBRARY = pathlib.Path("/usr/share/mma/lib/stdlib")
# No style of music: clicks, and a groove that plays nothing.
_LEFT_OUT = re.compile(r"metronome|^none$|arpeggio|lullaby")
BARS = 14
_PROGRESSIONS = [
    "I vi ii V", "I IV V I", "I V vi IV", "ii V I vi", "I I IV V", "vi IV I V", "I iii IV V", "i iv V i",
    "i VI VII i", "I VII IV I",
]
_STEPS = {"i": 0, "ii": 2, "iii": 4, "iv": 5, "v": 7, "vi": 9, "vii": 10}
_NAMES = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"]


def grooves():
    """Style to the names of its grooves, most basic first."""
    found = {}
    for path in sorted(LIBRARY.glob("*.mma")):
        if _LEFT_OUT.search(path.stem):
            continue
        text = path.read_text(errors="replace")
        names = re.findall(r"^\s*DefGroove\s+(\S+)", text, re.MULTILINE)
        # Introductions and endings are no style.
        names = [name for name in names if not re.search(r"intro|end|fill", name, re.IGNORECASE)]
        if names:
            found[path.stem] = names
    return found


def chords(seed):
    """BARS bars of chords, one a bar, and a tempo."""
    rng = random.Random(f"chords/{seed}")
    key = rng.randrange(12)
    bars = []
    while len(bars) < BARS:
        for degree in rng.choice(_PROGRESSIONS).split():
            root = _NAMES[(key + _STEPS[degree.lower()]) % 12]
            bars.append(root + ("m" if degree.islower() else "") + rng.choice(["", "", "7"]))
    return bars[:BARS], rng.uniform(0.85, 1.2)


def midi(groove, seed, path):
    """Writes the piece's MIDI file; false where MMA does not take the groove."""
    bars, speed = chords(f"{groove}/{seed}")
    with tempfile.TemporaryDirectory() as work:
        text = pathlib.Path(work) / "piece.mma"
        # The groove's own tempo, changed a little, keeps the style what it is.
        text.write_text(
            f"Groove {groove}\nTempo *{speed:.2f}\n"
            + "".join(f"{number} {chord}\n" for number, chord in enumerate(bars, 1)))
        done = subprocess.run(["mma", str(text), "-f", str(path)], capture_output=True)
    return done.returncode == 0 and pathlib.Path(path).exists()


def play(groove, seed, font, path):
    """Renders a piece to `path` (FLAC, mono); false where there is nothing to hear."""
    # Chords and grooves can be had without what reads and writes sound.
    from . import render

    with tempfile.TemporaryDirectory() as work:
        score = pathlib.Path(work) / "piece.mid"
        if not midi(groove, seed, score):
            return False
        return render.keep(render.played(score, font, seconds=40), path)
