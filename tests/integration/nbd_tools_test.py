#!/usr/bin/env python3
"""The NBD server alone, over memory, with other people's NBD tools: libnbd's, QEMU's and fio's."""

import json
import os
import socket

from harness import free_ports, main, need, wait_until

SERVER = os.environ.get("NBD_RAM_SERVER", "nbd_ram_server")
MIB = 1 << 20


class Ram:
    """nbd_ram_server that serves."""

    def __init__(self, scene, size_mib=64, block_bytes=512, address=None, name="ram"):
        self.socket = None
        if address is None:
            self.socket = scene.path(f"ram-{len(scene.processes)}.sock")
            address = f"unix:{self.socket}"
        self.process = scene.start(SERVER, address, size_mib, block_bytes, name)
        self.process.wait_line(f"ready {address}")
        place = address.removeprefix("tcp:")
        self.uri = f"nbd+unix:///?socket={self.socket}" if self.socket else f"nbd://{place}/"
        self.named_uri = f"nbd+unix:///{name}?socket={self.socket}" if self.socket else f"nbd://{place}/{name}"

    def stop(self):
        """Ends it, and returns how many requests it did and how many it refused."""
        assert self.process.stop() == 0, self.process.output()
        assert self.socket is None or not os.path.exists(self.socket), "the socket's file was left behind"
        words = self.process.lines[-1].split()
        return int(words[0]), int(words[2])


def random_file(path, size_bytes):
    with open(path, "wb") as file:
        file.write(os.urandom(size_bytes))
    return path


def same(first, second):
    with open(first, "rb") as a, open(second, "rb") as b:
        while True:
            piece = a.read(MIB)
            if piece != b.read(MIB):
                return False
            if not piece:
                return True


def test_nbdinfo(scene):
    need("nbdinfo")
    for block_bytes in (512, 4096):
        ram = Ram(scene, block_bytes=block_bytes, name="the disk/1")
        for uri in (ram.uri, ram.named_uri.replace(" ", "%20")):
            info = json.loads(scene.run("nbdinfo", "--json", uri).output())
            assert info["protocol"] == "newstyle-fixed" and info["structured"] is True, info
            export = info["exports"][0]
            wanted = {
                "description": "a test disk in memory", "export-size": 64 * MIB, "is_read_only": False,
                "can_flush": True, "can_fua": True, "can_trim": True, "can_zero": True, "can_df": True,
                "can_multi_conn": True, "can_cache": False, "can_fast_zero": False,
                "block_size_minimum": block_bytes, "block_size_preferred": 4096, "block_size_maximum": 32 * MIB,
            }
            for key, value in wanted.items():
                assert export[key] == value, f"{key} is {export[key]!r}, not {value!r}"
        listing = json.loads(scene.run("nbdinfo", "--json", "--list", ram.uri).output())
        assert [export["export-name"] for export in listing["exports"]] == ["the disk/1"], listing
        unknown = scene.run("nbdinfo", f"nbd+unix:///other?socket={ram.socket}", ok=False)
        assert unknown.popen.returncode != 0 and "error to opt_go" in unknown.output(), unknown.output()
        assert ram.stop()[1] == 0


def test_nbdcopy_in_and_out(scene):
    need("nbdcopy")
    source = random_file(scene.path("source"), 64 * MIB)
    port = free_ports(1)[0]
    for ram in (Ram(scene), Ram(scene, block_bytes=4096), Ram(scene, address=f"tcp:127.0.0.1:{port}")):
        scene.run("nbdcopy", source, ram.uri)
        copy = scene.path("copy")
        scene.run("nbdcopy", ram.uri, copy)
        assert same(source, copy), "nbdcopy read back something else"
        scene.run("nbdcopy", "--synchronous", "--request-size", 32 * MIB, source, ram.uri)
        scene.run("nbdcopy", "--synchronous", "--request-size", 32 * MIB, ram.uri, copy)
        assert same(source, copy), "nbdcopy with requests of 32 MiB read back something else"
        assert ram.stop()[1] == 0
        os.unlink(copy)


def test_nbdcopy_of_a_sparse_file(scene):
    """Holes arrive as NBD_CMD_WRITE_ZEROES or NBD_CMD_TRIM over old data."""
    need("nbdcopy")
    ram = Ram(scene)
    scene.run("nbdcopy", random_file(scene.path("old"), 64 * MIB), ram.uri)
    sparse = scene.path("sparse")
    with open(sparse, "wb") as file:
        file.truncate(64 * MIB)
        for place in (0, 7 * MIB, 63 * MIB):
            file.seek(place)
            file.write(os.urandom(MIB))
    scene.run("nbdcopy", sparse, ram.uri)
    copy = scene.path("copy")
    scene.run("nbdcopy", ram.uri, copy)
    assert same(sparse, copy), "holes were not written as zeroes"


