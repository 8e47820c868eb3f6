"""Helpers for tests that run the real program against real peers (tgt, QEMU, fio, the NBD tools).

A test is a script with functions named test_*; `main(globals())` runs them in order. Each gets a fresh
Scene: a temporary folder and a list of processes that are killed at the end. A test ends early with
skip("reason"); a script whose tests were all skipped exits with 77, which ctest counts as skipped.

Nothing here waits by sleeping for a guessed time: it waits for a line of output, for a condition that it polls, or for a
process to end, and gives up with a message that says what it waited for.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

DSMKIT = os.environ.get("DSMKIT") or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../../build/release/dsmkit")
TARGET = "iqn.2026-11.test.dsmkit:array"
DEADLINE_S = float(os.environ.get("DSMKIT_TEST_DEADLINE_S", "60"))


class Skip(Exception):
    pass


def skip(reason):
    raise Skip(reason)


def need(*tools):
    for tool in tools:
        if shutil.which(tool) is None and not os.path.exists("/usr/sbin/" + tool):
            skip(f"{tool} is not installed")


def wait_until(condition, what, deadline_s=DEADLINE_S):
    """Polls until condition() is true; its value is returned."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s:.0f} s in vain for: {what}")
        time.sleep(0.01)


def free_ports(count, address="127.0.0.1"):
    """Ports nobody listens on now. They are all held open together, so they differ."""
    held = []
    for _ in range(count):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((address, 0))
        held.append(sock)
    ports = [sock.getsockname()[1] for sock in held]
    for sock in held:
        sock.close()
    return ports


class Process:
    """A child whose output is collected line by line."""

    def __init__(self, command, env=None):
        self.command = [str(part) for part in command]
        self.lines = []
        self._changed = threading.Condition()
        self.popen = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env={**os.environ, **(env or {})}, text=True, errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.popen.stdout:
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    def output(self):
        return "\n".join(self.lines)

    def wait_line(self, wanted, deadline_s=DEADLINE_S):
        """Waits for a line for which wanted(line) holds, or that equals the string `wanted`."""
        matches = wanted if callable(wanted) else lambda line: line == wanted
        end = time.monotonic() + deadline_s
        seen = 0
        with self._changed:
            while True:
                for line in self.lines[seen:]:
                    if matches(line):
                        return line
                seen = len(self.lines)
                left = end - time.monotonic()
                ended = self.popen.poll() is not None and not self._reader.is_alive()
                if left <= 0 or ended:
                    why = f"it ended with {self.popen.returncode}" if ended else "time is up"
                    raise AssertionError(f"{' '.join(self.command)}: {why}; it printed:\n"
                                         + "\n".join(self.lines[-40:]))
                self._changed.wait(min(left, 0.2))

    def send(self, signal_number):
        self.popen.send_signal(signal_number)

    def wait(self, deadline_s=DEADLINE_S):
        try:
            code = self.popen.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{' '.join(self.command)} did not end within {deadline_s:.0f} s; "
                                 "it printed:\n" + "\n".join(self.lines[-40:])) from None
        self._reader.join(5)
        return code

    def stop(self, deadline_s=DEADLINE_S):
        """SIGTERM, and the exit code that follows."""
        if self.popen.poll() is None:
            self.send(signal.SIGTERM)
        return self.wait(deadline_s)

    def kill(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGCONT)
            self.popen.kill()
        self.popen.wait()
        self._reader.join(5)


class Scene:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="dsmkit-test-")
        self.processes = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, *command, env=None):
        # Disks store their settings in the scene, not in the tester's home.
        process = Process(command, {"XDG_STATE_HOME": self.path("state"), **(env or {})})
        self.processes.append(process)
        return process

    def run(self, *command, ok=True, deadline_s=DEADLINE_S, env=None):
        """Runs to the end; returns the finished Process. With ok=True a non-zero exit fails the test."""
        process = self.start(*command, env=env)
        code = process.wait(deadline_s)
        if ok and code != 0:
            raise AssertionError(f"{' '.join(process.command)} exited with {code}:\n{process.output()}")
        return process

    def array(self, ports=2, luns=("ram:64M",), extra=(), listen=None):
        """dsmkit array on `ports` loopback portals. Returns an Array that serves."""
        listen = listen or [f"127.0.0.1:{port}" for port in free_ports(ports)]
        control = self.path(f"array-{len(self.processes)}.sock")
        command = [DSMKIT, "array", "--control", control, "--target", TARGET]
        for portal in listen:
            command += ["--listen", portal]
        for lun in luns:
            command += ["--lun", lun]
        process = self.start(*command, *extra)
        process.wait_line("ready")
        return Array(self, process, listen, control)

    def disk(self, paths, extra=()):
        """dsmkit disk over `paths` (URLs), served on a unix socket. Returns a Disk that serves."""
        number = len(self.processes)
        nbd = self.path(f"nbd-{number}.sock")
        control = self.path(f"disk-{number}.sock")
        command = [DSMKIT, "disk", "--nbd", f"unix:{nbd}", "--control", control]
        for path in paths:
            command += ["--path", path]
        process = self.start(*command, *extra)
        process.wait_line("ready")
        return Disk(self, process, nbd, control)

    def close(self, failed):
        for process in reversed(self.processes):
            process.kill()
            if failed:
                print(f"--- {' '.join(process.command)} (exit {process.popen.returncode})")
                print("\n".join("    " + line for line in process.lines[-30:]))
        shutil.rmtree(self.folder, ignore_errors=True)


