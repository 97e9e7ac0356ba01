"""Writes a miniature ROCm SDK: the wheels that pip installs for `rocm[libraries,devel,device-<target>]`.

The same arguments give the same bytes. Tests ask for faults: a source distribution, noise on stderr, placeholders,
a package that is missing, a package of another version.
"""

import argparse
import base64
import gzip
import hashlib
import io
import json
import re
import tarfile
import zipfile
from pathlib import Path

ALL_TARGETS = (
    "gfx900 gfx90c gfx906 gfx908 gfx90a gfx942 gfx950 gfx1010 gfx1011 gfx1012 gfx1030 gfx1031 gfx1032 gfx1033 gfx1034 "
    "gfx1035 gfx1036 gfx1100 gfx1101 gfx1102 gfx1103 gfx1150 gfx1151 gfx1152 gfx1153 gfx1200 gfx1201 gfx1250"
).split()
CORE_LIBRARIES = (
    "amd_comgr amd_smi amdhip64 hipfile hiprtc rocm-openblas rocm_smi64 rocm_sysdeps_liblzma rocprofiler-sdk "
    "rocprofiler-sdk-roctx roctracer64 roctx64"
).split()
LIBRARIES = "hipblas hipblaslt hipdnn hipfft hiprand hipsolver hipsparse hipsparselt miopen rccl".split()
# Texts by path; those below a `bin` are programs.
Files = dict[str, str]


def devel_files(version: str, info: str) -> Files:
    """The development files, below `_rocm_sdk_devel`: what builds look for, and no more."""
    release = re.match(r"[\d.]*\d", version).group()
    return {
        "__init__.py": '"""Development files of the miniature ROCm SDK."""\n',
        ".info/version": f"{release}\n",
        "bin/hipconfig": f"#!/bin/sh\necho {release}\n",
        "include/hip/hip_runtime.h": "#pragma once\n",
        "include/roctracer/roctx.h": "#pragma once\n",
        "lib/cmake/hip/hip-config.cmake": f"set(hip_VERSION {release})\n",
        "lib/host-math/include/cblas.h": "#pragma once\n",
        "lib/llvm/amdgcn/bitcode/ockl.bc": "BC\n",
        "lib/llvm/bin/clang": "#!/bin/sh\necho 'the miniature SDK has no compiler' >&2\nexit 1\n",
        "lib/rocm_sysdeps/include/zlib.h": "#pragma once\n",
        "lib/rocm_sysdeps/lib/pkgconfig/zlib.pc": "Name: zlib\nDescription: zlib\nVersion: 1.3\n",
        "share/therock/dist_info.json": info,
    }


def pack(files: Files, prefix: str) -> bytes:
    """A tar of files without times or owners."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, text in sorted(files.items()):
            member = tarfile.TarInfo(prefix + path)
            member.size = len(text.encode())
            member.mode = 0o755 if "/bin/" in f"/{path}" else 0o644
            tar.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


def metadata(name: str, version: str, requires: list[str], extras: dict[str, str]) -> str:
    """METADATA of a wheel, PKG-INFO of a source distribution."""
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    for extra, requirement in extras.items():
        lines += [f"Provides-Extra: {extra}", f'Requires-Dist: {requirement}; extra == "{extra}"']
    return "\n".join(lines) + "\n"


def digest(data: bytes) -> str:
    """A hash as RECORD spells it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def write_wheel(out: Path, name: str, version: str, files: dict[str, str | bytes], about: str) -> None:
    """Writes one wheel for any Python and platform."""
    stem = f"{name.replace('-', '_')}-{version}"
    data = {path: text.encode() if isinstance(text, str) else text for path, text in sorted(files.items())}
    wheel = "Wheel-Version: 1.0\nGenerator: make_sdk\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    data |= {f"{stem}.dist-info/METADATA": about.encode(), f"{stem}.dist-info/WHEEL": wheel.encode()}
    record = f"{stem}.dist-info/RECORD"
    rows = [f"{path},{digest(content)},{len(content)}\n" for path, content in data.items()]
    data[record] = ("".join(rows) + f"{record},,\n").encode()
    # Nothing is compressed: compressors differ between Pythons.
    with zipfile.ZipFile(out / f"{stem}-py3-none-any.whl", "w") as archive:
        for path, content in data.items():
            member = zipfile.ZipInfo(path)  # Dated 1980-01-01.
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, content)


