"""The development files: packed into one tar by the wheel, unpacked beside the other packages by the first who asks."""

import tarfile
from importlib.metadata import distribution, distributions
from pathlib import Path

from . import note, package_path
from ._dist_info import __version__


def root() -> Path:
    """The folder of the development files; unpacks them, and links the files of device wheels into it."""
    packed = package_path("rocm_sdk_devel")
    if packed is None:
        raise ModuleNotFoundError("no module rocm_sdk_devel; pip install rocm[devel]")
    archive = packed / "_devel.tar"
    if archive.exists():
        unpack(archive, packed.parent)
    link_device_files(packed.parent)
    return packed.parent / "_rocm_sdk_devel"


def record(package: str, names: list[str]) -> None:
    """Makes pip remove these files with their package: appends them to its RECORD."""
    path = next(f for f in distribution(package).files or [] if f.name == "RECORD").locate()
    with open(path, "a", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{name},,\n" for name in names)


def unpack(archive: Path, site: Path) -> None:
    """Unpacks the tar; it goes last, so that what was interrupted is done again."""
    with tarfile.open(archive) as tar:
        tar.extractall(site)
        record("rocm-sdk-devel", [member.name for member in tar if member.isfile()])
    archive.unlink()


def link_device_files(site: Path) -> None:
    """Hard-links what device wheels of this SDK's version brought; those of another are told and left out."""
    for device in distributions(path=[str(site)]):
        name = device.metadata["Name"]
        if not name.startswith("rocm-sdk-device-"):
            continue
        if device.version != __version__:
            note(f"skipping {name} {device.version}: does not match rocm-sdk {__version__}")
            continue
        for file in device.files or []:
            link = Path(site, "_rocm_sdk_devel", *file.parts[1:])
            if file.parts[0] == "_rocm_sdk_libraries" and not link.exists():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.hardlink_to(site / file)
                record(name, [link.relative_to(site).as_posix()])
