"""Translates the CUDA sources of torch and of its submodule to HIP. A second run changes nothing."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "torch"))

from utils.hipify import hipify, write

for folder in ("torch/csrc", "third_party/fakelib"):
    for source in sorted((ROOT / folder).glob("*_cuda.*")):
        print(f"{source.relative_to(ROOT).as_posix()} -> {hipify(source).name}")

# This one keeps its name, so the checkout differs from its commit afterwards.
bindings = ROOT / "torch/csrc/bindings.cpp"
write(bindings, bindings.read_text(encoding="utf-8").replace("cuda", "hip"))
print(f"{bindings.relative_to(ROOT).as_posix()} -> itself")
