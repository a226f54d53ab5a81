"""Tests of what `prepare` keeps: python3 -m unittest discover Models/tests

What needs PyTorch, soundfile or soxr is skipped where they are not installed.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS / "tests"), str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

from harktraining import evaluation, recordings, store  # noqa: E402

MISSING = [name for name in ("torch", "soundfile", "soxr") if importlib.util.find_spec(name) is None]
needs_training = unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}: see Models/training/README.md")
SPLITS = {"b.wav": "train", "d.wav": "test", "f.wav": "validation"}


def recording(name, split):
    return recordings.Recording(name, "made", "effect", name[0], split)


class Stores(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name) / "store"
        self.frames = np.random.default_rng(7).standard_normal((96, 64)).astype(np.float32)

    def test_a_store_that_was_cut_off_goes_on(self):
        store.StoreWriter(self.folder).append('a "b", c.wav', self.frames, 1)
        with open(self.folder / "frames.f16", "ab") as file:
            file.write(b"half a recording")
        again = store.StoreWriter(self.folder)
        self.assertEqual((again.done, again.next), ({'a "b", c.wav'}, 96))
        again.append("d.wav", self.frames * 2, 1)
        read = store.Store(self.folder)
        self.assertEqual(read.keys, ['a "b", c.wav', "d.wav"])
        np.testing.assert_array_equal(read.frames[96:], (self.frames * 2).astype(np.float16))

    def test_a_longer_list_leaves_every_recording_its_own(self):
        writer = store.StoreWriter(self.folder)
        for name in SPLITS:
            writer.append(name, self.frames, 1)
        grown = [recording("a.wav", "train"), recording("b.wav", "train"), recording("c.wav", "test"),
                 recording("d.wav", "test"), recording("e.wav", "train")]
        found = store.Store(self.folder).listed(grown)
        self.assertEqual({row: (r.path, r.split) for row, r in found.items()},
                         {0: ("b.wav", "train"), 1: ("d.wav", "test")})

    def test_a_probe_measures_its_own_split_of_a_longer_list(self):
        data = self.folder.parent
        writer = store.StoreWriter(self.folder)
        for name in SPLITS:
            writer.append(name, self.frames, 1)
        recordings.write(data / "recordings.csv", [
            recording("a.wav", "validation"), *(recording(name, split) for name, split in SPLITS.items())])
        self.assertEqual([r.path for r in evaluation.Probe(data, "validation").info.values()], ["f.wav"])

    def test_a_store_of_the_older_form_is_refused_and_stays_as_it_is(self):
        self.folder.mkdir()
        table = self.folder / "frames.csv"
        table.write_text("recording,first,patches\n0,0,1\n")
        (self.folder / "frames.f16").write_bytes(bytes(96 * 64 * 2))
        for opened in (store.Store, store.StoreWriter):
            with self.assertRaisesRegex(ValueError, "prepare anew"):
                opened(self.folder)
        self.assertEqual(table.read_text(), "recording,first,patches\n0,0,1\n")
        self.assertEqual((self.folder / "frames.f16").stat().st_size, 96 * 64 * 2)

    def test_another_longest_is_refused(self):
        store.StoreWriter(self.folder, 30)
        store.StoreWriter(self.folder, 240.0).append("a.wav", self.frames, 1)
        store.StoreWriter(self.folder, 240)
        with self.assertRaisesRegex(ValueError, "give --longest 240"):
            store.StoreWriter(self.folder, 30.0)


@needs_training
class Prepare(unittest.TestCase):
    """The program itself, on made sounds, with a teacher that hears each file's loudness."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.data = pathlib.Path(temporary.name)

    def call(self, *arguments):
        loader = importlib.machinery.SourceFileLoader("prepare", str(MODELS / "training" / "prepare"))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(module)
        hear = lambda samples, patches, _: (  # noqa: E731
            np.full((patches, 521), np.abs(samples).max()), np.full((patches, 1024), np.abs(samples).max()))
        heard = types.SimpleNamespace(Teacher=lambda *_: types.SimpleNamespace(hear=hear),
                                      CLASSES=521, DIMENSION=1024)
        line = ["prepare", str(self.data), "--teacher", "none", *map(str, arguments)]
        with mock.patch.object(module, "teacher", heard), mock.patch.object(sys, "argv", line), \
                contextlib.redirect_stdout(io.StringIO()):
            module.main()

    def listed(self, names):
        import soundfile

        for name in names:
            # The letter's place says how loud.
            sound = np.sin(np.arange(16_000) / 20) * (ord(name[0]) - ord("a") + 1) / 10
            soundfile.write(self.data / name, sound, 16_000)
        recordings.write(self.data / "recordings.csv", [
            recording(name, SPLITS.get(name, "train")) for name in names])

    def test_what_is_found_later_is_added_and_scrambles_nothing(self):
        from harktraining import batches

        self.listed(["b.wav", "d.wav", "f.wav"])
        self.call()
        self.listed(["a.wav", "b.wav", "c.wav", "d.wav"])
        self.call()
        self.assertEqual(store.Store(self.data / "store").keys, ["b.wav", "d.wav", "f.wav", "a.wav", "c.wav"])
        collection = batches.Collection(self.data, "train", seed=1)
        self.assertEqual([collection.info[row].path for row in collection.rows], ["b.wav", "a.wav", "c.wav"])
        self.assertNotIn("f.wav", [info.path for info in collection.info.values()])
        for row, info in collection.info.items():
            loud = (ord(info.path[0]) - ord("a") + 1) / 10
            self.assertAlmostEqual(float(collection.scores[collection.first_patch[row], 0]), loud, places=2)

    def test_another_longest_ends_it_with_a_sentence(self):
        self.listed(["b.wav"])
        self.call("--longest", 20)
        with self.assertRaisesRegex(SystemExit, "prepare: .*--longest 20"):
            self.call()


if __name__ == "__main__":
    unittest.main()
