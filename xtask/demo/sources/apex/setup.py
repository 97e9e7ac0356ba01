"""Builds the miniature apex: without `--cpp_ext` and `--cuda_ext` it has no C++ at all."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from torch.utils.cpp_extension import BuildExtension, HIPExtension

EXTENSIONS = {
    "--cpp_ext": Extension("apex_C", ["csrc/dot.cpp"]),
    "--cuda_ext": HIPExtension("amp_C", ["csrc/scale_cuda.cpp"]),
}
given = [option for option in EXTENSIONS if option in sys.argv]


class BuildC(BuildExtension):
    """Journals the options that setuptools must not see."""

    settings = dict.fromkeys(given, "")


sys.argv = [word for word in sys.argv if word not in given]

setup(
    name="apex",
    version=os.environ.get("BUILD_VERSION") or Path("version.txt").read_text().strip(),
    description="A miniature of apex",
    packages=["apex"],
    ext_modules=[EXTENSIONS[option] for option in given],
    cmdclass={"build_ext": BuildC},
)
