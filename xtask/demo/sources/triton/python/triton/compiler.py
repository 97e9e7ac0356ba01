"""The compiler, which is loaded when it is first needed."""

from ._C.libtriton import next_power_of_2

__all__ = ["next_power_of_2"]
