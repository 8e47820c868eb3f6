#!/usr/bin/env python3
"""The kinds of LUN that --lun can make, as QEMU's iSCSI driver and the clients of the multipath disk see them."""

import errno
import json
import re

import nbd_raw
from harness import DSMKIT, free_ports, main, make_file, need, wait_until
from nbd_raw import RawNbd

KIB, MIB = 1 << 10, 1 << 20
BLOCK_SIZES = {"block=4096,physical=4096": 4096, "block=512,physical=4096": 512}  # 4Kn, 512e: their logical blocks


def qemu_io(scene, url, *commands, options=(), ok=True):
    words = [word for command in commands for word in ("-c", command)]
    return scene.run("qemu-io", "-f", "raw", *options, *words, url, ok=ok, deadline_s=60)


def test_qemu_has_nothing_to_complain_about(scene):
    need("qemu-io")
    backing = make_file(scene.path("lun.img"), 16 << 20)
    luns = ("ram:16M", "ram:16M,block=4096", "ram:16M,thick", "ram:16M,removable", "ram:16M,physical=512",
            f"file:{backing}", "ram:16M,read-only")
    array = scene.array(ports=1, luns=luns)
    for number, lun in enumerate(luns):
        read_only = lun.endswith("read-only")
        commands = ["read -P 0 0 64k"] + ([] if read_only else ["write -P 7 1M 64k", "read -P 7 1M 64k", "flush"])
        done = qemu_io(scene, array.url(0, number), *commands, options=("-r",) if read_only else ())
        # Its driver asks for the caching page and the write protection with MODE SENSE(6) and says so when that fails.
        assert not re.search(r"MODE.SENSE|[Ff]ailed|[Ee]rror|[Uu]nsupported", done.output()), f"{lun}:\n{done.output()}"


def test_read_only_luns_are_not_written(scene):
    need("qemu-io")
    array = scene.array(ports=1, luns=("ram:16M,read-only",))
    done = qemu_io(scene, array.url(0), "write -P 7 0 64k", ok=False)
    assert "wrote" not in done.output(), done.output()
    qemu_io(scene, array.url(0), "read -P 0 0 64k", options=("-r",))


def test_space_of_a_thin_lun_ends_and_comes_back(scene):
    need("qemu-io")
    array = scene.array(ports=1, luns=("ram:64M,thin=4M,threshold=50",))
    assert "space for 4.00 MiB" in array.process.output() or "space for 4 MiB" in array.process.output(), \
        array.process.output()
    full = qemu_io(scene, array.url(0), "write -P 1 0 1M", "write -P 2 1M 1M", "write -P 3 2M 2M", "write -P 4 32M 1M",
                   "read -P 3 2M 2M", "read -P 0 32M 1M", ok=False)
    assert full.output().count("wrote") == 3, full.output()
    assert full.output().count("read ") == 2, f"what was there, and nothing of what was refused:\n{full.output()}"
    freed = qemu_io(scene, array.url(0), "discard 0 2M", "write -P 5 32M 1M", "read -P 5 32M 1M", "read -P 0 0 2M",
                    options=("-d", "unmap"))
    assert freed.output().count("wrote") == 1, freed.output()


def test_wrong_lun_options_say_what_is_right(scene):
    portal = f"127.0.0.1:{free_ports(1)[0]}"
    for lun, word in (("ram:1M,read-only=yes", "read-only"), ("ram:1M,block=1000", "512 or 4096"),
                      ("ram:1M,thin,thick", "not both"), ("ram:1M,threshold=50", "thin=SIZE"),
                      ("file:/a,b", "written twice")):
        done = scene.run(DSMKIT, "array", "--listen", portal, "--lun", lun, ok=False)
        assert done.popen.returncode == 2 and word in done.output() and lun in done.output(), done.output()


# --- over the multipath disk ---------------------------------------------------------------------------------------

def disk_on_file(scene, options, size=64 * MIB):
    """A disk over two ports of a LUN in a file. Returns the file's name, the array and the disk."""
    backing = make_file(scene.path(f"lun-{len(scene.processes)}.img"), size)
    array = scene.array(ports=2, luns=(f"file:{backing},{options}",))
    return backing, array, scene.disk(array.urls())


