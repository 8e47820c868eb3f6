#!/usr/bin/env python3
"""The conformance suite of libiscsi, iscsi-test-cu, against dsmkit array: every test on every kind of LUN that it can run on.

docs/conformance.md says what comes out; this test fails when anything else does. With --write it writes that table anew
(for a person to look at), instead of comparing with it.

A test counts as skipped when it ends by saying so. It must pass on some kind of LUN, or be about a feature in LACKING.
"""

import os
import re
import sys
from fnmatch import fnmatchcase

from harness import main, make_file, need, skip

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/conformance.md")
BEGIN, END = "<!-- results: conformance_test.py --write -->", "<!-- end of results -->"
SIZE = "256M"
DEADLINE_S = 280

# What an array like this one rightly lacks: the tests, and why.
LACKING = {
    "ExtendedCopy.*": "no third-party copies",
    "ReceiveCopyResults.*": "no third-party copies",
    "OrWrite.*": "no OR-write: it is for RAID in the initiator",
    "ReadDefectData1?.*": "no defect lists: an array hides its defects",
    "Sanitize.*": "no sanitizing: it is an operation of drives",
    "WriteAtomic16.*": "no atomic writes of their own kind (every write is executed as a whole)",
    "WriteSame1?.ZeroBlocks": "WSNZ: zero blocks do not mean \"to the end of the medium\"",
}

# Sleeps for seconds; one kind of LUN is enough for these.
SLOW = ["Reserve6.ITNexusLoss", "Reserve6.Target*Reset", "Reserve6.LUNReset", "Sanitize.Readonly", "iSCSIcmdsn.*"]
WRITES = [
    "CompareAndWrite.*", "ExtendedCopy.Simple", "GetLBAStatus.UnmapSingle", "OrWrite.Verify", "Unmap.*", "Write10.*",
    "Write12.*", "Write16.*", "WriteSame1?.*", "WriteVerify1?.*", "iSCSIResiduals.Write*", "iSCSITMF.*", "MultipathIO.*",
    "ProutReserve.Access*"]

# The kinds of LUN: name, --lun, and the tests that are not run on it.
KINDS = (
    ("512", f"ram:{SIZE},physical=512", []),
    # UnmapSingle asks for the status of the next logical block and wants that of the next physical one.
    ("512e", f"ram:{SIZE}", SLOW + ["GetLBAStatus.UnmapSingle"]),
    # ExtendedCopy.Simple writes more at a time than the Block Limits page allows, before it finds that there is no copy.
    # ProutReserve.Access* calls 512 bytes a block.
    ("4Kn", f"ram:{SIZE},block=4096", SLOW + ["ExtendedCopy.Simple", "ProutReserve.Access*"]),
    ("thick", f"ram:{SIZE},physical=512,thick", SLOW),
    ("file", "file:{file},physical=512", SLOW),
    ("removable", f"ram:{SIZE},physical=512,removable", SLOW),
    ("read-only", f"ram:{SIZE},physical=512,read-only", SLOW + WRITES),
)


def matches(name, patterns):
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def all_tests(scene):
    """The suite's own list, as {suite: [tests]}, in its order."""
    tests = {}
    for line in scene.run("iscsi-test-cu", "--list").lines:
        found = re.fullmatch(r"ALL\.(\w+)\.(\S+)", line)
        if found:
            tests.setdefault(found[1], []).append(found[2])
    return tests


def selection(scene, kind, tests, left_out):
    """A file that names the tests of one kind: whole suites where nothing is left out."""
    lines = []
    for suite, names in tests.items():
        wanted = [name for name in names if not matches(f"{suite}.{name}", left_out)]
        lines += [f"ALL.{suite}"] if wanted == names else [f"ALL.{suite}.{name}" for name in wanted]
    path = scene.path(f"tests-{kind}")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return path


def start(scene, kind, lun, tests, left_out):
    """The suite against an array of its own, as resets concern all LUNs of an array; its output goes to a file."""
    array = scene.array(ports=2, luns=(lun,), extra=("--symmetric",))
    log = scene.path(f"log-{kind}")
    chosen = selection(scene, kind, tests, left_out)
    process = scene.start(
        "sh", "-c", 'exec iscsi-test-cu --dataloss --allow-sanitize --Verbose-scsi "--test=$1" "$2" "$3" > "$4" 2>&1', "sh",
        chosen, *array.urls(), log)
    return array, process, log


