#!/usr/bin/env python3
"""dsmkit array against other people's initiators: libiscsi's tools and QEMU. Its whole suite: conformance_test.py."""

import json
import os
import random
import re
import socket
import threading

from harness import DSMKIT, TARGET, free_ports, main, make_file, need, wait_until


def status(array):
    """What the array says about itself on its control socket."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(array.control)
        sock.sendall(b'{"command": "status"}\n')
        with sock.makefile() as answer:
            return json.loads(answer.readline())


def conformance(scene, url, test):
    done = scene.run("iscsi-test-cu", "--dataloss", "--fail", f"--test=ALL.{test}", url, deadline_s=120)
    summary = re.search(r"^\s*tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", done.output(), re.M)
    assert summary, done.output()
    total, ran, passed, failed = (int(number) for number in summary.groups())
    assert total == ran == passed and failed == 0 and total > 0, f"{test}:\n{done.output()}"
    return done


def test_discovery(scene):
    need("iscsi-ls")
    array = scene.array(ports=3, luns=("ram:64M", "ram:16M"))
    for portal in array.portals:
        listing = scene.run("iscsi-ls", "-s", f"iscsi://{portal}", deadline_s=30).output()
        for number, other in enumerate(array.portals):
            assert f"Target:{TARGET} Portal:{other},{number + 1}" in listing, listing
        assert listing.count("Lun:0") == 3 and listing.count("Lun:1") == 3, listing
    wait_until(lambda: status(array)["connections"] == 0, "all sessions to be logged out")
    assert status(array)["nexuses"] == 0


def test_discovery_on_every_address(scene):
    need("iscsi-ls")
    port = free_ports(1)[0]
    scene.array(listen=[f"0.0.0.0:{port}"])
    listing = scene.run("iscsi-ls", f"iscsi://127.0.0.1:{port}", deadline_s=30).output()
    assert f"Portal:127.0.0.1:{port},1" in listing, listing


def test_identity_and_capacity(scene):
    need("iscsi-inq", "iscsi-readcapacity16")
    array = scene.array(ports=2, luns=("ram:64M", f"file:{make_file(scene.path('lun.img'), 10 << 20)}"))
    pages = [scene.run("iscsi-inq", "-e", "1", "-c", str(0x83), array.url(port, lun)).output()
             for port in (0, 1) for lun in (0, 1)]
    assert f"Designator:[{TARGET}]" in pages[0], pages[0]
    # Association 0 is the LUN: the same through both portals, different for each LUN.
    wanted = re.compile(r"Association:\(0\).*\nDesignator Type:\(1\).*\nDesignator:\[(.+)\]")
    names = [wanted.findall(page) for page in pages]
    assert len(names[0]) == len(names[1]) == 1 and names[:2] == names[2:] and names[0] != names[1], names
    for lun, size in ((0, 64 << 20), (1, 10 << 20)):
        text = scene.run("iscsi-readcapacity16", array.url(1, lun)).output()
        assert f"Total size:{size}" in text, text
    missing = scene.run("iscsi-readcapacity16", array.url(0, 5), ok=False)
    assert missing.popen.returncode != 0, missing.output()


def test_a_wrong_data_sn_ends_its_command(scene):
    need("iscsi-test-cu")
    array = scene.array(ports=1, extra=("--symmetric",))
    broken = conformance(scene, array.url(0), "iSCSIdatasn").output()
    assert "0x4705" in broken, f"a wrong DataSN must end the command with its own sense code:\n{broken}"
    assert array.process.popen.poll() is None


def test_chap(scene):
    need("iscsi-inq", "iscsi-ls", "qemu-io")
    array = scene.array(ports=1, extra=("--chap", "alice%open-sesame-42"))
    portal = array.portals[0]

    def url(account):
        return f"iscsi://{account}{portal}/{TARGET}/0"

    good = url("alice%open-sesame-42@")
    assert "DSMKIT" in scene.run("iscsi-inq", good).output()
    scene.run("qemu-io", "-f", "raw", "-c", "write -P 7 0 64k", "-c", "read -P 7 0 64k", good)
    listing = scene.run("iscsi-ls", "-s", f"iscsi://alice%open-sesame-42@{portal}", deadline_s=30).output()
    assert "Lun:0" in listing, listing
    for account in ("alice%open-sesame-43@", "bob%open-sesame-42@", "alice%open-sesame-4@", ""):
        refused = scene.run("iscsi-inq", url(account), ok=False, deadline_s=30)
        assert refused.popen.returncode != 0 and "DSMKIT" not in refused.output(), refused.output()
    wait_until(lambda: status(array)["connections"] == 0, "the refused to be gone")
    assert sum("authentication failed" in line for line in array.process.lines) == 4, array.process.output()
    assert "open-sesame" not in array.process.output(), "a secret was printed"


def test_chap_both_ways(scene):
    need("iscsi-inq")
    extra = ("--chap", "alice%open-sesame-42", "--chap-mutual", "array%i-am-the-array")
    array = scene.array(ports=1, extra=extra)

    def inquire(secret):
        url = (f"iscsi://alice%open-sesame-42@{array.portals[0]}/{TARGET}/0?target_user=array"
               f"&target_password={secret}")
        return scene.run("iscsi-inq", url, ok=False, deadline_s=30)

    right = inquire("i-am-the-array")
    assert right.popen.returncode == 0 and "DSMKIT" in right.output(), right.output()
    wrong = inquire("i-am-another")
    assert wrong.popen.returncode != 0 and "DSMKIT" not in wrong.output(), wrong.output()


def test_large_unaligned_transfers_byte_for_byte(scene):
    need("qemu-io", "qemu-img")
    size = 48 << 20
    backing = make_file(scene.path("lun.img"), size)
    array = scene.array(ports=2, luns=(f"file:{backing}",), extra=("--symmetric",))
    rng = random.Random(20261123)
    expected = bytearray(size)
    source = scene.path("source.bin")
    for number, length in enumerate((1, 511, 513, 65537, 262145, 1048577, 4194303, 9000001)):
        offset = rng.randrange(size - length)
        data = rng.randbytes(length)
        with open(source, "wb") as file:
            file.write(data)
        expected[offset:offset + length] = data
        scene.run("qemu-io", "-f", "raw", "-c", f"write -s {source} {offset} {length}", "-c", "flush",
                  array.url(number % 2))
    with open(backing, "rb") as file:
        assert file.read() == expected, "the backing file differs from what was written"
    for port in (0, 1):
        copy = scene.path(f"copy-{port}.img")
        scene.run("qemu-img", "convert", "-f", "raw", "-O", "raw", array.url(port), copy)
        with open(copy, "rb") as file:
            assert file.read() == expected, f"what portal {port} reads differs from what was written"


def test_blocks_of_4096_bytes(scene):
    need("qemu-io", "iscsi-readcapacity16", "iscsi-test-cu")
    array = scene.array(ports=1, extra=("--block-size", "4096"))
    text = scene.run("iscsi-readcapacity16", array.url(0)).output()
    assert "LOGICAL BLOCK LENGTH IN BYTES:4096" in text, text
    scene.run("qemu-io", "-f", "raw", "-c", "write -P 9 1000 1000000", "-c", "read -P 9 1000 1000000",
              "-c", "read -P 0 0 1000", array.url(0))
    for family in ("Read10", "Write16"):
        conformance(scene, array.url(0), family)


def test_several_sessions_at_once(scene):
    need("qemu-io")
    array = scene.array(ports=2, luns=("ram:64M", "ram:64M"), extra=("--symmetric",))
    writers = []
    for number in range(12):
        lun, port, at = number % 2, (number // 2) % 2, number // 2
        commands = []
        for turn in range(4):
            commands += ["-c", f"write -P {16 * turn + number + 1} {at * 8}M 5000001"]
        writers.append(scene.start("qemu-io", "-f", "raw", *commands, array.url(port, lun)))
    for writer in writers:
        assert writer.wait() == 0, writer.output()
    for number in range(12):
        lun, port, at = number % 2, (number // 2 + 1) % 2, number // 2  # through the other portal
        scene.run("qemu-io", "-f", "raw", "-c", f"read -P {48 + number + 1} {at * 8}M 5000001", array.url(port, lun))
    wait_until(lambda: status(array)["nexuses"] == 0, "the sessions to end")


def test_performance_tool(scene):
    need("iscsi-perf")
    array = scene.array(ports=1)
    done = scene.start("iscsi-perf", "-b", "8", "-m", "32", "-r", "-t", "2", array.url(0))
    assert done.wait(60) == 0, done.output()
    assert "iops" in done.output(), done.output()


def test_rubbish_beside_real_work(scene):
    need("qemu-io")
    array = scene.array(ports=1)
    host, port = array.portals[0].split(":")
    rng = random.Random(7)
    stop = threading.Event()

    def strangers():
        while not stop.is_set():
            with socket.socket() as sock:
                sock.connect((host, int(port)))
                try:
                    sock.sendall(rng.randbytes(rng.randrange(2000)))
                except OSError:
                    pass  # reset while it was still talking

    thread = threading.Thread(target=strangers)
    thread.start()
    try:
        for turn in range(8):
            scene.run("qemu-io", "-f", "raw", "-c", f"write -P {turn + 1} 1M 8M", "-c", f"read -P {turn + 1} 1M 8M",
                      array.url(0))
    finally:
        stop.set()
        thread.join()
    wait_until(lambda: status(array)["connections"] == 0, "the strangers to be gone", deadline_s=30)
    assert array.process.popen.poll() is None


def test_faults_that_hit_connections(scene):
    need("iscsi-inq", "qemu-io")
    array = scene.array(ports=2)
    array.fault("port-down", "0")
    assert scene.run("iscsi-inq", array.url(0), ok=False, deadline_s=30).popen.returncode != 0
    scene.run("iscsi-inq", array.url(1))
    array.fault("port-up", "0")
    scene.run("iscsi-inq", array.url(0))
    array.fault("controller-crash", "1")
    assert scene.run("iscsi-inq", array.url(1), ok=False, deadline_s=30).popen.returncode != 0
    array.fault("controller-restart", "1")
    array.fault("freeze", "0")
    waiting = scene.start("iscsi-inq", array.url(0))
    scene.run("iscsi-inq", array.url(1))
    assert waiting.popen.poll() is None, f"a frozen controller answered: {waiting.output()}"
    array.fault("thaw", "0")
    assert waiting.wait() == 0 and "DSMKIT" in waiting.output(), waiting.output()
    for words in (("delay", "0", "1"), ("busy", "0", "2"), ("unit-attention", "2a", "9"), ("clear",)):
        array.fault(*words)
    scene.run("qemu-io", "-f", "raw", "-c", "write 0 1M", array.url(0))


def test_list_of_faults(scene):
    listing = scene.run(DSMKIT, "array", "fault", "--list").output()
    for name in ("controller-crash CONTROLLER", "black-hole PORT on|in|out|off", "sense PORT KEY ASC ASCQ [COUNT [OPCODE]]", "clear"):
        assert name in listing, listing


def test_every_fault_is_documented(scene):
    """docs/array.md has each fault with the arguments that --list shows."""
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/array.md"), encoding="utf-8") as file:
        documented = file.read().replace("\\|", "|")
    for line in scene.run(DSMKIT, "array", "fault", "--list").lines:
        usage = line[:46].strip()  # the column of names
        assert f"`{usage}`" in documented, f"docs/array.md lacks `{usage}`"


def test_ends_on_sigterm_without_leaving_anything(scene):
    need("iscsi-perf")
    array = scene.array(ports=2)
    load = scene.start("iscsi-perf", "-b", "8", "-m", "8", "-t", "60", array.url(0))
    wait_until(lambda: status(array)["nexuses"] == 1, "the load to be logged in")
    assert array.process.stop(deadline_s=10) == 0, array.process.output()
    assert not os.path.exists(array.control), "the control socket was left behind"
    load.kill()
    again = scene.start(DSMKIT, "array", "--listen", array.portals[0], "--control", array.control)
    again.wait_line("ready")
    assert again.stop() == 0, again.output()


def test_control_socket_of_the_dead_and_of_the_living(scene):
    array = scene.array(ports=1)
    portal = f"127.0.0.1:{free_ports(1)[0]}"
    second = scene.run(DSMKIT, "array", "--listen", portal, "--control", array.control, ok=False)
    assert second.popen.returncode == 3 and "running program" in second.output(), second.output()
    array.fault("clear")
    array.process.kill()
    assert os.path.exists(array.control)
    third = scene.start(DSMKIT, "array", "--listen", portal, "--control", array.control)
    third.wait_line("ready")
    dead = scene.path("nobody.sock")
    lost = scene.run(DSMKIT, "array", "fault", "--control", dead, "clear", ok=False)
    assert lost.popen.returncode == 3 and dead in lost.output(), lost.output()


def test_wrong_options_say_what_is_right(scene):
    portal = f"127.0.0.1:{free_ports(1)[0]}"
    for options, word in (
            ((), "--listen HOST:PORT"), (("--listen", "nonsense"), "nonsense"),
            (("--listen", portal, "--listen", portal), "twice"),
            (("--listen", portal, "--target", "Not An IQN"), "Not An IQN"),
            (("--listen", portal, "--alua", "perhaps"), "perhaps"),
            (("--listen", portal, "--chap", "nosecret"), "USER%SECRET"),
            (("--listen", portal, "--block-size", "1000"), "1000"),
            (("--listen", portal, "--controllers", "0"), "--controllers"),
            (("--listen", portal, "--passive-state", "asleep"), "asleep"),
            (("--listen", portal, "--lun", "ram:2T"), "ram:2T")):
        done = scene.run(DSMKIT, "array", *options, ok=False)
        assert done.popen.returncode == 2 and word in done.output(), f"{options}: {done.output()}"


if __name__ == "__main__":
    main(globals())