def export_of(disk):
    need("nbdinfo")
    return json.loads(disk.scene.run("nbdinfo", "--json", disk.uri).output())["exports"][0]


def in_file(backing, offset, size):
    with open(backing, "rb") as file:
        file.seek(offset)
        return file.read(size)


def test_block_sizes_reach_the_clients(scene):
    for options, block in BLOCK_SIZES.items():
        _, _, disk = disk_on_file(scene, options)
        export = export_of(disk)
        assert export["export-size"] == 64 * MIB, export
        assert export["block_size_minimum"] == block, f"{options}: {export}"
        assert export["block_size_preferred"] == MIB, f"the array's optimal transfer length: {options}: {export}"
        assert export["block_size_maximum"] == 32 * MIB, f"{options}: {export}"
        shown = disk.show()["disk"]
        assert (shown["logical_block_bytes"], shown["physical_block_bytes"]) == (block, 4096), shown


def test_what_clients_write_stands_in_the_file(scene):
    need("qemu-io")
    for options in BLOCK_SIZES:
        backing, _, disk = disk_on_file(scene, options)
        qemu_io(scene, disk.uri, "write -P 0x11 1M 64k", "write -P 0x22 1052672 4k", "flush", "read -P 0x11 1M 4k",
                "read -P 0x22 1052672 4k", "read -P 0x11 1056768 56k")
        assert in_file(backing, MIB, 64 * KIB) == b"\x11" * 4096 + b"\x22" * 4096 + b"\x11" * (56 * KIB), options
        # Smaller than a block of 4Kn: QEMU reads, changes and writes the whole block by itself.
        qemu_io(scene, disk.uri, "write -P 0x33 1049088 512", "flush", "read -P 0x11 1M 512", "read -P 0x33 1049088 512",
                "read -P 0x11 1049600 3k")
        assert in_file(backing, MIB, 4096) == b"\x11" * 512 + b"\x33" * 512 + b"\x11" * 3072, options
        qemu_io(scene, disk.uri, "write -z 1M 4k", "discard 1052672 4k", "flush", "read -P 0 1M 8k",
                "read -P 0x11 1056768 56k", options=("-d", "unmap"))
        assert in_file(backing, MIB, 64 * KIB) == bytes(8 * KIB) + b"\x11" * (56 * KIB), options


def test_parts_of_blocks_are_refused_whole(scene):
    """A client that does not know better gets EINVAL; nothing of its write is made, and it can go on."""
    for options, block in BLOCK_SIZES.items():
        backing, _, disk = disk_on_file(scene, options)
        with RawNbd(disk.nbd) as client:
            before = b"\x5a" * (4 * block)
            assert client.write(MIB, before) == 0
            part = block // 2
            for offset, length in ((MIB, part), (MIB + part, block), (MIB + part, part), (MIB, block + part),
                                   (MIB + 1, block), (MIB, 1), (64 * MIB - part, part)):
                what = f"{options}: {length} bytes at {offset}"
                assert client.write(offset, b"\xff" * length) == errno.EINVAL, what
                for command in (nbd_raw.READ, nbd_raw.TRIM, nbd_raw.WRITE_ZEROES):
                    assert client.request(command, offset, length) == errno.EINVAL, f"{what}, command {command}"
            assert client.request(nbd_raw.READ, MIB, len(before)) == 0 and client.data == before, options
            assert in_file(backing, MIB, len(before)) == before, options
            # The smallest that is allowed, each way.
            assert client.write(MIB, b"\x77" * block) == 0
            assert client.request(nbd_raw.TRIM, MIB + block, block) == 0
            assert client.request(nbd_raw.WRITE_ZEROES, MIB + 2 * block, block) == 0
        after = b"\x77" * block + bytes(2 * block) + b"\x5a" * block
        assert in_file(backing, MIB, len(after)) == after, options
        assert disk.show()["disk"]["failed_requests"] == 0, "the disk itself was not bothered"


