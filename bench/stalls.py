#!/usr/bin/env python3
"""How long does I/O stall when a path dies? The longest latency in the fault window less the longest in a calm
window of the same run, over several runs: from fio's own latency log through the NBD export, and from the disk's own
trace of its slowest request.

    bench/stalls.py [--runs 20] [--fault reset|black-hole|access|all] [--program build/release/dsmkit]

Nothing is asserted here: the figures are printed, with the spread, and belong into docs/performance.md.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = "iqn.2026-11.dev.dsmkit:stalls"
# What is asked of the array, and how it is undone.
FAULTS = {
    "reset": (("controller-crash", "0"), ("controller-restart", "0")),
    "black-hole": (("black-hole", "0", "on"), ("black-hole", "0", "off")),
    "access": (("access", "1", "active/non-optimized"), ("access", "1", "active/optimized")),
}
# Ports of the array. One black-holed port is one of two active/optimized paths.
PORTS = 4
CALM_S, FAULT_S = 2.0, 3.0


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for sock in held:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


def wait_ready(process):
    for line in process.stdout:
        if line.strip() == "ready":
            return
    raise SystemExit(f"{process.args[:2]} ended before it was ready")


def latencies(folder):
    """(end of the request in seconds of the epoch, milliseconds) from fio's logs."""
    rows = []
    for name in os.listdir(folder):
        if "_clat" in name or not name.startswith("stall_lat"):
            continue
        with open(os.path.join(folder, name), encoding="ascii") as log:
            for line in log:
                at_ms, value_ns = line.split(",")[:2]
                rows.append((int(at_ms) / 1000, int(value_ns) / 1e6))
    return rows


def one_run(program, fault):
    begin, end = FAULTS[fault]
    with tempfile.TemporaryDirectory(prefix="dsmkit-stalls-") as folder:
        portals = [f"127.0.0.1:{port}" for port in free_ports(PORTS)]
        control, disk_control, nbd = (os.path.join(folder, name) for name in ("array", "disk", "nbd"))
        array = subprocess.Popen(
            [program, "array", "--control", control, "--target", TARGET, "--lun", "ram:256M"]
            + [word for portal in portals for word in ("--listen", portal)], stdout=subprocess.PIPE, text=True)
        wait_ready(array)
        disk = subprocess.Popen(
            [program, "disk", "--nbd", f"unix:{nbd}", "--control", disk_control]
            + [word for portal in portals for word in ("--path", f"iscsi://{portal}/{TARGET}/0")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        wait_ready(disk)

        def ask(words):
            subprocess.run([program, "array", "fault", "--control", control, *words], check=True)
            return time.time()

        def longest():
            """The slowest request of the disk since the last call, in ms; writes held back do not count."""
            answer = subprocess.run([program, "disk", "longest", "--control", disk_control, "--json"], check=True,
                                    capture_output=True, text=True).stdout
            return json.loads(answer)["request_us"] / 1000

        fio = subprocess.Popen(
            ["fio", "--name=stall", "--ioengine=nbd", f"--uri=nbd+unix:///?socket={nbd}", "--rw=randrw", "--bs=4k",
             "--iodepth=8", "--time_based", f"--runtime={CALM_S + FAULT_S + 2:.0f}", "--write_lat_log=stall",
             "--log_unix_epoch=1", "--output-format=json", "--output=report.json"], cwd=folder)
        try:
            began = time.time()
            time.sleep(0.5)
            longest()
            time.sleep(CALM_S)  # the calm window: this is a measurement, not a synchronisation
            own_calm = longest()
            at = ask(begin)
            time.sleep(FAULT_S)
            own_stall = longest() - own_calm
            ask(end)
            fio.wait(60)
        finally:
            for process in (fio, disk, array):
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
                process.wait()
        with open(os.path.join(folder, "report.json"), encoding="utf-8") as report:
            text = report.read()
        errors = sum(job["error"] for job in json.loads(text[text.index("{"):])["jobs"])
        rows = latencies(folder)
    calm = [ms for when, ms in rows if began + 0.5 <= when < at - 0.1]
    window = [ms for when, ms in rows if at - 0.1 <= when < at + FAULT_S]
    return max(window) - max(calm), max(calm), errors, own_stall, own_calm


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--fault", choices=[*FAULTS, "all"], default="all")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/release/dsmkit"))
    options = parser.parse_args()
    if not os.path.exists(options.program):
        sys.exit(f"{options.program} is not there: run ./quickstart first, or name it with --program")
    for fault in FAULTS if options.fault == "all" else [options.fault]:
        stalls, calms, errors, own_stalls, own_calms = [], [], 0, [], []
        for _ in range(options.runs):
            stall, calm, failed, own_stall, own_calm = one_run(options.program, fault)
            stalls.append(stall)
            calms.append(calm)
            errors += failed
            own_stalls.append(own_stall)
            own_calms.append(own_calm)
        for who, over, base in (("fio", stalls, calms), ("disk", own_stalls, own_calms)):
            print(f"{fault}, by {who}: median {statistics.median(over):.1f} ms more than in calm, lowest {min(over):.1f}, "
                  f"highest {max(over):.1f} (longest in calm: median {statistics.median(base):.1f} ms)", flush=True)
        print(f"{fault}: {options.runs} runs, {errors} jobs with I/O errors", flush=True)


if __name__ == "__main__":
    main()
