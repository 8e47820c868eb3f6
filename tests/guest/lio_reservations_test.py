#!/usr/bin/env python3
"""Persistent reservations of two hosts with multipath disks at the kernel's SCSI target: what sim/disk_reservations_test.cpp
asserts in the simulator, through real sessions. A path goes down by disabling its portal."""

from guest import main
from harness import wait_until
from hosts import NAMES_AT_TARGET, Host
from initiator import CLEAR, PREEMPT, PREEMPT_AND_ABORT, RELEASE, RESERVE, read_keys
from lio import ACTIVE_NONOPTIMIZED, ACTIVE_OPTIMIZED, STANDBY, Lio

WRITE_EXCLUSIVE, EXCLUSIVE_ACCESS = 1, 3
REGISTRANTS_WRITE, REGISTRANTS_ACCESS = 5, 6
ALL_WRITE, ALL_ACCESS = 7, 8
# SPC-4 tables 50 and 51 for READ and WRITE: of the holder, of who is registered, of who is not; and LIO's name of the type.
ACCESS = {
    WRITE_EXCLUSIVE: ("rw", "r-", "r-", "Write Exclusive Access"),
    EXCLUSIVE_ACCESS: ("rw", "--", "--", "Exclusive Access"),
    REGISTRANTS_WRITE: ("rw", "rw", "r-", "Write Exclusive Access, Registrants Only"),
    REGISTRANTS_ACCESS: ("rw", "rw", "--", "Exclusive Access, Registrants Only"),
    ALL_WRITE: ("rw", "rw", "r-", "Write Exclusive Access, All Registrants"),
    ALL_ACCESS: ("rw", "rw", "--", "Exclusive Access, All Registrants"),
}
_lio = []


def lio(*states):
    """One for all tests of this script; all portals alike unless said otherwise."""
    if not _lio:
        _lio.append(Lio(NAMES_AT_TARGET))
    _lio[0].reset(*(states or (ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED, ACTIVE_OPTIMIZED)))
    return _lio[0]


def two_hosts(scene, urls, urls_of_second=None):
    return Host(scene, urls, 0), Host(scene, urls_of_second or urls, 1)


def registered(target, *counts_of_hosts):
    """Waits until the target has so many nexuses registered, by host and key. Returns the reservation's type as it says it."""
    wanted = {host.key: count for host, count in counts_of_hosts if count != 0}
    seen = []

    def as_wanted():
        seen.append(target.reservations())
        return seen[-1][0] == wanted
    try:
        wait_until(as_wanted, f"the registrations {wanted} at the target")
    except AssertionError as late:
        raise AssertionError(f"{late}; there were {seen[-1]}") from None
    return seen[-1][1]


def clear(target, host):
    assert host.register() == "GOOD"
    assert host.reserve_out(CLEAR) == "GOOD"
    assert target.reservations() == ({}, ""), target.reservations()


def access_matrix(scene, paths):
    target = lio()
    first, second = two_hosts(scene, target.urls()[:paths])
    for kind, (of_holder, of_registered, of_unregistered, name) in ACCESS.items():
        for second_is_registered in (True, False):
            of_second = of_registered if second_is_registered else of_unregistered
            counts = ((first, paths), (second, paths if second_is_registered else 0))

            def as_it_should_be(where):
                found = (first.access(), second.access())
                assert found == (of_holder, of_second), f"{name}, {where}: {found} and not {(of_holder, of_second)}"

            assert first.register() == "GOOD"
            if second_is_registered:
                assert second.register() == "GOOD"
            assert first.reserve_out(RESERVE, kind=kind) == "GOOD"
            assert registered(target, *counts) == name
            as_it_should_be("all paths up")
            for path in range(paths if paths > 1 else 0):
                target.portal_off(path)
                as_it_should_be(f"path {path} down")
                target.portal_on(path)
                # With the types for one holder only one of its paths carries I/O.
                used_again(target, path, (second,) if kind in (WRITE_EXCLUSIVE, EXCLUSIVE_ACCESS) else (first, second))
                assert registered(target, *counts) == name
                as_it_should_be(f"path {path} back")
            assert first.reserve_out(RELEASE, kind=kind) == "GOOD"
            assert second.access() == "rw"
            clear(target, first)


def used_again(target, path, hosts):
    """Waits until these hosts send I/O down this path again."""
    names = [host.name_at_target for host in hosts]

    def carries():
        before = target.commands(*names)
        for host in hosts:
            host.access()
        return all(new[path] >= old[path] + 2 for old, new in zip(before, target.commands(*names)))
    wait_until(carries, f"I/O of {names} on path {path}")


def test_access_through_one_path(scene):
    access_matrix(scene, 1)


def test_access_through_two_paths(scene):
    access_matrix(scene, 2)


def test_access_through_four_paths(scene):
    access_matrix(scene, 4)


