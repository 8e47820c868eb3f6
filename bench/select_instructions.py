#!/usr/bin/env python3
"""How many instructions the DSM adds to a command: select, begin and complete (with statistics), each called as a
function of its own, counted by valgrind's callgrind. The target is 200 for every policy.

    cmake --build --preset dev --target select_calls && bench/select_instructions.py

Exits with 1 when a policy exceeds the target, with 3 when valgrind or the program is missing.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENTRIES = ("bench_select", "bench_begin", "bench_complete")
TARGET = 200


def policies():
    table = open(os.path.join(ROOT, "dsm/policy/table.cpp"), encoding="utf-8").read()
    return re.findall(r'\.name = "([^"]+)"', table)


def instructions(program, policy, paths, commands, entry):
    """Instructions of `entry` and what it calls, in a run of so many commands."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", f"--toggle-collect={entry}(*",
             program, policy, str(paths), str(commands)], capture_output=True, text=True, check=False)
    collected = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if run.returncode != 0 or not collected:
        sys.exit(f"valgrind failed on {program} {policy} {paths} {commands}:\n{run.stderr}")
    return int(collected.group(1))


def per_command(program, policy, paths, commands):
    # Two runs, the longer less the shorter: the first commands and what a run costs once fall out.
    return [(instructions(program, policy, paths, 2 * commands, entry) -
             instructions(program, policy, paths, commands, entry)) / commands for entry in ENTRIES]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.path.join(ROOT, "build/dev/bench/select_calls"))
    parser.add_argument("--commands", type=int, default=20_000)
    args = parser.parse_args()
    if shutil.which("valgrind") is None:
        print("valgrind is not there, and it is what counts: apt-get install valgrind", file=sys.stderr)
        return 3
    if not os.access(args.program, os.X_OK):
        print(f"{args.program} is not there: build the target select_calls with -DDSMKIT_BUILD_BENCH=ON, or name it "
              "with --program", file=sys.stderr)
        return 3
    failed = False
    print(f"{'policy':26}{'paths':>6}{'select':>9}{'begin':>9}{'complete':>9}{'all':>9}")
    for paths in (8, 32):
        for policy in policies():
            parts = per_command(args.program, policy, paths, args.commands)
            failed |= sum(parts) > TARGET
            print(f"{policy:26}{paths:6}" + "".join(f"{part:9.1f}" for part in [*parts, sum(parts)]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
