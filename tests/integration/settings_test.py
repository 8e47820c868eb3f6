#!/usr/bin/env python3
"""What an administrator sets of a running disk - policies, paths - and what of it is there after a restart."""

import json
import os
import re

from harness import DSMKIT, TARGET, main, wait_until


def carriers(disk):
    return [path["carries_io"] for path in disk.show()["paths"]]


def ask(scene, disk, *words, ok=True):
    """dsmkit WORDS of this disk: its output."""
    process = scene.run(DSMKIT, *words[:2], "--control", disk.control, *words[2:], ok=ok)
    if not ok:
        assert process.popen.returncode == 2 and len(process.lines) == 1, process.output()
    return process.output()


def policy(disk):
    state = disk.show()["disk"]
    return state["policy"], state["policy_origin"]


def symmetric(scene, ports=3):
    return scene.array(ports=ports, extra=("--alua", "none"))


def settings_file(scene):
    return scene.path("state/dsmkit/settings.json")


def stored(scene):
    with open(settings_file(scene), encoding="utf-8") as file:
        return json.load(file)


def test_weights_follow_the_target_ports_through_a_restart(scene):
    array = symmetric(scene)
    disk = scene.disk(array.urls())
    ask(scene, disk, "path", "weight", "1", "10")
    ask(scene, disk, "path", "weight", array.portals[1], "5")
    ask(scene, disk, "path", "weight", disk.show()["paths"][2]["stable_name"], "7")
    assert policy(disk) == ("round-robin", "default")
    assert "weighted-paths (LUN)" in ask(scene, disk, "policy", "set", "weighted-paths")
    assert carriers(disk) == [False, True, False]
    assert disk.process.stop() == 0, disk.process.output()
    # In another order, and one of them by another name of its address.
    port = array.portals[1].rsplit(":", 1)[1]
    disk = scene.disk([array.url(2), f"iscsi://localhost:{port}/{TARGET}/0", array.url(0)])
    disk.wait_states("up", "up", "up")
    assert policy(disk) == ("weighted-paths", "LUN")
    assert [path["weight"] for path in disk.show()["paths"]] == [7, 5, 10]
    assert carriers(disk) == [False, True, False]


def test_what_is_set_for_an_absent_path_stays(scene):
    array = symmetric(scene)
    disk = scene.disk(array.urls())
    ask(scene, disk, "policy", "set", "fail-over-only", "--preferred", "3")
    assert carriers(disk) == [False, False, True]
    assert disk.process.stop() == 0
    disk = scene.disk(array.urls()[:2])
    ask(scene, disk, "path", "weight", "1", "4")
    assert disk.process.stop() == 0
    disk = scene.disk(array.urls())
    wait_until(lambda: carriers(disk) == [False, False, True], "the preferred path, which was absent for a while")
    assert disk.show()["paths"][0]["weight"] == 4
    ask(scene, disk, "path", "prefer", "2")
    assert carriers(disk) == [False, True, False]


def test_the_levels_and_their_order(scene):
    array = symmetric(scene, ports=2)
    disk = scene.disk(array.urls())
    state = disk.show()["disk"]
    hardware_id = f"{state['vendor']:8}{state['product']}"
    ask(scene, disk, "policy", "set", "least-blocks", "--all")
    assert policy(disk) == ("least-blocks", "DSM-wide")
    ask(scene, disk, "policy", "set", "least-queue-depth", "--hardware-id", hardware_id.lower())
    assert policy(disk) == ("least-queue-depth", "hardware id")
    ask(scene, disk, "policy", "set", "round-robin", "--lun")
    assert policy(disk) == ("round-robin", "LUN")
    ask(scene, disk, "policy", "set", "weighted-paths", "--all")
    assert policy(disk) == ("round-robin", "LUN"), "a lower level is stored, and does not hold here"
    levels = json.loads(ask(scene, disk, "policy", "get", "--json"))["levels"]
    assert levels["everything"] == {"policy": "weighted-paths"} and levels["lun"] == {"policy": "round-robin"}, levels
    assert disk.process.stop() == 0
    disk = scene.disk(array.urls())
    for clear, after in ((("--lun",), ("least-queue-depth", "hardware id")),
                         (("--hardware-id", hardware_id), ("weighted-paths", "DSM-wide")),
                         (("--all",), ("round-robin", "default"))):
        ask(scene, disk, "policy", "clear", *clear)
        assert policy(disk) == after
    assert stored(scene) == {"dsmkit-settings": 1}


