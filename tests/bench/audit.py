"""How long the audit of a wheel of 500 MB takes on one core, beside hashing it and unpacking it once with `unzip -t`; and its memory, also when as many
wheels are read at once as there are cores."""

import base64
import hashlib
import os
import random
import shutil
import struct
import zipfile
from pathlib import Path

from tool import binary, folder, mebibytes, run, verdict

WHEEL = "bench-1.0-cp312-cp312-linux_x86_64.whl"
DIST_INFO = "bench-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: bench\nVersion: 1.0\nRequires-Python: >=3.10\n"
TAGS = b"Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: false\nTag: cp312-cp312-linux_x86_64\n"
MIB = 1 << 20


def machine_code() -> bytes:
    """4 MiB that pack to a third, as libraries do: words of which some are frequent. `deflate` looks back 32 KiB, so it does not see them repeated."""
    chance = random.Random(1)
    words = [chance.randbytes(chance.choice([3, 4, 5, 7, 8])) for _ in range(1 << 14)]
    weights = [(1 + number) ** -1.4 for number in range(len(words))]
    return b"".join(chance.choices(words, weights, k=3 * MIB // 2))[: 4 * MIB]


def library(code: bytes) -> list[bytes]:
    """A library of 64 MiB: the header of an ELF file without sections, then code, and a quarter random bytes, as packed device code is."""
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 3, 62, 1, 0, 0, 0, 0, 64, 56, 0, 64, 0, 0)
    return [header, *(os.urandom(MIB) if number % 4 == 3 else code[number % 4 * MIB :][:MIB] for number in range(64))]


def make(path: Path) -> int:
    """Makes a wheel of 500 MB or a little more that nothing is wrong with, and returns the bytes of what is in it."""
    code, record, total = machine_code(), [], 0

    def add(name: str, pieces: list[bytes]) -> None:
        nonlocal total
        digest, member = hashlib.sha256(), zipfile.ZipInfo(name)
        member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
        with archive.open(member, "w") as packed:
            for piece in pieces:
                packed.write(piece)
                digest.update(piece)
        total += member.file_size
        hashed = base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
        record.append(f"{name},sha256={hashed},{member.file_size}\n")

    with zipfile.ZipFile(path, "w") as archive:
        number = 0
        while archive.fp.tell() < 500_000_000:
            add(f"bench/lib/lib{number}.so", library(code))
            # torch has thousands of small files beside its libraries.
            for small in range(500):
                add(f"bench/include/{number}/{small}.h", [code[small << 10 :][: 4 << 10]])
            number += 1
        add(f"{DIST_INFO}/METADATA", [METADATA])
        add(f"{DIST_INFO}/WHEEL", [TAGS])
        archive.writestr(f"{DIST_INFO}/RECORD", "".join(record) + f"{DIST_INFO}/RECORD,,\n")
    return total


tool = binary()
with folder() as path:
    cwd = Path(path)
    file = cwd / "one" / WHEEL
    file.parent.mkdir()
    content = make(file)
    print(f"{file.stat().st_size / 1e6:.0f} MB, which unpack to {content / 1e6:.0f} MB")
    for number in range(os.cpu_count()):
        (cwd / "several" / str(number)).mkdir(parents=True)
        shutil.copyfile(file, cwd / "several" / str(number) / WHEEL)
    commands = {
        "sha256sum": ["sha256sum", str(file)],
        "openssl dgst": ["openssl", "dgst", "-sha256", str(file)],
        "unzip -t": ["unzip", "-tqq", str(file)],
        "audit": [tool, "audit", "one"],
    }
    took = {name: run(command, cwd, "0")[1] for name, command in commands.items()}
    for name, processor in took.items():
        print(f"{name}: {processor:.2f} CPU-seconds")
    allowed = 3 * min(took["sha256sum"], took["openssl dgst"]) + took["unzip -t"]
    figures = [
        ("audit, processor time as a part of hashing thrice and unpacking once", took["audit"] / allowed, 1, "times"),
        ("peak memory", mebibytes([tool, "audit", "one"], cwd), 100, "MiB"),
        (f"peak memory of {os.cpu_count()} wheels at once", mebibytes([tool, "audit", "several"], cwd), 100, "MiB"),
    ]
verdict(figures)
