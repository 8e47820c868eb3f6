#!/usr/bin/env python3
"""User-space instructions per 4 KiB read: mpio::Disk against a bare libiscsi session, counted by callgrind. Each is run
with N and with 2N reads, and the difference is divided by N, so that logins do not count. Then the system calls per read,
counted by strace in the same way.

    bench/datapath_instructions.py [--reads 2000] [--annotate FILE] [--build build/release]

--annotate leaves callgrind_annotate's table of the disk's run, per function, in FILE.
"""

import re
import subprocess

from bench_scene import cpus, harness, in_scene, options, pin

DEPTHS = (1, 32)
CONTENDERS = ("raw", "disk")
COLLECTED = re.compile(r"Collected : (\d+)")


def main():
    chosen = options(__doc__, reads=(2000, "per run"), annotate=("", "where to leave the table of functions"))
    initiator_cpu, target_cpu = cpus()

    def measure(scene):
        harness.need("valgrind", "strace")
        array = scene.array(ports=1)
        pin(array.process, target_cpu)

        def command(contender, depth, reads):
            return (chosen.datapath, "run", contender, "--url", array.url(0), "--depth", depth, "--cpu", initiator_cpu,
                    "--reads", reads)

        def instructions(contender, depth, reads):
            out = scene.path("callgrind.out")
            done = scene.run("valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                             *command(contender, depth, reads), deadline_s=600)
            if chosen.annotate and contender == "disk":
                with open(f"{chosen.annotate}.{depth}", "w", encoding="utf-8") as table:
                    subprocess.run(["callgrind_annotate", out], stdout=table, check=True)
            return int(COLLECTED.search(done.output()).group(1))

        def system_calls(contender, depth, reads):
            out = scene.path("strace.out")
            scene.run("strace", "-f", "-c", "-U", "name,calls", "-o", out, *command(contender, depth, reads))
            with open(out, encoding="utf-8") as table:
                rows = [line.split() for line in table]
            return {words[0]: int(words[1]) for words in rows if len(words) == 2 and words[1].isdigit()}

        for depth in DEPTHS:
            spent = {}
            for contender in CONTENDERS:
                more = instructions(contender, depth, 2 * chosen.reads) - instructions(contender, depth, chosen.reads)
                spent[contender] = more / chosen.reads
                once, twice = (system_calls(contender, depth, n * chosen.reads) for n in (1, 2))
                calls = {name: (twice[name] - once.get(name, 0)) / chosen.reads for name in twice if name != "total"}
                print(f"queue depth {depth:2}, {contender:4}: {spent[contender]:7.0f} instructions per read; system calls "
                      "per read: " + ", ".join(f"{name} {rate:.2f}" for name, rate in sorted(calls.items())
                                               if abs(rate) >= 0.01), flush=True)
            print(f"queue depth {depth:2}: the disk adds {spent['disk'] - spent['raw']:.0f} instructions per read",
                  flush=True)

    in_scene(measure)


if __name__ == "__main__":
    main()
