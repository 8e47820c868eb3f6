"""Who may promise that the IRQL is PASSIVE_LEVEL.

AtPassive::promised() (windows/driver/irql.h) is where the type AtPassive comes from: a function that calls it vouches for
its caller. Only those in windows/driver/passive_entries.txt may, which the kernel or MPIO calls at that level.
"""

import os
import re

LIST = "windows/driver/passive_entries.txt"
DEFINED = "windows/driver/irql.h"
PROMISE = re.compile(r"\bpromised\b")
# As clang-format lays it out: at the beginning of a line.
FUNCTION = re.compile(r"^(?:extern \"C\" )?[A-Za-z_][\w:<>*& ]*?([\w:~]+)\(")


def listed(root):
    """{function: line number} of the list."""
    if not os.path.exists(os.path.join(root, LIST)):
        return {}
    with open(os.path.join(root, LIST), encoding="utf-8") as file:
        lines = [line.split("#")[0].strip() for line in file]
    return {name: number for number, name in enumerate(lines, 1) if name}


def promising(lines):
    """[(line number, function)] of a source; no function: None."""
    inside = None
    for number, line in enumerate(lines, 1):
        head = FUNCTION.match(line)
        if head:
            inside = head.group(1)
        elif line.startswith("}"):
            inside = None
        if PROMISE.search(line.split("//")[0]):
            yield number, inside


def check(root, paths):
    """[(path, line, text)] of the files below windows/driver."""
    entries, used = listed(root), set()
    for path in paths:
        if path.startswith("windows/driver/") and path.endswith((".h", ".cpp")) and path != DEFINED:
            with open(os.path.join(root, path), encoding="utf-8") as file:
                lines = file.read().split("\n")
            for number, function in promising(lines):
                used.add(function)
                if function not in entries:
                    yield (path, number, f"{function or 'what is in no function'} promises PASSIVE_LEVEL and is not in {LIST}: "
                           "take an AtPassive from the caller")
    for name in sorted(entries.keys() - used):
        yield LIST, entries[name], f"{name} promises nothing any more"
