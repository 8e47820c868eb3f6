#!/usr/bin/env python3
"""Records each scenario of ntrun through the driver's own trace events, and replays it on the library: what passed the
entry points of mydsm.sys must lead to the same decisions in `dsmkit replay`. Exits with 1 if one of them differs.
"""

import argparse
import os
import subprocess
import sys
import tempfile

# What breaks something on purpose ends early; what is about tracing has a session of its own.
LEFT_OUT = ("mutants/", "tracing/")
# Loads nothing, so there is nothing to record.
EMPTY = "there is no record in it"


def replay(options, scenario, folder):
    """"" when it is the same, None when nothing was recorded, else what is wrong."""
    trace = os.path.join(folder, "trace")
    if os.path.exists(trace):
        os.remove(trace)
    recorded = subprocess.run([options.ntrun, options.driver, "--scenario", scenario, "--record", trace],
                              capture_output=True, text=True, check=False)
    if recorded.returncode != 0:
        return recorded.stdout + recorded.stderr
    replayed = subprocess.run([options.dsmkit, "replay", trace], capture_output=True, text=True, check=False)
    if replayed.returncode == 0:
        return ""
    return None if EMPTY in replayed.stderr else replayed.stdout + replayed.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":", maxsplit=1)[0])
    parser.add_argument("--ntrun", default="build/release/ntrun")
    parser.add_argument("--dsmkit", default="build/release/dsmkit")
    parser.add_argument("--driver", default="build/windows-driver/mydsm.sys")
    options = parser.parse_args()
    listed = subprocess.run([options.ntrun, "--list"], capture_output=True, text=True, check=True).stdout.split()
    same = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for scenario in listed:
            if scenario.startswith(LEFT_OUT):
                continue
            result = replay(options, scenario, folder)
            same += result == ""
            if result:
                wrong += 1
                print(f"FAILED {scenario}\n{result.rstrip()}")
    print(f"driver_traces: {same} scenarios decide the same on the library, {wrong} do not")
    return 1 if wrong or not same else 0


if __name__ == "__main__":
    sys.exit(main())
