"""What the measuring scripts of this folder share: where the programs are, targets on a processor of their own, medians.

Processes and targets are those of the integration tests (tests/integration/harness.py).
"""

import argparse
import os
import statistics
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "integration"))
import harness  # noqa: E402  pylint: disable=wrong-import-position


def options(doc, **defaults):
    """The command line that all of them have: --build, and --NAME with its default for each of `defaults`."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=os.path.join(ROOT, "build", "release"),
                        help="a build folder, configured with -DDSMKIT_BUILD_BENCH=ON (default: build/release)")
    for name, (value, text) in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value,
                            help=f"{text} (default: {value})")
    chosen = parser.parse_args()
    chosen.program = os.environ.get("DSMKIT") or os.path.join(chosen.build, "dsmkit")
    chosen.datapath = os.path.join(chosen.build, "bench", "datapath_bench")
    for needed in (chosen.program, chosen.datapath):
        if not os.path.exists(needed):
            sys.exit(f"{needed} is not there: cmake --preset release -DDSMKIT_BUILD_BENCH=ON && "
                     "cmake --build --preset release, or name another folder with --build")
    harness.DSMKIT = chosen.program
    return chosen


def cpus():
    """(of the initiator, of the target): two processors where there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def pin(process, cpu):
    """Every thread that the process has by now."""
    for task in os.listdir(f"/proc/{process.popen.pid}/task"):
        os.sched_setaffinity(int(task), {cpu})


def in_scene(body):
    """body(scene), and whatever it started is ended; the exit code of a script: 77 where something is not installed."""
    scene = harness.Scene()
    failed = True
    try:
        body(scene)
        failed = False
    except harness.Skip as reason:
        failed = False
        print(f"skipped: {reason}")
        sys.exit(77)
    finally:
        scene.close(failed)


def load():
    return f"load average {os.getloadavg()[0]:.1f} on {len(os.sched_getaffinity(0))} processors"


def row(name, values, digits, unit):
    """Median and spread of what was measured."""
    return (f"{name:32} median {statistics.median(values):8.{digits}f}  lowest {min(values):8.{digits}f}  "
            f"highest {max(values):8.{digits}f}  {unit}")
