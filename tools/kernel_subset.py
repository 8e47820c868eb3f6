#!/usr/bin/env python3
"""Compiles the kernel-safe rooms as a driver would, for four targets, and looks at what came out.

Found are: what does not compile with the driver's flags (exceptions, run-time types, floating point, big frames), symbols
that no kernel provides, code that runs before the driver does, vector registers, guarded local statics, recursion,
and chains of calls that need too much stack. Exits with 1 if something was found.
"""

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import kernel_objects
import kernel_stack
import kernel_targets
import rooms

ALL_HEADERS = "all_headers.cpp"


def units_of(root, folder, untracked):
    """The kernel-safe sources, and a generated one that includes all kernel-safe headers."""
    files = [path for path in rooms.files_of(root, untracked) if rooms.is_kernel_safe(path)]
    headers = "".join(f'#include "{path}"\n' for path in files if path.endswith(".h"))
    path = os.path.join(folder, ALL_HEADERS)
    old = None
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = file.read()
    if old != headers:  # an unchanged file keeps its object
        with open(path, "w", encoding="utf-8") as file:
            file.write(headers)
    return [ALL_HEADERS] + [path for path in files if path.endswith(".cpp")]


def check(root, folder, untracked=False, only=None):
    """Returns (findings, number of units, text about the deepest stack). `only`: names of the targets to look at."""
    root, folder = os.path.abspath(root), os.path.abspath(folder)
    targets = [target for target in kernel_targets.targets() if only is None or target.name in only]
    for target in targets:
        os.makedirs(os.path.join(folder, target.name), exist_ok=True)
    units = units_of(root, folder, untracked)
    jobs = [(target, unit) for target in targets for unit in units]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda job: kernel_targets.compile_unit(root, folder, *job), jobs))
        compiled = {target.name: [] for target in targets}
        for (target, unit), findings in zip(jobs, results):
            if not findings:
                compiled[target.name].append(unit)
        found = [finding for findings in results for finding in findings]
        for part in pool.map(lambda t: kernel_objects.check_objects(folder, t, compiled[t.name]), targets):
            found += part

    def graphs(name):
        return {kernel_targets.object_of(folder, target, unit)[:-2] + ".ci": unit
                for target in targets if target.name == name for unit in compiled[name]}

    stack, text = kernel_stack.check_stack(root, graphs("linux-gcc"), graphs("audit"))
    return found + stack, len(units), text


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=here)
    parser.add_argument("--build-dir", default=os.path.join(here, "build", "kernel-subset"))
    parser.add_argument("--untracked", action="store_true", help="look also at files that git does not track yet")
    options = parser.parse_args()
    begun = time.monotonic()
    try:
        found, units, text = check(options.root, options.build_dir, options.untracked)
    except FileNotFoundError as error:
        sys.exit(f"kernel-subset: {error}")
    for finding in found:
        print(finding)
    print(text)
    print(f"kernel-subset: {units} units, {len(found)} findings, {time.monotonic() - begun:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