def outcome_of(suite, lines):
    """passed, skipped or failed, from what one test printed; and the last lines of a failure."""
    text = "\n".join(lines)
    if not re.search(r"^passed|\.\.\.\s*passed", text, re.M):
        return "failed"
    last = ""
    for before, line in zip([""] + lines, lines):
        # Between tests the suite looks for reservations that an earlier run has left.
        housekeeping = "PERSISTENT RESERVE IN" in line and "READ_KEYS" in before and not suite.startswith(("Prin", "Prout"))
        if "[SKIP" in line and not housekeeping:
            last = "skipped"
        elif "[OK]" in line or "[SUCCESS]" in line:
            last = "passed"
    return last or "passed"


def outcomes(log):
    """{suite.test: outcome} and {suite.test: what a failed test printed}."""
    printed, suite, test = {}, "", None
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            found = re.match(r"\s*(Suite|Test): (\S+)", line)
            if found and found[1] == "Suite":
                suite, test = found[2], None
            elif found:
                test = (suite, found[2])
                printed[test] = []
            if "Run Summary" in line:
                test = None
            if test:
                printed[test].append(line.rstrip("\n"))
    results = {".".join(key): outcome_of(key[0], lines) for key, lines in printed.items()}
    failures = {".".join(key): lines[-12:] for key, lines in printed.items() if results[".".join(key)] == "failed"}
    return results, failures


def run_all(scene):
    """[(suite.test, {kind: outcome})], in the suite's order, and a text about failures."""
    tests = all_tests(scene)
    backing = make_file(scene.path("lun.img"), 256 << 20)
    running = [(kind, *start(scene, kind, lun.format(file=backing), tests, left_out)) for kind, lun, left_out in KINDS]
    table = {f"{suite}.{name}": {} for suite, names in tests.items() for name in names}
    trouble = []
    for kind, array, process, log in running:
        process.wait(DEADLINE_S)
        assert array.process.popen.poll() is None, f"the array with the LUN {kind} ended:\n{array.process.output()}"
        results, failures = outcomes(log)
        for name, outcome in results.items():
            table[name][kind] = outcome
        trouble += [f"{name} on {kind}:\n" + "\n".join(lines) for name, lines in failures.items()]
    return table, "\n".join(trouble)


def reason(name):
    return next((why for pattern, why in LACKING.items() if fnmatchcase(name, pattern)), "")


def as_page(table):
    """The rows of the page."""
    kinds = [kind for kind, _, _ in KINDS]
    rows = ["| test | " + " | ".join(kinds) + " | why not |", "|---" * (len(kinds) + 2) + "|"]
    for name, results in table.items():
        cells = [results.get(kind, "-") for kind in kinds]
        why = "" if "passed" in cells else reason(name)
        rows.append("| " + " | ".join([name, *cells, why]).rstrip() + " |")
    return rows


def test_conformance(scene):
    need("iscsi-test-cu")
    table, trouble = run_all(scene)
    assert not trouble, trouble
    for name, results in table.items():
        excused = "passed" in results.values() or reason(name)
        assert excused, f"{name} passes on no LUN, and nothing excuses it: {results}"
    rows = as_page(table)
    with open(PAGE, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    written, _, after = rest.partition(END)
    if "--write" in OPTIONS:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write(before + BEGIN + "\n\n" + "\n".join(rows) + "\n\n" + END + after)
        return
    page = written.strip().split("\n")
    differences = [f"page says: {old}\nit is:     {new}" for old, new in zip(page, rows) if old != new]
    assert not differences and len(page) == len(rows), \
        f"{len(rows)} rows against {len(page)} in docs/conformance.md\n" + "\n".join(differences)


def test_every_excuse_is_needed(_scene):
    """A feature that has come must leave the list of what is lacking."""
    with open(PAGE, encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in file if re.match(r"\| \w+\.\S+ \|", line)]
    if not rows:
        skip("docs/conformance.md has no table")
    for pattern in LACKING:
        about = [row for row in rows if fnmatchcase(row[0], pattern)]
        assert about, f"no test is called {pattern}"
        passing = [row[0] for row in about if "passed" in row[1:]]
        assert len(passing) < len(about), f"all of {pattern} pass: it is not lacking"


OPTIONS = [word for word in sys.argv[1:] if word.startswith("--")]

if __name__ == "__main__":
    sys.argv[1:] = [word for word in sys.argv[1:] if not word.startswith("--")]
    main(globals())
