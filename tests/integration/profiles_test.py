#!/usr/bin/env python3
"""Vendor profiles: each example runs the disk on the array that it describes, through a failover, and its own error
rules are seen to decide."""

import json
import os

from harness import DSMKIT, TARGET, end_well, main, wait_until

VENDORS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../vendors")


def example(name):
    return os.path.join(VENDORS, name + ".toml")


def playing(scene, name, disk_extra=()):
    """The example's array with four ports, the disk with the same profile, and a verified load on it."""
    profile = ("--profile", example(name))
    array = scene.array(ports=4, extra=profile)
    disk = scene.disk(array.urls(), extra=(*profile, "--stability-ms", "100", *disk_extra))
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    return array, disk, load


def decided(disk, rule):
    """How often the rule has decided; only if it is the vendor's."""
    rules = {entry["name"]: entry for entry in disk.show()["disk"]["error_rules"]}
    return rules[rule]["count"] if rule in rules and rules[rule]["of_vendor"] else 0


def wait_decided(disk, rule, least=1):
    wait_until(lambda: decided(disk, rule) >= least, f"{rule} to decide {least} times")


def all_up(disk):
    wait_until(lambda: all(state == "up" for state in disk.path_states()), "all paths up")


def carrying(disk):
    return [number for number, path in enumerate(disk.show()["paths"]) if path["carries_io"]]


def test_symmetric_active_active(scene):
    array, disk, load = playing(scene, "symmetric-active-active")
    state = disk.show()
    assert state["disk"]["vendor"] == "COBALT" and state["disk"]["product"] == "TWIN_400", state["disk"]
    assert state["disk"]["policy"] == "least-queue-depth" and state["disk"]["alua"] == "none", state["disk"]
    assert state["profile"]["names"]["product"] == "Cobalt Twin Array"
    assert state["profile"]["timers"]["down_after_ms"] == 900
    assert state["profile"]["timers"]["stability_ms"] == 100, "the command line wins"
    wait_until(lambda: carrying(disk) == [0, 1, 2, 3], "all paths to carry I/O")
    # More refusals than counted retries would survive: these are not counted.
    array.fault("sense", "0", "2", "4", "81", "40")
    wait_decided(disk, "cobalt-controller-starting")
    array.fault("sense", "1", "4", "80", "5", "2")
    wait_decided(disk, "cobalt-cache-switching")
    array.fault("controller-crash", "0")
    wait_until(lambda: disk.path_states().count("up") == 2, "the dead to be left")
    array.fault("controller-restart", "0")
    all_up(disk)
    end_well(load)
    text = scene.run(DSMKIT, "show", "--control", disk.control).output()
    assert "profile Cobalt Twin Array 1.2.0.0 of Cobalt Storage Ltd." in text, text
    assert "cobalt-cache-switching 2 (profile)" in text, text


def test_alua(scene):
    array, disk, load = playing(scene, "alua")
    state = disk.show()
    assert state["disk"]["product"] == "M5-40F" and state["disk"]["alua"] == "implicit and explicit", state["disk"]
    assert state["disk"]["policy"] == "round-robin-with-subset"
    wait_until(lambda: carrying(disk) == [0, 2], "the owner's paths to carry I/O")
    array.fault("sense", "0", "2", "4", "8a", "3")
    wait_decided(disk, "meridian-handing-over")
    failovers = disk.show()["paths"][0]["failovers"]
    array.fault("sense", "0", "4", "3e", "80")
    wait_decided(disk, "meridian-backplane-lost")
    wait_until(lambda: disk.show()["paths"][0]["failovers"] > failovers, "the path to be left")
    all_up(disk)
    array.fault("controller-crash", "0")
    wait_until(lambda: carrying(disk) == [1, 3], "the other controller to carry I/O")
    array.fault("controller-restart", "0")
    all_up(disk)
    end_well(load)


def test_active_passive(scene):
    array, disk, load = playing(scene, "active-passive")
    assert disk.show()["disk"]["policy"] == "fail-over-only"
    wait_until(lambda: len(carrying(disk)) == 1, "one path to carry I/O")
    first = carrying(disk)[0]
    owner = first % 2
    before = decided(disk, "granite-passive")
    # The array moves the LUNs away: the controller that the disk uses is passive, and is told to take them back.
    array.fault("trespass", str(1 - owner))
    wait_decided(disk, "granite-passive", before + 1)
    assert carrying(disk) == [first], "no path has failed"
    # The owner dies, and the other one takes over by itself.
    array.fault("controller-crash", str(owner))
    wait_until(lambda: carrying(disk) and carrying(disk)[0] % 2 == 1 - owner, "the other controller to carry I/O")
    array.fault("controller-restart", str(owner))
    all_up(disk)
    # Only the network to the owner dies: the other controller is passive still, and the rule has it take over.
    before = decided(disk, "granite-passive")
    for port in (1 - owner, 3 - owner):
        array.fault("port-down", str(port))
    wait_until(lambda: carrying(disk) and carrying(disk)[0] % 2 == owner, "the first controller to carry I/O")
    wait_decided(disk, "granite-passive", before + 1)
    for port in (1 - owner, 3 - owner):
        array.fault("port-up", str(port))
    all_up(disk)
    end_well(load)
    assert "START STOP UNIT failed" not in disk.process.output(), disk.process.output()


