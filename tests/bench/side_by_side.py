"""torchaudio, torchvision and apex side by side against one after another. A compiler that first sleeps, once for each wheel, makes them
bound by time and not by processors."""

import os
import shutil
import subprocess
from pathlib import Path

from tool import binary, events, folder, verdict

SECONDS = 8
WHEELS = ("torchaudio", "torchvision", "apex")


def slow_compilers(cwd: str, run: str) -> dict[str, str]:
    """Compilers that sleep once in each project's folder and then do their work."""
    slept = Path(cwd, f"slept-{run}")
    slept.mkdir()
    variables = {}
    for variable, names in {"CC": ("cc", "gcc"), "CXX": ("c++", "g++")}.items():
        real = next(path for name in names if (path := shutil.which(name)))
        wrapper = Path(cwd, f"{names[0]}-{run}")
        wrapper.write_text(f'#!/bin/sh\nmkdir "{slept}/${{PWD##*/}}" 2>/dev/null && sleep {SECONDS}\nexec {real} "$@"\n')
        wrapper.chmod(0o755)
        variables[variable] = str(wrapper)
    return variables


def seconds(tool: str, cwd: str, jobs: int) -> float:
    """From the start of the first of the three to the end of the last."""
    words = [tool, "build", "--demo", "--only", ",".join(WHEELS), "--jobs", str(jobs)]
    heard = events(words, cwd, **slow_compilers(cwd, str(jobs)))
    times = [when for when, event in heard if event.get("job") in WHEELS and event["event"] in ("job-started", "job-ended")]
    assert len(times) == 2 * len(WHEELS)
    return max(times) - min(times)


tool = binary()
with folder() as cwd:
    os.environ.pop("MAX_JOBS", None)
    subprocess.run([tool, "build", "--demo", "--quiet"], cwd=cwd, stdout=subprocess.DEVNULL, check=True)
    one, three = (seconds(tool, cwd, jobs) for jobs in (1, 3))
    print(f"one after another {one:.1f} s, side by side {three:.1f} s")
    verdict([("side by side, as a part of one after another", three / one, 0.5, "")])
