"""Makes the miniature repositories out of the folders beside this script, as a mirror of the real ones would hold them.

The same files give the same commits, but for pytorch's, which names the folders of the others.
"""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

# In this order, because pytorch names the commits of all others: the repository, its first branch, another one.
REPOSITORIES = [
    ("fakelib", "main", None),
    ("pytorch_audio", "nightly", "release/2.13"),
    ("pytorch_vision", "nightly", "release/2.13"),
    ("apex", "master", None),
    ("triton", "main", None),
    ("pytorch", "nightly", "release/2.13"),
]
# What stands for another repository's commit in pytorch's files.
PLACEHOLDERS = {"pytorch_audio": "TORCHAUDIO", "pytorch_vision": "TORCHVISION", "apex": "APEX", "triton": "TRITON"}
AUTHOR = {"NAME": "demo", "EMAIL": "demo@example.invalid", "DATE": "1767225600 +0000"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--git", required=True, help="the git program")
    parser.add_argument("--sources", required=True, type=Path, help="the folder with one folder for each repository")
    parser.add_argument("--output", required=True, type=Path, help="the folder that gets the repositories")
    args = parser.parse_args()

    env = dict(os.environ)
    env.update({f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in AUTHOR.items()})

    def git(repository: Path, *words: str) -> str:
        # Nothing of the user's configuration may change what is committed.
        settings = ["core.autocrlf=false", "commit.gpgSign=false", f"core.hooksPath={os.devnull}"]
        command = [args.git, *(word for setting in settings for word in ("-c", setting)), "-C", str(repository), *words]
        return subprocess.run(command, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    commits = {}
    for name, branch, other in REPOSITORIES:
        repository = args.output / name
        shutil.copytree(args.sources / name, repository)
        if name == "pytorch":
            fill(repository, args.output, commits)
        git(repository, "init", "--quiet", "--template=", "--object-format=sha1", f"--initial-branch={branch}")
        git(repository, "add", "--force", "--all")
        if name == "pytorch":
            git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commits['fakelib']},third_party/fakelib")
        git(repository, "commit", "--quiet", "--no-verify", "--message", f"The miniature {name}")
        if other:
            git(repository, "branch", other)
        commits[name] = git(repository, "rev-parse", "HEAD")
        print(f"{name}: {commits[name]}")


def fill(pytorch: Path, origins: Path, commits: dict[str, str]) -> None:
    """Puts the commits and folders of the other repositories where pytorch names them."""
    for file in ("related_commits", ".ci/docker/ci_commit_pins/triton.txt"):
        text = (pytorch / file).read_text(encoding="utf-8")
        for name, placeholder in PLACEHOLDERS.items():
            text = text.replace(f"@{placeholder}_COMMIT@", commits[name])
            text = text.replace(f"@{placeholder}_ORIGIN@", (origins / name).as_posix())
        (pytorch / file).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
