"""A miniature of the ROCm SDK's Python package: it finds libraries, and checks that versions agree."""

import re
import sys
import warnings
from importlib.util import find_spec
from pathlib import Path

from ._dist_info import CORE_LIBRARIES, LIBRARIES, __version__

__all__ = ["__version__", "find_libraries", "initialize_process"]


def package_path(name: str) -> Path | None:
    """The folder of an installed package, which is not imported for that."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def find_libraries(*shortnames: str) -> list[Path]:
    """The files of libraries; an unknown name and a missing package are errors."""
    paths = []
    for name in shortnames:
        if name not in CORE_LIBRARIES + LIBRARIES:
            raise ModuleNotFoundError(f"Unknown rocm library '{name}'")
        package = package_path("_rocm_sdk_core" if name in CORE_LIBRARIES else "_rocm_sdk_libraries")
        if package is None:
            raise ModuleNotFoundError(f"The package of rocm library '{name}' is missing: pip install rocm[libraries]")
        path = package / "lib" / f"lib{name}.so"
        if not path.exists():
            raise FileNotFoundError(f"Could not find rocm library '{name}' at '{path}'")
        paths.append(path)
    return paths


def initialize_process(
    *,
    preload_shortnames: list[str] | None = None,
    check_version: str | None = None,
    fail_on_version_mismatch: bool = False,
    **_others: object,
) -> None:
    """Finds what a framework needs; a version other than the expected (`*` stands for anything) is a warning."""
    find_libraries(*(preload_shortnames or []))
    if check_version and not re.fullmatch(re.escape(check_version).replace(r"\*", ".*"), __version__):
        message = f"built for ROCm {check_version}, but this environment has ROCm {__version__}"
        if fail_on_version_mismatch:
            raise RuntimeError(message)
        warnings.warn(message, stacklevel=2)


def note(text: str) -> None:
    """Tells people something; answers alone go to stdout."""
    print(f"WARNING: {text}", file=sys.stderr)
