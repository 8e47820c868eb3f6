#!/usr/bin/env python3
"""A soak: random faults against random load, for as long as is asked for.

    tests/integration/soak.py --minutes 30 --program build/asan-ubsan/dsmkit [--seed N]

An array of four ports, a disk of two lanes on it, and the verifier on four connections to that. Rounds follow each other: a few
troubles (soak_troubles.py) at random times, each undone a little later; then everything is healed and all paths must come
back. In the end nothing may be damaged, no request may have failed, and all programs must have ended well, which with a
sanitizer build says that it found nothing. The seed is printed: it decides what happens and when, not how threads race.
"""

import argparse
import collections
import heapq
import os
import random
import signal
import sys
import time
import traceback

import harness
import soak_troubles as troubles

CALM_DEADLINE_S = 180  # sanitizers on a busy machine are slow
REPORTS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:", "ThreadSanitizer", "assertion")
# Faults of the array are drawn that much more often than each of the others.
OTHERS = ("freeze the array", "freeze the disk", "NBD client", "NBD client", "NBD client", "portal stranger", "control stranger",
          "policy")
OTHERS_SHARE = 0.3
POLICIES = ("fail-over-only", "round-robin-with-subset", "least-queue-depth", "weighted-paths", "least-blocks")


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"), help="repeat a run")
    parser.add_argument("--program", default=harness.DSMKIT, help="the dsmkit to run")
    parser.add_argument("--quiet", action="store_true", help="no line per round")
    return parser.parse_args()


