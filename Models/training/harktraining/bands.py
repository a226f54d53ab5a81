"""Bands: pieces for several instruments at once, from chords, rhythms and lines drawn at random.

A band's name is a label that says what plays. A piece draws who of the band plays which part, the key, the
tempo and the notes, so that one band's pieces share their sound and nothing else.
"""

import random

from . import render

SECONDS = 20.0
# Chords as steps of the scale's degrees, four bars to a round.
_ROUNDS = [(0, 3, 4, 0), (0, 4, 5, 3), (0, 5, 3, 4), (0, 5, 1, 4), (0, 3, 0, 4), (5, 3, 0, 4), (0, 6, 5, 4)]
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
# A bar of sixteenths: X loud, x soft.
_ROCK = {36: "X.......X.X.....", 38: "....X.......X...", 42: "x.x.x.x.x.x.x.x."}
_DISCO = {36: "X...X...X...X...", 39: "....X.......X...", 46: "..x...x...x...x."}
_SWING = {51: "X..X.xX..X.x", 44: "...X.....X..", 36: "x..........."}
_FUNK = {36: "X..x..X....x..X.", 38: "....X..x.x..X..x", 42: "xxxxxxxxxxxxxxxx"}
_MARCH = {36: "X...X...X...X...", 38: "..x.xxx...x.xxxx", 49: "X..............."}
_LATIN = {62: "x..x..x...x.x...", 64: "..X...xx..X...xx", 70: "xxxxxxxxxxxxxxxx", 76: "X..X...X..X..X.."}
_BREAK = {36: "X..X......X..X..", 38: "....X..x.x..X..x", 42: "x.x.x.x.x.xxx.x."}

# Name to (roles, rhythms, least and greatest tempo). A role is (how it plays, programs to choose from).
BANDS = {
    "string quartet": ([("line", (40,)), ("line", (40,)), ("long", (41,)), ("bass line", (42,))], (), (60, 130)),
    "string orchestra": ([("line", (48, 44)), ("long", (48, 49)), ("bass line", (43, 42))], (), (50, 110)),
    "orchestra": ([("line", (68, 71, 73, 40)), ("long", (48,)), ("chords", (60, 61)), ("bass line", (43,)),
                   ("roots", (47,))], (), (60, 120)),
    "wind quintet": ([("line", (73,)), ("line", (68, 71)), ("long", (60,)), ("bass line", (70,))], (), (60, 130)),
    "brass band": ([("line", (56, 59)), ("chords", (61, 60)), ("long", (57,)), ("bass line", (58,))], (_MARCH,),
                   (80, 130)),
    "choir and organ": ([("long", (52, 53)), ("chords", (19,)), ("bass line", (19, 20))], (), (45, 90)),
    "rock band": ([("line", (30, 29)), ("power", (30, 29)), ("bass line", (33, 34))], (_ROCK,), (100, 165)),
    "pop band": ([("line", (80, 25, 4)), ("chords", (0, 4, 25)), ("long", (48, 50)), ("bass line", (33, 38))],
                 (_ROCK, _DISCO), (90, 130)),
    "jazz trio": ([("swung", (0,)), ("comping", (0,)), ("walking", (32,))], (_SWING,), (100, 200)),
    "jazz quartet": ([("swung", (64, 65, 66, 56)), ("comping", (0, 26)), ("walking", (32,))], (_SWING,), (100, 200)),
    "funk band": ([("comping", (27, 28, 7, 4)), ("chords", (61, 18)), ("busy bass", (36, 37, 33))], (_FUNK,), (90, 118)),
    "latin band": ([("line", (73, 56, 21)), ("comping", (0, 24)), ("bass line", (32,))], (_LATIN,), (90, 140)),
    "synth pop": ([("line", (80, 81)), ("arpeggio", (81, 87, 62)), ("long", (50, 90)), ("busy bass", (38, 39))],
                  (_DISCO, _ROCK), (105, 135)),
    "techno": ([("arpeggio", (87, 81, 38)), ("chords", (62, 90)), ("busy bass", (38, 39))], (_DISCO,), (122, 150)),
    "breakbeat": ([("arpeggio", (87, 80)), ("long", (89, 95)), ("bass line", (39, 38))], (_BREAK,), (150, 178)),
    "ambient": ([("long", (88, 89, 91, 95)), ("long", (92, 94, 99)), ("sparse", (98, 11, 88))], (), (40, 80)),
    "guitar duo": ([("line", (24, 25)), ("arpeggio", (24, 25))], (), (70, 130)),
    "folk group": ([("line", (21, 22, 110, 73)), ("strum", (25, 105)), ("bass line", (32,))], (), (90, 150)),
    "piano": ([("line", (0, 1)), ("arpeggio", (0,)), ("roots", (0,))], (), (60, 140)),
    "harpsichord and recorder": ([("line", (74,)), ("arpeggio", (6,)), ("bass line", (6, 42))], (), (70, 130)),
    "mallets": ([("line", (11, 12, 13)), ("arpeggio", (12, 13)), ("roots", (12,))], (), (80, 150)),
    "music box": ([("line", (10, 9)), ("arpeggio", (10, 14, 8))], (), (60, 110)),
    "harp and flute": ([("line", (73, 75)), ("arpeggio", (46,)), ("roots", (46,))], (), (60, 120)),
    "drums alone": ([], (_ROCK, _FUNK, _BREAK, _DISCO, _LATIN, _MARCH), (85, 150)),
}


