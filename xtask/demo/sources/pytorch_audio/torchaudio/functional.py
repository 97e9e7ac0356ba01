"""Effects on samples."""

import torch

from . import _C


def gain(waveform: list, gain_db: float = 1.0) -> torch.Tensor:
    """Amplifies samples by so many decibels."""
    return torch.tensor([_C.gain(sample, gain_db) for sample in waveform])
