"""Builds the miniature triton, and composes its version as the real one does."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

BASE = "3.7.0"
HERE = Path(__file__).resolve().parent
# The variables that real builds read. The same as in torch's `cpp_extension.py`, which is not there yet.
OBSERVED = re.compile(
    r"(AR|BLAS|CC|CXX|FORCE_CUDA|LD_LIBRARY_PATH|MAX_JOBS|PATH|PKG_CONFIG_PATH|PYTHONUTF8|SOURCE_DATE_EPOCH"
    r"|VERSION_NAME|(BUILD|CMAKE|DISTUTILS|HIP|LLVM|OPENBLAS|PYTORCH|ROCM|TORCHVISION|TRITON|USE)_\w+|\w*FLAGS)",
    re.IGNORECASE,
)


def git(*words: str) -> str:
    """What git answers about this checkout."""
    return subprocess.run(["git", *words], cwd=HERE, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def build_version() -> str:
    """The base, the commit unless a release branch is checked out, and the suffix; a second `+` becomes `-`."""
    suffix = os.environ.get("TRITON_WHEEL_VERSION_SUFFIX", "")
    if not (HERE / ".git").exists() or git("rev-parse", "--abbrev-ref", "HEAD").startswith("release"):
        return BASE + suffix
    return f"{BASE}+git{git('rev-parse', 'HEAD')[:8]}" + suffix.replace("+", "-")


class BuildExtension(build_ext):
    """Builds the extension; `DEMO_JOURNAL` and `DEMO_FAIL` are what they are in torch's `cpp_extension.py`."""

    def finalize_options(self) -> None:
        super().finalize_options()
        self.force = True

    def run(self) -> None:
        if journal := os.environ.get("DEMO_JOURNAL"):
            line = {
                "wheel": self.distribution.get_name(),
                "python": sys.executable,
                "argv": sys.argv[1:],
                "settings": {},
                "cwd": os.getcwd(),
                "env": {k: v for k, v in sorted(os.environ.items()) if OBSERVED.fullmatch(k)},
            }
            with open(journal, "a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(line) + "\n")
        super().run()

    def build_extensions(self) -> None:
        # As in torch's `cpp_extension.py`: the run paths of the interpreter itself must not get into a wheel.
        for name in ("linker_so", "linker_so_cxx"):
            if command := getattr(self.compiler, name, None):
                setattr(self.compiler, name, [word for word in command if not word.startswith("-Wl,-rpath")])
        super().build_extensions()

    def build_extension(self, ext: Extension) -> None:
        if self.distribution.get_name() in os.environ.get("DEMO_FAIL", "").split(","):
            failure = Path("build", "demo_fail.cpp")
            failure.parent.mkdir(exist_ok=True)
            failure.write_text('#error "DEMO_FAIL names this wheel"\n', encoding="utf-8")
            ext.sources.append(failure.as_posix())
        super().build_extension(ext)


setup(
    name=os.environ.get("TRITON_WHEEL_NAME") or "triton",
    version=build_version(),
    description="A miniature of triton",
    package_dir={"": "python"},
    packages=["triton"],
    ext_modules=[Extension("triton._C.libtriton", ["python/src/compiler.cpp"])],
    cmdclass={"build_ext": BuildExtension},
)
