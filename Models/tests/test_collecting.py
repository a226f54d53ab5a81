"""Tests of what `collect` makes itself: python3 -m unittest discover Models/tests

What needs soundfile, soxr, sox or eSpeak NG is skipped where they are not installed.
"""

import importlib.util
import pathlib
import shutil
import struct
import sys
import tempfile
import unittest

import numpy as np

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

MISSING = [name for name in ("soundfile", "soxr") if importlib.util.find_spec(name) is None]
needs_training = unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}: see Models/training/README.md")
if not MISSING:
    import soundfile

    from harktraining import bands, mixes, own, render, scores, synthesis, voices
    from harktraining.recordings import Recording


def wad(lumps, cut=0):
    """A WAD archive's bytes; `cut` of them are missing at its end."""
    body, directory = b"", b""
    for name, content in lumps:
        directory += struct.pack("<II8s", 12 + len(body), len(content), name)
        body += content
    data = b"PWAD" + struct.pack("<II", len(lumps), 12 + len(body)) + body + directory
    return data[: len(data) - cut]


@needs_training
class Scores(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.here = pathlib.Path(temporary.name)

    def test_midi_files_are_found_in_an_archive(self):
        first, second = scores.MIDI + b"1" * 2000, scores.MIDI + b"2" * 1500
        path = self.here / "game.wad"
        path.write_bytes(wad([(b"D_E1M1", first), (b"PLAYPAL", b"MUS\x1a" + b"x" * 9), (b"D_ENDING", second)]))
        self.assertEqual(scores.lumps(path), [("D_E1M1", first), ("D_ENDING", second)])

    def test_what_is_no_archive_or_cut_off_is_refused(self):
        for content, word in ((wad([(b"D_E1M1", scores.MIDI)], cut=1), "cut off"), (b"RIFF" + b"0" * 40, "no WAD"),
                              (b"PW", "no WAD"), (b"IWAD" + struct.pack("<II", 2**31, 12), "cut off")):
            (self.here / "bad.wad").write_bytes(content)
            with self.assertRaisesRegex(ValueError, word):
                scores.lumps(self.here / "bad.wad")

    def test_of_a_package_every_piece_is_taken_once_and_no_chart(self):
        long = scores.MIDI + b"a" * 3000
        (self.here / "deep").mkdir()
        (self.here / "deep" / "tune.mid").write_bytes(long)
        (self.here / "copy.MIDI").write_bytes(long)
        (self.here / "jingle.mid").write_bytes(scores.MIDI)
        (self.here / "deep" / "notes.mid").write_bytes(long + b"chart")
        (self.here / "game.wad").write_bytes(wad([(b"D_MAP01", long + b"other"), (b"D_MAP02", long)]))
        self.assertEqual(scores.scores_below(self.here), {"copy": long, "game-D_MAP01": long + b"other"})


@needs_training
class Bands(unittest.TestCase):
    def test_a_piece_is_repeatable_and_differs_from_the_next(self):
        for name in bands.BANDS:
            self.assertEqual(bands.piece(name, 3), bands.piece(name, 3))
            self.assertNotEqual(bands.piece(name, 3).parts, bands.piece(name, 4).parts)

    def test_every_part_can_be_played_and_lasts(self):
        for slot in bands.pieces(range(4)):
            channels = [channel for channel, _, _ in slot.parts]
            self.assertEqual(len(channels), len(set(channels)), slot.name)
            for _, program, notes in slot.parts:
                self.assertTrue(0 <= program < 128)
                beats = [beat for beat, *_ in notes]
                # At TEMPO 120 a second is two beats: nobody falls silent long before the end.
                self.assertGreater(max(beats), slot.seconds * 2 * 0.6, slot.name)
                self.assertTrue(all(0 < pitch < 128 and 0 < loud < 128 for _, pitch, _, loud in notes), slot.name)

    def test_the_score_ends_every_note_within_its_slot(self):
        slots = bands.pieces([1])[:3]
        starts = [0.0, 21.0, 42.0]
        ticks = notes_of(render._score(slots, starts))
        per_second = 2 * render.score.TICKS
        for start, end in ticks:
            number = max(i for i, at in enumerate(starts) if at * per_second <= start)
            self.assertLessEqual(end, (starts[number] + slots[number].seconds + 0.6) * per_second)
        self.assertEqual(len(ticks), sum(
            beat < slot.seconds * 2 for slot in slots for _, _, notes in slot.parts for beat, *_ in notes))


def notes_of(midi):
    """(begin, end) in ticks of every note of a type 0 file that only sets programs, tempo and notes."""
    at, now, begun, found = 22, 0, {}, []
    while at < len(midi):
        delta = 0
        while True:
            byte = midi[at]
            at += 1
            delta = delta << 7 | byte & 127
            if byte < 128:
                break
        now += delta
        kind = midi[at]
        if kind == 0xFF:
            at += 3 + midi[at + 2]
        elif kind >> 4 == 0xC:
            at += 2
        else:
            key = (kind & 15, midi[at + 1])
            if kind >> 4 == 9:
                begun.setdefault(key, []).append(now)
            else:
                found.append((begun[key].pop(0), now))
            at += 3
    return found


@needs_training
class Made(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.here = pathlib.Path(temporary.name)

    @unittest.skipUnless(shutil.which("sox"), "needs sox")
    def test_sox_takes_every_sound_and_it_can_be_heard(self):
        for name in synthesis.SOUNDS:
            contents = []
            for take in range(2):
                path = self.here / f"{take}.flac"
                synthesis.make(name, take, path)
                values, rate = soundfile.read(path)
                self.assertGreater(float(np.abs(values).max()), 0.1, name)
                self.assertGreaterEqual(len(values), 0.03 * rate, name)
                contents.append(path.read_bytes())
            self.assertNotEqual(*contents, name)
            synthesis.make(name, 0, self.here / "again.flac")
            self.assertEqual((self.here / "again.flac").read_bytes(), contents[0], name)

    @unittest.skipUnless(shutil.which("espeak-ng"), "needs espeak-ng")
    def test_every_line_is_repeatable_and_can_be_said(self):
        speakers = voices.variants()
        self.assertGreater(len(speakers), 20)
        made = voices.lines(["de", "en-gb"], speakers, 2)
        self.assertEqual(made, voices.lines(["de", "en-gb"], speakers, 2))
        self.assertEqual([line.name for line in made], ["de-0", "de-1", "en-gb-0", "en-gb-1"])
        for line in made:
            self.assertTrue(voices.say(line, self.here / f"{line.name}.wav"), line)
            self.assertGreater(soundfile.info(str(self.here / f"{line.name}.wav")).duration, 1)
        self.assertIn("de", voices.voices())

    @unittest.skipUnless(shutil.which("espeak-ng"), "needs espeak-ng")
    def test_a_voice_that_says_nothing_leaves_nothing_behind(self):
        self.assertFalse(voices.say(voices.Line("x", "de", " ", 150, 50), self.here / "x.wav"))
        self.assertEqual(list(self.here.iterdir()), [])

    def recording(self, name, kind, split, level=0.2, seconds=3):
        rng = np.random.default_rng(len(name))
        soundfile.write(self.here / name, level * rng.standard_normal(int(16_000 * seconds)), 16_000)
        return Recording(name, "noise", kind, "", split)

    def test_mixes_are_of_one_split_and_never_of_a_test(self):
        listed = [self.recording(f"{kind}-{split}-{number}.wav", kind, split)
                  for kind in ("music", "speech", "effect") for split in ("train", "validation", "test")
                  for number in range(3)]
        made = mixes.drawn(listed, 60)
        self.assertEqual(made, mixes.drawn(list(reversed(listed)), 60))
        self.assertGreater(len(made), 40)
        self.assertEqual({split for _, split, _, _ in made}, {"train", "validation"})
        for _, split, over, under in made:
            self.assertEqual((over.split, under.split), (split, split))
            self.assertNotEqual(over.path, under.path)

    def test_a_mix_holds_both_and_keeps_its_length(self):
        low, high = (np.sin(2 * np.pi * tone * np.arange(16_000 * 2) / 16_000) for tone in (300, 3000))
        soundfile.write(self.here / "low.wav", 0.01 * low, 16_000)
        soundfile.write(self.here / "high.wav", 0.9 * high, 16_000)
        self.assertTrue(mixes.mix("a", self.here / "low.wav", self.here / "high.wav", self.here / "a.flac"))
        values, rate = soundfile.read(self.here / "a.flac")
        self.assertEqual((len(values), rate), (int(mixes.SECONDS * mixes.RATE), mixes.RATE))
        spectrum = np.abs(np.fft.rfft(values))
        at = [spectrum[round(tone * mixes.SECONDS)] for tone in (300, 3000)]
        # Neither drowns, however differently loud they were: 10 dB are a factor of 3.2.
        self.assertGreater(min(at), np.median(spectrum) * 50)
        self.assertLess(max(at) / min(at), 5)

    def test_with_silence_there_is_no_mix(self):
        soundfile.write(self.here / "quiet.wav", np.zeros(16_000), 16_000)
        soundfile.write(self.here / "loud.wav", np.full(16_000, 0.1), 16_000)
        self.assertFalse(mixes.mix("a", self.here / "loud.wav", self.here / "quiet.wav", self.here / "a.flac"))
        self.assertFalse((self.here / "a.flac").exists())

    def test_what_is_made_without_the_test_font_never_tests(self):
        self.assertEqual({own._untested(f"family/{number}") for number in range(200)}, {"train", "validation"})


if __name__ == "__main__":
    unittest.main()
