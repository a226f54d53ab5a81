"""What training minimises."""

import torch
from torch.nn import functional


def contrastive(embeddings, recordings, labels, held=None, temperature=0.15):
    """Supervised contrastive loss (Khosla et al. 2020): patches of one recording attract each other,
    and so do recordings of one label; everything else is pushed away, in this batch and among what is
    `held` of earlier ones (see memory). With pairs alone this is SimCLR's (Chen et al. 2020), and
    COLA's (Saeed et al. 2021) for crops of a recording.
    """
    others = [embeddings, recordings, labels]
    if held is not None:
        others = [torch.cat([mine, theirs]) for mine, theirs in zip(others, held)]
    same = recordings[:, None] == others[1][None, :]
    alike = (labels[:, None] == others[2][None, :]) & (labels[:, None] >= 0)
    itself = torch.eye(len(labels), len(others[1]), dtype=torch.bool, device=labels.device)
    # A label's pairs count half: two organs need not be as close as two moments of one piece.
    weights = (same.float() + 0.5 * (alike & ~same).float()).masked_fill(itself, 0)
    logits = (embeddings @ others[0].T / temperature).masked_fill(itself, float("-inf"))
    likelihood = functional.log_softmax(logits, dim=1).masked_fill(itself, 0)
    return -(weights * likelihood).sum(dim=1).div(weights.sum(dim=1)).mean()


def to_teacher(predicted, wanted):
    """1 - cosine, a value a row; `wanted` is centred."""
    return 1 - functional.cosine_similarity(predicted, wanted, dim=1)


def tags(logits, scores):
    """Cross entropy with the teacher's soft scores, summed over labels, a value a row."""
    return functional.binary_cross_entropy_with_logits(logits, scores, reduction="none").sum(dim=1)
