#!/usr/bin/env python3
"""dsmkit disk over four portals of the kernel's SCSI target: access states that the target changes and that the disk changes,
and portals that go and come back, under a load that checks what it reads."""

from guest import main
from harness import end_well, need, wait_until
from lio import ACTIVE_NONOPTIMIZED, ACTIVE_OPTIMIZED, STANDBY, Lio

WORDS = {ACTIVE_OPTIMIZED: "active/optimized", ACTIVE_NONOPTIMIZED: "active/non-optimized", STANDBY: "standby"}
_lio = []


def lio():
    """One for all tests of this script, in its first state."""
    if not _lio:
        _lio.append(Lio())
    _lio[0].reset()
    return _lio[0]


def loaded(scene, target):
    need("qemu-io")
    disk = scene.disk(target.urls(), extra=("--stability-ms", "100", "--backoff-max-ms", "200", "--flap-hold-max-ms", "100"))
    disk.wait_states(*["up"] * 4)
    scene.run("qemu-io", "-f", "raw", "-c", "write -z 0 4M", disk.uri)  # what the test before has written
    load = disk.verify("--size", "4M", "--block-size", "4096", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    return disk, load


def carrying(disk, *expected):
    """Waits until exactly these paths carry the load."""
    def counts():
        return [path["ios"] for path in disk.show()["paths"]]

    def only_these():
        before = counts()
        wait_until(lambda: sum(counts()) > sum(before) + 40, "the load to go on")
        return [path for path, (old, new) in enumerate(zip(before, counts())) if new > old] == list(expected)
    wait_until(only_these, f"the load to be on the paths {expected}")


def shows(disk, *states):
    wait_until(lambda: [path["access"] for path in disk.show()["paths"]] == [WORDS[state] for state in states],
               f"access states {states}")


def test_follows_what_the_target_changes(scene):
    target = lio()
    disk, load = loaded(scene, target)
    shows(disk, ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED, ACTIVE_NONOPTIMIZED, STANDBY)
    carrying(disk, 0, 1)
    target.set_states(ACTIVE_NONOPTIMIZED, ACTIVE_OPTIMIZED, STANDBY)
    shows(disk, ACTIVE_NONOPTIMIZED, ACTIVE_NONOPTIMIZED, ACTIVE_OPTIMIZED, STANDBY)
    carrying(disk, 2)
    target.set_states(STANDBY, STANDBY, ACTIVE_OPTIMIZED)
    shows(disk, STANDBY, STANDBY, STANDBY, ACTIVE_OPTIMIZED)
    carrying(disk, 3)
    target.set_states(ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED)
    carrying(disk, 0, 1, 2, 3)
    end_well(load)


def test_changes_sides_when_only_standby_is_left(scene):
    target = lio()
    disk, load = loaded(scene, target)
    target.portal_off(0, 1)
    carrying(disk, 2)
    target.portal_off(2)
    carrying(disk, 3)
    state, changed_by = target.states()[2]
    assert state == ACTIVE_OPTIMIZED and "Explicit" in changed_by, target.states()
    target.portal_on(0, 1, 2)
    disk.wait_states(*["up"] * 4)
    end_well(load)


def test_portals_go_and_come_back_in_turn(scene):
    target = lio()
    disk, load = loaded(scene, target)
    for portal in range(4):
        target.portal_off(portal)
        wait_until(lambda: disk.path_states()[portal] == "down", f"path {portal} down")
        target.portal_on(portal)
        disk.wait_states(*["up"] * 4)
    carrying(disk, 0, 1)
    end_well(load)


if __name__ == "__main__":
    main(globals())