def test_nothing_is_lost_whatever_the_block_size(scene):
    for options, block in BLOCK_SIZES.items():
        backing, array, disk = disk_on_file(scene, options)
        load = disk.verify("--size", "8M", "--block-size", str(block), "--until-signal", "--backing", backing)
        load.wait_line(lambda line: line.startswith("running"))
        for fail, back in (("port-down", "port-up"), ("controller-crash", "controller-restart")):
            for victim in range(2):
                array.fault(fail, str(victim))
                wait_until(lambda v=victim: disk.path_states()[v] != "up", "the dead path to be left")
                array.fault(back, str(victim))
                disk.wait_states("up", "up")
        assert load.stop() == 0, load.output()
        assert " 0 I/O errors" in load.output(), f"{options}:\n{load.output()}"


def refused_to(client):
    """How writing, trimming and zeroing end."""
    return {client.write(MIB, b"\xff" * 4096), client.request(nbd_raw.TRIM, MIB, 4096),
            client.request(nbd_raw.WRITE_ZEROES, MIB, 4096)}


def shows_read_only(disk):
    text = disk.scene.run(DSMKIT, "show", "--control", disk.control).output()
    assert ("blocks, read-only" in text) == disk.show()["disk"]["read_only"], text
    return disk.show()["disk"]["read_only"]


def test_a_read_only_lun_is_a_read_only_export(scene):
    need("qemu-io")
    backing = make_file(scene.path("lun.img"), 16 * MIB)
    with open(backing, "r+b") as file:
        file.write(b"\x5a" * (2 * MIB))
    array = scene.array(ports=2, luns=(f"file:{backing},read-only",))
    disk = scene.disk(array.urls())
    export = export_of(disk)
    assert export["is_read_only"] and not export["can_trim"] and not export["can_zero"], export
    assert shows_read_only(disk)
    assert [path["write_protected"] for path in disk.show()["paths"]] == [True, True], disk.show()
    qemu_io(scene, disk.uri, "read -P 0x5a 0 2M", options=("-r",))
    refused = qemu_io(scene, disk.uri, "write -P 7 1M 64k", ok=False)
    assert "wrote" not in refused.output() and "Permission denied" in refused.output(), refused.output()
    verifier = disk.verify("--size", "1M")
    assert verifier.wait() == 2 and "read-only" in verifier.output(), verifier.output()
    with RawNbd(disk.nbd) as client:
        assert client.flags & nbd_raw.READ_ONLY
        assert refused_to(client) == {errno.EPERM}
        array.fault("port-down", "0")
        disk.wait_states("down", "up")
        assert client.request(nbd_raw.READ, MIB, 4096) == 0 and client.data == b"\x5a" * 4096
        assert refused_to(client) == {errno.EPERM}
    assert in_file(backing, 0, 2 * MIB) == b"\x5a" * (2 * MIB)
    assert sum(path["errors"] for path in disk.show()["paths"]) == 0, "the array was not asked to write"


def test_write_protection_comes_and_goes(scene):
    backing, array, disk = disk_on_file(scene, "block=512")
    with RawNbd(disk.nbd) as writer:
        assert writer.write(MIB, b"\x11" * 4096) == 0 and not shows_read_only(disk)
        array.fault("write-protect", "0", "on")
        assert writer.write(MIB, b"\x22" * 4096) == errno.EPERM, "whoever knows it first: the array or the disk"
        wait_until(lambda: shows_read_only(disk), "the disk to know")
        disk.process.wait_line(lambda line: "write-protected" in line)
        assert refused_to(writer) == {errno.EPERM}
        assert export_of(disk)["is_read_only"]
        with RawNbd(disk.nbd) as reader:
            array.fault("write-protect", "0", "off")
            assert reader.request(nbd_raw.READ, MIB, 4096) == 0 and reader.data == b"\x11" * 4096
            wait_until(lambda: not shows_read_only(disk), "the disk to know")
            assert writer.write(MIB, b"\x33" * 4096) == 0, "it was told that it can"
            assert refused_to(reader) == {errno.EPERM}, "it was told that it cannot"
        assert not export_of(disk)["is_read_only"]
    assert in_file(backing, MIB, 4096) == b"\x33" * 4096


if __name__ == "__main__":
    main(globals())
