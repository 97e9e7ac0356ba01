"""A miniature of torchaudio: one effect."""

from importlib.metadata import version

from . import functional

__version__ = version("torchaudio")
__all__ = ["functional"]
