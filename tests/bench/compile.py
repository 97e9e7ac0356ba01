"""The processor time that everybody spends before their first build: `cargo xtask`, compiled from nothing."""

import os
import resource
import subprocess

from tool import PROJECT, folder, verdict

subprocess.run(["cargo", "fetch", "--quiet", "--locked"], cwd=PROJECT, check=True)
with folder() as target:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["cargo", "xtask", "--version"]
    environment = {**os.environ, "CARGO_TARGET_DIR": target, "CARGO_INCREMENTAL": "1"}
    subprocess.run(command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
verdict([("a clean compile of `cargo xtask`", spent, 90, "CPU-seconds")])
