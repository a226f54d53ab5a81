"""Tests of the training: python3 -m unittest discover Models/tests

What needs PyTorch, soundfile or soxr is skipped where they are not installed.
"""

import hashlib
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(MODELS / "tests"), str(MODELS / "training"), str(MODELS)]
sys.dont_write_bytecode = True

import prepared  # noqa: E402
from harktraining import evaluation, labels, recordings, styles  # noqa: E402

from harkmodel import frontend, network, pooling, safetensors  # noqa: E402

MISSING = [name for name in ("torch", "soundfile", "soxr") if importlib.util.find_spec(name) is None]
needs_training = unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}: see Models/training/README.md")


class Lists(unittest.TestCase):
    def test_names_give_labels(self):
        for path, label in {
            "kits/TR808/808 Kick Long.wav": "kick", "kits/x/BD_02.flac": "kick",
            "kits/Bass Station/snare-1.wav": "snare", "k/EE_Hat_Cl_Dirty.flac": "hi-hat closed",
            "k/hihat_open3.ogg": "hi-hat open", "k/HH_pedal.wav": "hi-hat pedal",
            "samples/drum_bass_soft.flac": "bass", "k/LowTom7.wav": "tom", "k/bottom.wav": "",
            "k/sidestick1.flac": "cross stick", "k/crash12.wav": "crash", "x/whatever.wav": "",
            "drums/kick/01.wav": "kick",
        }.items():
            self.assertEqual(labels.label_of(path), label, path)

    def test_splits_follow_from_names_alone(self):
        names = [f"family {number}" for number in range(4000)]
        first = [recordings.split_of(name) for name in names]
        self.assertEqual(first, [recordings.split_of(name) for name in names])
        for split, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
            self.assertAlmostEqual(first.count(split) / len(names), share, delta=0.02)

    def test_the_same_bytes_and_the_stems_of_a_song_are_in_one_split(self):
        with tempfile.TemporaryDirectory() as folder:
            data = pathlib.Path(folder)
            contents = {"song/song.ogg": "a", "song/guitar.ogg": "b", "b.ogg": "b", "c.ogg": "c", "d.ogg": "c"}
            splits = {"b.ogg": "train", "c.ogg": "test", "d.ogg": "validation"}
            (data / "song").mkdir()
            for path, content in contents.items():
                (data / path).write_text(content)
            listed = [recordings.Recording(path, "p", "music", "", splits.get(path, "test")) for path in contents]
            # b.ogg trains, and so does the song of which it is a stem.
            self.assertEqual(
                [r.split for r in recordings.together(data, listed)],
                ["train", "train", "train", "validation", "validation"])

    def test_fold_four_is_never_trained_on(self):
        self.assertEqual(recordings.esc_split("4-100032-A.ogg"), "test")
        for fold in "123":
            splits = {recordings.esc_split(f"{fold}-{source}-B.ogg") for source in range(300)}
            self.assertEqual(splits, {"train", "validation"})
        # Clips of one source share a split.
        self.assertEqual(recordings.esc_split("1-77-A.ogg"), recordings.esc_split("1-77-B.ogg"))

    def test_the_list_is_read_as_written(self):
        listed = [recordings.Recording("a,b.ogg", "p", "music", "", "train"),
                  recordings.Recording('q"uote.wav', "p", "one-shot", "kick", "test")]
        with tempfile.TemporaryDirectory() as folder:
            recordings.write(f"{folder}/list.csv", listed)
            self.assertEqual(recordings.read(f"{folder}/list.csv"), listed)

    def test_chords_repeat(self):
        bars, speed = styles.chords("BossaNova/3")
        self.assertEqual((bars, speed), styles.chords("BossaNova/3"))
        self.assertNotEqual(bars, styles.chords("BossaNova/4")[0])
        self.assertEqual(len(bars), styles.BARS)


