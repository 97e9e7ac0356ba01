"""From CUDA to HIP, by name only."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Writes a file unless it holds this text already, so that its time stays."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")


def hipify(source: Path) -> Path:
    """Writes the translation of `name_cuda.ext` beside it as `name_hip.ext`, and returns its path."""
    target = source.with_name(source.name.replace("_cuda.", "_hip."))
    write(target, source.read_text(encoding="utf-8").replace("cuda", "hip"))
    return target
