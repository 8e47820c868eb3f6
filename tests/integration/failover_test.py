#!/usr/bin/env python3
"""The disk on the embedded array: every path may die, in any order, in every way, and nothing is lost."""

import os
import random
import signal
import subprocess

from harness import DSMKIT, TARGET, Skip, end_well, main, make_file, wait_until

ROUNDS = int(os.environ.get("DSMKIT_FAILOVER_ROUNDS", "12"))


def loaded(scene, ports=4, size="16M", extra=(), listen=None, disk_extra=()):
    backing = make_file(scene.path("lun.img"), 64 << 20)
    array = scene.array(ports=ports, luns=(f"file:{backing}",), listen=listen)
    disk = scene.disk(array.urls(), extra=disk_extra)
    load = disk.verify("--size", size, "--until-signal", "--backing", backing, *extra)
    load.wait_line(lambda line: line.startswith("running"))
    return array, disk, load


def all_up(disk):
    wait_until(lambda: all(state == "up" for state in disk.path_states()), "all paths up again")


def test_any_path_dies_in_any_order(scene):
    """ROUNDS deaths: one or several ports at a time, never all; 0 I/O errors. (100 rounds: see CONTRIBUTING.)"""
    # Paths that fail as often as these do would be held back longer and longer.
    array, disk, load = loaded(scene, disk_extra=("--stability-ms", "100", "--flap-hold-max-ms", "100"))
    order = random.Random(2026)
    deaths = 0
    while deaths < ROUNDS:
        victims = order.sample(range(4), order.randint(1, 3))
        for port in victims:
            array.fault("port-down", str(port))
            deaths += 1
        wait_until(lambda v=victims: all(disk.path_states()[port] != "up" for port in v), "the dead to be left")
        order.shuffle(victims)
        for port in victims:
            array.fault("port-up", str(port))
        all_up(disk)
    end_well(load)
    print(f"    {deaths} paths died")


def test_black_hole_inside_the_array(scene):
    array, disk, load = loaded(scene)
    for port in (0, 3):
        array.fault("black-hole", str(port), "on")
        wait_until(lambda p=port: disk.path_states()[p] != "up", "the black-holed path to be left", deadline_s=10)
        array.fault("black-hole", str(port), "off")
        all_up(disk)
    end_well(load)


def test_frozen_process(scene):
    """Both controllers of an array live in one process, so here two arrays' worth of silence is one: all paths freeze,
    requests queue, and go on when it thaws."""
    array, disk, load = loaded(scene, ports=2)
    array.process.send(signal.SIGSTOP)
    wait_until(lambda: "up" not in disk.path_states(), "all paths to be left", deadline_s=10)
    array.process.send(signal.SIGCONT)
    all_up(disk)
    end_well(load)


def test_controller_crash_takeover_and_failback(scene):
    array, disk, load = loaded(scene)
    for controller in (0, 1):
        array.fault("controller-crash", str(controller))
        wait_until(lambda: disk.path_states().count("up") == 2, "two paths left")
        array.fault("controller-restart", str(controller))
        all_up(disk)
    end_well(load)


def test_access_states_follow_the_array(scene):
    array, disk, load = loaded(scene)

    def access_of(group):
        return {path["access"] for path in disk.show()["paths"] if path["group"] == group}

    array.fault("access", "1", "standby")
    # No path is active/optimized any more, so the disk asks for the other group; only when that is done may the array
    # change its mind, or the disk's request would undo it.
    wait_until(lambda: access_of(2) == {"active/optimized"}, "the other group to take over")
    array.fault("access", "1", "active/optimized")
    wait_until(lambda: access_of(1) == {"active/optimized"}, "the disk to hear of it")
    end_well(load)


def test_dropped_packets(scene):
    """nft drops the packets of one portal: no reset, no answer, and the kernel does not know."""
    if os.geteuid() != 0:
        raise Skip("needs root for a network namespace")
    probe = subprocess.run(["unshare", "-n", "sh", "-c", "ip link set lo up && nft add table inet probe"],
                           capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise Skip(f"no nftables in a network namespace here: {(probe.stderr or probe.stdout).strip()}")
    if os.environ.get("DSMKIT_IN_NAMESPACE") != "1":
        inside = subprocess.run(
            ["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', os.path.abspath(__file__),
             "test_dropped_packets"],
            env={**os.environ, "DSMKIT_IN_NAMESPACE": "1"}, capture_output=True, text=True, check=False)
        assert inside.returncode == 0, inside.stdout + inside.stderr
        return
    listen = ["127.0.0.2:3260", "127.0.0.3:3260"]
    _, disk, load = loaded(scene, listen=listen)

    def nft(*words):
        subprocess.run(["nft", *words], check=True)

    nft("add", "table", "inet", "silence")
    nft("add", "chain", "inet", "silence", "input", "{ type filter hook input priority 0 ; }")
    for address in ("127.0.0.2", "127.0.0.3"):
        nft("add", "rule", "inet", "silence", "input", "ip", "saddr", address, "drop")
        nft("add", "rule", "inet", "silence", "input", "ip", "daddr", address, "drop")
        index = listen.index(f"{address}:3260")
        wait_until(lambda i=index: disk.path_states()[i] != "up", "the silent path to be left", deadline_s=10)
        nft("flush", "chain", "inet", "silence", "input")
        all_up(disk)
    end_well(load)


if __name__ == "__main__":
    main(globals())
