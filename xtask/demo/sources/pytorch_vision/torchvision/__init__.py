"""A miniature of torchvision: one operator."""

from importlib.metadata import version

from . import ops

__version__ = version("torchvision")
__all__ = ["ops"]
