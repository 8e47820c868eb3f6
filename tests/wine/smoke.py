#!/usr/bin/env python3
"""mydsm.sys as it was built, loaded by Wine beside a stand-in for mpio.sys (windows/wine/): installed as services, started,
asked by a program through the control device, stopped. Ends with `N passed, N failed`.

usage: smoke.py [--driver build/windows-driver/mydsm.sys]

Exits with 77, and says why in its last line, where there is no Wine. The file of the driver is not changed; what Wine's
kernel lacks the stand-in gives it in memory (windows/wine/gaps.cpp). It is a smoke test: Wine knows no IRQL, runs drivers
in a process, and what it calls a deferred procedure call runs on a thread. Beyond ntrun it shows that another loader
than ours takes the file, and that the driver gets along with a registry, timers and threads that are not ours.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import kernel_targets  # noqa: E402
import windows_driver  # noqa: E402

WINE = "/usr/lib/wine/wine64"  # the wrapper wine would ask for 32 bits
SERVER = "/usr/lib/wine/wineserver64"
SOURCES = "windows/wine"
PROGRAM = "run_contract"
GROUP = "System Bus Extender"  # one for both: then Wine puts them into one process
DEADLINE_S = 60  # of each command; all together take 3 s once there is a prefix, and that 10 s
LINK = ["lld-link-14", "/nologo", "/nodefaultlib", "/lldmingw", "/Brepro"]


class Failed(Exception):
    pass


def build(folder):
    """mpio.sys and run_contract.exe, by the tools that make the driver."""
    target = next(target for target in kernel_targets.targets() if target.name == "mingw-clang")
    # Here are the functions that elsewhere are imported; the type of a notification is passed as an int either way.
    target = target._replace(command=[*target.command, "-Wno-inconsistent-dllimport", "-Wno-varargs"])
    os.makedirs(os.path.join(folder, target.name), exist_ok=True)
    objects, complaints = [], []
    for name in sorted(os.listdir(os.path.join(ROOT, SOURCES))):
        if name.endswith(".cpp"):
            unit = f"{SOURCES}/{name}"
            complaints += map(str, kernel_targets.compile_unit(ROOT, folder, target, unit))
            objects.append(kernel_targets.object_of(folder, target, unit))
    for name in ("kernel", "user"):
        complaints += windows_driver.run(["llvm-dlltool-14", "-m", "i386:x86-64", "-d",
                                          os.path.join(ROOT, SOURCES, name + ".def"), "-l", name + ".lib"], folder)
    program = [path for path in objects if PROGRAM in path]
    drivers = [path for path in objects if PROGRAM not in path]
    complaints = complaints or windows_driver.run(
        [*LINK, "/driver", f"/def:{os.path.join(ROOT, 'windows/driver/mpio.def')}", "/subsystem:native,10.00", "/entry:DriverEntry", "/out:mpio.sys", *drivers, "kernel.lib"],
        folder) + windows_driver.run(
        [*LINK, "/subsystem:console,6.00", f"/entry:{PROGRAM}_main", f"/out:{PROGRAM}.exe", *program, "user.lib"], folder)
    if complaints:
        raise Failed("\n".join(complaints))


class Wine:
    def __init__(self, folder):
        self.prefix = os.path.join(folder, "prefix")
        self.system = os.path.join(self.prefix, "drive_c", "windows", "system32")
        self.env = {**os.environ, "WINEPREFIX": self.prefix, "WINEARCH": "win64", "WINESERVER": SERVER,
                    "WINEDLLOVERRIDES": "mscoree=;mshtml=", "WINEDEBUG": os.environ.get("WINEDEBUG", "-all")}
        self.env.pop("DISPLAY", None)

    def run(self, *command, ok=True):
        # Into a file: a pipe would also be held by Wine's services, and end when they do.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                code = subprocess.run([WINE, *command], env=self.env, stdin=subprocess.DEVNULL, stdout=output,
                                      stderr=subprocess.STDOUT, timeout=DEADLINE_S, check=False).returncode
            except subprocess.TimeoutExpired:
                raise Failed(f"{' '.join(command)}: not done within {DEADLINE_S} s") from None
            output.seek(0)
            text = output.read()
        if ok and code != 0:
            raise Failed(f"{' '.join(command)}: ended with {code}\n{text}")
        return text

    def make_prefix(self):
        if not os.path.exists(os.path.join(self.prefix, "made")):
            shutil.rmtree(self.prefix, ignore_errors=True)
            self.run("wineboot", "-i")
            # What is left of that session still has the services as they were: a new one would be lost with it.
            subprocess.run([SERVER, "-w"], env=self.env, check=False, timeout=DEADLINE_S)
            with open(os.path.join(self.prefix, "made"), "w", encoding="utf-8"):
                pass

    def session(self):
        """A program that does nothing: Wine's drivers live as long as some program does."""
        return subprocess.Popen([WINE, "cmd"], env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def stop(self):
        subprocess.run([SERVER, "-k"], env=self.env, check=False, timeout=DEADLINE_S)


class Tally:
    def __init__(self):
        self.counts = {"passed": 0, "failed": 0}

    def line(self, outcome, what):
        self.counts[outcome] += 1
        print(outcome, what, flush=True)

    def step(self, what, action):
        try:
            return action()
        except Failed as error:
            self.line("failed", f"{what}: {error}")
            raise
        finally:
            if sys.exc_info()[0] is None:
                self.line("passed", what)

    def verdicts(self, text):
        lines = [line.strip() for line in text.splitlines()]
        for line in lines:
            outcome, _, what = line.partition(" ")
            if outcome in self.counts:
                self.line(outcome, what)
        if not any(line.startswith("passed") for line in lines):
            self.line("failed", f"the program says nothing: {text!r}")


def install(wine, folder, driver):
    drivers = os.path.join(wine.system, "drivers")
    shutil.copyfile(os.path.join(folder, "mpio.sys"), os.path.join(drivers, "mpio.sys"))
    shutil.copyfile(driver, os.path.join(drivers, "mydsm.sys"))
    shutil.copyfile(os.path.join(folder, PROGRAM + ".exe"), os.path.join(wine.prefix, "drive_c", PROGRAM + ".exe"))
    for name in ("mydsm", "mpio"):
        wine.run("sc", "delete", name, ok=False)  # of an earlier run
        wine.run("sc", "create", name, "type=", "kernel", "start=", "demand", "binPath=",
                 rf"C:\windows\system32\drivers\{name}.sys", "group=", GROUP)
    wine.run("reg", "add", r"HKLM\System\CurrentControlSet\Services\mydsm\Parameters", "/v", "DsmSupportedDeviceList",
             "/t", "REG_MULTI_SZ", "/d", "DSMKIT  SMOKE", "/f")


def smoke(wine, tally, folder, driver):
    tally.step("the stand-in is built", lambda: build(folder))
    tally.step("Wine's prefix is there", wine.make_prefix)
    with wine.session() as session:
        load_and_ask(wine, tally, folder, driver)
        session.stdin.close()


def load_and_ask(wine, tally, folder, driver):
    tally.step("both drivers are installed", lambda: install(wine, folder, driver))
    tally.step("mpio.sys starts", lambda: wine.run("sc", "start", "mpio"))
    tally.step("mydsm.sys starts", lambda: wine.run("sc", "start", "mydsm"))
    tally.verdicts(wine.run(rf"C:\{PROGRAM}.exe", ok=False))
    tally.step("mydsm.sys stops", lambda: wine.run("sc", "stop", "mydsm"))
    tally.verdicts(wine.run(rf"C:\{PROGRAM}.exe", "gone", ok=False))
    tally.step("mpio.sys stops", lambda: wine.run("sc", "stop", "mpio"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--driver", default=os.path.join(ROOT, "build", "windows-driver", "mydsm.sys"))
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "wine"))
    options = parser.parse_args()
    if not os.path.exists(WINE):
        print(f"{WINE} is not there: the package wine64 is not installed")
        return 77
    if not os.path.exists(options.driver):
        sys.exit(f"{options.driver} is not there: cmake --build --preset windows-driver")
    begun = time.monotonic()
    folder = os.path.abspath(options.build_dir)
    os.makedirs(folder, exist_ok=True)
    wine, tally = Wine(folder), Tally()
    try:
        smoke(wine, tally, folder, options.driver)
    except Failed:
        pass  # it has been told
    finally:
        wine.stop()
    print(f"{tally.counts['passed']} passed, {tally.counts['failed']} failed, {time.monotonic() - begun:.0f} s")
    return 1 if tally.counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
