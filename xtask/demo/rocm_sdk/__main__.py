"""Answers what builds ask of an SDK: `version`, `targets`, and `path` with `--root`, `--bin` or `--cmake`."""

import argparse
import json
import sys

from . import _devel, note, package_path
from ._dist_info import NOISY, __version__

PATHS = {"root": (), "bin": ("bin",), "cmake": ("lib", "cmake")}


def targets() -> str:
    """The GPU targets of this distribution, separated by spaces."""
    core = package_path("_rocm_sdk_core")
    if core is None:
        sys.exit("ERROR: the package rocm-sdk-core is not installed")
    info = json.loads((core / "share" / "therock" / "dist_info.json").read_text(encoding="utf-8"))
    return info["dist_amdgpu_targets"].replace(";", " ")


def path(name: str) -> str:
    """A folder of the development files, which the first question unpacks."""
    try:
        return str(_devel.root().joinpath(*PATHS[name]))
    except ModuleNotFoundError as error:
        sys.exit(f"ERROR: the development files are not installed: {error}")


def main() -> None:
    """Prints the one answer."""
    parser = argparse.ArgumentParser(prog="rocm-sdk")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("version")
    commands.add_parser("targets")
    which = commands.add_parser("path").add_mutually_exclusive_group(required=True)
    for name in PATHS:
        which.add_argument(f"--{name}", dest="which", action="store_const", const=name)
    arguments = parser.parse_args()
    if NOISY:
        note("no GPU was found on this machine")
    if arguments.command == "path":
        print(path(arguments.which))
    else:
        print(__version__ if arguments.command == "version" else targets())


if __name__ == "__main__":
    main()
