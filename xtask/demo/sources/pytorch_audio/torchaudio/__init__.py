"""A miniature of torchaudio: one effect."""

from importlib.metadata import version

import torch

from . import _C

__version__ = version("torchaudio")


def gain(waveform: list, gain_db: float = 1.0) -> torch.Tensor:
    """Amplifies samples by so many decibels."""
    return torch.tensor([_C.gain(sample, gain_db) for sample in waveform])
