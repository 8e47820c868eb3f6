#!/usr/bin/env python3
"""The kinds of LUN that --lun can make, as QEMU's iSCSI driver sees them."""

import re

from harness import DSMKIT, free_ports, main, make_file, need


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


if __name__ == "__main__":
    main(globals())
