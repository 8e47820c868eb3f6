#!/usr/bin/env python3
"""dsmkit disk --iscsi: other people's initiators reach the array through the disk."""

import re
import time

import nbd_raw
from harness import DSMKIT, TARGET, free_ports, main, need, wait_until
from iscsi_tools_test import status
from nbd_raw import RawNbd

FRONT = "iqn.2026-11.dev.dsmkit:disk"


def serve(scene, array, portals=1, more=()):
    """A disk over all portals of the array, and the URLs of its target."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(portals)]
    extra = [word for address in addresses for word in ("--iscsi", address)]
    disk = scene.disk(array.urls(), extra=(*extra, *more))
    return disk, [f"iscsi://{address}/{FRONT}/0" for address in addresses]


def conformance(scene, urls, test, meanwhile=None):
    """The suite's tests of that name; `meanwhile` is called when they have begun."""
    process = scene.start("iscsi-test-cu", "--dataloss", "--fail", f"--test=ALL.{test}", *urls)
    if meanwhile:
        meanwhile()
    process.wait(120)
    summary = re.search(r"^\s*tests\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", process.output(), re.M)
    assert summary, process.output()
    total, ran, passed, failed = (int(number) for number in summary.groups())
    assert total == ran == passed and failed == 0 and total > 0, f"{test}:\n{process.output()}"


def test_discovery_and_identity(scene):
    need("iscsi-ls", "iscsi-inq", "iscsi-readcapacity16")
    array = scene.array(ports=2, extra=("--symmetric",))
    _, urls = serve(scene, array, portals=2)
    listing = scene.run("iscsi-ls", "-s", re.match(r"iscsi://[^/]+", urls[0])[0], deadline_s=30).output()
    assert listing.count(f"Target:{FRONT}") == 2 and listing.count("Lun:0") == 2, listing
    pages = [scene.run("iscsi-inq", "-e", "1", "-c", str(0x83), url).output() for url in (*urls, array.url(0))]
    wanted = re.compile(r"Association:\(0\).*\nDesignator Type:\(\d\).*\nDesignator:\[(.+)\]")
    names = [wanted.findall(page) for page in pages]
    assert names[0] == names[1] == names[2] and names[0], pages
    assert f"[{FRONT}]" in pages[0] and TARGET not in pages[0], pages[0]
    sizes = [scene.run("iscsi-readcapacity16", url).output() for url in (urls[0], array.url(0))]
    assert sizes[0] == sizes[1], sizes


def test_data_goes_through_while_a_path_dies(scene):
    need("iscsi-test-cu")
    array = scene.array(ports=2, extra=("--symmetric",))
    _, urls = serve(scene, array)
    nexuses = status(array)["nexuses"]
    for port in ("0", "1"):
        array.fault("delay", port, "20")

    def kill_a_path():
        wait_until(lambda: status(array)["nexuses"] >= nexuses + 2, "a nexus of the front to be there")
        array.fault("port-down", "0")
        for port in ("0", "1"):
            array.fault("delay", port, "0")

    conformance(scene, urls, "Write10", meanwhile=kill_a_path)
    conformance(scene, urls, "Read16")
    array.fault("port-up", "0")
    conformance(scene, urls, "CompareAndWrite")


def test_reservations_have_owners(scene):
    need("iscsi-test-cu")
    array = scene.array(ports=2, extra=("--symmetric",))
    _, urls = serve(scene, array, portals=2)
    for test in ("ProutRegister", "ProutReserve", "ProutPreempt", "ProutClear"):
        conformance(scene, urls, test)


def slowest_read(client):
    """In seconds, of as many as every path gets some of; through a disk that is a client of the front."""
    times = []
    with RawNbd(client.nbd) as connection:
        for _ in range(6):
            begun = time.monotonic()
            assert connection.request(nbd_raw.READ, 0, 4096) == 0
            times.append(time.monotonic() - begun)
    return max(times)


def test_what_an_administrator_changes_reaches_sessions_that_are_there(scene):
    """The array is slow down its first portal: who uses that path shows in the times."""
    array = scene.array(ports=2, extra=("--alua", "none"))
    disk, urls = serve(scene, array)
    client = scene.disk(urls, extra=("--lanes", "1", "--initiator", "iqn.2026-11.test:client"))

    def administer(*words):
        scene.run(DSMKIT, *words[:2], "--control", disk.control, *words[2:])

    def is_fast(who):
        # A change reaches the sessions of the front after it has been acknowledged.
        wait_until(lambda: slowest_read(who) < 0.25, "the slow path to be left alone")

    array.fault("delay", "0", "300")
    assert slowest_read(client) > 0.25
    administer("path", "fail", "1")
    is_fast(client)
    administer("path", "reinstate", "1")
    wait_until(lambda: slowest_read(client) > 0.25, "the path to be used again")
    administer("policy", "set", "fail-over-only", "--preferred", "2")
    is_fast(client)
    administer("path", "weight", "1", "9")
    administer("policy", "set", "weighted-paths")
    is_fast(client)
    # Who comes later finds it so.
    late = scene.disk(urls, extra=("--lanes", "1", "--initiator", "iqn.2026-11.test:late"))
    is_fast(late)


def test_paths_that_come_and_go_reach_sessions_that_are_there(scene):
    array = scene.array(ports=2, extra=("--alua", "none"))
    array.fault("port-down", "1")
    (port,) = free_ports(1)
    found = ("--discover", array.url(0), "--discover-interval-ms", "100")
    disk = scene.disk([], extra=(*found, "--iscsi", f"127.0.0.1:{port}"))
    client = scene.disk([f"iscsi://127.0.0.1:{port}/{FRONT}/0"],
                        extra=("--lanes", "1", "--initiator", "iqn.2026-11.test:client"))
    lanes = disk.show()["disk"]["lanes"]
    assert status(array)["nexuses"] == lanes + 1, "the session has the path that there is"
    for _ in range(2):
        array.fault("port-up", "1")
        wait_until(lambda: status(array)["nexuses"] == 2 * (lanes + 1), "the session to have the other path too")
        array.fault("port-down", "1")
        wait_until(lambda: len(disk.show()["paths"]) == 1, "the disk to have taken it out")
        slowest_read(client)


def test_only_who_knows_the_secret_gets_in(scene):
    need("iscsi-inq")
    array = scene.array(ports=1)
    secrets = ("--iscsi-chap", "alice%secret-of-alice", "--iscsi-chap-mutual", "disk%secret-of-disk")
    _, (url,) = serve(scene, array, more=secrets)
    known = url.replace("//", "//alice%secret-of-alice@")
    scene.run("iscsi-inq", known)
    for stranger in (url, url.replace("//", "//alice%secret-of-bob@")):
        assert scene.run("iscsi-inq", stranger, ok=False).popen.returncode != 0, stranger
    proof = "?target_user=disk&target_password="
    scene.run("iscsi-inq", known + proof + "secret-of-disk")
    assert scene.run("iscsi-inq", known + proof + "secret-of-others", ok=False).popen.returncode != 0
    for words in (("--iscsi-chap", "hushhush"), ("--iscsi-chap-mutual", "disk%hushhush")):
        refused = scene.run(DSMKIT, "disk", "--path", array.url(0), "--iscsi", "127.0.0.1:0", *words, ok=False)
        assert refused.popen.returncode == 2 and "hushhush" not in refused.output(), refused.output()


if __name__ == "__main__":
    main(globals())