def test_without_its_profile_the_passive_array_is_no_use(scene):
    """That the rule is what helps: without it the disk cannot write to the passive controller."""
    array = scene.array(ports=2, extra=("--profile", example("active-passive")))
    disk = scene.disk([array.url(1)], extra=("--no-path-deadline-ms", "500"))
    load = disk.verify("--size", "1M", "--seconds", "1")
    assert load.wait() != 0, load.output()
    disk.process.stop()
    disk = scene.disk([array.url(1)], extra=("--profile", example("active-passive")))
    load = disk.verify("--size", "1M", "--seconds", "1")
    assert load.wait() == 0, load.output()
    assert decided(disk, "granite-passive") >= 1


def test_other_devices_are_refused(scene):
    array = scene.array(extra=("--profile", example("alua")))
    refused = scene.run(DSMKIT, "disk", "--nbd", "unix:" + scene.path("nbd"), "--path", array.url(0),
                        "--profile", example("active-passive"), "--start-timeout-ms", 2000, ok=False)
    assert refused.popen.returncode == 3, refused.output()
    assert ('is a "MERIDIANM5-40F          " (vendor 8, product 16 characters); the profile is for '
            '"GRANITE G900            ", so the path is not used') in refused.output(), refused.output()
    plain = scene.array()
    refused = scene.run(DSMKIT, "disk", "--nbd", "unix:" + scene.path("nbd"), "--path", plain.url(0),
                        "--profile", example("symmetric-active-active"), "--start-timeout-ms", 2000, ok=False)
    assert refused.popen.returncode == 3, refused.output()
    assert '"COBALT  TWIN_ARCHIVE    ", "COBALT  TWIN"' in refused.output(), refused.output()


def test_the_policy_of_a_device_and_the_command_line(scene):
    def policy(*extra):
        array = scene.array(extra=("--profile", profile))
        disk = scene.disk(array.urls(), extra=("--profile", profile, *extra))
        name = disk.show()["disk"]["policy"]
        disk.process.stop()
        return name

    with open(example("symmetric-active-active"), encoding="utf-8") as file:
        text = file.read()
    profile = scene.path("archive.toml")
    with open(profile, "w", encoding="utf-8") as file:
        file.write(text.replace('product = "TWIN_400"', 'product = "TWIN_ARCHIVE"'))
    assert policy() == "fail-over-only"
    assert policy("--policy", "least-blocks") == "least-blocks"


def test_believed_alua_and_the_extended_header(scene):
    with open(example("alua"), encoding="utf-8") as file:
        text = file.read()
    profile = scene.path("implicit.toml")
    with open(profile, "w", encoding="utf-8") as file:
        file.write(text.replace('believed_alua = "both"', 'believed_alua = "implicit"'))
    array = scene.array(extra=("--profile", example("alua")))
    disk = scene.disk(array.urls(), extra=("--profile", profile))
    assert disk.show()["disk"]["alua"] == "implicit", disk.show()["disk"]


def test_check_and_show(scene):
    names = ("symmetric-active-active", "alua", "active-passive")
    checked = scene.run(DSMKIT, "profile", "check", *(example(name) for name in names))
    assert checked.output().count(": in order: ") == 3, checked.output()
    shown = json.loads(scene.run(DSMKIT, "profile", "show", "--json", example("alua")).output())
    assert shown["devices"] == [{"id": "MERIDIANM5", "matches": "products that begin so",
                                 "policy": "round-robin-with-subset"}], shown["devices"]
    text = scene.run(DSMKIT, "profile", "show", example("active-passive")).output()
    assert "granite-passive" in text and "stpg_deadline_ms                45000" in text, text


def test_every_mistake_is_told(scene):
    bad = scene.path("bad.toml")
    with open(bad, "w", encoding="utf-8") as file:
        file.write('[names]\nvendor = "MSDSM"\n[timers]\ndown_afterms = 3\n')
    for command in (("profile", "check", bad), ("profile", "show", bad), ("explain", "sense", "-", "--profile", bad),
                    ("array", "--listen", "127.0.0.1:0", "--profile", bad),
                    ("disk", "--nbd", "unix:" + scene.path("x"), "--path", f"iscsi://127.0.0.1/{TARGET}/0",
                     "--profile", bad)):
        told = scene.run(DSMKIT, *command, ok=False)
        assert told.popen.returncode == 2, (command, told.output())
        lines = told.output().splitlines()
        assert len(lines) == 7, told.output()
        assert lines[0].startswith(f"dsmkit: {bad}: [[device]] is missing"), lines[0]
        assert f"dsmkit: {bad}:2:10: [names] vendor: \"MSDSM\" holds MSDSM" in told.output()
        assert f"dsmkit: {bad}:4:1: [timers] has no key \"down_afterms\"; did you mean down_after_ms?" in lines
    missing = scene.run(DSMKIT, "profile", "check", scene.path("nothing.toml"), ok=False)
    assert missing.popen.returncode == 3 and "No such file" in missing.output(), missing.output()


def test_explain_says_whose_rule_decides(scene):
    sense = scene.path("sense.txt")
    with open(sense, "w", encoding="utf-8") as file:
        file.write("70 00 02 00 00 00 00 0a 00 00 00 00 80 01 00 00 00 00")
    explained = scene.run(DSMKIT, "explain", "sense", sense, "--json", "--profile", example("active-passive"))
    rule = json.loads(explained.output())["rule"]
    assert rule["name"] == "granite-passive" and rule["in_front_of"] == "not-ready", rule
    assert rule["from"].startswith(example("active-passive") + ":"), rule


main(globals())
