"""Voices that eSpeak NG synthesises: every language that it has, by speakers of many kinds."""

import random
import subprocess
from dataclasses import dataclass

# Numerals are read out in the language of the voice: every voice says words of its own without a text in it.
_ENGLISH = [
    "The harbour was quiet, and only the gulls were awake.", "Turn left at the mill, then follow the river.",
    "Nobody had wound the clock since the winter before last.", "Please keep your tickets until the end of the journey.",
    "She counted the steps twice and came to a different number.", "What did you say? I could not hear you over the engine.",
    "The bread is in the oven; it will be ready at a quarter past nine.", "Three lanterns hung above the door, and none of them burned.",
]


@dataclass(frozen=True)
class Line:
    """What one voice says once."""
    name: str
    voice: str
    text: str
    speed: int
    """Words a minute."""
    pitch: int
    """0 to 99; 50 is the voice's own."""


def voices():
    """The names of eSpeak's languages, in their order; none where it is not installed."""
    try:
        listed = subprocess.run(["espeak-ng", "--voices"], capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        return []
    return [line.split()[1] for line in listed.splitlines()[1:]]


def variants():
    """The names of the kinds of speaker that a language can be spoken by."""
    listed = subprocess.run(
        ["espeak-ng", "--voices=variant"], capture_output=True, text=True, check=True).stdout
    return sorted(line.split("!v/")[1].split("  ")[0].strip() for line in listed.splitlines()[1:] if "!v/" in line)


def lines(languages, speakers, takes):
    """`takes` lines of each language, each by a speaker drawn for it."""
    made = []
    for language in languages:
        for take in range(takes):
            rng = random.Random(f"voice/{language}/{take}")
            text = " ".join(f"{rng.randrange(10 ** rng.randint(1, 6))}{rng.choice(',.?!')}" for _ in range(rng.randint(3, 7)))
            if language.startswith("en"):
                text = " ".join(rng.sample(_ENGLISH, 2))
            made.append(Line(f"{language}-{take}", f"{language}+{rng.choice(speakers)}", text,
                             rng.randint(120, 220), rng.randint(25, 80)))
    return made


def say(line, path):
    """Writes the line to `path` (WAV, 22.05 kHz); false where eSpeak does not take the voice."""
    fresh = path.with_name(f"new-{path.name}")
    done = subprocess.run(
        ["espeak-ng", "-v", line.voice, "-s", str(line.speed), "-p", str(line.pitch), "-w", str(fresh), line.text],
        capture_output=True)
    if done.returncode != 0 or not fresh.exists() or fresh.stat().st_size < 20_000:
        fresh.unlink(missing_ok=True)
        return False
    fresh.replace(path)
    return True
