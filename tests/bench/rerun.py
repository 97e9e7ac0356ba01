"""A rerun with nothing to do, its wheels 4 GiB large and hashed by an earlier run; and a rerun after a failure in the last job, beside starting over."""

import hashlib
import json
import os
import statistics
import subprocess
import time
import zipfile
from pathlib import Path

from tool import binary, events, folder, verdict

SIZE = 4 << 30
BLOCK = os.urandom(4 << 20)
RUNS = 5
# The padding is in no `RECORD`.
PADDED = ["--allow", "record-unlisted"]


def run(tool: str, cwd: str, words: list[str], status: int = 0, **variables: str) -> float:
    """Seconds of a build of the demo."""
    begun = time.perf_counter()
    ended = subprocess.run([tool, "build", "--demo", "--quiet", *words], cwd=cwd, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert ended.returncode == status, ended.returncode
    return time.perf_counter() - begun


def pad(wheel: Path, size: int) -> None:
    """Adds a member, uncompressed as large device code nearly is."""
    with zipfile.ZipFile(wheel, "a") as archive, archive.open("padding.bin", "w", force_zip64=True) as member:
        for _ in range(size // len(BLOCK)):
            member.write(BLOCK)


def enlarge(demo: Path) -> None:
    """Makes the wheels large, and writes into the manifest and the job records what the tool would have written had it built them so. What each file
    is like is left out of the records: that the tool notes itself, once it has read them."""
    manifest = next(demo.glob("dist/manifests/*.json"))
    said = json.loads(manifest.read_text())
    for artifact in said["artifacts"]:
        wheel = demo / "dist" / artifact["relative_path"]
        pad(wheel, SIZE // len(said["artifacts"]))
        with wheel.open("rb") as file:
            artifact["sha256"] = hashlib.file_digest(file, "sha256").hexdigest()
        artifact["size_bytes"] = wheel.stat().st_size
        path = next(demo.glob(f"py*/jobs/{artifact['source']}.json"))
        record = json.loads(path.read_text())
        record["wheel"]["artifact"].update(size_bytes=artifact["size_bytes"], sha256=artifact["sha256"])
        del record["wheel"]["stamp"]
        path.write_text(json.dumps(record))
    manifest.write_text(json.dumps(said))


tool = binary()
with folder() as cwd:
    run(tool, cwd, [], 4, DEMO_FAIL="apex")
    rerun = run(tool, cwd, [])
    again = run(tool, cwd, ["--restart"])
    demo = Path(cwd, "build", "demo")
    small = statistics.median(run(tool, cwd, []) for _ in range(RUNS))
    enlarge(demo)
    reading = run(tool, cwd, PADDED)
    large = statistics.median(run(tool, cwd, PADDED) for _ in range(RUNS))
    decided = [event["text"] for _, event in events([tool, "build", "--demo", *PADDED], cwd) if event["event"] == "decided"]
    assert decided == ["reused: nothing changed"] * 5, decided
    print(f"nothing to do: small wheels {small:.2f} s; 4 GiB read and audited for the first time {reading:.2f} s, then {large:.2f} s")
    print(f"after a failure in the last job: {rerun:.1f} s; every wheel again {again:.1f} s")
    verdict([
        ("a rerun with nothing to do, 4 GiB of wheels hashed before", large, 1, "s"),
        ("a rerun after a failure in the last job, as a part of starting over", rerun / again, 0.7, ""),
    ])
