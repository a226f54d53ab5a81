"""Whether two stretches of music are the same, so that naming the one for the other is no mistake."""

import numpy as np
import scipy.signal

RATE = 16000


def picture(samples):
    """Power by 16 ms and 31 Hz in decibels, from the loudest down to 50 below."""
    _, _, spectrum = scipy.signal.stft(samples, RATE, nperseg=512, noverlap=256)
    decibels = 10 * np.log10(np.abs(spectrum[4:192]) ** 2 + 1e-12)
    return np.maximum(decibels, decibels.max() - 50)


def likeness(first, second):
    """Correlation of two stretches' pictures, each without its mean spectrum, at the best of a few
    alignments: 1 for the same samples, about 0 for different music."""
    best = -1.0
    count = min(len(first), len(second))
    still = picture(first[:count])
    for shift in range(-384, 385, 64):
        moved = picture(second[max(0, shift) : count + min(0, shift)])
        base = picture(first[max(0, -shift) : count - max(0, shift)]) if shift else still
        width = min(base.shape[1], moved.shape[1])
        if width < 4:
            continue
        a = base[:, :width] - base[:, :width].mean(axis=1, keepdims=True)
        b = moved[:, :width] - moved[:, :width].mean(axis=1, keepdims=True)
        norm = np.sqrt((a**2).sum() * (b**2).sum())
        if norm > 0:
            best = max(best, float((a * b).sum() / norm))
    return best