class Soak:
    def __init__(self, scene, seed):
        self.scene, self.seed = scene, seed
        self.counts = collections.Counter()
        self.size_mib = troubles.LUN_BYTES // troubles.MIB
        backing = harness.make_file(scene.path("lun.img"), troubles.LUN_BYTES)
        self.array = scene.array(ports=troubles.PORTS, luns=(f"file:{backing}",))
        urls = self.array.urls()
        urls[2] += "?header_digest=crc32c"
        self.disk = scene.disk(urls, extra=("--lanes", "2", "--command-deadline-ms", "3000", "--stability-ms", "200",
                                            "--flap-hold-max-ms", "1000", "--backoff-max-ms", "1000"))
        self.array_control = troubles.Control(self.array.control)
        self.disk_control = troubles.Control(self.disk.control)
        self.load = self.disk.verify("--size", str(troubles.VERIFIED_BYTES), "--connections", "4", "--until-signal", "--backing",
                                     backing, "--seed", str(seed | 1))
        self.load.wait_line(lambda line: line.startswith("running"))

    # A group changes its state once at a time: what is drawn in the middle of another change the array refuses.
    def fault(self, *words):
        answer = self.array_control.request("fault", *words)
        if "another transition is under way" in answer.get("error", ""):
            self.counts["refused"] += 1
        elif "error" in answer:
            raise AssertionError(f"fault {' '.join(words)}: {answer['error']}")

    def states(self):
        return [path["state"] for path in self.disk_control.ask("show")["paths"]]

    # Decided when it happens: two that are drawn for one round may come in another order, and a disk refuses to shrink.
    def grow(self):
        self.size_mib = min(self.size_mib + 1, troubles.MOST_MIB)
        self.fault("resize", "0", str(self.size_mib * troubles.MIB))

    # A text, a name to count it by, what happens, and what undoes it: functions without arguments; None: nothing to undo.
    def draw(self, rng):
        if rng.random() < OTHERS_SHARE:
            return self.draw_other(rng)
        name = rng.choice(list(troubles.FAULTS))
        arguments, healing = troubles.FAULTS[name]
        words = (name, *arguments(rng))
        if name == "resize":
            return "resize", name, self.grow, None
        heals = healing(words) if healing else []

        def undo():
            for each in heals:
                self.fault(*each)
        return " ".join(words), name, lambda: self.fault(*words), undo if heals else None

    def draw_other(self, rng):
        kind = rng.choice(OTHERS)
        own = random.Random(rng.random())  # what it draws later must not depend on when
        if kind == "freeze the array":
            return kind, kind, lambda: troubles.stop(self.array.process), lambda: troubles.go_on(self.array.process)
        if kind == "freeze the disk":
            return kind, kind, lambda: troubles.stop(self.disk.process), lambda: troubles.go_on(self.disk.process)
        if kind == "NBD client":
            return kind, kind, lambda: troubles.nbd_client_that_vanishes(self.disk.nbd, own), None
        if kind == "portal stranger":
            portal = rng.choice(self.array.portals)
            return kind, kind, lambda: troubles.stranger_at_a_portal(portal, own), None
        if kind == "control stranger":
            path = rng.choice((self.array.control, self.disk.control))
            return kind, kind, lambda: troubles.stranger_at_a_control_socket(path, own), None
        policy = rng.choice(POLICIES)
        return f"policy {policy}", kind, lambda: self.disk_control.ask("policy", policy), None

    def round(self, number, quiet):
        rng = random.Random(f"{self.seed}/{number}")
        steps = []  # (time, order, action)
        texts = []
        frozen_until = 0.0
        for order in range(rng.randint(1, 5)):
            text, name, do, undo = self.draw(rng)
            begin, hold = rng.uniform(0, 3), rng.choice((0.1, 0.5, 2, 4))
            if name.startswith("freeze the"):
                # A frozen program answers no control request, so this comes when nothing else happens any more.
                begin, hold = 7.5 + frozen_until, rng.choice((0.1, 0.7, 2, 5))
                frozen_until += hold + 0.5
            steps.append((begin, 2 * order, do))
            if undo is not None:
                steps.append((begin + hold, 2 * order + 1, undo))
            texts.append(f"{begin:.1f}{'' if undo is None else f'-{begin + hold:.1f}'} s {text}")
            self.counts[name] += 1
        if not quiet:
            print(f"round {number}: {'; '.join(texts)}", flush=True)
        heapq.heapify(steps)
        start = time.monotonic()
        while steps:
            due, _, action = heapq.heappop(steps)
            time.sleep(max(0.0, start + due - time.monotonic()))  # the plan's own clock, not a wait for something
            action()
        self.calm()

    # Everything is healed, and all paths must come back.
    def calm(self):
        self.fault("clear")
        for group in troubles.GROUPS:
            for each in troubles.heal_access(("", str(group))):
                self.fault(*each)
        self.expect_alive()
        harness.wait_until(lambda: self.states() == ["up"] * troubles.PORTS,
                           "all paths up after everything was healed", CALM_DEADLINE_S)

    def expect_alive(self):
        for process in (self.array.process, self.disk.process, self.load):
            if process.popen.poll() is not None:
                raise AssertionError(f"{' '.join(process.command[:2])} has ended with {process.popen.returncode}:\n"
                                     + "\n".join(process.lines[-60:]))

    def finish(self):
        longest = self.disk_control.ask("longest")
        self.load.send(signal.SIGINT)
        codes = {"verify-blocks": self.load.wait(120), "disk": self.disk.process.stop(60), "array": self.array.process.stop(60)}
        said = self.load.output()
        print(f"{said.splitlines()[-1]}; slowest request {longest['request_us'] / 1e6:.1f} s, "
              f"slowest held write {longest['held_write_us'] / 1e6:.1f} s")
        assert " 0 damaged, 0 I/O errors" in said, said
        assert codes == {"verify-blocks": 0, "disk": 0, "array": 0}, codes
        for process in (self.load, self.disk.process, self.array.process):
            found = [line for line in process.lines if any(word in line for word in REPORTS)]
            assert not found, "\n".join(process.lines[-200:])


def check_that_no_fault_is_forgotten(control):
    """Whoever adds a fault to the array decides whether it belongs in a soak."""
    scene = control.scene
    listed = [line.split()[0] for line in scene.run(harness.DSMKIT, "array", "fault", "--list").lines if line.strip()]
    forgotten = [name for name in listed if name not in troubles.FAULTS and name not in troubles.UNSUITABLE]
    assert not forgotten, f"tests/integration/soak_troubles.py says nothing about {forgotten}"


def main():
    options = parse()
    harness.DSMKIT = options.program
    scene = harness.Scene()
    print(f"seed {options.seed}", flush=True)
    begun, rounds, failed, soak = time.monotonic(), 0, True, None
    try:
        soak = Soak(scene, options.seed)
        check_that_no_fault_is_forgotten(soak)
        while time.monotonic() - begun < options.minutes * 60:
            soak.round(rounds, options.quiet)
            rounds += 1
        soak.finish()
        failed = False
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc(file=sys.stdout)
    scene.close(failed)
    minutes = (time.monotonic() - begun) / 60
    if soak is not None:
        print(", ".join(f"{count} {name}" for name, count in sorted(soak.counts.items())))
    print(f"{'FAILED' if failed else 'passed'}: seed {options.seed}, {rounds} rounds in {minutes:.1f} minutes")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
