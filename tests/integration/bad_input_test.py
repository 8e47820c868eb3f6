#!/usr/bin/env python3
"""Wrong input of every kind ends in one clear message and, while a good path is left, in uninterrupted service."""

import json
import os
import signal
import socket

from harness import DSMKIT, TARGET, free_ports, main, need, wait_until

USAGE, UNAVAILABLE = 2, 3


def one_message(process, code, *words):
    """The program ended with `code`, and its last message names the thing, the place and the remedy."""
    assert process.wait() == code, f"exit {process.popen.returncode}, wanted {code}:\n{process.output()}"
    messages = [line for line in process.lines if line.startswith("dsmkit:")]
    assert messages, process.output()
    for word in words:
        assert any(word in line for line in messages), f"no {word!r} in:\n{process.output()}"


def disk_fails(scene, paths, code, *words, extra=()):
    nbd = scene.path("never.sock")
    command = [DSMKIT, "disk", "--nbd", f"unix:{nbd}", *extra]
    for path in paths:
        command += ["--path", path]
    one_message(scene.start(*command), code, *words)
    assert not os.path.exists(nbd), "a disk that could not start left its socket behind"


def served(scene, disk, what):
    """The disk still does I/O."""
    scene.run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 64k", "-c", "read -P 0x5a 1M 64k", disk.uri)
    assert disk.process.popen.poll() is None, what


def test_unreachable_portal_alone(scene):
    port = free_ports(1)[0]
    disk_fails(scene, [f"iscsi://127.0.0.1:{port}/{TARGET}/0"], UNAVAILABLE, f"127.0.0.1:{port}",
               extra=("--start-timeout-ms", "1500"))


def test_wrong_target_name_alone(scene):
    array = scene.array(ports=1)
    disk_fails(scene, [f"iscsi://{array.portals[0]}/iqn.2026-11.no.such:target/0"], UNAVAILABLE,
               "iqn.2026-11.no.such:target", extra=("--start-timeout-ms", "1500"))


def test_lun_that_does_not_exist_alone(scene):
    array = scene.array(ports=1)
    disk_fails(scene, [array.url(0, lun=7)], UNAVAILABLE, "LUN 7", extra=("--start-timeout-ms", "1500"))


def test_wrong_chap_secret_alone(scene):
    array = scene.array(ports=1, extra=("--chap", "alice%right-secret-1"))
    url = f"iscsi://alice%wrong-secret-2@{array.portals[0]}/{TARGET}/0"
    disk_fails(scene, [url], UNAVAILABLE, "CHAP", extra=("--start-timeout-ms", "1500"))
    disk = scene.disk([f"iscsi://alice%right-secret-1@{array.portals[0]}/{TARGET}/0"])
    shown = json.dumps(disk.show()) + disk.process.output()
    assert "right-secret-1" not in shown, "the secret is shown"


def test_bad_paths_beside_a_good_one(scene):
    need("qemu-io")
    array = scene.array(ports=2)
    other = scene.array(ports=1)
    dead = free_ports(1)[0]
    disk = scene.disk([
        array.url(0),
        f"iscsi://127.0.0.1:{dead}/{TARGET}/0",
        f"iscsi://{array.portals[1]}/iqn.2026-11.no.such:target/0",
        array.url(1, lun=9),
        other.url(0),
    ])
    wait_until(lambda: "refused" in disk.path_states(), "the other array's LUN to be refused")
    served(scene, disk, "bad paths beside a good one")
    states = disk.path_states()
    assert states[0] == "up" and "up" not in states[1:], states
    text = disk.process.output()
    for word in (f"127.0.0.1:{dead}", "iqn.2026-11.no.such:target", "LUN 9", "identity"):
        assert word in text, f"no {word!r} in:\n{text}"


def test_same_portal_twice(scene):
    array = scene.array(ports=2)
    disk_fails(scene, [array.url(0), array.url(0)], USAGE, "twice", array.portals[0])


def test_33_paths(scene):
    disk_fails(scene, [f"iscsi://127.0.0.1:{port}/{TARGET}/0" for port in range(3000, 3033)], USAGE,
               "32", "33")


def test_malformed_urls(scene):
    for url, word in (("http://127.0.0.1/x/0", "iscsi://"), ("iscsi://127.0.0.1", "IQN"),
                      (f"iscsi://127.0.0.1:99999/{TARGET}/0", "port"), (f"iscsi://h/{TARGET}/x", "LUN"),
                      ("", "iscsi://")):
        disk_fails(scene, [url], USAGE, word)


def test_command_lines_that_mean_nothing(scene):
    one_message(scene.start(DSMKIT, "disk", "--pth", "x"), USAGE, "--pth")
    one_message(scene.start(DSMKIT, "disc"), USAGE, "disc")
    one_message(scene.start(DSMKIT, "disk", "--lanes", "many"), USAGE, "--lanes", "many")
    one_message(scene.start(DSMKIT, "disk", "--lanes", "65"), USAGE, "--lanes", "65")
    # An empty variable of a script: no command may take it for a subcommand without a name, and look for it for ever.
    for command in ("disk", "array", "discover", "show", "policy", "path", "explain", "verify-blocks", "demo", "sim"):
        one_message(scene.start(DSMKIT, command, "", "--policy"), USAGE)


def test_nbd_client_that_disappears_or_sends_rubbish(scene):
    need("qemu-io")
    array = scene.array(ports=2)
    disk = scene.disk(array.urls())
    for payload in (b"", b"\x00" * 4, os.urandom(4096), b"\x00\x00\x00\x03" + b"IHAVEOPT" + b"\xff" * 64):
        client = socket.socket(socket.AF_UNIX)
        client.connect(disk.nbd)
        client.sendall(payload)
        client.close()
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    load.popen.send_signal(signal.SIGKILL)
    load.wait()
    served(scene, disk, "clients that vanish")
    assert disk.process.stop() == 0, disk.process.output()


def test_occupied_portal_and_unreadable_backing(scene):
    array = scene.array(ports=1)
    again = scene.start(DSMKIT, "array", "--listen", array.portals[0], "--lun", "ram:16M")
    one_message(again, UNAVAILABLE, array.portals[0])
    port = free_ports(1)[0]
    missing = scene.start(DSMKIT, "array", "--listen", f"127.0.0.1:{port}", "--lun", "file:/no/such/file")
    one_message(missing, UNAVAILABLE, "/no/such/file")
    for lun in ("ram:", "ram:1Q", "tape:1M", "ram:100"):
        one_message(scene.start(DSMKIT, "array", "--listen", f"127.0.0.1:{port}", "--lun", lun), USAGE, lun)


def test_unknown_faults_and_dead_control_socket(scene):
    array = scene.array(ports=2)
    one_message(scene.start(DSMKIT, "array", "fault", "--control", array.control, "no-such-fault"), USAGE,
                "no-such-fault", "--list")
    one_message(scene.start(DSMKIT, "array", "fault", "--control", array.control, "port-down", "99"), USAGE, "99")
    one_message(scene.start(DSMKIT, "show", "--control", scene.path("nothing.sock")), UNAVAILABLE, "nothing.sock")


def test_explain_rejects_what_is_not_hex(scene):
    file = scene.path("bad.hex")
    with open(file, "w", encoding="ascii") as out:
        out.write("70 00 06 # fine\n00 zz 00\n")
    one_message(scene.start(DSMKIT, "explain", "sense", file), USAGE, f"{file}:2:4")


if __name__ == "__main__":
    main(globals())