class Array:
    def __init__(self, scene, process, portals, control):
        self.scene, self.process, self.portals, self.control = scene, process, portals, control

    def url(self, port, lun=0):
        return f"iscsi://{self.portals[port]}/{TARGET}/{lun}"

    def urls(self, lun=0):
        return [self.url(port, lun) for port in range(len(self.portals))]

    def fault(self, *words):
        return self.scene.run(DSMKIT, "array", "fault", "--control", self.control, *words)


class Disk:
    def __init__(self, scene, process, nbd, control):
        self.scene, self.process, self.nbd, self.control = scene, process, nbd, control
        self.uri = f"nbd+unix:///?socket={nbd}"

    def show(self):
        process = self.scene.run(DSMKIT, "show", "--control", self.control, "--json")
        self.scene.processes.remove(process)
        return json.loads(process.output())

    def path_states(self):
        return [path["state"] for path in self.show()["paths"]]

    def wait_states(self, *states):
        wait_until(lambda: self.path_states() == list(states), f"path states {states}")

    def verify(self, *extra, **kwargs):
        """Starts dsmkit verify-blocks on the export."""
        return self.scene.start(DSMKIT, "verify-blocks", "--nbd", f"unix:{self.nbd}", *extra, **kwargs)


class Tgt:
    """One tgtd process that serves one file as one LUN of the given identity."""

    def __init__(self, scene, number, backing, scsi_id="6001405000000000000000000000a001"):
        need("tgtd", "tgtadm")
        self.scene, self.number, self.backing, self.scsi_id = scene, number, backing, scsi_id
        self.port = free_ports(1)[0]
        self.target = f"iqn.2026-11.test.dsmkit:tgt{number}"
        self.url = f"iscsi://127.0.0.1:{self.port}/{self.target}/1"
        self.env = {"TGT_IPC_SOCKET": scene.path(f"tgtd{number}")}
        self.launch()

    def launch(self):
        self.process = self.scene.start(
            "tgtd", "-f", "-C", self.number, "--iscsi", f"portal=127.0.0.1:{self.port}", env=self.env)
        wait_until(lambda: self._admin("--op", "show", "--mode", "system", quiet=True), "tgtd to answer")
        new = ("--op", "new", "--mode")
        self._admin(*new, "target", "--tid", 1, "-T", self.target)
        self._admin(*new, "logicalunit", "--tid", 1, "--lun", 1, "--bstype", "rdwr", "-b", self.backing)
        self.set_params(f"scsi_id={self.scsi_id},scsi_sn=SN0001,vendor_id=DSMKIT,product_id=TGTDISK,"
                        "product_rev=0001,thin_provisioning=1")
        self._admin("--op", "bind", "--mode", "target", "--tid", 1, "-I", "ALL")

    def set_params(self, params):
        """tgtadm's parameters of the logical unit, as NAME=VALUE,..."""
        self._admin("--op", "update", "--mode", "logicalunit", "--tid", 1, "--lun", 1, "--params", params)

    def _admin(self, *words, quiet=False):
        command = ["tgtadm", "-C", self.number, "--lld", "iscsi", *words]
        done = subprocess.run([str(word) for word in command], env={**os.environ, **self.env},
                              capture_output=True, text=True, timeout=20, check=False)
        if done.returncode != 0 and not quiet:
            raise AssertionError(f"{command}: {done.stdout}{done.stderr}")
        return done.returncode == 0


def end_well(load):
    """Ends a verified load that runs until it is told to: everything was as written, and no request failed."""
    load.send(signal.SIGINT)
    assert load.wait() == 0, load.output()
    assert " 0 damaged, 0 I/O errors" in load.output(), load.output()


def make_file(path, size_bytes):
    with open(path, "wb") as file:
        file.truncate(size_bytes)
    return path


def main(namespace):
    only = sys.argv[1:]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, test in list(namespace.items()):
        if not name.startswith("test_") or (only and name not in only):
            continue
        scene = Scene()
        begun = time.monotonic()
        outcome, note = "passed", ""
        try:
            test(scene)
        except Skip as reason:
            outcome, note = "skipped", f": {reason}"
        except Exception:  # pylint: disable=broad-except
            outcome, note = "failed", ":\n" + traceback.format_exc()
        scene.close(outcome == "failed")
        counts[outcome] += 1
        print(f"{outcome:8} {name} ({time.monotonic() - begun:.1f} s){note}", flush=True)
    if counts["failed"] != 0:
        sys.exit(1)
    if counts["passed"] == 0:
        sys.exit(77)
