"""Device code without a GPU compiler: an offload bundle laid out as clang does, each code object no more than headers."""

import os
import re
import struct

# The processor numbers of LLVM's AMDGPU back end (`EF_AMDGPU_MACH`).
MACHINES = {
    "gfx900": 0x2C, "gfx906": 0x2F, "gfx908": 0x30, "gfx90a": 0x3F, "gfx90c": 0x32,
    "gfx942": 0x4C, "gfx950": 0x4F,
    "gfx1010": 0x33, "gfx1011": 0x34, "gfx1012": 0x35,
    "gfx1030": 0x36, "gfx1031": 0x37, "gfx1032": 0x38, "gfx1033": 0x39,
    "gfx1034": 0x3E, "gfx1035": 0x3D, "gfx1036": 0x45,
    "gfx1100": 0x41, "gfx1101": 0x46, "gfx1102": 0x47, "gfx1103": 0x44,
    "gfx1150": 0x43, "gfx1151": 0x4A, "gfx1152": 0x55, "gfx1153": 0x58,
    "gfx1200": 0x48, "gfx1201": 0x4E, "gfx1250": 0x49,
}  # fmt: skip
# Which processors have a feature, the lowest bit of its field in `e_flags`; 1 there is "any", 2 "off", 3 "on".
FEATURES = {
    "xnack": (re.compile("gfx9..|gfx101.|gfx1250"), 0x100),
    "sramecc": (re.compile("gfx90[68a]|gfx942|gfx950|gfx1250"), 0x400),
}
HOST = "host-x86_64-unknown-linux-gnu-"
MAGIC = b"__CLANG_OFFLOAD_BUNDLE__"
ALIGNMENT = 64


def targets() -> list[str]:
    """The targets of `PYTORCH_ROCM_ARCH`, each once, in order."""
    names = re.split(r"[;,\s]+", os.environ.get("PYTORCH_ROCM_ARCH", ""))
    found = list(dict.fromkeys(filter(None, names)))
    if not found:
        raise SystemExit("error: PYTORCH_ROCM_ARCH names no GPU target")
    return found


def flags(target: str) -> int:
    """`e_flags` of a target such as `gfx942` or `gfx942:sramecc+:xnack-`."""
    processor, *features = target.split(":")
    value = MACHINES.get(processor, 0)
    for name, (has, unit) in FEATURES.items():
        if has.fullmatch(processor):
            value += unit * (3 if f"{name}+" in features else 2 if f"{name}-" in features else 1)
    return value


def code_object(target: str) -> bytes:
    """An ELF header and one empty section: 64 bits, little endian, HSA, code object version 5, `ET_DYN`, `EM_AMDGPU`."""
    ident = b"\x7fELF" + bytes([2, 1, 1, 64, 3]) + bytes(7)
    return ident + struct.pack("<HHIQQQIHHHHHH", 3, 224, 1, 0, 0, 64, flags(target), 64, 56, 0, 64, 1, 0) + bytes(64)


def bundle(names: list[str]) -> bytes:
    """An uncompressed bundle: magic, number of entries, (offset, size, id) of each, then the code objects."""
    entries = [(HOST, b""), *((f"hipv4-amdgcn-amd-amdhsa--{name}", code_object(name)) for name in names)]
    offset = len(MAGIC) + 8 + sum(24 + len(name) for name, _ in entries)
    offset += -offset % ALIGNMENT
    table, body = MAGIC + struct.pack("<Q", len(entries)), b""
    for name, code in entries:
        table += struct.pack("<QQQ", offset + len(body), len(code), len(name)) + name.encode()
        body += code + bytes(-len(code) % ALIGNMENT)
    return table.ljust(offset, b"\0") + body


def cpp_source(names: list[str]) -> str:
    """C++ that puts the bundle where HIP's runtime looks for it; Windows cuts section names to 8 characters."""
    data = bundle(names)
    rows = "".join("  " + ",".join(map(str, data[i : i + 24])) + ",\n" for i in range(0, len(data), 24))
    return f"""#ifdef _MSC_VER
#pragma section(".hip_fat", read)
#define FATBIN __declspec(allocate(".hip_fat"))
#else
#define FATBIN __attribute__((section(".hip_fatbin"), aligned({ALIGNMENT}), used))
#endif
extern "C" const unsigned char device_code[];
FATBIN const unsigned char device_code[] = {{
{rows}}};
"""
