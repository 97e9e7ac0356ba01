"""How torch and its sister projects build C++ extensions, with device code or without."""

import json
import os
import re
import sys
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext

from . import offload
from .hipify import hipify

# The variables that real builds read; nothing else of the environment is journalled.
OBSERVED = re.compile(
    r"(AR|BLAS|CC|CXX|FORCE_CUDA|LD_LIBRARY_PATH|MAX_JOBS|PATH|PKG_CONFIG_PATH|PYTHONUTF8|SOURCE_DATE_EPOCH"
    r"|VERSION_NAME|(BUILD|CMAKE|DISTUTILS|HIP|LLVM|OPENBLAS|PYTORCH|ROCM|TORCHVISION|TRITON|USE)_\w+|\w*FLAGS)",
    re.IGNORECASE,
)


def forget_run_paths(compiler: object) -> None:
    """Some Pythons link all extensions to look for libraries where they are installed themselves; a wheel must not."""
    for name in ("linker_so", "linker_so_cxx"):
        if command := getattr(compiler, name, None):
            setattr(compiler, name, [word for word in command if not word.startswith("-Wl,-rpath")])


class HIPExtension(Extension):
    """An extension whose `*_cuda.cpp` sources are translated to HIP, with code for each target in it."""


class BuildExtension(build_ext):
    """Builds extensions; `DEMO_JOURNAL` names a file for what was observed, `DEMO_FAIL` the wheels that must fail."""

    settings: dict[str, str] = {}

    def finalize_options(self) -> None:
        super().finalize_options()
        self.force = True
        self.parallel = int(os.environ.get("MAX_JOBS") or 1)

    def run(self) -> None:
        if journal := os.environ.get("DEMO_JOURNAL"):
            line = {
                "wheel": self.distribution.get_name(),
                "python": sys.executable,
                "argv": sys.argv[1:],
                "settings": self.settings,
                "cwd": os.getcwd(),
                "env": {k: v for k, v in sorted(os.environ.items()) if OBSERVED.fullmatch(k)},
            }
            with open(journal, "a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(line) + "\n")
        super().run()

    def build_extensions(self) -> None:
        # The real builds run CMake, which knows what a launcher is.
        if launcher := os.environ.get("CMAKE_CXX_COMPILER_LAUNCHER"):
            for name in ("compiler_so", "compiler_so_cxx"):
                if command := getattr(self.compiler, name, None):
                    setattr(self.compiler, name, [launcher, *command])
        forget_run_paths(self.compiler)
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        if self.distribution.get_name() in os.environ.get("DEMO_FAIL", "").split(","):
            failure = Path("build", "demo_fail.cpp")
            failure.parent.mkdir(exist_ok=True)
            failure.write_text('#error "DEMO_FAIL names this wheel"\n', encoding="utf-8")
            ext.sources.append(failure.as_posix())
        if isinstance(ext, HIPExtension):
            sources = [hipify(Path(s)).as_posix() if "_cuda." in s else s for s in ext.sources]
            device = Path("build", f"{ext.name}_device.cpp")
            device.parent.mkdir(exist_ok=True)
            device.write_text(offload.cpp_source(offload.targets()), encoding="utf-8", newline="\n")
            ext.sources = [*sources, device.as_posix()]
        super().build_extension(ext)
