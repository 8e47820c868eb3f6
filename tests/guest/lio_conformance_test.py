#!/usr/bin/env python3
"""libiscsi's conformance suite for persistent reservations, on the kernel's SCSI target itself and through a disk with four
paths to it: the same verdict of each test."""

import os

from guest import main  # first: it makes the integration tests' modules known
from conformance_test import outcomes
from harness import free_ports, need
from hosts import FRONT, QUICK
from lio import ACTIVE_OPTIMIZED, Lio

SUITES = ("PrinReadKeys", "PrinServiceactionRange", "PrinReportCapabilities", "ProutRegister", "ProutReserve", "ProutClear",
          "ProutPreempt")
DEADLINE_S = 240


def verdicts(scene, name, urls):
    """{test: passed, skipped or failed}, and what failed tests have printed."""
    chosen, log = scene.path(f"tests-{name}"), scene.path(f"log-{name}")
    with open(chosen, "w", encoding="ascii") as file:
        file.write("".join(f"ALL.{suite}\n" for suite in SUITES))
    suite = scene.start("sh", "-c", 'exec iscsi-test-cu --dataloss --Verbose-scsi "--test=$1" "$2" "$3" > "$4" 2>&1', "sh",
                        chosen, *urls, log)
    suite.wait(DEADLINE_S)
    assert os.path.getsize(log) > 0, suite.output()
    return outcomes(log)


def test_the_same_verdicts_with_and_without_the_disk(scene):
    need("iscsi-test-cu")
    target = Lio()
    target.reset(ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED)
    direct, failures = verdicts(scene, "direct", target.urls()[:2])
    assert len(direct) >= 20 and "passed" in direct.values(), direct
    target.reset(ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED)
    portals = [f"127.0.0.1:{port}" for port in free_ports(2)]
    scene.disk(target.urls(), extra=[*(word for portal in portals for word in ("--iscsi", portal)), "--lanes", "1", *QUICK])
    through, more_failures = verdicts(scene, "through", [f"iscsi://{portal}/{FRONT}/0" for portal in portals])
    differences = [f"{test}: {direct.get(test)} directly, {through.get(test)} through the disk"
                   for test in direct.keys() | through.keys()
                   if direct.get(test) != through.get(test)]
    texts = [f"{test}:\n" + "\n".join(lines) for test, lines in {**failures, **more_failures}.items()]
    assert not differences, "\n".join(differences + texts)
    print("   ", ", ".join(f"{list(direct.values()).count(verdict)} {verdict}" for verdict in sorted(set(direct.values()))))


if __name__ == "__main__":
    main(globals())
