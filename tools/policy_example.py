#!/usr/bin/env python3
"""Adding a load-balance policy is one file and one row. This holds the repository to it:

- the rows of dsm/policy/table.cpp are the files of dsm/policy, by name (what policies share has its own header), and
- the diff that CONTRIBUTING.md shows as the example is what the repository holds: every line of it, side by side.

With --self-test it plants each fault into a copy and expects to find it.
"""

import os
import re
import shutil
import sys

import rooms
from planted_faults import missed, read, run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TABLE, FOLDER, GUIDE = "dsm/policy/table.cpp", "dsm/policy", "CONTRIBUTING.md"


def rows_and_files(root):
    rows = {name.replace("-", "_") for name in re.findall(r'\.name = "([^"]+)"', read(root, TABLE))}
    names = os.listdir(os.path.join(root, FOLDER))
    shared = {name[:-2] for name in names if name.endswith(".h")} | {"table"}
    files = {name[:-4] for name in names if name.endswith(".cpp") and not rooms.is_test(name)} - shared
    for name in sorted(rows - files):
        yield f"{TABLE}: the row of {name} has no file {FOLDER}/{name}.cpp"
    for name in sorted(files - rows):
        yield f"{FOLDER}/{name}.cpp has no row in {TABLE}; what policies share needs a header beside it"


def hunks(diff):
    """(path, is the whole file, added lines) of each run of added lines."""
    path, whole, added = None, False, []
    for line in diff.splitlines() + ["@@"]:
        if line.startswith("+") and not line.startswith("+++ "):
            added.append(line[1:])
            continue
        if added:
            yield path, whole, added
            added = []
        if line.startswith("--- "):
            whole = line == "--- /dev/null"
        elif line.startswith("+++ b/"):
            path = line[len("+++ b/"):]


def example(root):
    found = re.findall(r"^```diff\n(.*?)^```$", read(root, GUIDE), re.MULTILINE | re.DOTALL)
    if len(found) != 1:
        yield f"{GUIDE} must show one example, a block of the language diff; it has {len(found)}"
        return
    paths = set()
    for path, whole, added in hunks(found[0]):
        paths.add(path)
        if path is None or not os.path.isfile(os.path.join(root, path)):
            yield f"{GUIDE}: the example changes {path}, which does not exist"
            continue
        text, wanted = read(root, path), "\n".join(added) + "\n"
        if (whole and text != wanted) or ("\n" + wanted) not in "\n" + text:
            yield f"{GUIDE}: the example's lines of {path} are not what stands there; paste them anew:\n{wanted}"
    if TABLE not in paths or not any(re.match(rf"{FOLDER}/\w+\.cpp$", path or "") for path in paths - {TABLE}):
        yield f"{GUIDE}: the example must show a policy's file and its row in {TABLE}"


def findings(root):
    return [*rows_and_files(root), *example(root)]


def self_test():
    faults = [
        (TABLE, '.name = "weighted-paths"', '.name = "heavy-paths"'),
        (f"{FOLDER}/weighted_paths.cpp", "UINT32_MAX", "1000"),
        ("dsm/policy/policies.h", "uint32_t plan_least_weight(", "uint32_t plan_greatest_weight("),
        (GUIDE, "```diff", "```"),
        (GUIDE, "+++ b/dsm/policy/table.cpp", "+++ b/dsm/policy/tables.cpp"),
    ]

    def copy_to(folder):
        shutil.copytree(os.path.join(ROOT, "dsm"), os.path.join(folder, "dsm"))
        shutil.copy(os.path.join(ROOT, GUIDE), folder)

    return missed(faults, copy_to, lambda folder, _: findings(folder))


if __name__ == "__main__":
    sys.exit(run(__doc__, lambda: findings(ROOT), self_test, "rows, files and the example agree"))
