"""Tests of training the embedding on whole recordings."""

import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import types
import unittest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(MODELS / "tests"), str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

import prepared  # noqa: E402

from harkmodel import network, safetensors  # noqa: E402

MISSING = [name for name in ("torch", "soundfile", "soxr") if importlib.util.find_spec(name) is None]
needs_training = unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}: see Models/training/README.md")
if not MISSING:
    import torch


class Few:
    """A collection of four recordings of 1, 2, 5 and 40 patches of noise."""

    def __init__(self):
        counts = np.array([1, 2, 5, 40])
        frames = np.random.default_rng(1).normal(-2, 1, (96 * counts.sum(), 64)).astype(np.float16)
        firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        self.store = types.SimpleNamespace(frames=frames, patches=counts, first=96 * firsts)
        self.first_patch, self.rows = firsts, [0, 1, 3]

    def drawn(self, count):
        return [0, 1, 2, 3, 3][:count]

    def label_number(self, row):
        return [-1, 7, 7, -1][row]

    def patches(self, rows):
        return torch.from_numpy(self.store.frames.reshape(-1, 96, 64)[rows].astype(np.float32))


@needs_training
class Refining(unittest.TestCase):
    def test_stretches_of_a_recording_lie_apart(self):
        from harktraining import stretches

        few = Few()
        for seed in range(50):
            pairs = stretches.draw(few, np.random.default_rng(seed), 5)
            self.assertEqual(pairs.recordings.tolist(), [0, 0, 1, 1, 2, 2, 3, 3])
            self.assertEqual(pairs.labels.tolist(), [-1, -1, 7, 7, 7, 7, -1, -1])
            for number, row in enumerate(pairs.recordings.tolist()):
                own = pairs.patches[pairs.stretch == number] - few.first_patch[row]
                self.assertEqual(pairs.patches[pairs.first[number]] - few.first_patch[row], own[0])
                self.assertTrue(np.array_equal(own, np.arange(own[0], own[0] + len(own))))
                self.assertTrue(own[0] >= 0 and own[-1] < few.store.patches[row] and len(own) <= 15)
                if number % 2 and row:
                    before = pairs.patches[pairs.stretch == number - 1] - few.first_patch[row]
                    self.assertTrue(before[-1] < own[0])

    def test_a_stretch_is_pooled_as_a_recording_is(self):
        from harkmodel import pooling

        from harktraining import stretches

        rows = np.random.default_rng(2).standard_normal((7, 128))
        patches = np.random.default_rng(3).normal(-2, 1, (7, 96, 64))
        weights = pooling.loudness(patches)
        got = stretches.pooled(
            torch.from_numpy(rows), torch.from_numpy(weights), torch.tensor([0, 0, 0, 1, 1, 1, 1]), 2)
        for stretch, part in enumerate((slice(0, 3), slice(3, 7))):
            wanted = pooling.pooled(rows[part], patches[part])
            np.testing.assert_allclose(got[stretch], wanted / np.linalg.norm(wanted), atol=1e-6)

    def test_rows_of_the_trunk_are_kept_and_gone_on_with(self):
        from harktraining import model, trunk

        torch.manual_seed(4)
        network, few = model.Network((2, 3, 4, 4, 5, 5)).eval(), Few()
        chunk, trunk.CHUNK = trunk.CHUNK, 16
        self.addCleanup(setattr, trunk, "CHUNK", chunk)
        with tempfile.TemporaryDirectory() as folder:
            kept = trunk.TrunkStore(folder, network, few, note=lambda text: None)
            self.assertEqual((len(kept.plain), len(kept.changed)), (48, 43))
            rows = torch.from_numpy(kept.plain.astype(np.float32))
            with torch.no_grad():
                wanted = network(few.patches(np.arange(48))).numpy()
                got = torch.nn.functional.normalize(network.embedding(rows), dim=1).numpy()
            np.testing.assert_allclose(got, wanted, atol=2e-3)
            # The third recording is of another split: the fourth's first patch comes after the second's last.
            self.assertEqual(kept.changed_row[[0, 1, 2, 8]].tolist(), [0, 1, 2, 3])
            whole = (pathlib.Path(folder) / "changed.f16").read_bytes()
            (pathlib.Path(folder) / "changed.f16").write_bytes(whole[: len(whole) // 2 + 11])
            again = trunk.TrunkStore(folder, network, few, note=lambda text: None)
            self.assertEqual((pathlib.Path(folder) / "changed.f16").read_bytes(), whole)
            self.assertEqual(len(again.changed), 43)

    def test_only_the_embedding_and_the_tags_are_refined(self):
        from harktraining import model, shipping

        torch.manual_seed(5)
        narrow, heads = model.Network((2, 3, 4, 4, 5, 5)).eval(), model.Heads(521, 1024)
        tensors = model.folded(narrow)
        tensors["tags.weight"] = heads.tags.weight.detach().numpy()
        tensors["tags.bias"] = heads.tags.bias.detach().numpy()
        stored = shipping.shipped(tensors)
        stored.update(network.calibrate(stored, Few().patches(np.arange(8)).numpy()))
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder)
            prepared.make(data)
            shipping.write(data / "given", stored, name="tiny", labels=[f"label {n}" for n in range(521)],
                           licence="none", training={"recipe": "none"})
            results = {}
            for share in ("0", "1"):
                done = subprocess.run(
                    [sys.executable, "-B", str(MODELS / "training/refine"), str(data), str(data / "given"),
                     "--output", str(data / share), "--work", str(data / "work"), "--steps", "4",
                     "--recordings", "8", "--share", share], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("validation", done.stdout)
                results[share], metadata = safetensors.read(data / share)
                record = json.loads(metadata["training"])
                self.assertEqual(record["model"], hashlib.sha256((data / "given").read_bytes()).hexdigest())
                self.assertEqual(record["trunk"], {"recipe": "none"})
                self.assertEqual(set(results[share]), set(stored))
            for name, values in stored.items():
                np.testing.assert_allclose(results["0"][name], values, atol=2e-3)
                layer = name.split(".")[0]
                changes = not np.array_equal(results["1"][name], values)
                self.assertEqual(changes, layer in ("embedding", "tags"), name)


if __name__ == "__main__":
    unittest.main()
