"""Styles: several parts together, played by FluidSynth or put together from synth's sounds."""

import numpy as np

import synth
from instruments import chords
from score import drums, line, midi, pitch

RATE = synth.RATE


def jazz_trio(which):
    """Piano, double bass and brushed ride in swing."""
    ride = drums({51: "x.xxx.xx", 44: "..x...x."}, 4, 0.5, swing=0.33)
    if which == 1:
        comping = line("r f3+a3+c4+e4:.6 r:1.4 r f3+g3+b3+d4:.6 r:1.4 r e3+g3+b3+d4:.6 r:1.4 r e3+g3+a3+c#4:.6 r:1.4",
                       velocity=72)
        tune = line("r:4 a5 g5:.5 e5:.5 f5 d5 b4:.66 d5:.34 f5:.66 a5:.34 g5:2 e5:.66 d5:.34 b4 c#5 e5:2", velocity=92)
        bass = line("d2 f2 a2 c3 g2 b2 d3 f3 c3 b2 g2 e2 a2 g2 e2 c#2", velocity=98)
        tempo = 138
    else:
        comping = line("r:1.5 eb3+g3+bb3+d4:.5 r:2 r:1.5 d3+f3+ab3+c4:.5 r:2 r:1.5 c3+eb3+g3+bb3:.5 r:2 r:1.5 "
                       "d3+f3+a3+bb3:.5 r:2", velocity=74)
        tune = line("g5:.66 f5:.34 eb5 bb4:.66 c5:.34 d5 f5 ab5:.66 g5:.34 f5:2 eb5:.66 d5:.34 c5 g4:2 bb4:.66 d5:.34 "
                    "f5 d5:2", velocity=92)
        bass = line("eb2 g2 bb2 c3 bb2 ab2 f2 d2 c2 eb2 g2 a2 bb2 d3 f2 bb1", velocity=98)
        tempo = 150
    return midi([(0, 0, comping + tune), (1, 32, bass), (9, 0, ride)], tempo, 100 + which)


def waltz():
    """A ballroom waltz: strings, clarinet and plucked bass."""
    bass = line("d2:3 a2:3 b2:3 f#2:3 g2:3 d2:3 a2:3 d2:3", velocity=88, legato=0.3)
    offbeat = line("r f#3+a3+d4 f#3+a3+d4 r e3+g3+a3 e3+g3+a3 r f#3+b3+d4 f#3+b3+d4 r f#3+a3+c#4 f#3+a3+c#4 "
                   "r g3+b3+d4 g3+b3+d4 r f#3+a3+d4 f#3+a3+d4 r g3+a3+c#4 g3+a3+c#4 r f#3+a3+d4:2", velocity=66, legato=0.5)
    tune = line("f#5:2 a5 g5:2 e5 d5:2 f#5 c#5:3 b4 d5 g5 f#5:2 d5 e5 c#5 a4 d5:3", velocity=92, legato=1)
    return midi([(0, 48, offbeat), (1, 71, tune), (2, 32, bass)], 168, 110)


def pad_warm():
    """Slow chords of General MIDI's warm pad with a few bells."""
    pad = chords("c3+g3+d4+e4 a2+e3+b3+c4 f2+c3+g3+a3", 8, velocity=84)
    return midi([(0, 89, pad), (1, 14, line("r:6 e6:6 r:4 b5:8", velocity=34))], 104, 130)


def drum_loop(which):
    kits = {
        "rock": ({36: "X.....x.X.x.....", 38: "....X.......X...", 42: "x.x.x.x.x.x.x.x."}, 112, 0.0),
        "funk": ({36: "X..x..x...X..x..", 38: "....X..x.x..X..x", 42: "xxxxxxxxxxxx.xxx", 46: "............X..."}, 100, 0.12),
    }
    patterns, tempo, swing = kits[which]
    return midi([(9, 0, drums(patterns, 4, 0.25, swing))], tempo, 140)


def sequence(hits, seconds):
    """Sounds placed in time: (second, sound, gain)."""
    out = np.zeros(int(seconds * RATE))
    for when, sound, gain in hits:
        start = int(when * RATE)
        piece = sound[: max(0, len(out) - start)]
        out[start : start + len(piece)] += gain * piece
    return out


def techno(which):
    """Four on the floor with a saw bass line."""
    step = 60 / (128 if which == 1 else 134) / 4
    total = 64 * step
    riff = ["a1", "a1", "c2", "a1", "a1", "e2", "g1", "a1"] if which == 1 else ["f1", "f2", "f1", "ab1", "f1", "c2", "eb2", "c2"]
    hits = []
    for i in range(64):
        if i % 4 == 0:
            hits.append((i * step, synth.kick(52), 1.0))
        if i % 4 == 2:
            hits.append((i * step, synth.hat(0.09 if which == 1 else 0.2, 7), 0.30))
        if i % 8 == 4:
            hits.append((i * step, synth.clap(3), 0.5))
        if i % 4 != 0:
            hertz = 440 * 2 ** ((pitch(riff[i // 2 % 8]) - 69) / 12)
            hits.append((i * step, synth.saw_note(hertz, step * 0.9, 500 + 1500 * (i % 32) / 32), 0.45))
    return sequence(hits, total)


def chiptune(which):
    """Square waves and noise, as a games console of the eighties made them."""
    if which == 1:
        tune = line("e5 g5 c6 g5 e6 c6 g5 e5 f5 a5 c6 a5 f6 c6 a5 f5 g5 b5 d6 b5 g6 d6 b5 g5 c6 g5 e5 g5 c6:4")
        bass = line("c3:2 c4:2 c3:2 c4:2 f2:2 f3:2 f2:2 f3:2 g2:2 g3:2 g2:2 g3:2 c3:2 c4:2 c3:4")
        step = 0.14
    else:
        tune = line("a4 a5 e5 a5 c6:2 b5 a5 g4 g5 d5 g5 b5:2 a5 g5 f4 f5 c5 f5 a5:2 g5 f5 e5 g#5 b5 d6 e6:4")
        bass = line("a2 a3 a2 a3 a2 a3 a2 a3 g2 g3 g2 g3 g2 g3 g2 g3 f2 f3 f2 f3 f2 f3 f2 f3 e2 e3 e2 e3 e2 e3 e2 e3")
        step = 0.16
    hits = []
    for notes, duty, gain in ((tune, 0.25, 0.5), (bass, 0.5, 0.4)):
        for time, note, length, _ in notes:
            hertz = 440 * 2 ** ((note - 69) / 12)
            hits.append((time * step, synth.square_note(hertz, length * step, duty), gain))
    for i in range(0, 36, 2):
        hits.append((i * step, synth.noise_hit(0.05 if i % 4 else 0.12, i), 0.35))
    return sequence(hits, 36 * step)


def pad_drone():
    """A drone of slowly beating partials."""
    t = np.arange(int(14 * RATE)) / RATE
    channels = []
    for side in (0, 1):
        out = np.zeros_like(t)
        for k, ratio in enumerate([1, 1.5, 2, 2.25, 3, 4, 5, 6]):
            for detune in (-0.35, 0.0, 0.4):
                hertz = 82.4 * ratio + detune * (1 + 0.2 * side)
                breath = 0.6 + 0.4 * np.sin(2 * np.pi * (0.05 + 0.017 * k) * t + k + side)
                out += breath * np.sin(2 * np.pi * hertz * t + k * 1.7) / (k + 2)
        channels.append(out * np.minimum(1, t / 2) * np.minimum(1, (14 - t) / 2))
    return np.stack(channels, axis=1)