def test_the_command_line_is_for_this_run(scene):
    array = symmetric(scene, ports=2)
    disk = scene.disk(array.urls())
    ask(scene, disk, "policy", "set", "least-blocks")
    assert disk.process.stop() == 0
    disk = scene.disk(array.urls(), extra=("--policy", "fail-over-only", "--preferred", "2"))
    assert policy(disk) == ("fail-over-only", "this run")
    wait_until(lambda: carriers(disk) == [False, True], "the preferred path")
    ask(scene, disk, "disk", "policy", "least-queue-depth")
    assert policy(disk) == ("least-queue-depth", "this run")
    assert disk.process.stop() == 0
    disk = scene.disk(array.urls())
    assert policy(disk) == ("least-blocks", "LUN")


def test_a_path_taken_out_of_use_under_load(scene):
    array = symmetric(scene, ports=2)
    disk = scene.disk(array.urls(), extra=("--lanes", "2"))
    load = disk.verify("--size", "16M", "--connections", "4", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    ask(scene, disk, "path", "fail", "1")
    disk.wait_states("disabled", "up")
    wait_until(lambda: disk.show()["paths"][0]["in_flight"] == 0, "what was under way to end")
    ios = [path["ios"] for path in disk.show()["paths"]]
    wait_until(lambda: disk.show()["paths"][1]["ios"] > ios[1] + 100, "the other one to carry the load")
    assert disk.show()["paths"][0]["ios"] == ios[0]
    assert disk.show()["disk"]["unsettled"] == [] and load.popen.poll() is None
    assert "last path" in ask(scene, disk, "path", "fail", "2", ok=False)
    array.fault("port-down", "0")
    disk.wait_states("down", "up")
    array.fault("port-up", "0")
    disk.wait_states("disabled", "up")
    assert disk.show()["paths"][0]["failed_by_administrator"]
    ask(scene, disk, "path", "reinstate", array.portals[0])
    disk.wait_states("up", "up")
    wait_until(lambda: disk.show()["paths"][0]["ios"] > ios[0] + 100, "it to carry I/O again")
    assert "taken this path out" in ask(scene, disk, "path", "reinstate", "1", ok=False)
    ask(scene, disk, "path", "fail", "2")
    assert load.stop() == 0, load.output()
    assert disk.process.stop() == 0, disk.process.output()
    assert not os.path.exists(settings_file(scene)), "nothing of this is stored"
    disk = scene.disk(array.urls())
    disk.wait_states("up", "up")


def test_the_last_path_by_force(scene):
    array = symmetric(scene, ports=1)
    disk = scene.disk(array.urls())
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    ask(scene, disk, "path", "fail", "1", "--force")
    wait_until(lambda: disk.show()["disk"]["state"] == "no path", "the disk to stand still")
    ask(scene, disk, "path", "reinstate", "1")
    wait_until(lambda: disk.show()["disk"]["state"] == "ok", "it to go on")
    assert load.stop() == 0, load.output()


def test_requests_that_make_no_sense_change_nothing(scene):
    array = scene.array(ports=2)
    disk = scene.disk(array.urls())
    before = policy(disk)
    for words, about in (
            (("policy", "set", "fastest"), "least-queue-depth"),
            (("policy", "set", "round-robin"), "asymmetric"),
            (("policy", "set", "least-blocks", "--preferred", "1"), "only fail-over-only"),
            (("policy", "set", "fail-over-only", "--preferred", "9"), array.portals[1]),
            (("policy", "set", "least-blocks", "--hardware-id", "x" * 25), "24 characters"),
            (("policy", "set", "least-blocks", "--hardware-id", ""), "hardware id"),
            (("path", "weight", "3", "1"), "no path \"3\""),
            (("path", "weight", "127.0.0.1", "1"), "more than one"),
            (("path", "weight", "1", "heavy"), "heavy"),
            (("path", "weight", "1", "4294967296"), "4294967295"),
            (("path", "desire", "1", "standby"), "aside") if before[0] != "round-robin-with-subset"
            else (("path", "desire", "1", "sleepy"), "sleepy"),
            (("path", "prefer", "1"), "policy set fail-over-only"),
            (("path", "fail", "7"), "no path"),
            (("path", "reinstate", "1"), "out of use")):
        answer = ask(scene, disk, *words, ok=False)
        assert about in answer, f"{words}: {answer}"
    both = scene.run(DSMKIT, "policy", "set", "--control", disk.control, "least-blocks", "--all", "--lun", ok=False)
    assert both.popen.returncode == 2, both.output()
    assert policy(disk) == before
    assert not os.path.exists(settings_file(scene))
    assert disk.path_states() == ["up", "up"]


def test_what_the_array_refuses_is_not_stored(scene):
    array = scene.array(ports=2, extra=("--alua", "explicit"))
    disk = scene.disk(array.urls())
    ask(scene, disk, "policy", "set", "least-queue-depth")
    before = stored(scene)
    array.fault("stpg-refuse", "1000")
    passive = carriers(disk).index(False) + 1
    answer = ask(scene, disk, "policy", "set", "fail-over-only", "--preferred", str(passive), ok=False)
    assert "array" in answer, answer
    assert stored(scene) == before
    assert policy(disk) == ("least-queue-depth", "LUN")


def test_paths_that_are_set_aside(scene):
    array = symmetric(scene)
    disk = scene.disk(array.urls())
    ask(scene, disk, "policy", "set", "round-robin-with-subset")
    ask(scene, disk, "path", "desire", "2", "standby")
    assert carriers(disk) == [True, False, True]
    assert disk.process.stop() == 0
    disk = scene.disk(array.urls())
    wait_until(lambda: carriers(disk) == [True, False, True], "the same after a restart")
    ask(scene, disk, "path", "desire", "1", "standby")
    assert "at least one path" in ask(scene, disk, "path", "desire", "3", "standby", ok=False)
    ask(scene, disk, "path", "desire", "2", "none")
    assert carriers(disk) == [False, True, True]


def test_a_corrupt_file_costs_its_settings_and_no_more(scene):
    array = symmetric(scene, ports=2)
    disk = scene.disk(array.urls())
    ask(scene, disk, "policy", "set", "least-blocks")
    assert disk.process.stop() == 0
    file = settings_file(scene)
    with open(file, encoding="utf-8") as settings:
        text = settings.read()
    with open(file, "w", encoding="utf-8") as settings:
        settings.write(text.replace("least-blocks", "most-blocks"))
    disk = scene.disk(array.urls())
    line = re.search("most-blocks", text.replace("least-blocks", "most-blocks")).start()
    number = text.count("\n", 0, line) + 1
    told = [line for line in disk.process.lines if "settings.json" in line]
    assert len(told) == 1 and f"{file}:{number}: " in told[0] and f"{file}.corrupt-1" in told[0], told
    assert policy(disk) == ("round-robin", "default")
    with open(f"{file}.corrupt-1", encoding="utf-8") as kept:
        assert "most-blocks" in kept.read()
    ask(scene, disk, "policy", "set", "least-queue-depth")
    assert disk.process.stop() == 0
    with open(file, "w", encoding="utf-8") as settings:
        settings.write('{"dsmkit-settings": 2}')
    disk = scene.disk(array.urls())
    assert policy(disk) == ("round-robin", "default")
    assert "version 2" in ask(scene, disk, "policy", "set", "least-blocks", ok=False)
    assert stored(scene) == {"dsmkit-settings": 2}


def test_a_place_where_nothing_can_be_stored(scene):
    array = symmetric(scene, ports=2)
    with open(scene.path("a-file"), "w", encoding="utf-8"):
        pass
    disk = scene.disk(array.urls(), extra=("--settings", scene.path("a-file/settings.json")))
    answer = ask(scene, disk, "policy", "set", "least-blocks", ok=False)
    assert "a-file" in answer and "--settings" in answer, answer
    assert policy(disk) == ("round-robin", "default")
    ask(scene, disk, "disk", "policy", "least-blocks")
    assert policy(disk) == ("least-blocks", "this run")


def test_two_disks_share_a_file(scene):
    array = scene.array(ports=2, luns=("ram:64M", "ram:64M"), extra=("--alua", "none"))
    first = scene.disk(array.urls(0))
    second = scene.disk(array.urls(1), extra=("--initiator", "iqn.2026-11.test.dsmkit:second"))
    ask(scene, first, "policy", "set", "least-blocks")
    ask(scene, second, "policy", "set", "least-queue-depth")
    ask(scene, first, "policy", "set", "weighted-paths", "--all")
    assert policy(first) == ("least-blocks", "LUN") and policy(second) == ("least-queue-depth", "LUN")
    assert len(stored(scene)["luns"]) == 2
    ask(scene, second, "policy", "clear")
    assert policy(second) == ("weighted-paths", "DSM-wide"), "what the other one has stored holds too"
    assert len(stored(scene)["luns"]) == 1


if __name__ == "__main__":
    main(globals())
