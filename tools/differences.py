#!/usr/bin/env python3
"""docs/differences.md says why this DSM does not have the weaknesses of the reference sample. This keeps it true:

- every number from 1 to 57 has one row, in order,
- every row names a test, or says "cannot occur:" or "open:", and
- every test that is named stands in the file to which its link leads.

The acceptance scenarios, too: each from 1 to 35 has a test in dsm/acceptance/, TEST(Acceptance, S01_...), and is played
through the Windows driver: a scenario "acceptance/01_..." in a list that ntrun.cpp takes in.
With --self-test it plants each fault into a copy and expects to find it.
"""

import os
import re
import shutil
import sys

import rooms
from planted_faults import missed, read, run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGE = "docs/differences.md"
ACCEPTANCE, NTRUN, LISTS = "dsm/acceptance/", "windows/harness/ntrun.cpp", "windows/harness/scenarios/"
WEAKNESSES, SCENARIOS = range(1, 58), range(1, 36)

TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
NAME = re.compile(r"`([A-Z]\w*\.[A-Z]\w*)`")
LINK = re.compile(r"\[`(\w+\.\w+)`\]\(\.\./([^)]+)\)")
ROW = re.compile(r"^\| (?!---|#|the reference)(?:(\d+) \| )?[^|]+ \| ([^|]+) \|$", re.MULTILINE)


def test_files(root):
    return [path for path in rooms.files_of(root, untracked=True) if rooms.is_test(path)]


def tests_of(root):
    """Path -> the names of its tests, as Suite.Name."""
    return {path: {".".join(names) for names in TEST.findall(read(root, path))} for path in test_files(root)}


def check_page(page, tests):
    rows = [match.groups() for match in ROW.finditer(page)]
    lines = [line for line in page.splitlines() if re.match(r"\| (?!---|#|the reference)", line)]
    if len(rows) != len(lines):
        yield f"{PAGE}: {len(lines) - len(rows)} rows are neither | number | weakness | here | nor | weakness | here |"
    numbers = [int(number) for number, _ in rows if number]
    if numbers != list(WEAKNESSES):
        wrong = sorted(set(numbers) ^ set(WEAKNESSES)) or "the same, but not in order, or twice"
        yield f"{PAGE}: the numbers must be {WEAKNESSES[0]} to {WEAKNESSES[-1]}, each once: {wrong}"
    for number, here in rows:
        if not LINK.search(here) and "cannot occur: " not in here and "open: " not in here:
            yield f"{PAGE}: row {number or here!r} has neither a test nor a reason, and does not say that it is open"
    for name in NAME.findall(LINK.sub("", page)):
        yield f"{PAGE}: {name} is not a link to its file"
    for name, path in LINK.findall(page):
        if path not in tests:
            yield f"{PAGE}: {name} leads to {path}, which is no file of tests"
        elif name not in tests[path]:
            yield f"{PAGE}: {path} has no test {name}; find out what has become of it, and say that"


def check_numbers(found, what):
    for number in sorted(set(SCENARIOS) - found):
        yield f"no test of acceptance scenario {number}: {what.format(number)}"
    for number in sorted(found - set(SCENARIOS)):
        yield f"{what.format(number)}: there is no such scenario"


def check_scenarios(tests):
    names = [name for path, of_file in tests.items() if path.startswith(ACCEPTANCE) for name in of_file]
    found = {int(number) for name in names for number in re.findall(r"^Acceptance\.S(\d\d)_", name)}
    return check_numbers(found, "TEST(Acceptance, S{:02}_...) in " + ACCEPTANCE)


def scenario_lists(root):
    return [path for path in rooms.files_of(root, untracked=True) if path.startswith(LISTS) and path.endswith(".cpp")]


def check_driver_scenarios(texts, ntrun):
    """`texts`: what scenario_lists() names, by path."""
    found = set()
    for path, text in texts.items():
        taken = True
        for name in re.findall(r"^std::span<const Scenario> (\w+)\(\)", text, re.MULTILINE):
            if f"harness::{name}()" not in ntrun:
                taken = False
                yield f"{path}: {NTRUN} does not take {name}() in, so nobody plays what is there"
        if taken:
            found |= {int(number) for number in re.findall(r'^ *\{"acceptance/(\d\d)_', text, re.MULTILINE)}
    yield from check_numbers(found, 'a scenario "acceptance/{:02}_..." in ' + LISTS)


def findings(root):
    tests = tests_of(root)
    lists = {path: read(root, path) for path in scenario_lists(root)}
    return [*check_page(read(root, PAGE), tests), *check_scenarios(tests),
            *check_driver_scenarios(lists, read(root, NTRUN))]


def self_test():
    groups = "scsi/target_port_groups_test.cpp"
    link = f"[`Rtpg.ACutGroup`](../{groups})"
    faults = [
        (PAGE, "| 57 |", "| 58 |"),
        (PAGE, "| 8 |", "| 7 |"),
        (PAGE, "| 10 |", "| 10 "),
        (PAGE, "cannot occur: there are no controller objects", "there are no controller objects"),
        (PAGE, "`Rtpg.ACutGroup`", "`Rtpg.ACutGroups`"),
        (PAGE, link, link.replace(groups, "scsi/sense_test.cpp")),
        (PAGE, link, link.replace(groups, "scsi/target_port_groups.cpp")),
        (PAGE, link, "`Rtpg.ACutGroup`, cannot occur: "),
        (groups, "TEST(Rtpg, ACutGroup)", "TEST(Rtpg, DISABLED_ACutGroup)"),
        ("dsm/acceptance/errors_test.cpp", "TEST(Acceptance, S17_", "TEST(Acceptance, About17_"),
        ("dsm/acceptance/errors_test.cpp", "TEST(Acceptance, S18_", "// TEST(Acceptance, S18_"),
        ("dsm/acceptance/errors_test.cpp", "TEST(Acceptance, S19_", "TEST(Acceptance, S36_"),
        (LISTS + "acceptance_errors.cpp", '    {"acceptance/17_', '    {"errors/17_'),
        (LISTS + "acceptance_errors.cpp", '    {"acceptance/18_', '    // {"acceptance/18_'),
        (LISTS + "acceptance_errors.cpp", '    {"acceptance/19_', '    {"acceptance/36_'),
        (NTRUN, "harness::acceptance_settings_scenarios(),", ""),
    ]

    def copy_to(folder):
        for path in [PAGE, NTRUN, *test_files(ROOT), *scenario_lists(ROOT)]:
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, path), os.path.join(folder, path))
        return findings(folder)

    return missed(faults, copy_to, lambda folder, before: set(findings(folder)) - set(before))


if __name__ == "__main__":
    sys.exit(run(__doc__, lambda: findings(ROOT), self_test, "every row has its reason, every test that is named is there, and so is every scenario"))
