"""What training minimises."""

import torch
from torch.nn import functional


def contrastive(embeddings, recordings, labels, temperature=0.15):
    """Supervised contrastive loss (Khosla et al. 2020): patches of one recording attract each other,
    and so do recordings of one label; everything else in the batch is pushed away. With pairs alone
    this is SimCLR's (Chen et al. 2020), and COLA's (Saeed et al. 2021) for crops of a recording.
    """
    same = recordings[:, None] == recordings[None, :]
    alike = (labels[:, None] == labels[None, :]) & (labels[:, None] >= 0)
    itself = torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    # A label's pairs count half: two organs need not be as close as two moments of one piece.
    weights = (same.float() + 0.5 * (alike & ~same).float()).masked_fill(itself, 0)
    logits = (embeddings @ embeddings.T / temperature).masked_fill(itself, float("-inf"))
    likelihood = functional.log_softmax(logits, dim=1).masked_fill(itself, 0)
    return -(weights * likelihood).sum(dim=1).div(weights.sum(dim=1)).mean()


def to_teacher(predicted, wanted):
    """1 - cosine, a value a row; `wanted` is centred."""
    return 1 - functional.cosine_similarity(predicted, wanted, dim=1)


def tags(logits, scores):
    """Cross entropy with the teacher's soft scores, summed over labels, a value a row."""
    return functional.binary_cross_entropy_with_logits(logits, scores, reduction="none").sum(dim=1)
