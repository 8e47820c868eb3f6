#!/usr/bin/env python3
"""Other people's tools against the array, and against the disk over it: QEMU, libiscsi, fio, the NBD tools."""

import os
import signal

from harness import TARGET, main, make_file, need, wait_until


def test_qemu_against_the_array(scene):
    need("qemu-io", "qemu-img")
    array = scene.array(ports=2, luns=("ram:64M", f"file:{make_file(scene.path('l.img'), 32 << 20)}"))
    for lun in (0, 1):
        for port in (0, 1):
            scene.run("qemu-io", "-f", "raw", "-c", f"write -P {0x41 + port} {port}M 256k", "-c",
                      f"read -P {0x41 + port} {port}M 256k", "-c", "flush", array.url(port, lun))
    info = scene.run("qemu-img", "info", "-f", "raw", array.url(0))
    assert "64 MiB" in info.output(), info.output()
    source = scene.path("random.img")
    with open(source, "wb") as file:
        file.write(os.urandom(8 << 20))
    scene.run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source, array.url(0))
    scene.run("qemu-img", "compare", "-f", "raw", "-F", "raw", source, array.url(1), ok=False)


def test_libiscsi_tools_against_the_array(scene):
    need("iscsi-ls", "iscsi-inq", "iscsi-readcapacity16")
    array = scene.array(ports=2)
    listing = scene.run("iscsi-ls", "-s", f"iscsi://{array.portals[1]}", deadline_s=30)
    assert TARGET in listing.output() and "Lun:0" in listing.output(), listing.output()
    inquiry = scene.run("iscsi-inq", array.url(0))
    assert "DSMKIT" in inquiry.output(), inquiry.output()
    capacity = scene.run("iscsi-readcapacity16", array.url(1))
    assert str(64 << 20) in capacity.output().replace(",", ""), capacity.output()


def test_discover(scene):
    from harness import DSMKIT
    array = scene.array(ports=3)
    found = scene.run(DSMKIT, "discover", array.portals[0])
    for portal in array.portals:
        assert portal in found.output(), found.output()
    assert TARGET in found.output(), found.output()


def test_nbd_tools_against_the_disk(scene):
    need("nbdinfo", "nbdcopy", "qemu-img")
    array = scene.array(ports=4)
    disk = scene.disk(array.urls())
    info = scene.run("nbdinfo", disk.uri).output()
    for word in ("export-size: 67108864", "can_multi_conn: true", "can_flush: true", "can_fua: true",
                 "can_trim: true", "can_zero: true"):
        assert word in info, info
    source = scene.path("random.img")
    with open(source, "wb") as file:
        file.write(os.urandom(64 << 20))
    scene.run("nbdcopy", source, disk.uri)
    copy = scene.path("copy.img")
    scene.run("nbdcopy", disk.uri, copy)
    with open(source, "rb") as a, open(copy, "rb") as b:
        assert a.read() == b.read(), "what was read back is not what was written"
    scene.run("qemu-img", "compare", "-f", "raw", "-F", "raw", source, disk.uri)
    scene.run("qemu-io", "-f", "raw", "-c", "discard 0 1M", "-c", "write -z 1M 1M", "-c", "read -P 0 1M 1M",
              disk.uri)


def fio(scene, disk, *extra):
    need("fio")
    listing = scene.run("fio", "--enghelp").output()
    if "nbd" not in listing:
        from harness import skip
        skip("this fio has no nbd engine")
    return scene.start("fio", "--name=jobs", "--ioengine=nbd", f"--uri={disk.uri}", "--rw=randrw", "--bs=4k",
                       "--iodepth=8", "--numjobs=8", "--group_reporting", "--time_based", *extra)


def test_fio_with_8_jobs_through_a_crash_and_a_return(scene):
    array = scene.array(ports=4)
    disk = scene.disk(array.urls())
    load = fio(scene, disk, "--runtime=4", "--thread")
    wait_until(lambda: sum(path["ios"] for path in disk.show()["paths"]) > 1000, "the load to run")
    array.fault("controller-crash", "0")
    wait_until(lambda: disk.path_states().count("down") == 2, "two paths down")
    array.fault("controller-restart", "0")
    assert load.wait() == 0, load.output()
    assert "err= 0" in load.output(), load.output()
    wait_until(lambda: disk.path_states() == ["up"] * 4, "all paths up again")


def test_ends_cleanly_on_sigterm_under_load(scene):
    array = scene.array(ports=2)
    disk = scene.disk(array.urls())
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    assert disk.process.stop() == 0, disk.process.output()
    load.send(signal.SIGINT)
    load.wait()
    assert " 0 damaged" in load.output(), load.output()
    assert array.process.stop() == 0, array.process.output()


if __name__ == "__main__":
    main(globals())
