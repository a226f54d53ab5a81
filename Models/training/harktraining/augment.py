"""Augmentation of log-mel patches: what happens to a sound between two recordings of it.

Everything works on mel magnitudes, m = exp(x) - offset, where gains multiply and sounds add (their
phases being unknown, as the root of the sum of squares). That costs next to nothing beside the
network, and needs no waveforms.
"""

import math

import torch

from harkmodel.frontend import BANDS, FRAMES, OFFSET

# Frames around a patch that stretching may draw on.
MARGIN = 12


def _chosen(count, share, device):
    return (torch.rand(count, device=device) < share).float().view(-1, 1, 1)


def _uniform(count, low, high, device):
    return (torch.rand(count, device=device) * (high - low) + low).view(-1, 1, 1)


def stretch(wide, share, most=0.1):
    """[n, 96, 64] from the middle of [n, 96 + 2 · MARGIN, 64], some of them faster or slower, and
    shifted by up to two bands, as another tempo or pitch would."""
    n, device = len(wide), wide.device
    on = _chosen(n, share, device)
    speed = 1 + on * _uniform(n, -most, most, device)
    shift = on * _uniform(n, -2, 2, device)
    frames = torch.arange(FRAMES, device=device, dtype=wide.dtype).view(1, -1, 1)
    centre = (FRAMES - 1) / 2
    y = (frames - centre) * speed + centre + MARGIN
    x = torch.arange(BANDS, device=device, dtype=wide.dtype).view(1, 1, -1) + shift
    grid = torch.stack(torch.broadcast_tensors(
        2 * x / (BANDS - 1) - 1, 2 * y / (wide.shape[1] - 1) - 1), dim=-1)
    return torch.nn.functional.grid_sample(
        wide.unsqueeze(1), grid, align_corners=True, padding_mode="border").squeeze(1)


def middle(wide):
    return wide[:, MARGIN : MARGIN + FRAMES]


def _magnitude(patches):
    return (patches.exp() - OFFSET).clamp_min(0)


def _log(magnitude):
    return (magnitude + OFFSET).log()


def _equaliser(n, device, most):
    """Two broad bumps or dips, in decibels: [n, 1, 64]."""
    band = torch.arange(BANDS, device=device, dtype=torch.float32).view(1, 1, -1)
    curve = torch.zeros(n, 1, BANDS, device=device)
    for _ in range(2):
        centre, width = _uniform(n, 0, BANDS, device), _uniform(n, 4, 24, device)
        curve = curve + _uniform(n, -most, most, device) * torch.exp(-0.5 * ((band - centre) / width) ** 2)
    return curve


def mild(patches):
    """Another level and another tone control."""
    n, device = len(patches), patches.device
    decibels = _uniform(n, -12, 6, device) + _equaliser(n, device, 4)
    return _log(_magnitude(patches) * 10 ** (decibels / 20))


def strong(patches):
    """Also noise, a narrower band, a room, and gaps."""
    n, device = len(patches), patches.device
    band = torch.arange(BANDS, device=device, dtype=torch.float32).view(1, 1, -1)
    decibels = _uniform(n, -18, 6, device) + _equaliser(n, device, 8)
    # A telephone, a codec, a small loudspeaker.
    low = _chosen(n, 0.2, device) * _uniform(n, 4, 16, device)
    high = BANDS - _chosen(n, 0.25, device) * _uniform(n, 4, 28, device)
    decibels = decibels - 40 * ((band < low) | (band > high)).float()
    values = _magnitude(patches) * 10 ** (decibels / 20)

    # A room: an exponential tail, by doubling (log₂ 64 steps make 64 frames of it).
    tail = _chosen(n, 0.2, device) * _uniform(n, 0.5, 0.9, device)
    power = values.square()
    decay, reach = tail.square(), 1
    while reach < 64:
        power = power + decay * torch.nn.functional.pad(power, (0, 0, reach, 0))[:, :FRAMES]
        decay, reach = decay.square(), reach * 2
    values = power.sqrt()

    # Noise 5 to 40 dB below the patch's loudest frame, white to brown.
    loud = values.square().mean(dim=2).amax(dim=1).sqrt().view(-1, 1, 1)
    slope = torch.exp(-band / BANDS * _uniform(n, -1.5, 2.5, device))
    shape = slope / slope.square().mean(dim=2, keepdim=True).sqrt()
    # A band's magnitude in noise is about Rayleigh distributed.
    noise = torch.rand_like(values).clamp_min(1e-6).log().neg().sqrt() * shape
    level = _chosen(n, 0.35, device) * loud * 10 ** (-_uniform(n, 5, 40, device) / 20)
    values = torch.sqrt(values.square() + (noise * level).square())

    for axis, size, widest in ((1, FRAMES, 16), (2, BANDS, 8)):
        position = torch.arange(size, device=device, dtype=torch.float32)
        position = position.view(1, -1, 1) if axis == 1 else position.view(1, 1, -1)
        start, width = _uniform(n, 0, size, device), _chosen(n, 0.3, device) * _uniform(n, 1, widest, device)
        values = values * (1 - ((position >= start) & (position < start + width)).float())
    return _log(values)


def mixed(patches, share, quietest=15.0):
    """Some patches with another of the batch below them, 4 to `quietest` dB down."""
    n, device = len(patches), patches.device
    values = _magnitude(patches)
    other = values[torch.randperm(n, device=device)]
    ratio = values.square().mean(dim=(1, 2)).sqrt() / other.square().mean(dim=(1, 2)).sqrt().clamp_min(1e-4)
    level = _chosen(n, share, device) * ratio.clamp(max=math.exp(3)).view(-1, 1, 1)
    level = level * 10 ** (-_uniform(n, 4, quietest, device) / 20)
    return _log(torch.sqrt(values.square() + (other * level).square()))
