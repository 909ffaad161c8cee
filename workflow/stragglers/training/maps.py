"""Feature maps as the vectors whose manifolds are measured."""

import torch


def representation(maps: torch.Tensor, how: str) -> torch.Tensor:
    """Feature maps (runs, samples, positions, channels) as vectors (runs, units, samples).

    ``flattened``: all numbers. ``pooled``: each channel's mean over positions. ``pixels``: the channels of each
    position, scaled to length 1 on their own, then all numbers; a position whose channels are all 0 stays so.
    Whoever measures them scales vectors to unit length, so that of ``pixels`` each position counts as much.
    """
    match how:
        case "pooled":
            return maps.mean(2).mT
        case "pixels":
            maps = maps * maps.square().sum(3, keepdim=True).clamp_min_(1e-30).rsqrt_()
    return maps.flatten(2).mT
