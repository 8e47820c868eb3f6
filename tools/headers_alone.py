"""Does every header compile when it is the first and only one included?

Most headers are proved by the build itself: x.cpp includes x.h before anything else. Only the others are compiled here,
in parallel. What passed is remembered in the build folder and looked at again when something it includes has changed.
"""

import hashlib
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

COMPILER = ["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++", "-"]
FIRST_INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def proved_by_build(root, build_dir):
    """The headers that some source of the configured build includes first."""
    try:
        with open(os.path.join(build_dir, "compile_commands.json"), encoding="utf-8") as file:
            sources = {entry["file"] for entry in json.load(file)}
    except (OSError, TypeError):
        return set()
    proved = set()
    for source in sources:
        if os.path.isfile(source):
            with open(source, encoding="utf-8", errors="replace") as file:
                match = FIRST_INCLUDE.search(file.read())
            if match:
                proved.add(match.group(1))
    return proved


def dependencies(depfile):
    with open(depfile, encoding="utf-8") as file:
        return file.read().replace("\\\n", " ").split(":", 1)[1].split()


def is_fresh(stamp, root):
    """The stamp is the compiler's dependency list; it is there only when what it is about passed."""
    try:
        passed = os.stat(stamp).st_mtime_ns
        return all(os.stat(os.path.join(root, path)).st_mtime_ns < passed for path in dependencies(stamp))
    except (OSError, IndexError):
        return False


def compile_alone(root, header, cache):
    """The compiler's complaint, or None."""
    command = [*COMPILER[:-1], "-I", root]
    stamp = None
    if cache:
        key = hashlib.sha256(f"{command} {header}".encode()).hexdigest()[:24]
        stamp = os.path.join(cache, key + ".d")
        if is_fresh(stamp, root):
            return None
        command += ["-MD", "-MF", stamp + ".new", "-MT", "header"]
    run = subprocess.run([*command, "-"], input=f'#include "{header}"\n', capture_output=True, text=True,
                         cwd=root, check=False)
    if run.returncode != 0:
        return run.stderr.strip()
    if stamp:
        os.replace(stamp + ".new", stamp)
        os.utime(stamp)
    return None


def failures(root, files, build_dir=None):
    """(header, complaint) for each header among `files` that does not compile alone."""
    proved = proved_by_build(root, build_dir) if build_dir else set()
    headers = [path for path in files if path.endswith(".h") and path not in proved]
    cache = None
    if build_dir:
        cache = os.path.join(build_dir, "headers_alone")
        os.makedirs(cache, exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda header: compile_alone(root, header, cache), headers))
    return [(header, complaint) for header, complaint in zip(headers, results) if complaint]
