"""What is made rather than fetched: renderings, voices, synthesised sounds and mixes, each with its split.

Everything that the sound font TEST_FONT plays is for testing alone, and plays notes that nothing else
plays; no test is made of voices, synthesised sounds and mixes.
"""

import sys

from . import bands, mixes, render, scores, styles, synthesis, voices
from .recordings import Recording, split_of

FONTS = {
    "fluid": ("fluid-soundfont-gm", "usr/share/sounds/sf2/FluidR3_GM.sf2"),
    "musescore": ("musescore-general-soundfont", "usr/share/sounds/sf3/MuseScore_General_Full.sf3"),
    "timgm": ("timgm6mb-soundfont", "usr/share/sounds/sf2/TimGM6mb.sf2"),
}
# One font is heard in no training: renderings with it test.
TEST_FONT = "timgm"
# Of each style, and of each band.
STYLE_SEEDS, STYLE_TESTS = range(9), (3, 4, 7, 8)
BAND_SEEDS = {"fluid": range(0, 12), "musescore": range(20, 32), "timgm": range(100, 108)}
SCORE_SECONDS = 120
TAKES_OF_A_VOICE, MIXES = 5, 600


def _untested(family):
    """The split of what may not test."""
    return split_of(family).replace("test", "validation")


def rendered(data, font, path):
    """Instruments, single notes and drums of one sound font."""
    isTest = font == TEST_FONT
    # What tests is played from scores of its own as well as with a font of its own.
    seeds = [100, 101] if isTest else [0, 1, 2] if font == "fluid" else [3, 4, 5]
    slots = render.instrument_slots(seeds) + render.one_shot_slots(seeds[:2]) + render.drum_slots()
    found = []
    for slot, file in render.play(slots, path, data / "renders" / font):
        program, pitch = slot.lead
        split = "test" if isTest else _untested(f"{font}/{slot.label}/{program}/{pitch}")
        found.append(Recording(str(file.relative_to(data)), f"render-{font}", slot.kind, slot.label, split))
    return found


def of_bands(data, font, path):
    """Pieces for several instruments."""
    found = []
    for slot, file in render.play(bands.pieces(BAND_SEEDS[font]), path, data / "renders" / f"bands-{font}"):
        split = "test" if font == TEST_FONT else _untested(f"band/{slot.name}")
        found.append(Recording(str(file.relative_to(data)), "render-bands", slot.kind, slot.label, split))
    return found


def in_styles(data, fonts):
    """Accompaniments: five pieces a style that train or validate, four that test."""
    found = []
    for style, names in styles.grooves().items():
        for seed in STYLE_SEEDS:
            isTest = seed in STYLE_TESTS
            # MuseScore's font is compressed: it takes longer to load than a piece to play.
            font = TEST_FONT if isTest else "fluid"
            path = data / "renders" / "styles" / f"{style}-{seed}.flac"
            path.parent.mkdir(parents=True, exist_ok=True)
            groove = names[seed % min(3, len(names))]
            if not path.exists() and not styles.play(groove, seed, fonts[font], path):
                continue
            split = "test" if isTest else _untested(f"style/{style}/{seed}")
            found.append(Recording(str(path.relative_to(data)), "render-styles", "music", style, split))
    return found


def of_scores(data, name, fonts):
    """Other people's pieces from a package's MIDI files, the first SCORE_SECONDS of each."""
    found = []
    folder = data / "renders" / "scores"
    folder.mkdir(parents=True, exist_ok=True)
    for title, content in scores.scores_below(data / "packages" / name).items():
        split = split_of(f"{name}/{title}")
        path = folder / f"{name}-{title}.flac"
        if not path.exists():
            midi = path.with_suffix(".mid")
            midi.write_bytes(content)
            font = fonts[TEST_FONT if split == "test" else "fluid"]
            kept = render.keep(render.played(midi, font, seconds=SCORE_SECONDS), path)
            midi.unlink()
            if not kept:
                continue
        found.append(Recording(str(path.relative_to(data)), "render-scores", "music", "", split))
    return found


def of_voices(data):
    """eSpeak's languages; a language is in one split, whoever speaks it."""
    languages, found = voices.voices(), []
    if not languages:
        return found
    folder = data / "renders" / "voices"
    folder.mkdir(parents=True, exist_ok=True)
    for line in voices.lines(languages, voices.variants(), TAKES_OF_A_VOICE):
        path = folder / f"{line.name}.wav"
        if path.exists() or voices.say(line, path):
            split = _untested(f"voice/{line.name.rsplit('-', 1)[0]}")
            found.append(Recording(str(path.relative_to(data)), "render-voices", "speech", "", split))
    return found


def of_sox(data):
    """Synthesised sounds."""
    folder = data / "renders" / "synthesis"
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, (kind, _) in synthesis.SOUNDS.items():
        for take in range(synthesis.TAKES):
            path = folder / f"{name.replace(' ', '-')}-{take}.flac"
            if not path.exists():
                synthesis.make(name, take, path)
            split = _untested(f"sox/{name}/{take}")
            found.append(Recording(str(path.relative_to(data)), "render-synthesis", kind, name, split))
    return found


def of_mixes(data, recordings):
    """Two recordings at once, of those that are listed."""
    folder = data / "renders" / "mixes"
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, split, over, under in mixes.drawn(recordings, MIXES):
        path = folder / f"{name}.flac"
        try:
            if not path.exists() and not mixes.mix(name, data / over.path, data / under.path, path):
                continue
        except (RuntimeError, ValueError) as error:
            print(f"left out {name}: {error}", file=sys.stderr)
            continue
        found.append(Recording(str(path.relative_to(data)), "render-mixes", over.kind, "", split))
    return found
