"""A miniature of apex; its C++ is in the modules `apex_C` and `amp_C`."""

from importlib.metadata import version

__version__ = version("apex")