def _melody(rng, scale_pitch, bars, low, high, lengths, legato):
    """A line that wanders by step and leap between two pitches."""
    beat, place, notes = 0.0, rng.randrange(7), []
    while beat < bars * 4:
        length = rng.choice(lengths)
        place += rng.choice((-2, -1, -1, 1, 1, 2, 4, -3))
        pitch = scale_pitch(place)
        while pitch > high:
            place, pitch = place - 7, scale_pitch(place - 7)
        while pitch < low:
            place, pitch = place + 7, scale_pitch(place + 7)
        if rng.random() < 0.88:
            notes.append((beat, pitch, length * legato, rng.randint(70, 112)))
        beat += length
    return notes


def _part(rng, how, scale_pitch, chords):
    """The notes of one player, (beat, pitch, beats, velocity), a chord a bar of four beats."""
    triad = [[scale_pitch(degree + step) for step in (0, 2, 4)] for degree in chords]
    if how in ("line", "swung", "sparse"):
        lengths = {"line": (0.5, 0.5, 1, 1, 2), "swung": (2 / 3, 1 / 3, 1, 2), "sparse": (2, 4, 6)}[how]
        return _melody(rng, scale_pitch, len(chords), 60, 86, lengths, 0.9)
    notes, every = [], {"arpeggio": 0.5, "busy bass": 0.5, "walking": 1.0}
    order = [rng.randrange(3) for _ in range(8)]
    for bar, pitches in enumerate(triad):
        start, loud = bar * 4.0, rng.randint(62, 88)
        if how == "long":
            notes += [(start, pitch, 3.9, loud) for pitch in pitches]
        elif how in ("chords", "power"):
            heard = pitches if how == "chords" else [pitches[0] - 12, pitches[0] - 5, pitches[0]]
            beats = (0, 2) if how == "chords" else (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)
            notes += [(start + beat, pitch, 4 / len(beats) * 0.9, loud) for beat in beats for pitch in heard]
        elif how == "strum":
            notes += [(start + beat + 0.02 * string, pitch, 0.6, loud - 8 * (beat % 1 > 0))
                      for beat in (0, 1, 1.5, 2, 3, 3.5) for string, pitch in enumerate(pitches)]
        elif how == "comping":
            beats = rng.sample((0, 0.67, 1.5, 2, 2.67, 3.5), 3)
            notes += [(start + beat, pitch, 0.4, loud) for beat in beats for pitch in pitches]
        elif how == "roots":
            notes.append((start, pitches[0] - 24, 3.5, loud))
        elif how == "bass line":
            notes += [(start + beat, pitches[which] - 24, 0.9, loud + 8)
                      for beat, which in ((0, 0), (1.5, 0), (2, rng.randrange(3)), (3, 2))]
        else:
            step = every[how]
            down = 0 if how == "arpeggio" else 24
            for number in range(round(4 / step)):
                pitch = pitches[order[number % 8]] - down + (12 if rng.random() < 0.15 else 0)
                notes.append((start + number * step, pitch, step * 0.9, loud + 10 * (number % 4 == 0)))
    return notes


def _drums(rng, pattern, bars):
    notes = []
    for key, marks in pattern.items():
        step = 4 / len(marks)
        for bar in range(bars):
            for number, mark in enumerate(marks):
                if mark != "." and rng.random() < 0.95:
                    loud = 108 if mark == "X" else 74
                    notes.append((bar * 4 + number * step, key, step * 0.9, loud + rng.randint(-8, 8)))
    return notes


def piece(name, seed):
    """A slot of SECONDS: a piece of the band `name`, the same for the same seed."""
    roles, rhythms, (slowest, fastest) = BANDS[name]
    rng = random.Random(f"band/{name}/{seed}")
    tempo, key, scale = rng.uniform(slowest, fastest), rng.randrange(48, 60), rng.choice((_MAJOR, _MINOR))
    bars = int(SECONDS * tempo / 60 / 4) + 1
    chords = [degree for _ in range(bars // 4 + 1) for degree in rng.choice(_ROUNDS)][:bars]

    def scale_pitch(degree):
        return key + 12 * (degree // 7) + scale[degree % 7]

    played = [(rng.choice(programs), _part(rng, how, scale_pitch, chords)) for how, programs in roles]
    if rhythms:
        kit = 25 if name in ("techno", "synth pop", "breakbeat") else 0
        played.append((kit, _drums(rng, rng.choice(rhythms), bars)))
    # A slot's beats are those of a score at one tempo for all.
    scale_beats = render.TEMPO / tempo
    parts = []
    for channel, (program, notes) in enumerate(played):
        isDrums = rhythms and channel == len(played) - 1
        fitted = tuple((beat * scale_beats, pitch, beats * scale_beats, min(127, loud))
                       for beat, pitch, beats, loud in sorted(notes))
        parts.append((9 if isDrums else channel, program, fitted))
    return render.Slot(f"{name.replace(' ', '-')}-{seed}", "music", name, SECONDS, tuple(parts))


def pieces(seeds):
    return [piece(name, seed) for name in BANDS for seed in seeds]
