#!/usr/bin/env python3
"""The repository's lint: what the compiler does not say and reviewers should not have to.

Errors: an include that the room table does not allow, a header that is not self-contained or lacks #pragma once, a
standard header that a kernel-safe room may not use, a promise of PASSIVE_LEVEL by who is no entry point of the driver,
leftovers, formatting. Hints, which do not fail: long files, long functions, long lines. Exits with 1 if there are errors.
"""

import argparse
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import headers_alone
import promises
import rooms

CLANG_FORMAT = "clang-format-14"
CXX = (".h", ".cpp")
RAW = ("fuzz/corpus/", "windows/mydsm.inf")  # inputs of fuzzers: any bytes; lines that end as Windows has it
LONG_FILE, LONG_FUNCTION, LONG_LINE = 250, 60, 120

# Written in pieces, so that this file does not find itself.
LEFTOVERS = [
    (re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b"), "leftover note: finish it or say it as a fact"),
    (re.compile(r"^(<{7}|>{7}|\|{7}) "), "conflict marker"),
    (re.compile(r"[ \t\r]+$"), "blank at the end of the line"),
    (re.compile(r"\.\./" r"shared|/wo" r"rk/"), "path of somebody's machine"),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Finding(NamedTuple):
    path: str
    line: int
    text: str
    hint: bool = False

    def __str__(self):
        return f"{self.path}:{self.line}: {'hint: ' if self.hint else ''}{self.text}"


def check_include(path, number, kind, name, root):
    room = rooms.room_of(path)
    if kind == "<":
        if rooms.is_kernel_safe(path) and name not in rooms.KERNEL_STD_HEADERS:
            yield Finding(path, number, f"<{name}> is not for kernel-safe code; tools/rooms.py lists what is")
        return
    target = rooms.room_of(name)
    if "/" not in name or (target not in rooms.INCLUDES and target not in rooms.BESIDE):
        yield Finding(path, number, f'"{name}" does not name a room: includes start at the root')
        return
    if not os.path.isfile(os.path.join(root, name)):
        yield Finding(path, number, f'"{name}" does not exist')
    if path.startswith("windows/driver/") and name.startswith("windows/abi/") and name != rooms.KERNEL_HEADER:
        yield Finding(path, number, f'"{name}" is past {rooms.KERNEL_HEADER}, which may take the kit\'s declarations instead')
    if room not in rooms.INCLUDES or target == room:
        return
    if target == "tests" and rooms.is_test(path):
        return
    if target not in rooms.INCLUDES[room]:
        allowed = ", ".join(rooms.INCLUDES[room]) or "no other room"
        yield Finding(path, number, f"{room} must not include {target} (it may include: {allowed})")
    elif rooms.is_kernel_safe(path) and target in rooms.KERNEL_ROOMS and not rooms.is_kernel_safe(name):
        yield Finding(path, number, f'"{name}" is for user space only, this file is kernel-safe')


def check_cxx(path, lines, root):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            yield from check_include(path, number, *match.groups(), root)
    if path.endswith(".h") and "#pragma once" not in lines:
        yield Finding(path, 1, "header without #pragma once")
    if not lines or not lines[0].startswith(("//", "/*")):
        yield Finding(path, 1, "no opening comment that says what the file is for", hint=True)
    begun = None
    for number, line in enumerate(lines, 1):
        if re.match(r"^[A-Za-z].*\{$", line) and "(" in line and not line.startswith(("namespace", "extern")):
            begun = number
        elif line == "}" and begun:
            if number - begun > LONG_FUNCTION:
                yield Finding(path, begun, f"function of {number - begun} lines", hint=True)
            begun = None


def check_text(path, lines, ends_with_newline):
    for number, line in enumerate(lines, 1):
        for pattern, what in LEFTOVERS:
            if pattern.search(line):
                yield Finding(path, number, what)
        if len(line) > LONG_LINE:
            yield Finding(path, number, f"line of {len(line)} characters", hint=True)
    if lines and not ends_with_newline:
        yield Finding(path, len(lines), "no newline at the end of the file")
    if len(lines) > LONG_FILE:
        yield Finding(path, len(lines), f"file of {len(lines)} lines", hint=True)


def check_file(path, root):
    if path.startswith(RAW):
        return []
    with open(os.path.join(root, path), "rb") as file:
        data = file.read()
    if b"\0" in data:
        return []
    text = data.decode("utf-8", "replace")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    found = list(check_text(path, lines, text.endswith("\n")))
    if path.endswith(CXX):
        found += check_cxx(path, lines, root)
    return found


def check_format(paths, root):
    """One finding per badly formatted file."""
    def judge(chunk):
        run = subprocess.run([CLANG_FORMAT, "--dry-run", "-Werror", *chunk], cwd=root, capture_output=True,
                             text=True, check=False)
        first = {}
        for path, line in re.findall(r"^(\S+?):(\d+):\d+: error: ", run.stderr, re.M):
            first.setdefault(path, int(line))
        return [Finding(path, line, f"not formatted: run {CLANG_FORMAT} -i {path}") for path, line in first.items()]

    chunks = [paths[i:i + 20] for i in range(0, len(paths), 20)]
    try:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return [finding for part in pool.map(judge, chunks) for finding in part]
    except FileNotFoundError:
        return [Finding("tools/packages.txt", 1, f"{CLANG_FORMAT} is not installed: run tools/setup")]


def check(root, build_dir=None, untracked=False):
    """All findings about the files below root."""
    files = rooms.files_of(root, untracked)
    found = [finding for path in files for finding in check_file(path, root)]
    found += [Finding(*told) for told in promises.check(root, files)]
    cxx = [path for path in files if path.endswith(CXX)]
    found += check_format(cxx, root)
    here = [path for path in cxx if not path.startswith(rooms.STAND_IN_KIT + "/")]
    found += [Finding(path, 1, "does not compile alone:\n" + message)
              for path, message in headers_alone.failures(root, here, build_dir)]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--build-dir", help="a configured build folder: makes the check of headers quicker")
    parser.add_argument("--untracked", action="store_true", help="look also at files that git does not track yet")
    options = parser.parse_args()
    found = check(os.path.abspath(options.root), options.build_dir, options.untracked)
    errors = [finding for finding in found if not finding.hint]
    for finding in sorted(found, key=lambda f: (not f.hint, f.path, f.line)):
        print(finding)
    print(f"lint: {len(errors)} errors, {len(found) - len(errors)} hints")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
