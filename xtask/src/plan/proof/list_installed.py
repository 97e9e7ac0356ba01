"""Says what the distributions of this environment bring and require, as one line of JSON."""

import csv
import json
import re
import sysconfig
from importlib.metadata import distributions

LIBRARY = re.compile(r"\.(so(\.\d+)*|dll|pyd)$", re.IGNORECASE)

found = {}
for distribution in distributions(path=[sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]):
    name = re.sub("[-_.]+", "-", distribution.metadata["Name"] or "").lower()
    record = distribution.read_text("RECORD") or ""
    paths = (row[0] for row in csv.reader(record.splitlines()) if row)
    found[name] = {
        "version": distribution.version,
        "requires": distribution.metadata.get_all("Requires-Dist") or [],
        "libraries": [path for path in paths if LIBRARY.search(path)],
    }
print(json.dumps(found))
