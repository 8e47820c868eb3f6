#!/usr/bin/env python3
"""The same LUN behind the same single iSCSI path, served over NBD by `dsmkit disk` and by other people's servers: fio,
4 KiB random reads, at queue depths 1 and 32.

    bench/nbd_end_to_end.py [--pairs 15] [--seconds 1] [--build build/release]

The peers: qemu-storage-daemon with QEMU's driver `iscsi`; and nbdkit, which has no iSCSI plugin (Debian 12, nbdkit 1.32)
and so stands in front of that same qemu-storage-daemon with its plugin `nbd`. The target is the embedded array; server on
one processor, target and fio on the other. Beside throughput: the server's own processor time per read, which says
more when the other processor is the limit.
"""

import json
import os
import re

from bench_scene import cpus, harness, in_scene, load, options, pin, row

DEPTHS = (1, 32)
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Server:
    """Serves NBD on a unix socket; `processes` are what its processor time is counted of."""

    def __init__(self, name, socket, processes, cpu):
        self.name, self.processes = name, processes
        self.uri = f"nbd+unix:///?socket={socket}"
        harness.wait_until(lambda: os.path.exists(socket), f"{name} to listen")
        for process in processes:
            pin(process, cpu)

    def processor_seconds(self):
        ticks = 0
        for process in self.processes:
            with open(f"/proc/{process.popen.pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])  # utime, stime: proc(5)
        return ticks / TICKS_PER_S


def dsmkit(scene, url, cpu):
    disk = scene.disk([url], extra=("--lanes", 1))
    return Server("dsmkit disk", disk.nbd, [disk.process], cpu)


def qemu(scene, url, cpu, name="qemu-storage-daemon"):
    harness.need("qemu-storage-daemon")
    portal, target, lun = re.fullmatch(r"iscsi://([^/]+)/([^/]+)/(\d+)", url).groups()
    socket = scene.path(f"{name}-{len(scene.processes)}.sock")
    process = scene.start(
        "qemu-storage-daemon", "--blockdev",
        f"driver=iscsi,node-name=lun,transport=tcp,portal={portal},target={target},lun={lun},"
        f"initiator-name=iqn.2026-11.dev.dsmkit:{name}-{len(scene.processes)},cache.direct=on",
        "--nbd-server", f"addr.type=unix,addr.path={socket}", "--export", "type=nbd,id=lun,node-name=lun,name=")
    return Server(name, socket, [process], cpu)


def nbdkit(scene, url, cpu):
    harness.need("nbdkit")
    behind = qemu(scene, url, cpu, "qemu-storage-daemon-behind-nbdkit")
    socket = scene.path("nbdkit.sock")
    process = scene.start("nbdkit", "-f", "-U", socket, "nbd", f"uri={behind.uri}")
    return Server("nbdkit nbd, before that daemon", socket, [process, *behind.processes], cpu)


def main():
    chosen = options(__doc__, pairs=(15, "interleaved rounds"), seconds=(1.0, "of each run"))
    server_cpu, load_cpu = cpus()

    def fio(scene, server, depth):
        """(reads per second, processor seconds of the server per read)"""
        begun = server.processor_seconds()
        done = scene.run(
            "taskset", "-c", load_cpu, "fio", "--name=read", "--ioengine=nbd", f"--uri={server.uri}", "--rw=randread",
            "--bs=4k", f"--iodepth={depth}", "--time_based", f"--runtime={chosen.seconds * 1000:.0f}ms", "--size=256M",
            "--output-format=json")
        spent = server.processor_seconds() - begun
        scene.processes.remove(done)
        report = done.output()
        job = json.loads(report[report.index("{"):])["jobs"][0]
        if job["error"] != 0 or job["read"]["total_ios"] == 0:
            raise AssertionError(f"{server.name}: fio failed:\n{report}")
        return job["read"]["iops"], spent / job["read"]["total_ios"]

    def measure(scene):
        harness.need("fio")
        array = scene.array(ports=1, luns=("ram:256M",))
        pin(array.process, load_cpu)
        servers = [make(scene, array.url(0), server_cpu) for make in (dsmkit, qemu, nbdkit)]
        for depth in DEPTHS:
            rates, costs = ({server: [] for server in servers} for _ in range(2))
            for turn in range(chosen.pairs):
                # By turns first, so that what the machine does besides hits all alike.
                for server in servers[turn % len(servers):] + servers[:turn % len(servers)]:
                    rate, cost = fio(scene, server, depth)
                    rates[server].append(rate)
                    costs[server].append(cost)
            print(f"NBD, 4 KiB random read, queue depth {depth}, {load()}")
            ours = servers[0]
            for server in servers:
                print(row(server.name, rates[server], 0, "reads/s"))
                print(row("  its processor time", [cost * 1e6 for cost in costs[server]], 1, "us per read"))
                if server is not ours:
                    print(row("  dsmkit disk against it", [own / other for own, other in
                                                           zip(rates[ours], rates[server])], 2,
                              "times as fast"))
            print(flush=True)

    in_scene(measure)


if __name__ == "__main__":
    main()