def test_the_ways_through_other_access_states_are_registered_too(scene):
    """Active/non-optimized and standby paths: the reservation holds when they take over, the last after SET TARGET PORT GROUPS."""
    target = lio(ACTIVE_OPTIMIZED, ACTIVE_NONOPTIMIZED, STANDBY)
    first, second = two_hosts(scene, target.urls())
    for kind in (EXCLUSIVE_ACCESS, REGISTRANTS_ACCESS):
        target.set_states(ACTIVE_OPTIMIZED, ACTIVE_NONOPTIMIZED, STANDBY)
        assert first.register() == "GOOD"
        registered(target, (first, 4))
        assert first.reserve_out(RESERVE, kind=kind) == "GOOD"
        for down in ((0, 1), (2,)):
            target.portal_off(*down)
            assert (first.access(), second.access()) == ("rw", "--"), (kind, down)
        target.portal_on(0, 1, 2)
        registered(target, (first, 4))
        assert (first.access(), second.access()) == ("rw", "--"), kind
        clear(target, first)


def fencing(scene, action, all_down):
    """The first host has paths 0 and 1, the second 2 and 3; paths of the first are down while the second throws it out."""
    target = lio()
    first, second = two_hosts(scene, target.urls()[:2], target.urls()[2:])
    first.register()
    second.register()
    assert first.reserve_out(RESERVE, kind=REGISTRANTS_ACCESS) == "GOOD"
    registered(target, (first, 2), (second, 2))
    down = (0, 1) if all_down else (0,)
    target.portal_off(*down)
    assert second.reserve_out(action, action_key=first.key, kind=REGISTRANTS_ACCESS) == "GOOD"
    registered(target, (first, 0), (second, 2))
    if not all_down:
        assert first.access() == "--"
    before = target.commands(first.name_at_target)[0]
    target.portal_on(*down)
    for path in down:
        wait_until(lambda: target.commands(first.name_at_target)[0][path] > before[path], f"path {path} to be back")
    first.says("no longer registered")
    for _ in range(3):
        assert (first.access(), second.access()) == ("--", "rw")
    registered(target, (first, 0), (second, 2))
    # Its administrator lets it in again.
    assert first.register() == "GOOD"
    registered(target, (first, 2), (second, 2))
    assert (first.access(), second.access()) == ("rw", "rw")
    clear(target, second)


def test_preempted_while_a_path_is_down(scene):
    fencing(scene, PREEMPT, all_down=False)


def test_preempted_while_all_paths_are_down(scene):
    fencing(scene, PREEMPT_AND_ABORT, all_down=True)


def test_a_path_that_comes_late_is_registered_before_it_carries_io(scene):
    target = lio()
    first, second = two_hosts(scene, target.urls())
    target.portal_off(3)
    assert first.register() == "GOOD"
    registered(target, (first, 3))
    assert first.reserve_out(RESERVE, kind=REGISTRANTS_ACCESS) == "GOOD"
    target.portal_on(3)
    registered(target, (first, 4))
    used_again(target, 3, (first, second))
    assert (first.access(), second.access()) == ("rw", "--")
    clear(target, first)


def test_unregistering_with_a_path_down(scene):
    """The target keeps the registration of the path that is down; it is gone when the path is back."""
    target = lio()
    first, second = two_hosts(scene, target.urls()[:2])
    first.register()
    second.register()
    registered(target, (first, 2), (second, 2))
    assert second.reserve_out(RESERVE, kind=REGISTRANTS_WRITE) == "GOOD"
    target.portal_off(1)
    assert first.unregister() == "GOOD"
    assert (first.access(), second.access()) == ("r-", "rw")
    target.portal_on(1)
    registered(target, (first, 0), (second, 2))
    assert (first.access(), second.access()) == ("r-", "rw")
    clear(target, second)


def test_conflicts_are_the_targets_last_word(scene):
    target = lio()
    first, second = two_hosts(scene, target.urls()[:2])
    first.register()
    second.register()
    assert first.reserve_out(RESERVE, kind=WRITE_EXCLUSIVE) == "GOOD"
    assert second.reserve_out(RESERVE, kind=WRITE_EXCLUSIVE) == "CONFLICT"
    assert second.reserve_out(RELEASE, kind=WRITE_EXCLUSIVE) == "GOOD", "of who holds nothing: no change"
    assert (first.access(), second.access()) == ("rw", "r-")
    assert second.reserve_out(RESERVE, key=0xbad, kind=WRITE_EXCLUSIVE) == "CONFLICT"
    assert second.reserve_out(PREEMPT, action_key=first.key, kind=WRITE_EXCLUSIVE) == "GOOD"
    registered(target, (first, 0), (second, 2))
    assert (first.access(), second.access()) == ("r-", "rw")
    clear(target, second)


def test_a_host_that_crashes_registers_anew(scene):
    target = lio()
    first, second = two_hosts(scene, target.urls())
    first.register()
    second.register()
    assert first.reserve_out(RESERVE, kind=REGISTRANTS_ACCESS) == "GOOD"
    first.restart()
    assert first.register() == "GOOD"
    registered(target, (first, 4), (second, 4))
    keys = read_keys(second.session)  # each session of a disk once, however many paths it has
    assert sorted(keys) == [first.key, second.key], keys
    assert (first.access(), second.access()) == ("rw", "rw")
    clear(target, second)


if __name__ == "__main__":
    main(globals())
