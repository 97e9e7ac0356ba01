"""Kills the demo's build at moments spread over its course, and holds the rerun of each to what an undisturbed build gives.

    python3 tests/torture/torture.py --moments 50          evenly spread
    python3 tests/torture/torture.py --moments 5 --random  anywhere; the seed is printed, and --seed repeats it

In turn the tool alone is killed, the tool with all that it started, and the tool is asked to end (SIGTERM). Each rerun must end well with the same
five wheels, byte for byte, and a complete manifest; build no wheel again that was done; and leave no process and no file that an undisturbed
build does not leave.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
from tool import binary  # noqa: E402  (the path of the scripts that measure)

KINDS = ["tool", "tree", "term"]
# A build that takes longer than this has stopped.
HANG = 600


def stat(pid: int) -> tuple[int, str]:
    """The parent and the state of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return int(fields[1]), fields[0]


def processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def tree(root: int) -> list[int]:
    """The process and all that descends from it."""
    parents = {}
    for pid in processes():
        with contextlib.suppress(OSError):
            parents[pid] = stat(pid)[0]
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def strays(folder: Path) -> list[str]:
    """Processes at work in the folder, or that name it; those that have ended are none."""
    found = []
    for pid in processes():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            ours = str(folder) in words or os.readlink(f"/proc/{pid}/cwd").startswith(str(folder))
            if pid != os.getpid() and ours and stat(pid)[1] != "Z":
                found.append(f"{pid} {words[:120]}")
    return found


def files(folder: Path) -> set[str]:
    """What a build left, but for logs, whose names tell the time, what Python compiles when it likes, and the files in git's folders by which runs
    keep others out: only who finds a checkout there makes one."""
    found = (str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
    passing = (".pyc", ".git/therock-xtask.run")
    return {path for path in found if "/logs/" not in path and not path.endswith(passing) and not path.startswith("tmp/")}


def wheels(folder: Path) -> dict[str, str]:
    found = sorted(folder.glob("build/demo/dist/*.whl"))
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def manifest(folder: Path) -> tuple[str, dict]:
    """The one manifest that is there: its name, and what it says."""
    found = list(folder.glob("build/demo/dist/manifests/*.json"))
    return (found[0].name, json.loads(found[0].read_text(encoding="utf-8"))) if len(found) == 1 else ("", {})


class Demo:
    """A demo in a folder of its own, always the same, because paths are in wheels."""

    def __init__(self, tool: str, folder: Path):
        self.command = [tool, "build", "--demo", "--log-style", "plain"]
        self.folder = folder

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "tmp").mkdir(parents=True)

    def start(self) -> subprocess.Popen:
        env = {**os.environ, "THEROCK_XTASK_CACHE": str(self.folder / "cache"), "TMPDIR": str(self.folder / "tmp")}
        with (self.folder / "said").open("ab") as said:
            return subprocess.Popen(self.command, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=said, stderr=said)

    def finish(self) -> int:
        return self.start().wait(timeout=HANG)

    def disturb(self, moment: float, kind: str) -> int | None:
        """Starts it, and ends it after so many seconds; its exit code, unless it had ended already."""
        process = self.start()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=moment)
            return None
        if kind == "term":
            process.terminate()
        else:
            for pid in tree(process.pid) if kind == "tree" else [process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        return process.wait(timeout=HANG)


def faults(demo: Demo, kind: str, killed: int | None, code: int, done: dict[str, str], reference: tuple) -> list[str]:
    """What is not as it should be after a rerun."""
    expected_wheels, expected_files = reference
    found = []
    if killed is not None and kind == "term" and killed != 130:
        found.append(f"asked to end, it exited with {killed}")
    if code:
        said = (demo.folder / "said").read_text(encoding="utf-8", errors="replace").splitlines()
        return [*found, f"the rerun exited with {code}:", *said[-30:]]
    name, content = manifest(demo.folder)
    if content.get("status") != "complete" or not name or ".partial." in name:
        found.append(f"the manifest `{name}` is {content.get('status')}")
    if wheels(demo.folder) != expected_wheels:
        found.append(f"other wheels: {wheels(demo.folder)}")
    jobs = {job["project"]: job for job in content.get("jobs", [])}
    for project in done:
        if (status := jobs.get(project, {}).get("status")) != "reused":
            found.append(f"`{project}` was done and is {status}: {jobs.get(project, {}).get('reason')}")
    left = files(demo.folder)
    found.extend(f"left behind: {path}" for path in sorted(left - expected_files)[:10])
    found.extend(f"lacks: {path}" for path in sorted(expected_files - left)[:10])
    found.extend(f"temporary: {path.name}" for path in (demo.folder / "tmp").iterdir())
    found.extend(f"still runs: {line}" for line in strays(demo.folder))
    return found


def done(folder: Path) -> dict[str, str]:
    """The projects whose jobs had ended well, by the manifest that the killed run left."""
    jobs = manifest(folder)[1].get("jobs", [])
    return {job["project"]: job["status"] for job in jobs if job["status"] in ("built", "reused")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=5)
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--seed", type=int, default=None)
    wish = parser.parse_args()
    seed = random.randrange(1 << 32) if wish.seed is None else wish.seed
    chance = random.Random(seed)

    with tempfile.TemporaryDirectory(prefix="torture-") as parent:
        demo = Demo(binary(), Path(parent).resolve() / "demo")
        demo.clear()
        began = time.monotonic()
        if code := demo.finish():
            sys.exit(f"the undisturbed demo exited with {code}:\n" + (demo.folder / "said").read_text(encoding="utf-8"))
        whole = time.monotonic() - began
        reference = (wheels(demo.folder), files(demo.folder))
        print(f"undisturbed: {len(reference[0])} wheels in {whole:.1f} s; seed {seed}", flush=True)

        failed = 0
        for index in range(wish.moments):
            part = chance.random() if wish.random or wish.seed is not None else (index + 0.5) / wish.moments
            kind = KINDS[index % len(KINDS)]
            demo.clear()
            killed = demo.disturb(part * whole, kind)
            before = done(demo.folder)
            code = demo.finish()
            wrong = faults(demo, kind, killed, code, before, reference)
            failed += bool(wrong)
            what = "had ended" if killed is None else f"{kind} at {part * whole:5.1f} s"
            print(f"{index + 1:3} {'FAIL' if wrong else 'ok  '} {what}, {len(before)} wheels done", *wrong, sep="\n      ", flush=True)
        print(f"{wish.moments - failed} passed, {failed} failed")
        sys.exit(failed > 0)


main()
