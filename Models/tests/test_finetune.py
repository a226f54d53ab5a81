"""Tests of fine-tuning: python3 -m unittest discover Models/tests

What needs PyTorch, soundfile or soxr is skipped where they are not installed. The result is loaded by the
`hark` that HARK_BUILT or .build holds; without one, its embeddings are compared in NumPy alone.
"""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

import harktraining  # noqa: E402, F401

from harkmodel import network, safetensors  # noqa: E402

SHIPPED = MODELS / "hark-1.safetensors"
MISSING = [name for name in ("torch", "soundfile", "soxr") if importlib.util.find_spec(name) is None]
needs_training = unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}: see Models/training/README.md")


def built_hark():
    """The newest `hark` that has its worker beside it; None where none is built."""
    folders = [pathlib.Path(os.environ["HARK_BUILT"])] if os.environ.get("HARK_BUILT") else [
        MODELS.parent / ".build" / kind for kind in ("debug", "release")]
    found = [folder / "hark" for folder in folders
             if (folder / "hark").exists() and (folder / "hark-worker").exists()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def make_recordings(folder, count, seconds, seed=1):
    """Chords that differ, with some noise, as WAV files in folders."""
    import soundfile

    random = np.random.default_rng(seed)
    for number in range(count):
        t = np.arange(int(22_050 * seconds)) / 22_050
        sound = 0.02 * random.standard_normal((len(t), 2))
        for base in random.uniform(80, 3000, 3):
            sound += 0.15 * np.sin(2 * np.pi * base * t)[:, None] * np.exp(-t % random.uniform(0.2, 1))[:, None]
        path = folder / f"album {number % 3}" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, sound, 22_050)


