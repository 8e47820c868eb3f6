"""Linux guests under QEMU, for tests that need a kernel of their own: SCSI targets and initiators, devices, modules.

    guest = Guest(ports=[3260])
    guest.run(". /share/inside/lio.sh; ...")      # a shell script inside; a failure raises with its output
    guest.port(3260)                              # where that port of the guest is on 127.0.0.1
    guest.install(DSMKIT)                         # `dsmkit` can be called inside then

A guest is thrown away at the end: what it writes to its root file system is kept by nobody. /share inside is the folder
guest.share outside. Booting takes 10 to 20 s (the processor is emulated: KVM is not needed), so a script of tests shares one.
A test script ends with main(globals()), which skips everything, with the reason, on a machine that cannot.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../integration"))

import harness  # pylint: disable=wrong-import-position
import image  # pylint: disable=wrong-import-position

BOOT_DEADLINE_S = 300  # other work on the machine makes it slow
DEADLINE_S = 120
SERIAL_LINES = 40

_running = []


class Job:
    """A script that runs inside."""

    def __init__(self, guest, number, script):
        self.guest, self.number, self.script = guest, number, script
        self.code = None

    def output(self):
        with open(self.guest.path("jobs", str(self.number), "output"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait(self, deadline_s=DEADLINE_S):
        """Its exit code."""
        self.guest.wait_for(lambda: self.code is not None, f"the guest to end:\n{self.script}", deadline_s,
                            lambda: f"it printed:\n{self.output()}")
        return self.code

    def ended_well(self):
        if self.code != 0:
            raise AssertionError(f"in the guest, exit code {self.code}:\n{self.script}\nit printed:\n{self.output()}\n"
                                 + self.guest.serial())


class Guest:
    def __init__(self, ports=(), memory_mb=1024):
        files = image.ready()
        self.folder = tempfile.mkdtemp(prefix="dsmkit-guest-")
        self.share = self.path()
        os.makedirs(self.path("jobs"))
        os.makedirs(self.path("bin"))
        shutil.copytree(os.path.join(HERE, "inside"), self.path("inside"))
        self.jobs = {}
        self._changed = threading.Condition()
        self._kernel = None
        self._ports = dict(zip(ports, harness.free_ports(len(ports))))
        _running.append(self)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.folder, "control"))
        listener.listen(1)
        self._qemu = self._start(files, memory_mb)
        listener.settimeout(harness.DEADLINE_S)
        try:
            self._control = listener.accept()[0]
        except TimeoutError:
            raise AssertionError(f"QEMU did not start: {self.serial()}") from None
        listener.close()
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for(lambda: self._kernel, "the guest to come up", BOOT_DEADLINE_S)

    def path(self, *names):
        return os.path.join(self.folder, "share", *names)

    def _start(self, files, memory_mb):
        forwards = "".join(f",hostfwd=tcp:127.0.0.1:{outside}-:{inside}" for inside, outside in self._ports.items())
        command = [
            # A test that is killed takes its guest along.
            "setpriv", "--pdeathsig", "KILL", "nice", "-n", "5", "qemu-system-x86_64", "-accel", "tcg,thread=multi,tb-size=256", "-cpu", "max,la57=off",
            "-smp", "2", "-m", str(memory_mb), "-display", "none", "-nodefaults", "-no-reboot",
            "-kernel", os.path.join(files, "vmlinuz"), "-initrd", os.path.join(files, "initrd.gz"),
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr net.ifnames=0",
            "-drive", f"file={os.path.join(files, 'root.img')},format=raw,if=none,id=root,snapshot=on",
            "-device", "virtio-blk-pci,drive=root",
            "-netdev", f"user,id=net{forwards}", "-device", "virtio-net-pci,netdev=net,romfile=",
            "-virtfs", f"local,path={self.share},mount_tag=share,security_model=none",
            "-device", "virtio-rng-pci",
            "-serial", f"file:{self.folder}/serial.log",
            "-chardev", f"socket,id=control,path={self.folder}/control", "-serial", "chardev:control"]
        with open(os.path.join(self.folder, "qemu.log"), "w", encoding="utf-8") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _read(self):
        for line in self._control.makefile(encoding="utf-8", errors="replace"):
            first, _, second = line.strip().partition(" ")
            with self._changed:
                if first == "up":
                    self._kernel = second
                else:
                    self.jobs[int(first)].code = int(second)
                self._changed.notify_all()

    def wait_for(self, condition, what, deadline_s, more=lambda: ""):
        """Waits for something that the control port tells."""
        def ready():
            return condition() or self._qemu.poll() is not None
        with self._changed:
            done = self._changed.wait_for(ready, deadline_s)
            if condition():
                return
        why = f"waited {deadline_s} s in vain for" if not done else f"QEMU ended with {self._qemu.poll()} before"
        raise AssertionError("\n".join([f"{why} {what}", more(), self.serial()]))

    def serial(self):
        """The end of what the guest's kernel and QEMU itself have said."""
        lines = []
        for name in ("qemu.log", "serial.log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines += [f"{name}: {line.rstrip()}" for line in file][-SERIAL_LINES:]
        return "\n".join(lines)

    def start(self, script):
        """Begins a script of bash inside. Several may run at a time."""
        number = len(self.jobs) + 1
        job = self.jobs[number] = Job(self, number, script)
        os.makedirs(self.path("jobs", str(number)))
        for name, text in (("script", script + "\n"), ("output", "")):
            with open(self.path("jobs", str(number), name), "w", encoding="utf-8") as file:
                file.write(text)
        self._control.sendall(f"{number}\n".encode())
        return job

    def run(self, script, ok=True, deadline_s=DEADLINE_S):
        """Runs a script to its end and returns its output; with ok=False the finished Job."""
        job = self.start(script)
        job.wait(deadline_s)
        if not ok:
            return job
        job.ended_well()
        return job.output()

    def port(self, inside):
        return self._ports[inside]

    def install(self, program):
        """Makes a program of this machine one of the guest, with the libraries that it uses here."""
        name, libraries = os.path.basename(program), self.path("bin", "libraries")
        os.makedirs(libraries, exist_ok=True)
        shutil.copy(program, os.path.join(libraries, name))
        loader = None
        for line in subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout.splitlines():
            files = [word for word in line.split() if word.startswith("/")]
            if files:
                shutil.copy(files[0], libraries)
                loader = os.path.basename(files[0]) if "ld-linux" in files[0] else loader
        inside = "/share/bin/libraries"
        command = f"{inside}/{name}" if loader is None else f"{inside}/{loader} --library-path {inside} {inside}/{name}"
        wrapper = self.path("bin", name)
        with open(wrapper, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec {command} "$@"\n')
        os.chmod(wrapper, 0o755)

    def close(self):
        if self in _running:
            _running.remove(self)
            self._qemu.kill()
            self._qemu.wait()
            shutil.rmtree(self.folder, ignore_errors=True)


def main(namespace):
    """harness.main() with guests: all of them end with it."""
    try:
        image.ready()
    except image.Unavailable as why:
        print(f"no guests on this machine: {why}")
        sys.exit(77)
    try:
        harness.main(namespace)
    finally:
        for guest in list(_running):
            guest.close()
