#!/usr/bin/env python3
"""The installer of a driver package (windows/setup) under Wine: installed, installed again, upgraded, taken back and
uninstalled, with the registry and the files compared before and after. Ends with `N passed, N failed`.

usage: installer.py [--dsmkit build/release/dsmkit] [--driver build/windows-driver/mydsm.sys]

Wine has neither MPIO nor a driver store, its devices do not restart, and nothing of it needs a restart: what the
installer decides about those is tested on Linux (windows/setup/*_test.cpp). Here it meets another's registry, another's
setupapi and another's service manager.
"""

import os
import shutil
import subprocess
import sys

import prefix
from prefix import ROOT, Failed, script

sys.path.insert(0, os.path.join(ROOT, "tools"))

import windows_setup  # noqa: E402

PROFILE = os.path.join(ROOT, "vendors", "mydsm.toml")
HARDWARE_ID = r"Root\MYDSM"
ENTRY = "DSMKIT  EMBEDDED ARRAY  "
# Another vendor's, and two that are nearly ours.
OTHERS = ["Vendor 8Product       16", ENTRY.lower(), ENTRY.rstrip(), "OTHER   BOX"]
SYSTEM = r"HKLM\System\CurrentControlSet"
CONTROL = SYSTEM + r"\Control"
KEYS = [r"\Control\MPDEV", r"\Control\WMI", r"\Control\Class\{4D36E97D-E325-11CE-BFC1-08002BE10318}", r"\Services", r"\Enum\Root"]
OWN_KEY = r"HKLM\Software\mydsm-setup"
FOLDERS = [r"C:\Program Files", r"C:\windows\inf", r"C:\windows\system32\drivers"]
RESTART = 3010 & 0xff  # Linux hands on a byte of it


class Package:
    """One version of the driver package, in a folder of Wine's drive."""

    def __init__(self, wine, options, version, *layout):
        self.folder = rf"C:\package {version}{''.join(layout)}"
        folder = wine.path(self.folder)
        os.makedirs(folder, exist_ok=True)
        self.profile = profile = os.path.join(wine.folder, f"installer-{version}.toml")
        with open(PROFILE, encoding="utf-8") as file:
            text = file.read().replace('version = "0.1.0.0"', f'version = "{version}"')
        with open(profile, "w", encoding="utf-8") as file:
            file.write(text)
        inf = os.path.join(folder, "mydsm.inf")
        run(options.dsmkit, "inf", "new", profile, *layout, "--date", "2026-01-01", "-o", inf)
        # Wine finds no models that are for some builds of Windows only.
        with open(inf, encoding="ascii") as file:
            text = file.read().replace(".10.0...16299", "")
        with open(inf, "w", encoding="ascii", newline="\r\n") as file:
            file.write(text)
        shutil.copyfile(options.driver, os.path.join(folder, "mydsm.sys"))
        with open(os.path.join(folder, "mydsm.cat"), "w", encoding="ascii") as file:
            file.write(f"stands for the catalog of {version}\n")
        self.arguments = [self.folder, "mydsm.inf", HARDWARE_ID]


def build(wine):
    """The program, and the library."""
    try:
        return windows_setup.build(ROOT, os.path.join(wine.folder, "setup"), os.path.join(ROOT, "windows/driver/identity.h"))
    except windows_setup.BuildError as error:
        raise Failed(str(error)) from None


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def state(wine):
    """What an installation may change: the registry and the files. Not what Wine itself leaves (an empty key above a
    device that is gone, the index of an INF that is gone)."""
    found = {}
    for name, values in wine.registry(SYSTEM).items():
        below = name.split("CurrentControlSet", maxsplit=1)[1]
        if below.startswith(tuple(KEYS)) and (values or not below.startswith(r"\Enum")):
            found[name] = values
    if wine.call("reg", "query", OWN_KEY)[0] == 0:
        found.update(wine.registry(OWN_KEY))
    for folder in FOLDERS:
        for place, _, names in os.walk(wine.path(folder)):
            for name in names:
                path = os.path.join(place, name)
                if not name.endswith(".pnf"):
                    found[path] = os.path.getsize(path)
            found[place] = "folder"
    return found


def differences(before, after):
    return {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)}


def arrange(wine):
    """A machine with MPIO, as far as anybody looks, and with other vendors' devices."""
    with open(wine.path(r"C:\windows\system32\drivers\mpio.sys"), "w", encoding="ascii"):
        pass
    wine.run("sc", "create", "mpio", "type=", "kernel", "start=", "demand", "binPath=",
             r"C:\windows\system32\drivers\mpio.sys")
    wine.run("reg", "add", CONTROL + r"\MPDEV", "/v", "MPIOSupportedDeviceList", "/t", "REG_MULTI_SZ", "/d",
             r"\0".join(OTHERS), "/f")
    wine.run("reg", "add", CONTROL + r"\WMI\Security", "/v", "b0f7c954-b396-54a6-b944-bbecb0fd5667", "/t", "REG_BINARY", "/d",
             "01000480", "/f")


def devices(wine):
    """What ours lists in MPIO's list, and how many nodes of our device there are."""
    listed = wine.registry(CONTROL + r"\MPDEV")
    listed = next(iter(listed.values()))["MPIOSupportedDeviceList"]
    nodes = [name for name, values in wine.registry(r"HKLM\System\CurrentControlSet\Enum\Root").items()
             if HARDWARE_ID.lower() in [name.lower() for name in values.get("HardwareID", [])]]
    return listed, len(nodes)