def script():
    """`finetune` as a module, which spares loading PyTorch for each call."""
    loader = importlib.machinery.SourceFileLoader("finetune", str(MODELS / "training" / "finetune"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@needs_training
class Parents(unittest.TestCase):
    def test_the_network_of_a_file_computes_what_the_file_does(self):
        import torch
        from harktraining import parent

        model = parent.Parent(SHIPPED)
        patches = np.random.default_rng(3).uniform(-4, 1, (3, 96, 64)).astype(np.float32)
        made = parent.network_of(model.tensors).eval()
        with torch.no_grad():
            got = made(torch.from_numpy(patches)).numpy()
        np.testing.assert_allclose(got, network.embed(model.tensors, patches), atol=1e-5)
        for name, values in parent.tensors_of(made).items():
            layer, part = name.split(".")
            wanted = network.weight(model.tensors, layer) if part == "weight" else model.tensors[name]
            np.testing.assert_array_equal(values, wanted)

    def test_changed_metadata_is_refused(self):
        from harktraining import parent

        tensors, metadata = safetensors.read(SHIPPED)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "changed.safetensors"
            safetensors.write(path, tensors, {key: metadata[key] for key in metadata if key != "hashes"})
            parent.Parent(path)
            path.write_bytes(path.read_bytes().replace(b"Speech", b"Spooch", 1))
            with self.assertRaisesRegex(ValueError, "its metadata is not what it was"):
                parent.Parent(path)


@needs_training
class Finetune(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.finetune = script()
        cls.temporary = tempfile.TemporaryDirectory()
        cls.here = pathlib.Path(cls.temporary.name)
        cls.music = cls.here / "music"
        make_recordings(cls.music, 12, 4.2)
        (cls.music / "broken.flac").write_bytes(b"fLaC, and no more")
        shutil.copy(cls.music / "album 0" / "0.wav", cls.music / "copy of 0.wav")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def call(self, *arguments):
        """The exit status, and what it says on standard output and standard error."""
        said, complained, status = io.StringIO(), io.StringIO(), 0
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            try:
                self.finetune.main(list(map(str, arguments)))
            except SystemExit as end:
                # As Python itself does with a text.
                status = end.code if isinstance(end.code, int) else 1
                print("" if isinstance(end.code, int) else end.code, file=sys.stderr)
        return status, said.getvalue(), complained.getvalue()

    def tune(self, folder, output, *more):
        return self.call(folder, "--model", SHIPPED, "--output", output, "--batch", 8, "--calibration", 4, *more)

    def refused(self, words, *arguments, expected=1):
        status, said, complained = self.call(*arguments)
        self.assertEqual(status, expected, said + complained)
        self.assertIn(words, complained)

    def test_an_epoch_gives_a_model_that_hark_takes(self):
        output = self.here / "mine.safetensors"
        done = subprocess.run(
            [sys.executable, "-B", MODELS / "training" / "finetune", self.music, "--model", SHIPPED,
             "--output", output, "--batch", "8", "--calibration", "4", "--epochs", "1", "--rate", "3e-4",
             "--anyway"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("broken.flac", done.stderr)
        self.assertIn("12 recordings, 1 unreadable, 1 copy", done.stdout)
        self.assertIn("hark-1+mine  halves MRR", done.stdout)
        self.assertFalse((self.here / "mine.safetensors.work").exists())

        before, _ = safetensors.read(SHIPPED)
        after, metadata = safetensors.read(output)
        self.assertEqual(set(before), set(after))
        for name in [*network.CONVOLUTIONS, "embedding"]:
            moved = np.abs(network.weight(after, name) - network.weight(before, name)).max()
            self.assertGreater(moved, 0, name)
            self.assertLess(moved, 0.1, name)
        np.testing.assert_array_equal(before["tags.weight"], after["tags.weight"])
        for name in network.CONVOLUTIONS[:-1]:
            limit = f"{name}.activation_limit"
            self.assertGreaterEqual(after[limit][0], before[limit][0])
        record = json.loads(metadata["training"])
        self.assertEqual((metadata["name"], record["parent"]["name"]), ("hark-1+mine", "hark-1"))
        self.assertEqual(len(record["parent"]["sha256"]), 64)
        self.assertNotIn("music", json.dumps(metadata | {"labels": ""}))
        self.compare_with_hark(output, after)

    def compare_with_hark(self, model, tensors):
        """Hark's own reader takes the file, and at 8 bits hears what PyTorch does."""
        import torch
        from harktraining import features, parent

        files = sorted(self.music.glob("album*/*.wav"))[:4]
        made, wanted = parent.network_of(tensors).eval(), []
        for file in files:
            frames, count = features.log_mel(features.samples_of(file))
            with torch.no_grad():
                rows = made(torch.from_numpy(frames.reshape(count, 96, 64))).mean(dim=0)
            wanted.append((rows / rows.norm()).numpy())
        hark = built_hark()
        if hark is None:
            self.skipTest("everything but Hark's own reader was tested: no hark is built")
        checked = subprocess.run([hark, "model", "check", model], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        rows = self.here / "rows.npy"
        done = subprocess.run(
            [hark, "embed", *files, "--pooled", "--precision", "int8", "--output", rows, "--model", model],
            capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater((np.load(rows) * np.stack(wanted)).sum(axis=1).min(), 0.99)

    def test_a_run_that_was_cut_off_goes_on_with_all_it_had(self):
        import torch
        from harktraining.continuing import Continuing

        begun, plain, end = [], Continuing.loss, 2

        def loss(run, crops, recordings):
            if len(begun) == end:
                raise KeyboardInterrupt
            begun.append({
                "network": {name: values.clone() for name, values in run.network.state_dict().items()},
                "held": [part.clone() for part in run.memory.held()], "random": torch.get_rng_state()})
            return plain(run, crops, recordings)

        work, output = self.here / "cut off", self.here / "whole.safetensors"
        arguments = [self.music, output, "--steps", 4, "--rate", 1e-3, "--work", work]
        with mock.patch.object(Continuing, "loss", loss):
            with self.assertRaises(KeyboardInterrupt):
                self.tune(*arguments)
            saved = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)
            end = None
            _, said, complained = self.tune(*arguments)
        self.assertIn("goes on from step 2", said, complained)
        self.assertEqual((saved["steps"], len(begun)), (2, 4))
        moved = 0.0
        for name, values in begun[2]["network"].items():
            torch.testing.assert_close(values.cpu(), saved["network"][name], rtol=0, atol=0)
            moved += float((values - begun[0]["network"][name]).abs().sum())
        self.assertGreater(moved, 0)
        self.assertEqual(len(begun[2]["held"][0]), 16)
        for part, name in zip(begun[2]["held"], ("embeddings", "recordings", "labels")):
            torch.testing.assert_close(part.cpu(), saved["held"][name][:16], rtol=0, atol=0)
        for first in begun[:2]:
            self.assertFalse(any(torch.equal(first["random"], second["random"]) for second in begun[2:]))
        # Moments count the steps of the whole run.
        done = torch.load(work / "checkpoint.pt", map_location="cpu", weights_only=True)
        self.assertEqual({int(state["step"]) for state in done["optimiser"]["state"].values()}, {4})

    def test_without_a_gain_nothing_is_written_unless_asked_and_a_run_goes_on(self):
        # A rate at which nothing moves cannot make it better.
        output = self.here / "still.safetensors"
        arguments = [self.music, output, "--steps", 2, "--rate", 1e-12]
        status, said, complained = self.tune(*arguments)
        self.assertEqual(status, 1, said)
        self.assertIn("is not better than hark-1", said)
        self.assertIn("--anyway", complained)
        self.assertFalse(output.exists())
        status, said, complained = self.tune(*arguments, "--anyway")
        self.assertEqual(status, 0, complained)
        self.assertIn("goes on from step 2", said)
        self.assertTrue(output.exists())
        self.assertEqual([path.name for path in self.here.glob("still*")], ["still.safetensors"])

    def test_a_run_of_other_settings_does_not_go_on(self):
        output, work = self.here / "other.safetensors", self.here / "kept"
        self.tune(self.music, output, "--steps", 1, "--work", work)
        self.assertTrue((work / "checkpoint.pt").exists())
        again = ["--model", SHIPPED, "--output", output, "--batch", 8, "--work", work, "--rate", 0.5]
        self.refused("another rate", self.music, *again)

    def test_frames_of_an_older_form_are_refused_and_kept(self):
        work = self.here / "older.safetensors.work"
        work.mkdir()
        (work / "frames.csv").write_text("recording,first,patches\n1,0,1\n")
        self.refused("is of an older form", self.music, "--model", SHIPPED, "--output", work.with_suffix(""))
        self.assertTrue((work / "frames.csv").exists())

    def test_what_cannot_be_trained_on_is_refused(self):
        to = ["--model", SHIPPED, "--output", self.here / "never.safetensors"]
        empty, words, few, short = (self.here / name for name in ("empty", "words", "few", "short"))
        for folder in (empty, words):
            folder.mkdir()
        (words / "notes.txt").write_text("no audio")
        self.refused("no audio in", empty, *to)
        self.refused("no audio in", words, *to)
        (words / "text.mp3").write_text("no audio either")
        self.refused("none of its 1 files could be used", words, *to)
        self.refused("is not a folder", self.here / "absent", *to)
        make_recordings(few, 5, 3)
        self.refused("and " + str(few) + " has 5", few, *to)
        make_recordings(short, 12, 0.5)
        self.refused("the 12 shorter ones have no halves", short, *to)
        self.assertEqual(list(self.here.glob("never*")), [])

    def test_models_and_outputs_that_do_not_do_are_refused(self):
        output, made = self.here / "never.safetensors", self.here / "bad.safetensors"
        made.write_bytes(b"not a model, but long enough to look for a header in")
        self.refused("is not a model of Hark's", self.music, "--model", made, "--output", output)
        made.write_bytes(SHIPPED.read_bytes()[:-1] + bytes([SHIPPED.read_bytes()[-1] ^ 1]))
        self.refused("is damaged", self.music, "--model", made, "--output", output)
        made.write_bytes(SHIPPED.read_bytes()[:100_000])
        self.refused("is not a model of Hark's", self.music, "--model", made, "--output", output)
        self.refused("No such file", self.music, "--model", self.here / "absent", "--output", output)
        self.refused("cannot write", self.music, "--model", SHIPPED, "--output", self.here / "absent" / "x")
        self.refused("it is a folder", self.music, "--model", SHIPPED, "--output", self.here)
        made.write_bytes(SHIPPED.read_bytes())
        self.refused("the model itself", self.music, "--model", made, "--output", made)
        self.refused("not above 0", self.music, "--model", made, "--output", output, "--steps", 0, expected=2)


if __name__ == "__main__":
    unittest.main()
