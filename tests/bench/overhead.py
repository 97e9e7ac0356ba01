"""The tool's own time on top of its children: how long, in all of a demo, none of its child processes ran.

Every few milliseconds, /proc is asked whether the tool has a child that has not ended. The part of the answers that say no, times the whole
time, is its own: what it computes, hashes and copies, and every moment in which it has not noticed yet that a child has ended.
"""

import subprocess
import time
from pathlib import Path

from tool import binary, folder, verdict

PAUSE = 0.004


def has_child(pid: int) -> bool:
    """Whether a child of any of the tool's threads runs; one that has ended and was not waited for does not."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            try:
                state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z":
                return True
    return False


def measure(tool: str, cwd: str) -> tuple[float, float]:
    """Seconds in all, and seconds without a child."""
    began = time.perf_counter()
    process = subprocess.Popen([tool, "build", "--demo", "--quiet"], cwd=cwd, stdout=subprocess.DEVNULL)
    alone = samples = 0
    while process.poll() is None:
        try:
            alone += not has_child(process.pid)
            samples += 1
        except OSError:  # It has just ended.
            pass
        time.sleep(PAUSE)
    assert process.returncode == 0
    whole = time.perf_counter() - began
    return whole, whole * alone / samples


tool = binary()
with folder() as cwd:
    whole, own = measure(tool, cwd)
    print(f"the demo took {whole:.1f} s")
    verdict([("of that, no child process ran for", own, 0.3, "s")])
