"""Audits a wheel of 500 MB on one core, beside hashing it alone and `unzip -t`: `audit.py XTASK [FOLDER]`. Needs `taskset`, `unzip` and `sha256sum`."""

import base64
import hashlib
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

NAME = "bench-1.0-cp312-cp312-linux_x86_64.whl"
MEMBERS = 10
SIZE = 57 << 20


def content(seed: int) -> bytes:
    """Half of it noise, half of it like code: words of a small vocabulary."""
    noise = random.Random(seed)
    words = [noise.randbytes(16) for _ in range(4096)]
    code = b"".join(noise.choices(words, k=SIZE // 32))
    return b"\x7fBIN" + noise.randbytes(SIZE // 2) + code


def make(path: Path) -> None:
    """Writes the wheel."""
    record = ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as wheel:

        def add(name: str, data: bytes) -> None:
            nonlocal record
            wheel.writestr(name, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            record += f"{name},sha256={digest},{len(data)}\n"

        for number in range(MEMBERS):
            add(f"bench/lib{number}.bin", content(number))
        add("bench-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: bench\nVersion: 1.0\n")
        tag = NAME.removesuffix(".whl").split("-", 2)[2]
        add("bench-1.0.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n".encode())
        wheel.writestr("bench-1.0.dist-info/RECORD", record + "bench-1.0.dist-info/RECORD,,\n")


def measure(what: str, *command: str) -> float:
    """The least of three wall times, on one core."""
    seconds = []
    for _ in range(3):
        begin = time.monotonic()
        subprocess.run(["taskset", "-c", "0", *command], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.monotonic() - begin)
    print(f"{what}: {min(seconds):.2f} s")
    return min(seconds)


def main() -> None:
    xtask = os.path.abspath(sys.argv[1])
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp())
    wheel = folder / NAME
    # In a process of its own: what a child is forked from counts as the child's memory.
    if not wheel.exists() and (maker := os.fork()) == 0:
        make(wheel)
        os._exit(0)
    elif not wheel.exists():
        os.waitpid(maker, 0)
    print(f"{wheel.stat().st_size / 1e6:.0f} MB")
    audit = measure("audit", xtask, "audit", str(folder))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory: {memory:.0f} MiB")
    others = measure("sha256sum", "sha256sum", str(wheel)) + measure("unzip -t", "unzip", "-tqq", str(wheel))
    print(f"audit is {audit / others:.2f} x both together")
    sys.exit(audit > 3 * others or memory > 100)


main()
