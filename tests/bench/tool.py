"""What the measurements share: the binary under test, and a demo in a folder that is removed."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def binary() -> str:
    """Builds the tool as `cargo xtask` does and returns its path."""
    command = ["cargo", "build", "--quiet", "--package", "xtask", "--bin", "xtask", "--message-format=json"]
    output = subprocess.run(command, cwd=PROJECT, stdout=subprocess.PIPE, check=True, text=True).stdout
    messages = map(json.loads, output.splitlines())
    return next(path for message in messages if (path := message.get("executable")))


@contextlib.contextmanager
def folder():
    """A folder to work in."""
    with tempfile.TemporaryDirectory(prefix="bench-") as path:
        yield path


def events(words: list[str], cwd: str, **variables: str):
    """Runs the tool and yields each of its events with the time of its arrival, in seconds."""
    command = [*words, "--log-style", "json"]
    tool = subprocess.Popen(command, cwd=cwd, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = []
    for line in tool.stderr:
        said.append(line)
        if line.startswith("{"):
            yield time.perf_counter(), json.loads(line)
    if tool.wait():
        sys.exit("".join(said[-40:]))


def run(command: list[str], cwd: Path, cores: str) -> tuple[float, float]:
    """Wall time and processor time, each the best of three runs; the first brings the files into memory."""
    wall, processor = [], []
    for _ in range(3):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(["taskset", "-c", cores, *command], cwd=cwd, stdout=subprocess.DEVNULL, check=True)
        wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(wall), min(processor)


def mebibytes(command: list[str], cwd: Path) -> float:
    """The peak of one run, which a small program of its own tells: a child's usage would count this script's memory, too."""
    ask = "import os, sys; os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ); print(os.wait3(0)[2].ru_maxrss)"
    output = subprocess.run([sys.executable, "-S", "-c", ask, *command], cwd=cwd, capture_output=True, check=True, text=True).stdout
    return int(output.splitlines()[-1]) / 1024


def verdict(figures: list[tuple[str, float, float, str]]) -> None:
    """Prints each figure with its limit, and fails if one is above."""
    for what, value, limit, unit in figures:
        print(f"{'ok  ' if value <= limit else 'FAIL'}  {what}: {value:.3g} {unit} (limit {limit:g} {unit})")
    sys.exit(any(value > limit for _, value, limit, _ in figures))