class Figures(unittest.TestCase):
    def test_loud_patches_count_more(self):
        # Magnitudes of 1 weigh 1, those of a hundredth a tenth, and silence next to nothing.
        patches = np.log(np.array([1, 0.01, 0]) + frontend.OFFSET)[:, None, None] * np.ones((1, 96, 64))
        np.testing.assert_allclose(pooling.loudness(patches), [1, 0.1, np.sqrt(1e-5)], rtol=1e-4)
        segments = np.eye(3, 128)
        np.testing.assert_allclose(pooling.pooled(segments, patches, "mean")[:3], [1 / 3] * 3)
        self.assertGreater(pooling.pooled(segments, patches)[0], 0.9)

    def test_retrieval_equals_its_definition(self):
        rng = np.random.default_rng(3)
        vectors, names = rng.standard_normal((40, 6)), [str(n % 7) for n in range(40)]
        # One has no other, and two have fewer than five.
        names[39], names[38], names[37], names[36] = "alone", "few", "few", "few"
        means, fives = [], []
        for query in range(39):
            unit = [v / np.linalg.norm(v) for v in vectors]
            others = sorted((n for n in range(40) if n != query), key=lambda n: -(unit[query] @ unit[n]))
            right = [names[n] == names[query] for n in others]
            ranks = [rank for rank, yes in enumerate(right, 1) if yes]
            means.append(np.mean([(place + 1) / rank for place, rank in enumerate(ranks)]))
            fives.append(sum(right[:5]) / min(5, sum(right)))
        got = evaluation.retrieval(vectors, names)
        np.testing.assert_allclose(got, (np.mean(means), np.mean(fives)), atol=1e-12)
        asking = [number % 3 == 0 for number in range(40)]
        got = evaluation.retrieval(vectors, names, asking=asking)
        np.testing.assert_allclose(got, (np.mean(means[::3]), np.mean(fives[::3])), atol=1e-12)

    def test_reciprocal_rank(self):
        first = np.eye(3)
        second = np.array([[1, 0, 0], [0, 0.1, 1.0], [0, 0.9, 0.5]])
        # Ranks 1, 2 and 2.
        self.assertAlmostEqual(evaluation.reciprocal_rank(first, second), (1 + 0.5 + 0.5) / 3)


