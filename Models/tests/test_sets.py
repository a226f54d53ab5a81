"""Tests of the files that `evaluate` makes: python3 -m unittest discover Models/tests

They are skipped where soundfile is not installed.
"""

import importlib.util
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

from harktraining import recordings  # noqa: E402

needs_soundfile = unittest.skipIf(
    importlib.util.find_spec("soundfile") is None, "needs soundfile: see Models/training/README.md")
RATE = 1000


def convert(arguments, check):
    """In place of lame and sox: the first file named is copied to the second."""
    source, target = [pathlib.Path(text) for text in arguments if text.endswith((".wav", ".mp3"))]
    target.write_bytes(source.read_bytes())


@needs_soundfile
class Made(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.data = pathlib.Path(temporary.name)
        self.work = self.data / "work"
        self.work.mkdir()

    def music(self, name, level, seconds=70):
        """A recording of one level throughout."""
        import soundfile

        soundfile.write(self.data / name, np.full(seconds * RATE, level), RATE)
        return recordings.Recording(name, "made", "music", "", "test")

    def levels(self, paths):
        import soundfile

        return [round(float(soundfile.read(str(path))[0].mean()), 2) for path in paths]

    def test_cuts_follow_the_list_and_the_files(self):
        from harktraining import sets

        b = self.music("b.wav", 0.2)
        first, second, tests = sets.halves(self.data, [b], self.work)
        self.assertEqual((self.levels(first), self.levels(second), tests), ([0.2], [0.2], 1))
        made = first[0].stat().st_mtime_ns
        # What comes before it in the list takes nothing from it.
        a = self.music("a.wav", 0.1)
        first, second, _ = sets.halves(self.data, [b, a], self.work)
        self.assertEqual((self.levels(first), self.levels(second)), ([0.1, 0.2], [0.1, 0.2]))
        self.assertEqual(first[1].stat().st_mtime_ns, made)
        # Nor does it stay what it was when its file is another.
        self.music("b.wav", 0.4, seconds=71)
        first, second, _ = sets.halves(self.data, [b, a], self.work)
        self.assertEqual((self.levels(first), self.levels(second)), ([0.1, 0.4], [0.1, 0.4]))

    def test_what_was_cut_off_is_made_again(self):
        import soundfile

        from harktraining import sets

        listed, write = [self.music("a.wav", 0.3)], soundfile.write

        def half(path, *_):
            pathlib.Path(path).write_bytes(b"fLaC and no more")
            raise KeyboardInterrupt

        with mock.patch.object(soundfile, "write", half), self.assertRaises(KeyboardInterrupt):
            sets.halves(self.data, listed, self.work)
        self.assertIs(soundfile.write, write)
        first, second, _ = sets.halves(self.data, listed, self.work)
        self.assertEqual((self.levels(first), self.levels(second)), ([0.3], [0.3]))

    def test_changes_follow_the_files(self):
        from harktraining import sets

        with mock.patch.object(sets.subprocess, "run", convert):
            files = [self.data / self.music(f"{name}.wav", level, 1).path for name, level in
                     (("a", 0.4), ("b", 0.8))]
            found = sets.changed(files, self.work)
            self.assertEqual(self.levels(found["-12 dB"]), [0.1, 0.2])
            self.assertEqual(self.levels(found["8 kHz band"]), [0.4, 0.8])
            found = sets.changed(files[1:], self.work)
            self.assertEqual(self.levels(found["-12 dB"]), [0.2])
            self.assertEqual(found["MP3 64 kbit/s"][0].read_bytes(), found["8 kHz band"][0].read_bytes())
            self.music("b.wav", 0.4, 2)
            found = sets.changed(files[1:], self.work)
            self.assertEqual(self.levels(found["8 kHz band"]), [0.4])
        self.assertEqual(list(self.work.glob("new-*")), [])


@needs_soundfile
class Sets(unittest.TestCase):
    def test_a_sound_that_is_there_twice_asks_once(self):
        import soundfile

        from harktraining import sets

        rng = np.random.default_rng(4)
        with tempfile.TemporaryDirectory() as folder:
            data, listed = pathlib.Path(folder), []
            for number in range(8):
                sound = rng.standard_normal(4_000) * 0.1
                for level in (1.0, 0.5):
                    path = f"{number}-{level}.wav"
                    soundfile.write(data / path, sound * level, 8_000)
                    listed.append(recordings.Recording(path, "render-x", "one-shot", "kick", "test"))
            found = sets.single_renderings(data, listed)
            self.assertEqual([path.name for path, _ in found], [f"{number}-1.0.wav" for number in range(8)])

    def test_what_tests_is_asked_among_what_validates(self):
        from harktraining import sets

        listed = [
            recordings.Recording(f"{n}.wav", "kits", "one-shot", "kick" if n < 8 else "rare", split)
            for n, split in enumerate(["test", "validation", "train"] * 4)]
        found = sets.samples(pathlib.Path("/x"), listed, least=5)
        self.assertEqual([(path.name, asks) for path, _, asks in found], [
            ("0.wav", True), ("1.wav", False), ("3.wav", True), ("4.wav", False), ("6.wav", True),
            ("7.wav", False)])

    def test_an_ear_is_standardised_once(self):
        from harktraining import ears

        values = {"a": [1.0, 10.0], "b": [3.0, 30.0], "c": [5.0, 10.0]}
        ear = ears.standardised(lambda files: np.array([values[file] for file in files]), ["a", "b"])
        np.testing.assert_allclose(ear(["a", "b"]), [[-1, -1], [1, 1]], atol=1e-6)
        # Alone it is what it is among others.
        np.testing.assert_allclose(ear(["c"]), [[3, -1]], atol=1e-6)


if __name__ == "__main__":
    unittest.main()
