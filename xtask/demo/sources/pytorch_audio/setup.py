"""Builds the miniature torchaudio, on the torch that is installed."""

import os
from pathlib import Path

from setuptools import Extension, setup
from torch.utils.cpp_extension import BuildExtension, HIPExtension

extension = HIPExtension if os.environ.get("USE_ROCM") == "1" else Extension

setup(
    name="torchaudio",
    version=os.environ.get("BUILD_VERSION") or Path("version.txt").read_text().strip(),
    description="A miniature of torchaudio",
    packages=["torchaudio"],
    ext_modules=[extension("torchaudio._C", ["torchaudio/csrc/gain_cuda.cpp"])],
    cmdclass={"build_ext": BuildExtension},
)
