"""Builds the miniature torchvision, on the torch that is installed."""

import os
from pathlib import Path

import torch
from setuptools import Extension, setup
from torch.utils.cpp_extension import BuildExtension, HIPExtension

on_device = torch.cuda.is_available() or os.environ.get("FORCE_CUDA") == "1"
extension = HIPExtension if on_device else Extension
torch_version = os.environ.get("PYTORCH_VERSION")

setup(
    name="torchvision",
    version=os.environ.get("BUILD_VERSION") or Path("version.txt").read_text().strip(),
    description="A miniature of torchvision",
    packages=["torchvision"],
    install_requires=[f"torch=={torch_version}" if torch_version else "torch"],
    ext_modules=[extension("torchvision._C", ["torchvision/csrc/iou_cuda.cpp"])],
    cmdclass={"build_ext": BuildExtension},
)
