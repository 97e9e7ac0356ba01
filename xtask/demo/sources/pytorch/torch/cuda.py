"""Devices; on ROCm they are asked for under this name, too."""

from . import _C


def device_count() -> int:
    """How many GPUs there are: a miniature never finds one."""
    return _C.device_count()


def is_available() -> bool:
    """Whether there is a GPU."""
    return device_count() > 0
