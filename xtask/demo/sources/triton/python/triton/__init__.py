"""A miniature of triton, a compiler of kernels: it rounds sizes up, as a kernel's grid needs."""

from ._C import libtriton

__version__ = "3.7.0"


def next_power_of_2(number: int) -> int:
    """The least power of two that is not less than a positive number."""
    return libtriton.next_power_of_2(number)
