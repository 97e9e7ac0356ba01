"""A miniature of torch: it starts ROCm, loads its C++ library and answers the questions that builds ask."""

try:
    from . import _rocm_init
except ImportError:  # As the real one: a wheel without this file imports, and finds no ROCm libraries.
    pass
else:
    _rocm_init.initialize()

from . import _C, cuda, version

__version__ = version.__version__


class Tensor(list):
    """Numbers in a list; enough to be passed to an operator."""

    tolist = list.copy


def tensor(data: list) -> Tensor:
    """Wraps nested lists of numbers."""
    return Tensor(data)


def add(one: list, other: list) -> Tensor:
    """The sum of two matrices."""
    return Tensor([[a + b for a, b in zip(*rows)] for rows in zip(one, other)])


def matmul(one: list, other: list) -> Tensor:
    """The product of two matrices."""
    return Tensor([[sum(a * b for a, b in zip(row, column)) for column in zip(*other)] for row in one])


__all__ = ["Tensor", "_C", "add", "cuda", "matmul", "tensor", "version"]
