"""Builds the miniature torch. `tools/scikit_build_core` runs this where the real one would run CMake."""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

HERE = Path(__file__).resolve().parent
# torch cannot be imported before it is built, so its own `utils` are taken as a package of their own.
sys.path[:0] = [str(HERE / "tools"), str(HERE / "torch")]

from scikit_build_core.build import SETTINGS, BuildPy
from utils.cpp_extension import BuildExtension, HIPExtension

# The library of kernels, which holds nothing but device code here.
LIBRARY = "libtorch_hip"


def build_version() -> str:
    """The version that was asked for, with `.postN` for every build after the first."""
    version = os.environ.get("PYTORCH_BUILD_VERSION") or (HERE / "version.txt").read_text().strip()
    number = int(os.environ.get("PYTORCH_BUILD_NUMBER") or 1)
    return f"{version}.post{number}" if number > 1 else version


def hip_version() -> str | None:
    """The ROCm release that `ROCM_HOME` holds, or None in a build without ROCm."""
    if os.environ.get("USE_ROCM") != "ON":
        return None
    return Path(os.environ["ROCM_HOME"], ".info", "version").read_text().strip()


class BuildTorch(BuildPy):
    """Adds `torch/version.py`, which no checkout holds."""

    def run(self) -> None:
        super().run()
        text = f"__version__ = {build_version()!r}\ncuda = None\nhip = {hip_version()!r}\n"
        Path(self.build_lib, "torch", "version.py").write_text(text, encoding="utf-8", newline="\n")


class BuildC(BuildExtension):
    """Journals what the front end passed to the back end, too."""

    settings = SETTINGS

    def get_ext_filename(self, ext_name: str) -> str:
        """The library is loaded by its name, not imported."""
        *folders, name = ext_name.split(".")
        if name == LIBRARY:
            return os.path.join(*folders, "torch_hip.dll" if os.name == "nt" else f"{LIBRARY}.so")
        return super().get_ext_filename(ext_name)

    def get_export_symbols(self, ext: Extension) -> list[str]:
        """It has nothing that Python calls."""
        return [] if ext.name.rpartition(".")[2] == LIBRARY else super().get_export_symbols(ext)


setup(
    name="torch",
    version=build_version(),
    description="A miniature of PyTorch",
    packages=["torch", "torch.utils"],
    install_requires=[r for r in os.environ.get("PYTORCH_EXTRA_INSTALL_REQUIREMENTS", "").split("|") if r],
    ext_modules=[
        HIPExtension(
            "torch._C",
            ["torch/csrc/bindings.cpp", "torch/csrc/device_hip.cpp"],
            include_dirs=["torch/csrc", "third_party/fakelib"],
        ),
        HIPExtension(f"torch.lib.{LIBRARY}", []),
    ],
    cmdclass={"build_py": BuildTorch, "build_ext": BuildC},
)
