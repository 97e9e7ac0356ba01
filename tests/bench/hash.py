"""How fast wheels are read: `manifest generate` and `verify` on 4 GiB beside the programs that everybody has, and the memory of it."""

import os
import sys
import time
import zipfile
from pathlib import Path

from tool import binary, folder, mebibytes, run, verdict

# Seven wheels as a set has them: torch has most of it.
SIZES = [2048, 1024, 512, 256, 128, 64, 64]
MANIFEST = "dist/manifests/therock-manifest_torch_py3.12_unknown.json"
DIGEST = "import hashlib, sys\nfor path in sys.argv[1:]: print(hashlib.file_digest(open(path, 'rb'), 'sha256').hexdigest(), path)"


def wheels(cwd: Path, sizes: list[int]) -> list[str]:
    """Wheels of so many MiB of random bytes, stored as they are."""
    (cwd / "dist").mkdir()
    paths = []
    for number, size in enumerate(sizes):
        path = cwd / f"dist/p{number}-1-cp312-cp312-linux_x86_64.whl"
        with zipfile.ZipFile(path, "w") as archive:
            with archive.open(f"p{number}/data", "w", force_zip64=True) as data:
                for _ in range(size):
                    data.write(os.urandom(1 << 20))
            archive.writestr(f"p{number}-1.dist-info/METADATA", f"Name: p{number}\nRequires-Dist: torch\n")
        paths.append(str(path.relative_to(cwd)))
    return paths


tool = binary()
figures = []
with folder() as path:
    cwd = Path(path)
    files = wheels(cwd, SIZES)
    size = sum((cwd / file).stat().st_size for file in files) / (1 << 30)
    every = f"0-{os.cpu_count() - 1}"
    for cores, where in [("0", "one core"), (every, "all cores")]:
        commands = {
            "sha256sum": ["sha256sum", *files],
            "openssl dgst": ["openssl", "dgst", "-sha256", *files],
            "hashlib.file_digest": [sys.executable, "-c", DIGEST, *files],
            "generate": [tool, "manifest", "generate", "dist"],
            "verify": [tool, "manifest", "verify", MANIFEST],
        }
        took = {name: run(command, cwd, cores) for name, command in commands.items()}
        for name, (wall, processor) in took.items():
            print(f"{where}: {name}: {wall:.2f} s, {size / wall:.2f} GiB/s, {processor:.2f} CPU-seconds")
        # One core cannot be faster than others on one core, whoever else uses it; all together should do most of what they could.
        by_wall = cores != "0"
        limit = 1.33 / os.cpu_count() if by_wall else 1.1
        best = lambda names: min(took[name][0 if by_wall else 1] for name in names)
        fastest = best(["sha256sum", "openssl dgst", "hashlib.file_digest"])
        for name in ["generate", "verify"]:
            what = f"{where}: {name}, {'time' if by_wall else 'processor time'} as a part of the fastest of the others"
            figures.append((what, best([name]) / fastest, limit, "times"))
    figures.append(("4 GiB: peak memory of generate", mebibytes([tool, "manifest", "generate", "dist"], cwd), 30, "MiB"))
    figures.append(("4 GiB: peak memory of verify", mebibytes([tool, "manifest", "verify", MANIFEST], cwd), 30, "MiB"))
with folder() as path:
    cwd = Path(path)
    wheels(cwd, [0] * 1000)
    figures.append(("1,000 wheels: peak memory of generate", mebibytes([tool, "manifest", "generate", "dist"], cwd), 30, "MiB"))
    figures.append(("1,000 wheels: peak memory of verify", mebibytes([tool, "manifest", "verify", MANIFEST], cwd), 30, "MiB"))
verdict(figures)
