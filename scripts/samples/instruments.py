"""Solo pieces: one General MIDI program each, played by FluidSynth."""

from score import line, midi

# The melody that several instruments play: what differs between those files is the instrument.
AIR = "g4 c5:1.5 d5:.5 e5 c5 a4:1.5 b4:.5 c5 g4 f4:1.5 e4:.5 d4 g4 c4:3"


def chords(text, length, start=0.0, velocity=70, spread=0.0):
    """Chords of `length` beats, rolled by `spread` beats a note."""
    notes = []
    for i, names in enumerate(text.split()):
        for k, note in enumerate(line(names, length)):
            notes.append((start + i * length + k * spread, note[1], length * 0.97, velocity))
    return notes


def broken(text, pattern, beat, velocity=76, ring=1.0):
    """Each chord's notes in the order of `pattern`, `beat` apart."""
    notes, now = [], 0.0
    for names in text.split():
        tones = [note[1] for note in line(names)]
        for index in pattern:
            notes.append((now, tones[index % len(tones)], beat * ring, velocity))
            now += beat
    return notes


def solo(program, tempo, notes, seed=1):
    return midi([(0, program, notes)], tempo, seed)


def piano_waltz():
    bass = line("c3 e3+g3+c4 e3+g3+c4 a2 e3+a3+c4 e3+a3+c4 f2 f3+a3+c4 f3+a3+c4 g2 f3+g3+b3 f3+g3+b3 "
                "c3 e3+g3+c4:2", velocity=66)
    tune = line("e5:2 g5 c6:2 a5 a5 g5 f5 d5:2 b4 c5:3", velocity=92)
    return solo(0, 152, bass + tune, 11)


def piano_nocturne():
    left = broken("d3+a3+f4 bb2+f3+d4 g2+d3+bb3 a2+e3+c#4 d3+a3+f4", [0, 1, 2, 1, 2, 1], 0.5, 56, 2.5)
    right = line("r a5:2 g5:.5 f5:.5 d5:2 r f5 e5:.5 f5:.5 g5:2 r bb4:.5 c#5:.5 e5:2 d5:3", velocity=80)
    return solo(0, 84, left + right, 12)


def piano_ragtime():
    left = line("c3 e3+g3+c4 g2 e3+g3+c4 c3 e3+g3+c4 g2 e3+g3+c4 f2 f3+a3+c4 c3 f3+a3+c4 "
                "g2 f3+g3+b3 c3 e3+g3", 0.5, velocity=74)
    right = line("e5 c6 e5 c6:2 e5 c6 g5 a5 g5:2 e5 d5 c5:2 r c6 a5 c6 a5:2 f5 g5:2 b4 d5 f5 e5 c5:3",
                 0.25, velocity=92)
    return solo(0, 92, left + right, 13)


def guitar_arpeggios():
    return solo(24, 88, broken("a2+e3+a3+c4+e4 f2+c3+a3+c4+f4 c3+g3+c4+e4+g4 g2+d3+g3+b3+d4 a2+e3+a3+c4+e4",
                               [0, 2, 3, 4, 3, 2], 0.333, 80, 4), 21)


def guitar_folk():
    bass = line("g2 d3 g2 d3 c3 g2 d3 a2 g2 d3 g2:2", velocity=76, legato=1.4)
    tune = line("b3 d4 g4 b4 a4 g4:2 d4 e4 g4 c5 b4 a4:2 g4 f#4 g4:2 d4 b3 g4:4", 0.5, velocity=88, legato=1.5)
    return solo(24, 120, bass + tune, 22)


def strings_chorale():
    return solo(48, 76, chords("c3+g3+e4+c5 a2+a3+e4+c5 f2+a3+f4+c5 g2+b3+d4+b4 c3+g3+e4+c5", 2.4, velocity=82), 31)


def strings_lament():
    low = chords("d3+a3+f4 c3+g3+e4 bb2+f3+d4 a2+e3+c#4", 3, velocity=70)
    return solo(48, 80, low + line("a5:2 f5 e5:2 c5 d5:2 bb4 c#5:3", velocity=86), 32)


def air(program, up=0):
    return solo(program, 108, line(AIR, legato=1.0, up=up), 41)


def flute_dance():
    return solo(73, 132, line("d5 f#5 a5 d6 c#6 b5 a5:2 b5 g5 e5 g5 f#5 e5 d5:2 f#5 a5 d6 f#6 e6 d6 c#6:2 "
                              "b5 a5 g5 e5 f#5 e5 d5:4", 0.5, velocity=90), 42)


def sax_ballad():
    return solo(66, 78, line("bb3:.5 d4:.5 f4 a4:1.5 g4:.5 f4 d4:2 eb4:.5 g4:.5 bb4:1.5 a4:.5 f4 d4:.5 c4:.5 bb3:2",
                             velocity=92, legato=1.0), 51)


def sax_riff():
    return solo(66, 126, line("g3 r bb3 c4 r c#4 d4 r f4 d4 c4 bb3 g3:2 r:2 g3 r bb3 c4 r d4 f4 r "
                              "g4 f4 d4 c4 bb3 g3:3", 0.5, velocity=104, legato=0.7), 52)


def organ_chorale():
    return solo(19, 72, chords("d2+d3+a3+f4+d5 g2+bb3+d4+g4 a2+a3+c#4+e4+a4 d2+d3+a3+d4+f4", 2.2, velocity=84), 61)


def organ_toccata():
    pedal = line("d2:8 a2:4 d2:4", velocity=90)
    runs = broken("d4+f4+a4+d5 g4+bb4+d5+g5 a4+c#5+e5+a5 d5+a4+f4+d4", [3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0],
                  0.25, 92)
    return solo(19, 124, pedal + runs, 62)


def bass_walk():
    return solo(32, 132, line("f2 a2 c3 d3 eb3 d3 c3 a2 bb2 d3 f3 d3 c3 bb2 a2 g2 f2:2", velocity=100, legato=0.9), 71)


def bass_groove():
    return solo(33, 104, line("e2 e2 r g2 r a2 r e2 e2 r d2 r e2 b2 d3 e3 e2 e2 r g2 r a2 r bb2 b2 r d3 r e3:4",
                              0.25, velocity=106, legato=0.8)
                + line("e2 e2 r g2 r a2 r e2 e2 r d2 r e2:4", 0.25, 8, velocity=106), 72)


def marimba_pattern():
    return solo(12, 120, broken("c4+e4+g4+b4 a3+c4+e4+g4 f3+a3+c4+e4 g3+b3+d4+f4 c4+e4+g4+c5", [0, 2, 1, 3, 2, 1, 3, 2],
                                0.25, 92) + line("c5+c4:2", 1, 10), 81)


def marimba_run():
    return solo(12, 138, line("d5 c5 a4 g4 f4 g4 a4 c5 d5 f5 d5 c5 a4 g4 f4 d4 e4 g4 a4 b4 d5 b4 a4 g4 e4 d4 "
                              "c4 d4 f4 g4 a4+d4:4", 0.5, velocity=94), 82)


def trumpet_fanfare():
    return solo(56, 112, line("c5:.75 c5:.25 c5 g4 c5:.75 e5:.25 g5:2 e5:.5 c5:.5 d5:.5 e5:.5 f5:.5 d5:.5 e5:.75 "
                              "d5:.25 c5:3", velocity=108, legato=0.9), 91)
