#!/usr/bin/env python3
"""mpio::Disk in process against a bare libiscsi session on the same thread: one path, random reads of 4 KiB from the
embedded array's memory, at queue depths 1 and 32. The target has a processor of its own.

    bench/datapath.py [--pairs 15] [--seconds 0.3] [--build build/release]
"""

from bench_scene import cpus, harness, in_scene, load, options, pin

DEPTHS = (1, 32)


def main():
    chosen = options(__doc__, pairs=(15, "interleaved pairs"), seconds=(0.3, "of each half of a pair, about"))
    initiator_cpu, target_cpu = cpus()

    def measure(scene):
        array = scene.array(ports=1)
        pin(array.process, target_cpu)
        for depth in DEPTHS:
            done = scene.run(chosen.datapath, "disk-against-raw", "--url", array.url(0), "--depth", depth, "--pairs",
                             chosen.pairs, "--seconds", chosen.seconds, "--cpu", initiator_cpu,
                             deadline_s=harness.DEADLINE_S + 4 * chosen.pairs * chosen.seconds)
            print(f"4 KiB random read, queue depth {depth}, {load()}\n{done.output()}", flush=True)

    in_scene(measure)


if __name__ == "__main__":
    main()