def write_sdist(out: Path, version: str, files: Files, requires: list[str], extras: dict[str, str], about: str) -> None:
    """Writes `rocm` as a source distribution, which pip builds with setuptools from its index."""
    options = {"name": "rocm", "version": version, "packages": ["rocm_sdk"], "install_requires": requires}
    options["extras_require"] = {extra: [requirement] for extra, requirement in extras.items()}
    files = files | {
        "PKG-INFO": about,
        "pyproject.toml": '[build-system]\nrequires = ["setuptools>=70.2"]\nbuild-backend = "setuptools.build_meta"\n',
        "setup.py": f'"""The meta package of the SDK."""\n\nfrom setuptools import setup\n\nsetup(**{options!r})\n',
    }
    packed = gzip.compress(pack(files, f"rocm-{version}/"), mtime=0)
    (out / f"rocm-{version}.tar.gz").write_bytes(packed)


def write_sdk(a: argparse.Namespace) -> None:
    """Writes every package of the SDK that was not left out."""
    targets = ALL_TARGETS if a.all_targets else a.targets
    versions = dict(text.split("=", 1) for text in a.mismatch)
    devices = [f"rocm-sdk-device-{target}" for target in targets]

    def version(name: str) -> str:
        return versions.get(name, a.version)

    def pin(name: str) -> str:
        return f"{name}=={version(name)}"

    def wheel(name: str, files: dict[str, str | bytes], requires: list[str]) -> None:
        if name not in a.omit:
            write_wheel(a.output, name, version(name), files, metadata(name, version(name), requires, {}))

    info = json.dumps({"dist_amdgpu_targets": ";".join(targets)}) + "\n"
    core = {f"_rocm_sdk_core/lib/lib{name}.so": "" for name in CORE_LIBRARIES}
    core |= {"_rocm_sdk_core/__init__.py": "", "_rocm_sdk_core/share/therock/dist_info.json": info}
    wheel("rocm-sdk-core", core, [])
    libraries = {f"_rocm_sdk_libraries/lib/lib{name}.so": "" for name in LIBRARIES}
    wheel("rocm-sdk-libraries", libraries | {"_rocm_sdk_libraries/__init__.py": ""}, [pin("rocm-sdk-core")])
    packed = pack(devel_files(a.version, info), "_rocm_sdk_devel/")
    devel = {"rocm_sdk_devel/__init__.py": "", "rocm_sdk_devel/_devel.tar": packed}
    wheel("rocm-sdk-devel", devel, [pin("rocm-sdk-core")])
    for device, target in zip(devices, targets):
        wheel(device, {f"_rocm_sdk_libraries/lib/{target}.kpack": target}, [pin("rocm-sdk-libraries")])

    if "rocm" in a.omit:
        return
    source = Path(__file__).with_name("rocm_sdk")
    files = {f"rocm_sdk/{file.name}": file.read_text(encoding="utf-8") for file in source.glob("*.py")}
    files["rocm_sdk/_dist_info.py"] = (
        f'"""What this distribution holds."""\n\n__version__ = {version("rocm")!r}\nNOISY = {a.stderr_noise}\n'
        f"CORE_LIBRARIES = {CORE_LIBRARIES}\nLIBRARIES = {LIBRARIES}\n"
    )
    requires = [pin("rocm-sdk-core")]
    extras = {"libraries": pin("rocm-sdk-libraries"), "devel": pin("rocm-sdk-devel")}
    extras |= {device.removeprefix("rocm-sdk-"): pin(device) for device in devices}
    about = metadata("rocm", version("rocm"), requires, extras)
    if a.kind == "sdist":
        write_sdist(a.output, version("rocm"), files, requires, extras, about)
    else:
        write_wheel(a.output, "rocm", version("rocm"), files, about)


def main() -> None:
    """Reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--targets", type=lambda text: text.split(","), required=True, help="such as gfx942,gfx1201")
    parser.add_argument("--all-targets", action="store_true", help="device packages for every target there is")
    parser.add_argument("--kind", choices=["wheel", "sdist"], default="wheel", help="what `rocm` itself is")
    parser.add_argument("--stderr-noise", action="store_true", help="`rocm_sdk` warns on stderr")
    parser.add_argument("--placeholder", action="store_true", help="adds rocm and rocm-sdk-core 0.1.0")
    parser.add_argument("--omit", action="append", default=[], metavar="PKG")
    parser.add_argument("--mismatch", action="append", default=[], metavar="PKG=VERSION")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    write_sdk(arguments)
    if arguments.placeholder:
        for name in ("rocm", "rocm-sdk-core"):
            write_wheel(arguments.output, name, "0.1.0", {}, metadata(name, "0.1.0", [], {}))


if __name__ == "__main__":
    main()
