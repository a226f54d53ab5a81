"""VGGish's trunk and both heads in NumPy, and the calibration for 8-bit inference."""

import numpy as np

CONVOLUTIONS = ["conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2"]
POOLED = {"conv1", "conv2", "conv3_2", "conv4_2"}
WIDTHS = [64, 128, 256, 256, 512, 512]


def weight(tensors, name):
    """A layer's weights as float32, whatever they are stored as."""
    values = tensors[f"{name}.weight"]
    if values.dtype == np.int8:
        scale = tensors[f"{name}.weight_scale"]
        return values.astype(np.float32) * scale.reshape([-1] + [1] * (values.ndim - 1))
    return values.astype(np.float32)


def convolve(maps, weights):
    """3 × 3, zero padding 1. `maps` are [n, height, width, in], `weights` [out, in, 3, 3]."""
    n, height, width, inputs = maps.shape
    padded = np.pad(maps, ((0, 0), (1, 1), (1, 1), (0, 0)))
    result = np.zeros((n * height * width, len(weights)), np.float32)
    for dy in range(3):
        for dx in range(3):
            window = padded[:, dy : dy + height, dx : dx + width].reshape(-1, inputs)
            result += window @ np.ascontiguousarray(weights[:, :, dy, dx].T)
    return result.reshape(n, height, width, -1)


def max_pool(maps):
    """2 × 2 maxima of [n, height, width, channels]."""
    n, height, width, channels = maps.shape
    return maps.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def trunk(tensors, patches, seen=None):
    """[n, 6, 4, C] of patches [n, 96, 64]; `seen` gets each layer's name and ReLU output."""
    maps = np.asarray(patches, np.float32)[..., None]
    for name in CONVOLUTIONS:
        maps = convolve(maps, weight(tensors, name)) + tensors[f"{name}.bias"].astype(np.float32)
        np.maximum(maps, 0, out=maps)
        if seen:
            seen(name, maps)
        if name in POOLED:
            maps = max_pool(maps)
    return maps


def time_pool(maps):
    """Hark's head up to its linear layer: means over time, then maxima over time."""
    return np.concatenate(
        [maps.mean(axis=1).reshape(len(maps), -1), maps.max(axis=1).reshape(len(maps), -1)], axis=1
    )


def dense(tensors, name, values):
    return values @ weight(tensors, name).T + tensors[f"{name}.bias"].astype(np.float32)


def embed(tensors, patches, batch=16):
    """[n, 128], by whichever head the tensors have; the original's before any postprocessing."""
    results = []
    for start in range(0, len(patches), batch):
        maps = trunk(tensors, patches[start : start + batch])
        if "embedding.weight" in tensors:
            values = dense(tensors, "embedding", time_pool(maps))
            length = np.linalg.norm(values, axis=1, keepdims=True)
            values = values / np.where(length > 0, length, 1)
        else:
            values = maps.reshape(len(maps), -1)
            for name in ["fc1_1", "fc1_2"]:
                values = np.maximum(dense(tensors, name, values), 0)
            values = dense(tensors, "fc2", values)
        results.append(values)
    return np.concatenate(results)


def quantise(weights):
    """Symmetric 8-bit codes [out, …] and a scale for each output."""
    peak = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    scale = np.where(peak > 0, peak / 127, 1).astype(np.float32)
    codes = np.rint(weights / scale.reshape([-1] + [1] * (weights.ndim - 1)))
    return np.clip(codes, -127, 127).astype(np.int8), scale


def calibrate(tensors, patches, batch=16):
    """`NAME.activation_limit` for all convolutions but the last: the largest value after its ReLU.

    A lower limit would round typical values more finely. But measured on unusual input, loud single
    bands say, what it cuts off costs far more (cosine to f32 0.97) than the finer rounding gains
    (0.997 against 0.996), and an embedding that fails on the unusual is worth little.
    """
    peaks = {}

    def note(name, maps):
        peaks[name] = max(peaks.get(name, 0), float(maps.max()))

    for start in range(0, len(patches), batch):
        trunk(tensors, patches[start : start + batch], note)
    # A layer that nothing excites still needs a limit to divide by.
    return {
        f"{name}.activation_limit": np.array([peaks[name] or 1], np.float32)
        for name in CONVOLUTIONS[:-1]
    }