def installer(wine, tally, options):
    program, _ = tally.step("the installer is built", lambda: build(wine))
    tally.step("Wine's prefix is there", wine.make_prefix)
    shutil.copyfile(program, wine.path(r"C:\mydsm-setup.exe"))
    packages = [tally.step(f"a package of version {' '.join(kind)}", lambda kind=kind: Package(wine, options, *kind))
                for kind in (("0.1.0.0", "--classic"), ("0.2.0.0", "--classic"), ("0.1.0.0",))]
    tally.step("a machine with MPIO", lambda: arrange(wine))
    machine = Machine(wine)
    deeds(wine, tally, machine, *packages)
    machine.shut_down()


class Machine:
    """Wine, which else starts anew whenever no program has run for three seconds."""

    def __init__(self, wine):
        self.wine = wine
        self.session = wine.session()

    def shut_down(self):
        self.session.stdin.close()
        self.session.wait()
        self.wine.stop()

    def restart(self):
        self.shut_down()
        self.session = self.wine.session()
        self.wine.run("cmd", "/c", "exit")  # until it has started


def deeds(wine, tally, machine, first, second, modern):
    def setup(*arguments):
        return wine.call(r"C:\mydsm-setup.exe", *arguments)

    clean = tally.step("the machine is looked at", lambda: state(wine))

    def unchanged(what, since=clean):
        tally.expect(what, differences(since, state(wine)), {})

    tally.expect("a wrong command line is an error", setup("/frob")[0], 2)
    tally.expect("so is a hardware id that the INF does not have", setup(first.folder, "mydsm.inf", r"Root\NOBODY")[0], 12)
    tally.expect("nothing is installed", setup("/status")[0], 1)
    code, text = setup(*first.arguments, "/dry-run")
    tally.expect("a dry run says what it would do", (code, "would make the device " + HARDWARE_ID in text), (0, True))
    unchanged("and does nothing")

    tally.expect("it installs", setup(*first.arguments)[0], RESTART)
    tally.expect("our device stands behind the others, and there is one node", devices(wine), ([*OTHERS, ENTRY], 1))
    service = wine.registry(r"HKLM\System\CurrentControlSet\Services\mydsm")
    tally.expect("the service is as the INF says", {name: next(iter(service.values())).get(name) for name in
                                                    ("Start", "Type", "Group")},
                 {"Start": 0, "Type": 1, "Group": "System Bus Extender"})
    tally.expect("it says that it is installed", setup("/status")[0], RESTART)
    once = state(wine)
    tally.expect("it installs again", setup(*first.arguments)[0], RESTART)
    unchanged("which changes nothing", once)

    tally.expect("it upgrades, to be taken back", setup(*second.arguments, "/pending")[0], 0)
    tally.expect("a version of its own lies beside the old", os.path.isdir(
        wine.path(r"C:\Program Files\dsmkit\mydsm\0.2.0.0")), True)
    tally.expect("it takes that back", setup("/rollback")[0], 0)
    unchanged("and all is as before", once)
    tally.expect("it upgrades", setup(*second.arguments)[0], RESTART)
    tally.expect("there is still one node", devices(wine), ([*OTHERS, ENTRY], 1))
    tally.expect("the old version is gone", os.listdir(wine.path(r"C:\Program Files\dsmkit\mydsm")), ["0.2.0.0"])

    newer = state(wine)
    tally.expect("it uninstalls, to be taken back", setup("/uninstall", "/pending")[0], 0)
    tally.expect("it takes that back", setup("/rollback")[0], 0)
    unchanged("and all is as before", newer)
    tally.expect("it uninstalls", setup("/uninstall")[0], RESTART)
    machine.restart()
    unchanged("and after a restart the machine is as it was")
    tally.expect("uninstalling again does nothing", setup("/uninstall")[0], 0)

    # As if it had been killed behind its last step.
    tally.expect("it installs, to be killed", setup(*first.arguments, "/pending")[0], 0)
    run_value = next(iter(wine.registry(OWN_KEY).values()))["Run"]
    wine.run("reg", "add", OWN_KEY, "/v", "Run", "/t", "REG_MULTI_SZ", "/s", "|", "/d",
             "|".join(["state doing", *run_value[1:]]), "/f")
    tally.expect("it says that a run is not over", setup("/status")[0], 21)
    tally.expect("the next run takes that back", setup("/uninstall")[0], 0)
    machine.restart()
    unchanged("and the machine is as it was, once more")

    # A folder stands where Windows wants to put the driver.
    blocker = wine.path(r"C:\windows\system32\drivers\mydsm.sys")
    os.makedirs(os.path.join(blocker, "in the way"))
    blocked = state(wine)
    code, text = setup(*first.arguments)
    tally.expect(f"what Windows refuses is undone: {text.splitlines()[-3:]}", code, 20)
    unchanged("and nothing is left", blocked)
    shutil.rmtree(blocker)
    tally.expect("without the obstacle it installs", setup(*first.arguments)[0], RESTART)
    tally.expect("and uninstalls", setup("/uninstall")[0] in (0, RESTART), True)
    machine.restart()
    unchanged("and the machine is as it was, again")

    # The driver store: Wine knows none, and puts the file elsewhere.
    tally.expect("a package for the driver store is installed", setup(*modern.arguments)[0], RESTART)
    tally.expect("the list of devices is the installer's to write", devices(wine), ([*OTHERS, ENTRY], 1))
    tally.expect("and uninstalled", setup("/uninstall")[0] in (0, RESTART), True)
    machine.restart()
    unchanged("and the machine is as it was, at last")


def main():
    return script(__doc__, "installer", installer, [
        ("dsmkit", "build/release/dsmkit", "cmake --build --preset release --target dsmkit"),
        ("driver", "build/windows-driver/mydsm.sys", "cmake --build --preset windows-driver")])


if __name__ == "__main__":
    sys.exit(main())
