"""Imports one wheel of a set, where it is installed, and asks what it is. The exit code says what is wrong, the last line why."""

import faulthandler
import importlib
import importlib.machinery
import os
import sys

# An import that waits for ever is shown where it waits.
faulthandler.dump_traceback_later(900, exit=True)

NOT_IMPORTABLE, OTHER_VERSION, NO_HIP, NO_OPERATORS, OPERATOR_FAILS = 10, 11, 12, 13, 14


def end(code, text):
    """Says why in the last line; what libraries that were loaded would say while they end must not come after it."""
    sys.stdout.flush()
    sys.stderr.flush()
    print(text.strip().splitlines()[-1] if text.strip() else "it does not say why", flush=True)
    os._exit(code)


def told(error):
    """An exception, as a traceback ends with it, in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def trying(code, action):
    try:
        return action()
    except BaseException as error:
        end(code, told(error))


def load(name):
    return trying(NOT_IMPORTABLE, lambda: importlib.import_module(name))


def same(one, other):
    """Versions, of which one may spell its local part otherwise."""
    return one.lower().replace("-", ".").replace("_", ".") == other.lower().replace("-", ".").replace("_", ".")


def extension_modules(distribution):
    """The extension modules that a wheel brings beside its package."""
    from importlib.metadata import files

    for file in files(distribution) or []:
        if len(file.parts) == 1 and file.name.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES)):
            yield file.name.split(".")[0]


def near(one, other):
    return all(abs(a - b) < 1e-4 for a, b in zip(one, other, strict=True))


def try_torch(torch):
    square = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert torch.add(square, square).tolist() == [[2.0, 4.0], [6.0, 8.0]], "torch.add gives something else"
    assert torch.matmul(square, square).tolist() == [[7.0, 10.0], [15.0, 22.0]], "torch.matmul gives something else"


def try_torchvision(torchvision):
    import torch

    boxes = torch.tensor([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 9.0], [20.0, 20.0, 30.0, 30.0]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.5, 0.9, 0.7]), 0.5).tolist()
    assert kept == [1, 2], f"torchvision.ops.nms keeps {kept}, not [1, 2]"


def try_torchaudio(torchaudio):
    import torch
    from torchaudio import functional

    louder = functional.gain(torch.tensor([1.0, -0.5]), 20.0).tolist()
    assert near(louder, [10.0, -5.0]), f"torchaudio.functional.gain gives {louder}, not [10.0, -5.0]"


def try_triton(triton):
    importlib.import_module("triton.compiler")


def try_apex(apex):
    modules = list(extension_modules("apex"))
    if "apex_C" in modules and hasattr(importlib.import_module("apex_C"), "flatten"):
        import torch

        flat = importlib.import_module("apex_C").flatten([torch.tensor([1.0]), torch.tensor([2.0])])
        assert flat.tolist() == [1.0, 2.0], "apex_C.flatten gives something else"


def main(distribution, version, smoke):
    from importlib.metadata import version as installed

    # Its libraries are there for the extension modules of the others.
    if distribution == "apex":
        load("torch")
    module = load(distribution)
    found = trying(NOT_IMPORTABLE, lambda: installed(distribution))
    if not same(found, version):
        end(OTHER_VERSION, f"version {found}")
    if distribution == "torch":
        of_module = str(module.__version__)
        if not same(of_module, version):
            end(OTHER_VERSION, f"`torch.__version__` {of_module}")
        hip = getattr(getattr(module, "version", None), "hip", None)
        if not hip:
            end(NO_HIP, f"`torch.version.hip` is {hip!r}")
        print(f"torch.version.hip is {hip}")
    if distribution == "torchvision":
        ops = load("torchvision.ops")
        if not hasattr(ops, "nms"):
            end(NO_OPERATORS, "there is no `torchvision.ops.nms`")
        extension = getattr(module, "extension", None)
        if hasattr(extension, "_assert_has_ops"):
            trying(NO_OPERATORS, extension._assert_has_ops)
    if distribution == "apex":
        for name in extension_modules(distribution):
            load(name)
    if smoke:
        trying(OPERATOR_FAILS, lambda: globals()[f"try_{distribution}"](module))
    # Not by `end`: a library that crashes when the process ends is no good either.
    print(f"{distribution} {found} is imported")


main(sys.argv[1], sys.argv[2], "--smoke" in sys.argv[3:])
