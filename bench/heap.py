#!/usr/bin/env python3
"""Heap bytes of one idle disk with four paths to the embedded array, for one lane and for more.

    bench/heap.py [--paths 4] [--build build/release]
"""

import os

from bench_scene import in_scene, options

LANES = (1, 2, 4)


def main():
    chosen = options(__doc__, paths=(4, "of the disk"))

    def measure(scene):
        array = scene.array(ports=chosen.paths)
        for lanes in LANES:
            done = scene.run(os.path.join(chosen.build, "bench", "heap"), "--lanes", lanes, *array.urls())
            print(done.output(), flush=True)

    in_scene(measure)


if __name__ == "__main__":
    main()
