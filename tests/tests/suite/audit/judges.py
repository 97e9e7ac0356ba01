"""Asks programs that know nothing of this project what they think of wheels: prints JSON, of each wheel who refuses it and why."""

import email.parser
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor

from packaging.metadata import Metadata
from packaging.tags import parse_tag
from packaging.utils import canonicalize_name, parse_wheel_filename


def by_zipfile(path):
    with zipfile.ZipFile(path) as archive:
        damaged = archive.testzip()
        assert damaged is None, f"damaged: {damaged}"


def by_packaging(path):
    name, version, _, tags = parse_wheel_filename(path.name)
    with zipfile.ZipFile(path) as archive:
        folder = "-".join(path.name.split("-")[:2]) + ".dist-info/"
        metadata = Metadata.from_email(archive.read(folder + "METADATA"))
        wheel = email.parser.BytesParser().parsebytes(archive.read(folder + "WHEEL"))
    assert canonicalize_name(metadata.name) == name, metadata.name
    assert metadata.version == version, metadata.version
    assert any(metadata.requires_python.contains(f"3.12.{patch}") for patch in range(20)), metadata.requires_python
    assert {tag for line in wheel.get_all("Tag") for tag in parse_tag(line)} == tags, wheel.get_all("Tag")


def run(*command):
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert ended.returncode == 0, (ended.stderr + ended.stdout).strip()[-300:]


def by_pip(path):
    with tempfile.TemporaryDirectory() as target:
        options = "--isolated --disable-pip-version-check --no-deps --no-index --no-compile --only-binary=:all:".split()
        kind = "--platform=linux_x86_64 --python-version=3.12 --implementation=cp --abi=cp312".split()
        run(sys.executable, "-m", "pip", "install", *options, *kind, "--target", target, str(path))


def by_check_wheel_contents(path):
    program = pathlib.Path(sys.executable).with_name("check-wheel-contents")
    # What it thinks of style is not asked: files of a package that are short, or alike, or compiled.
    run(str(program), "--no-config", "--ignore=W002,W004,W009,W010", str(path))


def refusals(path):
    judges = {"zipfile": by_zipfile, "packaging": by_packaging, "pip": by_pip, "check-wheel-contents": by_check_wheel_contents}
    found = {}
    for name, judge in judges.items():
        try:
            judge(path)
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found


paths = sorted(pathlib.Path(sys.argv[1]).glob("*/*.whl"))
with ThreadPoolExecutor(2) as pool:
    print(json.dumps({path.parent.name: found for path, found in zip(paths, pool.map(refusals, paths))}))
