#!/usr/bin/env python3
"""The conformance suite of libiscsi, iscsi-test-cu, against dsmkit array: every test on every kind of LUN that it can run on,
and once more through `dsmkit disk --iscsi`, which must change no verdict.

docs/conformance.md says what comes out; this test fails when anything else does. With --write it writes that table anew
(for a person to look at), instead of comparing with it. With --through every kind of LUN is run through a disk as well, and
nothing is compared but the verdicts.

A test counts as skipped when it ends by saying so. It must pass on some kind of LUN, or be about a feature in LACKING.
"""

import os
import re
import sys
from fnmatch import fnmatchcase

from harness import main, make_file, need, skip
from iscsi_front_test import serve

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/conformance.md")
BEGIN, END = "<!-- results: conformance_test.py --write -->", "<!-- end of results -->"
BEGIN_DIFFERENCES, END_DIFFERENCES = "<!-- differences through a disk -->", "<!-- end of differences -->"
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
    ("512 through a disk", f"ram:{SIZE},physical=512", []),
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


THROUGH = " through a disk"
# A path to an LUN without its medium is not used, so a session that begins then does not come to be.
NOT_THROUGH = ["PreventAllow.*", "NoMedia.*", "StartStopUnit.*"]


def is_through(kind):
    return kind.endswith(THROUGH)


def kinds_to_run():
    named = [kind for kind, _, _ in KINDS]
    more = [(kind + THROUGH, lun, left_out + NOT_THROUGH) for kind, lun, left_out in KINDS
            if "--through" in OPTIONS and not is_through(kind) and kind + THROUGH not in named]
    return [*KINDS, *more]


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
    urls = serve(scene, array, portals=2)[1] if is_through(kind) else array.urls()
    log = scene.path(f"log-{kind}")
    chosen = selection(scene, kind, tests, left_out)
    process = scene.start(
        "sh", "-c", 'exec iscsi-test-cu --dataloss --allow-sanitize --Verbose-scsi "--test=$1" "$2" "$3" > "$4" 2>&1', "sh",
        chosen, *urls, log)
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
    running = []
    for kind, lun, left_out in kinds_to_run():
        lun = lun.format(file=make_file(scene.path(f"{kind}.img"), 256 << 20))
        running.append((kind, *start(scene, kind, lun, tests, left_out)))
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


def is_row(line):
    return re.match(r"\| \w+\.\S+ \|", line)


def cells_of(line):
    return [cell.strip() for cell in line.split("|")[1:-1]]


def differences_through(table):
    """[(kind, suite.test, directly, through a disk)] of all verdicts that are not the same."""
    found = []
    for kind, _, left_out in kinds_to_run():
        for name, results in table.items():
            same_kind = kind.removesuffix(THROUGH)
            directly, through = results.get(same_kind, "-"), results.get(kind, "-")
            if is_through(kind) and not matches(name, left_out) and through != directly:
                found.append((same_kind, name, directly, through))
    return found


def listed_differences():
    """[[tests, directly, through a disk, why]], as the page has them."""
    with open(PAGE, encoding="utf-8") as file:
        part = file.read().partition(BEGIN_DIFFERENCES)[2].partition(END_DIFFERENCES)[0]
    return [cells_of(line) for line in part.split("\n") if is_row(line)]


def check_differences(found, listed):
    """Each difference has its reason, and each reason a difference."""
    new = [f"{name} on {kind}: {directly} directly, {through} through a disk"
           for kind, name, directly, through in found
           if not any(fnmatchcase(name, pattern) and (directly, through) == (was, becomes)
                      for pattern, was, becomes, _ in listed)]
    assert not new, "not in the table of differences:\n" + "\n".join(new)
    past = [pattern for pattern, *_ in listed if not any(fnmatchcase(name, pattern) for _, name, *_ in found)]
    assert not past, f"these do not differ any more; take them out of the table of differences: {past}"


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
    differences = differences_through(table)
    for kind, name, directly, through in differences:
        print(f"{kind:10} {name:36} directly {directly}, through a disk {through}")
    assert not trouble, trouble
    check_differences(differences, listed_differences())
    if "--through" in OPTIONS:
        return
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


def test_differences_need_a_reason_and_reasons_a_difference(_scene):
    found = [("512", "Read10.Simple", "passed", "skipped")]
    reasons = [["Read10.*", "passed", "skipped", "because"]]
    check_differences(found, reasons)
    for wrong in ((found, []), ([], reasons), (found, [["Read10.*", "passed", "failed", "because"]])):
        try:
            check_differences(*wrong)
        except AssertionError:
            continue
        raise AssertionError(f"taken for right: {wrong}")
    table = {"Read10.Simple": {"512": "passed"}, "Read12.Simple": {"512": "passed", "512" + THROUGH: "skipped"}}
    assert len(differences_through(table)) == 2, "a test that did not come to an end differs too"


def test_every_excuse_is_needed(_scene):
    """A feature that has come must leave the list of what is lacking."""
    with open(PAGE, encoding="utf-8") as file:
        rows = [cells_of(line) for line in file.read().partition(BEGIN)[2].split("\n") if is_row(line)]
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