def test_qemu_img(scene):
    need("qemu-img")
    source = random_file(scene.path("source"), 64 * MIB)
    ram = Ram(scene)
    info = json.loads(scene.run("qemu-img", "info", "--output=json", "-f", "raw", ram.uri).output())
    assert info["virtual-size"] == 64 * MIB, info
    scene.run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source, ram.uri)
    scene.run("qemu-img", "compare", "-f", "raw", "-F", "raw", source, ram.named_uri)
    copy = scene.path("copy")
    scene.run("qemu-img", "convert", "-f", "raw", "-O", "raw", "-W", "-m", 16, ram.uri, copy)
    assert same(source, copy), "qemu-img read back something else"
    other = Ram(scene, block_bytes=4096, address=f"tcp:[::1]:{free_ports(1)[0]}" if has_ipv6() else None)
    scene.run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", ram.uri, other.uri)
    scene.run("qemu-img", "compare", "-f", "raw", "-F", "raw", ram.uri, other.uri)
    scene.run("qemu-io", "-f", "raw", "-c", "write -P 1 5M 512", ram.uri)
    differs = scene.run("qemu-img", "compare", "-f", "raw", "-F", "raw", ram.uri, other.uri, ok=False)
    assert differs.popen.returncode == 1 and "mismatch at offset 5242880" in differs.output(), differs.output()
    assert ram.stop()[1] == 0
    assert other.stop()[1] == 0


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def test_qemu_io(scene):
    need("qemu-io")
    ram = Ram(scene)
    for commands in (
            ("write -P 0x5a 1M 64k", "read -P 0x5a 1M 64k"),
            ("write -f -P 0x5b 1M 512", "read -P 0x5b 1M 512", "read -P 0x5a 1049088 4k"),  # FUA
            ("write -z 1M 4k", "read -P 0 1M 4k", "read -P 0x5a 1052672 4k"),
            ("write -z -u 1M 8k", "read -P 0 1M 8k"),
            ("discard 1M 32k", "read -P 0 1M 32k", "read -P 0x5a 1081344 32k", "flush"),
            ("write -P 3 0 32M", "read -P 3 0 32M"),
            ("aio_write -P 7 40M 1M", "aio_write -P 8 41M 1M", "aio_read -P 3 30M 1M", "aio_flush",
             "read -P 7 40M 1M", "read -P 8 41M 1M")):
        command = ["qemu-io", "-f", "raw"]
        for part in commands:
            command += ["-c", part]
        done = scene.run(*command, ram.uri)
        assert "failed" not in done.output() and "rror" not in done.output(), done.output()
    # The check can fail.
    wrong = scene.run("qemu-io", "-f", "raw", "-c", "read -P 1 0 512", ram.uri, ok=False)
    assert "verification failed" in wrong.output(), wrong.output()
    assert ram.stop()[1] == 0


def fio(scene, ram, *extra):
    done = scene.run("fio", "--name=job", "--ioengine=nbd", f"--uri={ram.uri}", "--output-format=json",
                     "--bsrange=512-128k", "--bs_unaligned=0", "--blockalign=512", "--rw=randrw", "--iodepth=16",
                     "--size=16M", "--verify=crc32c", "--verify_state_save=0",
                     "--verify_fatal=1", "--group_reporting", *extra, deadline_s=120)
    text = done.output()
    report = json.loads(text[text.index("\n{") + 1 if not text.startswith("{") else 0:])
    for job in report["jobs"]:
        assert job["error"] == 0 and job["write"]["total_ios"] > 0 and job["read"]["total_ios"] > 0, job


def test_fio_8_jobs(scene):
    """Eight connections, each with its own part of the disk."""
    need("fio")
    ram = Ram(scene, size_mib=128)
    fio(scene, ram, "--numjobs=8", "--offset_increment=16M")
    requests, refused = ram.stop()
    assert requests > 1000 and refused == 0, (requests, refused)


def test_four_connections_with_multi_conn(scene):
    """One copy over four connections: what one connection wrote and flushed, another one reads."""
    need("nbdcopy", "fio")
    ram = Ram(scene, size_mib=128)
    source = random_file(scene.path("source"), 128 * MIB)
    scene.run("nbdcopy", "--connections=4", "--requests=64", "--flush", source, ram.uri)
    copy = scene.path("copy")
    scene.run("nbdcopy", "--connections=4", "--requests=64", ram.uri, copy)
    assert same(source, copy), "four connections read back something else"
    fio(scene, ram, "--numjobs=4", "--offset_increment=32M")
    assert ram.stop()[1] == 0


def test_clients_that_are_killed(scene):
    """fio is killed under load; the next client finds a server in order."""
    need("fio", "qemu-io")
    ram = Ram(scene)
    for _ in range(3):
        load = scene.start("fio", "--name=job", "--ioengine=nbd", f"--uri={ram.uri}", "--rw=randrw", "--bs=64k",
                           "--iodepth=32", "--numjobs=2", "--size=64M", "--time_based", "--runtime=60", "--thread",
                           "--eta=always", "--eta-newline=100ms")
        load.wait_line(lambda line: "Jobs: 2" in line and "IOPS" in line)
        load.kill()
        scene.run("qemu-io", "-f", "raw", "-c", "write -P 9 0 64k", "-c", "read -P 9 0 64k", ram.uri)
    wait_until(lambda: connections(ram) == 0, "the dead clients' sockets to be closed")
    assert ram.stop()[1] == 0


def connections(ram):
    """Sockets of the server beyond its listener (/proc knows)."""
    folder = f"/proc/{ram.process.popen.pid}/fd"
    links = [os.readlink(os.path.join(folder, fd)) for fd in os.listdir(folder)]
    return sum(link.startswith("socket:") for link in links) - 1


def test_a_second_server_and_the_file_of_a_dead_one(scene):
    need("nbdinfo")
    ram = Ram(scene)
    second = scene.run(SERVER, f"unix:{ram.socket}", 1, ok=False)
    assert second.popen.returncode == 3 and "another process already listens" in second.output(), second.output()
    ram.process.kill()
    assert os.path.exists(ram.socket)
    third = scene.start(SERVER, f"unix:{ram.socket}", 1)
    third.wait_line(f"ready unix:{ram.socket}")
    scene.run("nbdinfo", ram.uri)


if __name__ == "__main__":
    main(globals())
