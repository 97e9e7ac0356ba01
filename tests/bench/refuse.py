"""How long the binary takes to refuse a wrong request, and how much memory."""

import os
import statistics
import subprocess
import time

from tool import binary, folder, verdict

# Several problems at once, so that everything is looked at.
WRONG = "build --python 3.9 --ref --upload-pack=x --gfx gfx943,gfx9 --version-suffix rocm7 --use-ccache --use-sccache".split()


def milliseconds(tool: str, cwd: str) -> float:
    """One run, from the start of the process to its end."""
    began = time.perf_counter()
    code = subprocess.run([tool, *WRONG], cwd=cwd, stderr=subprocess.DEVNULL, check=False).returncode
    assert code == 2, code
    return (time.perf_counter() - began) * 1000


def mebibytes(tool: str, cwd: str) -> float:
    """The peak of one run. It is read while the tool waits to be heard: a child's usage would count this script's memory, too."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b" " * 4096)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    process = subprocess.Popen([tool, *WRONG], cwd=cwd, stderr=writer)
    time.sleep(0.5)
    lines = open(f"/proc/{process.pid}/status", encoding="utf-8").read().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    os.close(writer)
    while os.read(reader, 1 << 16):
        pass
    assert process.wait() == 2
    return peak / 1024


tool = binary()
with folder() as cwd:
    times = [milliseconds(tool, cwd) for _ in range(50)]
    peak = mebibytes(tool, cwd)
print(f"fastest {min(times):.1f} ms, slowest {max(times):.1f} ms, of {len(times)}")
# clap_builder is not optimised: that would cost everyone's first start 4 s to save 1 MiB here.
verdict([("a wrong request is refused, median", statistics.median(times), 10, "ms"), ("peak memory", peak, 20, "MiB")])
