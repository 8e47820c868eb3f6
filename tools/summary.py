#!/usr/bin/env python3
"""Sums up what ./run-tests ran: failures with their output, skips with their reasons, and a last line of counts.

usage: summary.py FOLDER

FOLDER holds one NAME.xml per ctest run (ctest --output-junit) and steps.tsv for everything else, with a line
`passed|failed<TAB>name<TAB>log file` or `skipped<TAB>name<TAB>reason` per step. Exits with 1 if something failed or
nothing passed.
"""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ElementTree
from typing import NamedTuple

TAIL = 60  # lines of a failed test or step that are shown
COMPLAINT = re.compile(r"error:|warning:|^FAILED|undefined reference|^CMake Error")
# An integration script reports each of its tests so (tests/integration/harness.py).
INNER = re.compile(r"^(passed|failed|skipped)\s+(test_\w+) \([\d.]+ s\)(?:: *(.*))?$", re.M)
GTEST_SKIP = re.compile(r"^\S+:\d+: Skipped\n(.*)$", re.M)


class Result(NamedTuple):
    outcome: str  # passed, failed, skipped
    name: str
    text: str = ""  # a failure's output, a skip's reason


def reason_of(case, output):
    said = GTEST_SKIP.search(output)
    if said and said.group(1).strip():
        return said.group(1).strip()
    skipped = case.find("skipped")
    told = skipped.get("message", "") if skipped is not None else ""
    last = output.strip().splitlines()[-1:] or [""]
    return last[0] or told or "no reason given"


def results_of_case(case, stage):
    name = f"{stage}: {case.get('name')}"
    output = case.findtext("system-out") or ""
    status = case.get("status")
    inner = INNER.findall(output)
    if inner:
        yield from (Result(outcome, f"{name}/{test}", reason) for outcome, test, reason in inner if outcome != "failed")
        failed = [test for outcome, test, _ in inner if outcome == "failed"]
        if failed:
            yield from (Result("failed", f"{name}/{test}", output if test == failed[0] else "") for test in failed)
        elif status == "fail":
            yield Result("failed", name, output)
    elif status == "run":
        yield Result("passed", name)
    elif status == "notrun" and "Unable to find executable" in reason_of(case, output):
        yield Result("failed", name, "was not built")
    elif status in ("notrun", "disabled"):
        yield Result("skipped", name, "disabled" if status == "disabled" else reason_of(case, output))
    else:
        yield Result("failed", name, output)


def excerpt(log):
    """Of a step's log, which may be a whole build: what complains, and the end."""
    lines = log.splitlines()
    if len(lines) <= TAIL:
        return log
    return "\n".join([line for line in lines[:-10] if COMPLAINT.search(line)][:TAIL - 10] + lines[-10:])


def results(folder):
    for path in sorted(glob.glob(os.path.join(folder, "*.xml"))):
        stage = os.path.basename(path)[:-4]
        cases = ElementTree.parse(path).getroot().findall("testcase")
        if not cases:
            yield Result("failed", f"{stage}: ctest found no tests")
        for case in cases:
            yield from results_of_case(case, stage)
    steps = os.path.join(folder, "steps.tsv")
    if os.path.exists(steps):
        with open(steps, encoding="utf-8") as file:
            for line in file:
                outcome, name, log = line.rstrip("\n").split("\t")
                text = log if outcome == "skipped" else ""
                if outcome == "failed" and os.path.exists(log):
                    with open(log, encoding="utf-8", errors="replace") as output:
                        text = excerpt(output.read())
                yield Result(outcome, name, text)


def summary(folder):
    """The text, and whether all is well."""
    found = list(results(folder))
    lines = []
    for result in found:
        if result.outcome == "failed":
            lines.append(f"FAILED {result.name}")
            lines += ["  " + line for line in result.text.strip().splitlines()[-TAIL:]]
    lines += [f"skipped {r.name}: {r.text}" for r in found if r.outcome == "skipped"]
    counts = {outcome: sum(r.outcome == outcome for r in found) for outcome in ("passed", "failed", "skipped")}
    lines.append(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    return "\n".join(lines), counts["failed"] == 0 and counts["passed"] > 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(__doc__)
    report, good = summary(sys.argv[1])
    print(report)
    sys.exit(0 if good else 1)
