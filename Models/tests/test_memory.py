"""Tests of the contrastive term's memory: python3 -m unittest discover Models/tests

They are skipped where PyTorch is not installed.
"""

import importlib.util
import pathlib
import sys
import unittest

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "training"))
sys.dont_write_bytecode = True

needs_torch = unittest.skipIf(
    importlib.util.find_spec("torch") is None, "needs torch: see Models/training/README.md")


@needs_torch
class Memories(unittest.TestCase):
    """The contrastive term with embeddings of earlier batches."""

    def rows(self, count, seed):
        import torch

        generator = torch.Generator().manual_seed(seed)
        values = torch.randn(count, 128, generator=generator)
        return torch.nn.functional.normalize(values, dim=1)

    def test_the_loss_counts_what_is_held_as_if_it_were_in_the_batch(self):
        import torch
        from harktraining import losses
        from harktraining.memory import Memory

        memory = Memory(64, 128, "cpu")
        mine, earlier = self.rows(8, 1), self.rows(6, 2)
        owners, labels = torch.arange(4).repeat_interleave(2), torch.tensor([7, 7, 7, 7, -1, -1, -1, -1])
        # An earlier crop of the first recording, one of its label, and others.
        their_owners, their_labels = torch.tensor([0, 9, 9, 10, 11, 11]), torch.tensor([7, 7, -1, -1, -1, -1])
        memory.push(earlier, their_owners, their_labels)
        got = losses.contrastive(mine, owners, labels, memory.held())

        rows, every_owner, every_label = (
            torch.cat(pair) for pair in ((mine, earlier), (owners, their_owners), (labels, their_labels)))
        total = 0.0
        for i in range(len(mine)):
            others = [k for k in range(len(rows)) if k != i]
            exponentials = {k: float(torch.exp(rows[i] @ rows[k] / 0.15)) for k in others}
            weights = {
                k: 1.0 if every_owner[k] == every_owner[i]
                else 0.5 if every_label[k] == every_label[i] >= 0 else 0.0 for k in others}
            likelihoods = {k: np.log(exponentials[k] / sum(exponentials.values())) for k in others}
            total -= sum(weights[k] * likelihoods[k] for k in others) / sum(weights.values())
        self.assertAlmostEqual(float(got), total / len(mine), places=4)
        self.assertGreater(float(got), float(losses.contrastive(mine, owners, labels)))

    def test_a_full_memory_lets_the_oldest_go(self):
        import torch
        from harktraining.memory import Memory

        memory, rows = Memory(5, 128, "cpu"), self.rows(12, 3)
        pushed = 0
        for count in (2, 2, 3, 2, 3):
            places = torch.arange(pushed, pushed + count)
            memory.push(rows[places], places, -places)
            pushed += count
            held = memory.held()
            newest = set(range(max(0, pushed - 5), pushed))
            self.assertEqual({int(number) for number in held[1]}, newest)
            self.assertEqual(len(held[0]), len(newest))
            for row, number, label in zip(*held):
                torch.testing.assert_close(row, rows[number])
                self.assertEqual(label, -number)

    def test_a_memory_of_no_size_changes_nothing(self):
        import torch
        from harktraining import losses
        from harktraining.memory import Memory

        memory, rows = Memory(0, 128, "cpu"), self.rows(4, 4)
        owners, labels = torch.tensor([0, 0, 1, 1]), torch.full((4,), -1)
        memory.push(rows, owners, labels)
        self.assertEqual([len(part) for part in memory.held()], [0, 0, 0])
        torch.testing.assert_close(
            losses.contrastive(rows, owners, labels, memory.held()), losses.contrastive(rows, owners, labels))


if __name__ == "__main__":
    unittest.main()
