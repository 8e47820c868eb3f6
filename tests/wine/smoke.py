#!/usr/bin/env python3
"""mydsm.sys as it was built, loaded by Wine beside a stand-in for mpio.sys (windows/wine/): installed as services, started,
asked by a program through the control device, stopped. Ends with `N passed, N failed`.

usage: smoke.py [--driver build/windows-driver/mydsm.sys]

Exits with 77, and says why in its last line, where there is no Wine. The file of the driver is not changed; what Wine's
kernel lacks the stand-in gives it in memory (windows/wine/gaps.cpp). It is a smoke test: Wine knows no IRQL, runs drivers
in a process, and what it calls a deferred procedure call runs on a thread. Beyond ntrun it shows that another loader
than ours takes the file, and that the driver gets along with a registry, timers and threads that are not ours.
"""

import os
import shutil
import sys

import prefix
from prefix import ROOT, Failed

sys.path.insert(0, os.path.join(ROOT, "tools"))

import kernel_targets  # noqa: E402
import windows_driver  # noqa: E402

SOURCES = "windows/wine"
PROGRAM = "run_contract"
GROUP = "System Bus Extender"  # one for both: then Wine puts them into one process
LINK = ["lld-link-14", "/nologo", "/nodefaultlib", "/lldmingw", "/Brepro"]


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


def install(wine, folder, driver):
    drivers = wine.path(r"C:\windows\system32\drivers")
    shutil.copyfile(os.path.join(folder, "mpio.sys"), os.path.join(drivers, "mpio.sys"))
    shutil.copyfile(driver, os.path.join(drivers, "mydsm.sys"))
    shutil.copyfile(os.path.join(folder, PROGRAM + ".exe"), wine.path(rf"C:\{PROGRAM}.exe"))
    for name in ("mydsm", "mpio"):
        wine.run("sc", "create", name, "type=", "kernel", "start=", "demand", "binPath=",
                 rf"C:\windows\system32\drivers\{name}.sys", "group=", GROUP)
    wine.run("reg", "add", r"HKLM\System\CurrentControlSet\Services\mydsm\Parameters", "/v", "DsmSupportedDeviceList",
             "/t", "REG_MULTI_SZ", "/d", "DSMKIT  SMOKE", "/f")


def smoke(wine, tally, options):
    tally.step("the stand-in is built", lambda: build(wine.folder))
    tally.step("Wine's prefix is there", wine.make_prefix)
    with wine.session() as session:
        load_and_ask(wine, tally, options)
        session.stdin.close()


def load_and_ask(wine, tally, options):
    tally.step("both drivers are installed", lambda: install(wine, wine.folder, options.driver))
    tally.step("mpio.sys starts", lambda: wine.run("sc", "start", "mpio"))
    tally.step("mydsm.sys starts", lambda: wine.run("sc", "start", "mydsm"))
    tally.verdicts(wine.run(rf"C:\{PROGRAM}.exe", ok=False))
    tally.step("mydsm.sys stops", lambda: wine.run("sc", "stop", "mydsm"))
    tally.verdicts(wine.run(rf"C:\{PROGRAM}.exe", "gone", ok=False))
    tally.step("mpio.sys stops", lambda: wine.run("sc", "stop", "mpio"))


if __name__ == "__main__":
    DRIVER = ("driver", "build/windows-driver/mydsm.sys", "cmake --build --preset windows-driver")
    sys.exit(prefix.script(__doc__, "smoke", smoke, [DRIVER]))
