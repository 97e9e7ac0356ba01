"""Checkouts beside the sequence of git commands that TheRock's own scripts run: seconds, and bytes of the objects that the repositories sent. Once the
demo's repositories, once one of 50,000 files; then each in a second work directory."""

import os
import random
import subprocess
import time
from pathlib import Path

from tool import binary, folder, verdict

FILES = 50_000
HOST = "https://bench.invalid/"
TAG = "THEROCK_UPSTREAM_DIFFBASE"


def git(cwd: Path, *words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], cwd=cwd, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()


def large(origins: Path) -> None:
    """A repository of many files, packed as servers have it."""
    words = ["".join(random.Random(number).choices("abcdefghij", k=6)) for number in range(2000)]
    chance = random.Random(1)
    for number in range(FILES):
        path = origins / "large" / f"{number // 250:03}" / f"{number}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(" ".join(chance.choices(words, k=200)))
    git(origins, "init", "--quiet", "--initial-branch", "main", "large")
    git(origins / "large", "add", "--all")
    git(origins / "large", "commit", "--quiet", "--message", "x")
    git(origins / "large", "repack", "-adq")


def settings(base: Path) -> None:
    """Lets git find the repositories behind an address, take submodules from folders, and keep the packs that it receives."""
    config = base / "gitconfig"
    config.write_text(f"""[url "{base}/origins/"]
	insteadOf = {HOST}
[protocol "file"]
	allow = always
[transfer]
	unpackLimit = 1
[user]
	name = Bench
	email = bench@example.invalid
""")
    os.environ.update(GIT_CONFIG_GLOBAL=str(config), GIT_CONFIG_NOSYSTEM="1", THEROCK_XTASK_CACHE=str(base / "cache"))


def reference(origin: str, commit: str, to: Path) -> None:
    """The commands of the reference's checkout engine, with the depth that it can be given."""
    to.mkdir(parents=True)
    git(to, "init", "--initial-branch=main")
    git(to, "config", "advice.detachedHead", "false")
    git(to, "remote", "add", "origin", origin)
    git(to, "fetch", "--depth", "1", "-j", "10", "origin", commit)
    git(to, "checkout", "FETCH_HEAD")
    git(to, "tag", "-f", TAG, "--no-sign")
    git(to, "submodule", "update", "--init", "--recursive", "--depth", "1", "-j", "10")
    git(to, "submodule", "foreach", "--recursive", f"git tag -f {TAG} --no-sign")


def packed(place: Path) -> int:
    """The bytes of all git objects below a folder, packed or not."""
    files = (path for path in place.rglob("objects/**/*") if path.is_file() and path.suffix not in (".idx", ".rev"))
    return sum(path.stat().st_size for path in files)


def measured(action, place: Path) -> tuple[float, int]:
    """Seconds of an action, and bytes of the objects that came to a folder."""
    before, begun = packed(place), time.perf_counter()
    action()
    return time.perf_counter() - begun, packed(place) - before


def compare(tool: str, base: Path, name: str, repositories: dict[str, str]) -> list[tuple[str, float, float, str]]:
    """Figures of one set of repositories: project -> repository."""
    commits = {project: git(base / "origins" / repository, "rev-parse", "HEAD") for project, repository in repositories.items()}
    manifest = base / f"{name}.json"
    entries = [f'"{project}": {{"repo": "{HOST}{repositories[project]}", "commit": "{commit}"}}' for project, commit in commits.items()]
    manifest.write_text("{" + ", ".join(entries) + "}")

    def theirs(work: str):
        for project, commit in commits.items():
            reference(HOST + repositories[project], commit, base / work / project)

    def ours(work: str):
        words = [tool, "checkout", "--from-manifest", str(manifest), "--no-hipify", "--work-dir", str(base / work)]
        said = subprocess.run(words, cwd=base, check=True, capture_output=True, text=True).stderr
        # Then everything that was fetched is in the folder that runs share.
        assert "by itself" not in said, said

    figures = []
    for place in ("first", "second"):
        their_time, their_bytes = measured(lambda: theirs(f"{name}-theirs-{place}"), base / f"{name}-theirs-{place}")
        our_time, our_bytes = measured(lambda: ours(f"{name}-ours-{place}"), base / "cache")
        print(f"{name}, {place}: git {their_time:.2f} s, {their_bytes} bytes; the tool {our_time:.2f} s, {our_bytes} bytes")
        # What the tool asks beside takes as long for small repositories as for large ones.
        figures.append((f"{name}, {place} folder: time more than git's", our_time - their_time, 0.5, "s"))
        limit = 1.01 if place == "first" else 0
        figures.append((f"{name}, {place} folder: bytes as a part of git's", our_bytes / their_bytes, limit, ""))
    return figures


tool = binary()
with folder() as cwd:
    base = Path(cwd).resolve()
    subprocess.run([tool, "build", "--demo", "--only", "triton", "--quiet"], cwd=base, check=True, stdout=subprocess.DEVNULL)
    (base / "build/demo/origins").rename(base / "origins")
    settings(base)
    large(base / "origins")
    demo = {project: project for project in ("pytorch", "pytorch_audio", "pytorch_vision", "triton", "apex")}
    figures = compare(tool, base, "large", {"apex": "large"})
    figures += compare(tool, base, "demo", demo)
    verdict(figures)
