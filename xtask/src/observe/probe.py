"""Says who this interpreter is, as one line of JSON. Runs on every Python since 2.7, so that an old one can be called old."""

import sys

# With `-c` the first entry is the current directory: what lies there must not pass for a module.
sys.path = [folder for folder in sys.path if folder]

import json
import os
import re
import sysconfig


def series():
    # A free-threaded build has a `t` behind its number in the names of its extension modules.
    number = "%d.%d" % sys.version_info[:2]
    try:
        from importlib.machinery import EXTENSION_SUFFIXES
    except ImportError:
        return number
    threaded = any(re.search(r"3\d+t", suffix) for suffix in EXTENSION_SUFFIXES)
    return number + ("t" if threaded else "")


def can_make_environments():
    try:
        from importlib.util import find_spec
    except ImportError:
        return False
    return all(find_spec(module) is not None for module in ("venv", "ensurepip"))


def bundled_pip():
    """The pip wheel that `ensurepip` installs. Debian keeps it in a directory of its own, which `WHEEL_PKG_DIR` names."""
    try:
        from importlib.util import find_spec
    except ImportError:
        return None
    spec = find_spec("ensurepip")
    if spec is None or not spec.origin:
        return None
    own = os.path.join(os.path.dirname(spec.origin), "_bundled")
    for folder in (sysconfig.get_config_var("WHEEL_PKG_DIR"), own):
        names = sorted(os.listdir(folder)) if folder and os.path.isdir(folder) else []
        for name in names:
            if name.startswith("pip-") and name.endswith(".whl"):
                return os.path.join(folder, name)
    return None


def headers(folder):
    """Name and version of an installed distribution. `importlib.metadata` would take as long as all the rest together."""
    for name in ("METADATA", "PKG-INFO", ""):
        path = os.path.join(folder, name) if name else folder
        if os.path.isfile(path):
            with open(path, "rb") as file:
                text = file.read().decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n", 1)[0]
            return [re.search("(?mi)^%s:[ \t]*(.+)" % key, text) for key in ("Name", "Version")]
    return [None, None]


def origin(folder):
    """The SHA-256 of the file that pip says it installed a distribution from."""
    path = os.path.join(folder, "direct_url.json")
    if not os.path.isfile(path):
        return None
    try:
        with open(path, "rb") as file:
            archive = json.loads(file.read().decode("utf-8")).get("archive_info") or {}
        hashes = archive.get("hashes") or dict([archive["hash"].split("=", 1)])
        return hashes.get("sha256")
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def distributions():
    found, origins = {}, {}
    for folder in sys.path:
        for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            # pip renames what it is about to remove to `~name`.
            if not entry.endswith((".dist-info", ".egg-info")) or entry.startswith("~"):
                continue
            name, version = headers(os.path.join(folder, entry))
            if name and version:
                normalised = re.sub("[-_.]+", "-", name.group(1).strip()).lower()
                if normalised not in found:
                    found[normalised] = version.group(1).strip()
                    origins[normalised] = origin(os.path.join(folder, entry))
    return found, {name: hash for name, hash in origins.items() if hash}


def operating_system():
    """`AlmaLinux 8.10`, `Windows 10.0.20348`; nothing where a system does not say."""
    if hasattr(sys, "getwindowsversion"):
        return "Windows %d.%d.%d" % sys.getwindowsversion()[:3]
    path = "/etc/os-release"
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        text = file.read().decode("utf-8", "replace")
    values = [re.search("(?m)^%s=[\"']?([^\"'\n]+)" % key, text) for key in ("NAME", "VERSION_ID")]
    return " ".join(value.group(1).strip() for value in values if value) or None


def externally_managed(base_prefix):
    marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
    return sys.prefix == base_prefix and os.path.isfile(marker)


found, origins = distributions()
base_prefix = getattr(sys, "base_prefix", sys.prefix)
answer = {
    "executable": sys.executable,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "series": series(),
    "implementation": getattr(getattr(sys, "implementation", None), "name", "cpython"),
    "prefix": sys.prefix,
    "base_prefix": base_prefix,
    "site_packages": sysconfig.get_path("purelib"),
    "platform_tag": re.sub("[-. ]", "_", sysconfig.get_platform()),
    "ensurepip": can_make_environments(),
    "bundled_pip": bundled_pip(),
    "externally_managed": externally_managed(base_prefix),
    "operating_system": operating_system(),
    "distributions": found,
    "installed_from": origins,
}
print(json.dumps(answer))
