"""Tests of runs of `train` that go on: python3 -m unittest discover Models/tests

What needs PyTorch, soundfile or soxr is skipped where they are not installed.
"""

import contextlib
import hashlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS / "tests"), str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

import prepared  # noqa: E402
from harktraining import recordings  # noqa: E402

MISSING = [name for name in ("torch", "soundfile", "soxr") if importlib.util.find_spec(name) is None]
needs_training = unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}: see Models/training/README.md")


class CutOff(Exception):
    """In place of the end of a process."""


@needs_training
class Runs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        loader = importlib.machinery.SourceFileLoader("train", str(MODELS / "training" / "train"))
        cls.program = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
        loader.exec_module(cls.program)
        cls.temporary = tempfile.TemporaryDirectory()
        cls.data = pathlib.Path(cls.temporary.name)
        prepared.make(cls.data)
        # Narrow, since it is not what comes of it that is looked at.
        cls.enterClassContext(mock.patch.object(cls.program.model, "HALF", (2, 3, 4, 4, 5, 6)))
        cls.enterClassContext(mock.patch.object(cls.program, "keep_freed_memory"))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def train(self, run, *more, end=None):
        """What it says, and what each step began with; step number `end` is not made."""
        import torch

        begun, plain, said = [], self.program.step, io.StringIO()

        def step(network, heads, batch, centre, memory, terms, options):
            if len(begun) == end:
                raise CutOff
            begun.append({
                "network": {name: values.clone() for name, values in network.state_dict().items()},
                "heads": {name: values.clone() for name, values in heads.state_dict().items()},
                "held": [part.clone() for part in memory.held()],
                "random": torch.get_rng_state(), "crops": batch.wide.clone(),
            })
            return plain(network, heads, batch, centre, memory, terms, options)

        arguments = [self.data, "--output", run, "--batch", 8, "--save-minutes", 0, *more]
        with mock.patch.object(self.program, "step", step), contextlib.redirect_stdout(said):
            try:
                self.program.main(list(map(str, arguments)))
            except CutOff:
                pass
        return said.getvalue(), begun

    def checkpoint(self, run):
        import torch

        return torch.load(run / "checkpoint.pt", map_location="cpu", weights_only=True)

    def test_a_run_that_was_cut_off_goes_on_with_all_it_had(self):
        import torch

        run = self.data / "cut off"
        _, earlier = self.train(run, "--steps", 4, end=2)
        saved = self.checkpoint(run)
        self.assertEqual(saved["step"], 2)
        said, later = self.train(run, "--steps", 4)
        self.assertIn("goes on from step 2", said)
        self.assertEqual((len(earlier), len(later)), (2, 2))
        for part in ("network", "heads"):
            for name, values in later[0][part].items():
                torch.testing.assert_close(values.cpu(), saved[part][name], rtol=0, atol=0)
        # Two batches are remembered, and they are those of before.
        self.assertEqual(len(later[0]["held"][0]), 16)
        for part, name in zip(later[0]["held"], ("embeddings", "recordings", "labels")):
            torch.testing.assert_close(part.cpu(), saved["held"][name][:16], rtol=0, atol=0)
        # Other batches, otherwise changed.
        for first in earlier:
            for second in later:
                self.assertFalse(torch.equal(first["random"], second["random"]))
                self.assertFalse(torch.equal(first["crops"], second["crops"]))
        # Moments and the learning rate went on too: both count the steps of the whole run.
        done = self.checkpoint(run)
        self.assertEqual({int(state["step"]) for state in done["optimiser"]["state"].values()}, {4})
        self.assertEqual((done["step"], done["schedule"]["last_epoch"]), (4, 4))

    def test_a_run_of_other_settings_does_not_go_on(self):
        run = self.data / "settled"
        self.train(run, "--steps", 2, end=1)
        before = (run / "checkpoint.pt").read_bytes()
        given = self.data / "given"
        given.write_bytes(b"weights, had they been asked for")
        for name, more in {
            "widths": ["--widths", "full"], "steps": ["--steps", 3], "rate": ["--rate", 1e-4],
            "seed": ["--seed", 2], "batch": ["--batch", 4], "memory": ["--memory", 16],
            "without": ["--without", "labels"], "initial": ["--initial", given],
        }.items():
            with self.subTest(name), self.assertRaisesRegex(SystemExit, f"of a run with another {name}: "):
                self.train(run, "--steps", 2, *more)
        if not self.checkpoint(run)["bf16"]:
            with self.assertRaisesRegex(SystemExit, "another bf16"):
                self.train(run, "--steps", 2, "--bf16")
        with mock.patch.dict(self.program.TERMS, {"tags": 0.1}), \
                self.assertRaisesRegex(SystemExit, "another terms"):
            self.train(run, "--steps", 2)
        listed = recordings.read(self.data / "recordings.csv")
        self.addCleanup(recordings.write, self.data / "recordings.csv", listed)
        recordings.write(self.data / "recordings.csv", listed[1:])
        with self.assertRaisesRegex(SystemExit, "another data"):
            self.train(run, "--steps", 2)
        self.assertEqual((run / "checkpoint.pt").read_bytes(), before)

    def test_a_run_from_an_earlier_one_tells_which(self):
        import torch

        first, second = self.data / "first", self.data / "second"
        self.train(first, "--steps", 1)
        _, begun = self.train(second, "--steps", 2, "--initial", first, "--without", "labels", end=1)
        for name, values in self.checkpoint(first)["network"].items():
            torch.testing.assert_close(begun[0]["network"][name].cpu(), values, rtol=0, atol=0)
        saved = self.checkpoint(second)
        digest = hashlib.sha256((first / "checkpoint.pt").read_bytes()).hexdigest()
        self.assertEqual((saved["initial"], saved["without"]), (digest, ["labels"]))
        said, _ = self.train(second, "--steps", 2, "--without", "labels", "--initial", first)
        self.assertIn("goes on from step 1", said)
        self.assertEqual(self.checkpoint(second)["initial"], digest)
        with self.assertRaisesRegex(SystemExit, "there is no "):
            self.train(self.data / "third", "--initial", self.data / "absent")


if __name__ == "__main__":
    unittest.main()
