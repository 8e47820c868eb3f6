#!/usr/bin/env python3
"""Two paths to two targets against one path to the first of them: mpio::Disk in process, random reads of 128 KiB. The
targets are two tgtd that serve one file in memory as one logical unit.

    bench/two_paths.py [--rate-mbit 1000] [--depth 8] [--lanes 2] [--pairs 15] [--seconds 0.5] [--build build/release]

Twice: first with ports that have a line rate, as those of arrays do (each target in a network namespace of its own behind
a veth with a token bucket; needs root); then with ports as fast as this machine, where initiator and targets share its
processors and those are the limit.
"""

import os
import subprocess

from bench_scene import cpus, harness, in_scene, load, options

FILE_BYTES = 256 << 20
READ_BYTES = 128 << 10


class LimitedPort:
    """A network namespace behind a veth; what leaves it does so at a line rate. Stands in for the scene of what is
    started inside."""

    def __init__(self, scene, number, rate_mbit):
        self.scene, self.path = scene, scene.path
        self.name = f"dsmkit-{os.getpid()}-{number}"
        near = f"dk{os.getpid()}-{number}"
        # 198.18.0.0/15 is for benchmarks (RFC 2544): four addresses per port.
        here, self.address = (f"198.18.{os.getpid() % 256}.{4 * number + host}" for host in (1, 2))
        ip = ("ip", "-n", self.name)
        for command in (
                ("ip", "netns", "add", self.name),
                ("ip", "link", "add", near, "type", "veth", "peer", "name", "port", "netns", self.name),
                ("ip", "addr", "add", f"{here}/30", "dev", near),
                ("ip", "link", "set", near, "up"),
                (*ip, "addr", "add", f"{self.address}/30", "dev", "port"),
                (*ip, "link", "set", "port", "up"),
                (*ip, "link", "set", "lo", "up"),
                ("tc", "-n", self.name, "qdisc", "add", "dev", "port", "root", "tbf", "rate", f"{rate_mbit}mbit",
                 "burst", "256kb", "latency", "50ms")):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                self.close()
                raise harness.Skip(f"{' '.join(command)}: {done.stderr.strip()}")

    def start(self, *command, env=None):
        return self.scene.start("ip", "netns", "exec", self.name, *command, env=env)

    def close(self):
        subprocess.run(["ip", "netns", "del", self.name], capture_output=True, check=False)


def limited_target(port, number, backing):
    """tgtd behind the port; what it listens on there is one portal more."""
    target = harness.Tgt(port, number, backing)
    portal = f"{port.address}:{target.port}"
    target._admin("--op", "new", "--mode", "portal", "--param", f"portal={portal}")  # pylint: disable=protected-access
    return f"iscsi://{portal}/{target.target}/1"


def main():
    chosen = options(__doc__, rate_mbit=(1000, "line rate of a port in Mbit/s"), depth=(8, "reads under way per lane"),
                     lanes=(2, "of the disk"), pairs=(15, "interleaved pairs"),
                     seconds=(0.5, "of each half of a pair, about"))

    def compare(scene, what, urls):
        words = [word for url in urls for word in ("--url", url)]
        words += [word for cpu in cpus()[:chosen.lanes] for word in ("--cpu", cpu)]
        done = scene.run(chosen.datapath, "two-against-one", *words, "--bytes", READ_BYTES, "--depth", chosen.depth,
                         "--lanes", chosen.lanes, "--pairs", chosen.pairs, "--seconds", chosen.seconds,
                         deadline_s=harness.DEADLINE_S + 4 * chosen.pairs * chosen.seconds)
        print(f"128 KiB random read, {chosen.lanes} lanes, queue depth {chosen.depth} each, {what}, {load()}\n"
              f"{done.output()}", flush=True)

    def limited(scene):
        ports = []
        try:
            for number in (0, 1):
                ports.append(LimitedPort(scene, number, chosen.rate_mbit))
            backing = harness.make_file(scene.path("lun"), FILE_BYTES)
            first = 10 + os.getpid() % 10000
            compare(scene, f"ports of {chosen.rate_mbit} Mbit/s",
                    [limited_target(port, first + number, backing) for number, port in enumerate(ports)])
        finally:
            for process in reversed(scene.processes):
                process.kill()
            for port in ports:
                port.close()

    def unlimited(scene):
        backing = harness.make_file(scene.path("lun"), FILE_BYTES)
        first = 20010 + os.getpid() % 10000
        compare(scene, "ports without a limit", [harness.Tgt(scene, first + number, backing).url for number in (0, 1)])

    try:
        in_scene(limited)
    except SystemExit as skipped:  # and the other half is still worth something
        if skipped.code != 77:
            raise
    in_scene(unlimited)


if __name__ == "__main__":
    main()
