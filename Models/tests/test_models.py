"""Tests of the recipes: python3 Models/tests/test_models.py [--keep DIRECTORY]

With --keep the converted models stay there, beside patches and the embeddings that NumPy computes,
for Hark's own tests to compare with.
"""

import hashlib
import importlib.machinery
import importlib.util
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import unittest

# Small products gain nothing from threads, and on a busy machine they wait for each other.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS), str(MODELS / "tests")]
sys.dont_write_bytecode = True

import checkpoints  # noqa: E402
from harkmodel import frontend, network, safetensors, sounds  # noqa: E402
from harkmodel import tensorflow_checkpoint, torch_checkpoint  # noqa: E402

SEED = 7
FAST = ["--calibration-patches", "4"]


def load(script):
    """A recipe as a module, which spares starting Python for each call."""
    loader = importlib.machinery.SourceFileLoader(script.replace("-", "_"), str(MODELS / script))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


CONVERT, UNTRAINED = load("convert-vggish"), load("make-untrained")


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, "-B", str(MODELS / script), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )


class Recipes(unittest.TestCase):
    keep = None

    def setUp(self):
        if self.keep:
            self.directory = self.keep
        else:
            temporary = tempfile.TemporaryDirectory()
            self.addCleanup(temporary.cleanup)
            self.directory = pathlib.Path(temporary.name)

    def converted(self, checkpoint, *options):
        output = self.directory / (checkpoint.name + ".safetensors")
        arguments = map(str, [checkpoint, output, *FAST, *options])
        CONVERT.convert(CONVERT.parser().parse_args(list(arguments)))
        return safetensors.read(output)

    def assert_weights(self, tensors):
        for name, weight, bias in checkpoints.weights(SEED):
            np.testing.assert_array_equal(tensors[f"{name}.weight"], weight)
            np.testing.assert_array_equal(tensors[f"{name}.bias"], bias)
        for name in network.CONVOLUTIONS[:-1]:
            self.assertGreater(tensors[f"{name}.activation_limit"][0], 0)

    def test_tensorflow_v1(self):
        path = self.directory / "v1.ckpt"
        checkpoints.tensorflow_v1(SEED, path)
        tensors, metadata = self.converted(path)
        self.assert_weights(tensors)
        self.assertEqual(metadata["architecture"], "vggish")
        patches = sounds.calibration_patches(3, 5)
        np.save(self.directory / "patches.npy", patches)
        np.save(self.directory / "embeddings.npy", network.embed(tensors, patches))

    def test_tensorflow_v2(self):
        prefix = self.directory / "v2.ckpt"
        checkpoints.tensorflow_v2(SEED, prefix)
        self.assert_weights(self.converted(prefix)[0])

    def test_torch(self):
        archive, stream = self.directory / "archive.pth", self.directory / "stream.pth"
        checkpoints.torch_files(SEED, archive, stream)
        self.assert_weights(self.converted(archive)[0])
        self.assert_weights(self.converted(stream)[0])

    def test_files_of_the_frameworks(self):
        for name in ["tensorflow-v1.ckpt", "torch-archive.pth", "torch-stream.pth"]:
            with self.subTest(name):
                self.assert_weights(self.converted(MODELS / "tests" / "data" / name)[0])

    def test_pca(self):
        rng = np.random.default_rng(SEED)
        matrix = np.linalg.qr(rng.standard_normal((128, 128)))[0].astype(np.float32)
        means = rng.uniform(-0.1, 0.1, (128, 1)).astype(np.float32)
        np.savez(self.directory / "pca.npz", pca_eigen_vectors=matrix, pca_means=means)
        path = self.directory / "pca.ckpt"
        checkpoints.tensorflow_v1(SEED, path)
        tensors, metadata = self.converted(
            path, "--pca", self.directory / "pca.npz", "--postprocessing", "pca-8bit")
        np.testing.assert_array_equal(tensors["pca.matrix"], matrix)
        np.testing.assert_array_equal(tensors["pca.means"], means[:, 0])
        self.assertEqual(metadata["postprocessing"], "pca-8bit")
        # As VGGish's own vggish_postprocess.py, but for the codes' way back to numbers.
        patches = sounds.calibration_patches(3, 5)
        applied = (matrix @ (network.embed(tensors, patches).T - means)).T
        codes = ((np.clip(applied, -2, 2) + 2) * (255 / 4)).astype(np.uint8)
        np.save(self.directory / "pca-codes.npy", np.ascontiguousarray(codes, np.float32))
        archive, stream = self.directory / "p.pth", self.directory / "q.pth"
        checkpoints.torch_files(SEED, archive, stream, pca=(matrix, means))
        tensors, _ = self.converted(archive, "--postprocessing", "pca")
        np.testing.assert_array_equal(tensors["pca.matrix"], matrix)

    def test_bad_checkpoints(self):
        path = self.directory / "bad.ckpt"
        checkpoints.tensorflow_v1(SEED, path)
        good = path.read_bytes()
        for data in [good[: len(good) // 2], good[:100] + b"?" + good[101:], b"", b"PK nothing"]:
            path.write_bytes(data)
            with self.assertRaises(ValueError):
                self.converted(path)
        result = run("convert-vggish", path, self.directory / "bad.safetensors")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, "^convert-vggish: .+\n$")

    def test_pickle_runs_nothing(self):
        class Evil:
            def __reduce__(self):
                return print, ("run",)

        path = self.directory / "evil.pth"
        path.write_bytes(pickle.dumps(Evil(), 2))
        with self.assertRaisesRegex(torch_checkpoint.CheckpointError, "print"):
            torch_checkpoint.read(path)

    def test_crc32c(self):
        self.assertEqual(tensorflow_checkpoint.crc32c(b"123456789"), 0xE3069283)

    def test_front_end(self):
        golden = MODELS.parent / "Tests" / "Golden"
        import wave

        with wave.open(str(golden / "signal_16k.wav")) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
        expected = np.load(golden / "signal_16k.logmel.npy")
        np.testing.assert_allclose(frontend.log_mel(samples), expected, atol=1e-4)

    def test_untrained(self):
        first, second = (UNTRAINED.make(1, [8, 8, 8, 8, 8, 24], 4, 136) for _ in range(2))
        self.assertEqual(first.keys(), second.keys())
        for name, values in first.items():
            np.testing.assert_array_equal(values, second[name])
        path = self.directory / "untrained.safetensors"
        UNTRAINED.write(path, first, 1)
        tensors, metadata = safetensors.read(path)
        self.assertEqual(metadata["trained"], "false")
        patches = sounds.calibration_patches(5, 24)
        embeddings = network.embed(tensors, patches)
        np.save(self.directory / "untrained-patches.npy", patches)
        np.save(self.directory / "untrained-embeddings.npy", embeddings)
        cosines = (embeddings @ embeddings.T)[~np.eye(24, dtype=bool)]
        self.assertLess(cosines.mean(), 0.5)

    def test_metadata_hash(self):
        # Tests/EmbeddingTests/ModelHashTests.swift holds the same value, and computes it in Swift.
        metadata = {"name": "hark", "labels": '["étude","😀"]', "B": "", "é": "1", "a.b": "2"}
        expected = "8836c6c492e25271d62a269ee2bdb4a838e009de99cc519385aec4c3b4706700"
        self.assertEqual(safetensors.metadata_hash(metadata), expected)
        self.assertEqual(safetensors.metadata_hash({**metadata, "metadata_hash": "any"}), expected)
        path = self.directory / "hashed.safetensors"
        safetensors.write(path, {"a": np.zeros(1, np.float32)}, metadata)
        _, read = safetensors.read(path)
        self.assertEqual(read["metadata_hash"], safetensors.metadata_hash(read))
        self.assertNotEqual(read["metadata_hash"], safetensors.metadata_hash({**read, "name": "harp"}))

    def test_the_card_states_the_hash_of_the_shipped_model(self):
        shipped = MODELS / "hark-1.safetensors"
        rows = [line for line in (MODELS / "CARD.md").read_text().splitlines() if line.startswith("| File ")]
        self.assertEqual(len(rows), 1)
        self.assertIn(f"`{hashlib.sha256(shipped.read_bytes()).hexdigest()}`", rows[0])


if __name__ == "__main__":
    if "--keep" in sys.argv:
        position = sys.argv.index("--keep")
        Recipes.keep = pathlib.Path(sys.argv[position + 1])
        del sys.argv[position : position + 2]
    unittest.main()