@needs_training
class Training(unittest.TestCase):
    """The whole way on a few seconds of noise and tones; nothing is fetched."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.data = pathlib.Path(cls.temporary.name)
        prepared.make(cls.data)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def script(self, name, *arguments):
        done = subprocess.run(
            [sys.executable, "-B", str(MODELS / "training" / name), *map(str, arguments)],
            capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_frames_are_those_of_the_daemon(self):
        from harktraining import features

        second = frontend.RATE
        for samples, patches in ((100, 1), (second, 1), (int(1.4 * second), 1), (int(1.45 * second), 2)):
            sound = np.random.default_rng(5).uniform(-0.5, 0.5, samples)
            frames, count = features.log_mel(sound)
            self.assertEqual((count, len(frames)), (patches, patches * frontend.FRAMES))
        long = np.random.default_rng(6).uniform(-0.5, 0.5, 70 * second)
        frames, count = features.log_mel(long)
        whole = frontend.log_mel(features.padded(long)[0])
        np.testing.assert_array_equal(frames, whole[: len(frames)])

    def test_the_folded_network_is_the_same(self):
        import torch

        from harktraining import model

        torch.manual_seed(4)
        trained = model.Network((4, 6, 8, 8, 10, 12))
        trained.train()
        patches = torch.randn(6, 96, 64)
        for _ in range(3):
            trained(patches)  # moves the running means
        trained.eval()
        with torch.no_grad():
            wanted = trained(patches).numpy()
        got = network.embed(model.folded(trained), patches.numpy())
        np.testing.assert_allclose(got, wanted, atol=1e-5)

    def test_a_finished_network_is_unfolded_into_one_that_trains(self):
        import torch

        from harktraining import initial, model, shipping

        torch.manual_seed(7)
        first = model.Network((4, 6, 8, 8, 10, 12))
        patches = torch.randn(40, 96, 64)
        first.train()(patches)
        tensors = shipping.shipped(model.folded(first.eval()))
        wanted = network.embed(tensors, patches.numpy())
        again = initial.network_from(tensors, patches)
        with torch.no_grad():
            # What the norms measure on a batch is what they were unfolded by: it changes nothing.
            np.testing.assert_allclose(again.train()(patches).numpy(), wanted, atol=1e-3)
        again = initial.network_from(tensors, patches)
        with torch.no_grad():
            np.testing.assert_allclose(again.eval()(patches).numpy(), wanted, atol=1e-4)
        np.testing.assert_allclose(network.embed(model.folded(again), patches.numpy()), wanted, atol=1e-4)
        lengths = again.convolutions["conv3_1"].weight.flatten(1).norm(dim=1).detach().numpy()
        np.testing.assert_allclose(lengths, np.sqrt(2), rtol=1e-4)

    def test_a_widened_network_says_the_same_and_its_twins_part(self):
        import torch

        from harktraining import model, widening

        torch.manual_seed(6)
        narrow, patches = model.Network((2, 3, 4, 4, 5, 5)), torch.randn(12, 96, 64)
        with torch.no_grad():
            narrow.train()(patches)
            wide = widening.widened(narrow, seed=1)
            self.assertEqual(wide.widths, (4, 6, 8, 8, 10, 10))
            np.testing.assert_allclose(
                wide.eval()(patches).numpy(), narrow.eval()(patches).numpy(), atol=1e-5)
        (wide.train()(patches)[:, 0] * torch.randn(12)).sum().backward()
        gradient = wide.convolutions["conv3_1"].weight.grad
        self.assertGreater(float((gradient[:4] - gradient[4:]).norm()), 0.1 * float(gradient.norm()))

    def test_pauses_are_hardly_drawn(self):
        from harktraining import batches

        collection = batches.Collection(self.data, "train", seed=3)
        row = max(collection.rows, key=lambda row: collection.store.patches[row])
        count = collection.store.patches[row]
        weights = np.full(count, 1e-3)
        weights[3] = 1
        collection._weights[row] = np.cumsum(weights)
        drawn = [collection._loud_patch(row) for _ in range(200)]
        self.assertTrue(all(0 <= patch < count for patch in drawn))
        self.assertGreater(drawn.count(3), 150)

    def test_the_contrastive_loss_is_its_definition(self):
        import torch

        from harktraining import losses

        torch.manual_seed(5)
        rows = torch.nn.functional.normalize(torch.randn(8, 5, dtype=torch.float64), dim=1)
        owners, names = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3]), torch.tensor([4, 4, 4, 4, -1, -1, -1, -1])
        total = 0.0
        for i in range(8):
            denominator = sum(float(torch.exp(rows[i] @ rows[k] / 0.2)) for k in range(8) if k != i)
            weighted, weights = 0.0, 0.0
            for j in range(8):
                if j == i:
                    continue
                same = owners[i] == owners[j]
                weight = 1.0 if same else 0.5 if names[i] == names[j] and names[i] >= 0 else 0.0
                likelihood = float(torch.exp(rows[i] @ rows[j] / 0.2)) / denominator
                weighted, weights = weighted + weight * -np.log(likelihood), weights + weight
            total += weighted / weights
        got = losses.contrastive(rows, owners, names, temperature=0.2)
        self.assertAlmostEqual(float(got), total / 8, places=6)

    def test_augmentation_keeps_to_the_range(self):
        import torch

        from harktraining import augment

        torch.manual_seed(6)
        wide = torch.randn(16, 96 + 2 * augment.MARGIN, 64).clamp_min(np.log(frontend.OFFSET))
        still = augment.stretch(wide, 0.0)
        torch.testing.assert_close(still, augment.middle(wide), atol=1e-4, rtol=1e-4)
        for changed in (augment.mild(still), augment.strong(still), augment.mixed(still, 1.0)):
            self.assertEqual(changed.shape, still.shape)
            self.assertTrue(torch.isfinite(changed).all())
            self.assertGreaterEqual(float(changed.min()), np.log(frontend.OFFSET) - 1e-4)
        # Silence stays silent, but for noise, of which there is none without a sound.
        silence = torch.full((8, 96, 64), float(np.log(frontend.OFFSET)))
        torch.testing.assert_close(augment.strong(silence), silence, atol=1e-3, rtol=0)

    def test_a_run_trains_and_is_exported(self):
        run, output = self.data / "run", self.data / "tiny.safetensors"
        arguments = [self.data, "--output", run, "--steps", 2, "--batch", 8, "--save-minutes", 0]
        self.assertIn("validation", self.script("train", *arguments))
        names = self.data / "names.csv"
        names.write_text("index,mid,display_name\n" + "".join(f"{n},/m/{n},label {n}\n" for n in range(521)))
        self.script("export", run, self.data, "--output", output, "--labels", names, "--calibration", 4)
        tensors, metadata = safetensors.read(output)
        self.assertEqual((metadata["architecture"], metadata["trained"]), ("vggish-hark", "true"))
        self.assertEqual(tensors["tags.weight"].shape, (521, 128))
        embeddings = network.embed(tensors, np.random.default_rng(8).standard_normal((3, 96, 64)))
        np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
        # A finished model can be trained on, and what comes of it says so.
        further, third = self.data / "further", self.data / "third.safetensors"
        self.script("train", self.data, "--output", further, "--steps", 1, "--batch", 8, "--initial", output,
                    "--without", "labels")
        self.script("export", further, self.data, "--output", third, "--labels", names, "--calibration", 4)
        record = json.loads(safetensors.read(third)[1]["training"])
        self.assertEqual(record["initial"], hashlib.sha256(output.read_bytes()).hexdigest())
        self.assertEqual(record["without"], ["labels"])


if __name__ == "__main__":
    unittest.main()
