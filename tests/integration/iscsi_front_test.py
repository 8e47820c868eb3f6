#!/usr/bin/env python3
"""dsmkit disk --iscsi: other people's initiators reach the array through the disk."""

import re

from harness import TARGET, free_ports, main, need, wait_until
from iscsi_tools_test import status

FRONT = "iqn.2026-11.dev.dsmkit:disk"


def serve(scene, array, portals=1):
    """A disk over all portals of the array, and the URLs of its target."""
    addresses = [f"127.0.0.1:{port}" for port in free_ports(portals)]
    extra = [word for address in addresses for word in ("--iscsi", address)]
    disk = scene.disk(array.urls(), extra=extra)
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
    for test in ("ProutRegister.Simple", "ProutReserve.AccessEA", "ProutReserve.OwnershipEA"):
        conformance(scene, urls, test)


if __name__ == "__main__":
    main(globals())
