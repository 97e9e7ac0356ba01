"""The PEP 517 back end: what git ignores stays out of the wheel, unless `wheel.force-include` names it."""

import os
import shutil
from pathlib import Path

from setuptools import build_meta
from setuptools.command.build_py import build_py

# The settings of the wheel that is being built, as the front end passed them.
SETTINGS: dict[str, str] = {}
FORCE_INCLUDE = "wheel.force-include."


def get_requires_for_build_wheel(config_settings: dict | None = None) -> list[str]:
    """Nothing beyond what pyproject.toml says."""
    return []


def build_wheel(
    wheel_directory: str, config_settings: dict | None = None, metadata_directory: str | None = None
) -> str:
    """Builds the wheel and returns its file name."""
    SETTINGS.update(config_settings or {})
    return build_meta.build_wheel(wheel_directory, None, metadata_directory)


class BuildPy(build_py):
    """Copies the Python files that git does not ignore, then the forced ones."""

    def run(self) -> None:
        # A file that an earlier build put there must not reach this wheel.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()
        for setting, target in SETTINGS.items():
            if setting.startswith(FORCE_INCLUDE):
                destination = os.path.join(self.build_lib, target)
                self.mkpath(os.path.dirname(destination))
                self.copy_file(setting[len(FORCE_INCLUDE) :], destination)

    def find_package_modules(self, package: str, package_dir: str) -> list[tuple[str, str, str]]:
        ignored = Path(".gitignore").read_text().split()
        modules = super().find_package_modules(package, package_dir)
        return [module for module in modules if Path(module[2]).as_posix() not in ignored]
