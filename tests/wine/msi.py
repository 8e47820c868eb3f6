#!/usr/bin/env python3
"""The MSI of a driver package under Wine: installed, repaired, upgraded, made to fail, uninstalled, with the registry and the
files compared before and after. Ends with `N passed, N failed`.

usage: msi.py [--dsmkit build/release/dsmkit] [--driver build/windows-driver/mydsm.sys]

The packages are those that `dsmkit package` makes, but for the catalog, and for one more action that fails when the
property FAIL is set. What Wine's Windows Installer does not do stands in docs/windows.md.
"""

import os
import shutil
import subprocess
import sys

from installer import RESTART, ROOT, Machine, Package, arrange, build, differences, devices, state, ENTRY, OTHERS
from prefix import Failed, script

import windows_msi

# It is given no arguments.
FAILS = """    <CustomAction Id="Fails" BinaryKey="Setup" DllEntry="InstallDriver" Execute="deferred" Impersonate="no"/>
    <InstallExecuteSequence>
      <Custom Action="Fails" Sequence="4005">FAIL</Custom>
"""
FAILURE = 1603 & 0xff
FOLDER = r"C:\Program Files\dsmkit\mydsm"


class Msi:
    def __init__(self, wine, options, program, library, version):
        self.wine, self.version = wine, version
        package = Package(wine, options, version, "--classic")
        folder = wine.path(package.folder)
        shutil.copy(program, folder)
        wxs = subprocess.run([options.dsmkit, "profile", "identity", package.profile, "--wxs"], capture_output=True, text=True,
                             check=True).stdout.replace("    <InstallExecuteSequence>\n", FAILS)
        source = package.profile + ".wxs"
        with open(source, "w", encoding="utf-8") as file:
            file.write(wxs)
        self.path = rf"C:\mydsm-{version}.msi"
        try:
            windows_msi.make(source, folder, library, wine.path(self.path), seconds=1_767_225_600)
        except windows_msi.MsiError as error:
            raise Failed(str(error)) from None


    def call(self, how, *properties):
        return self.wine.call("msiexec", how, self.path, "/qn", *properties)[0]


def look_for_tools():
    for tool in ("wixl", "msibuild"):
        if shutil.which(tool) is None:
            raise Failed(f"{tool} is not installed: run tools/setup")


def msi(wine, tally, options):
    tally.step("the tools are there", look_for_tools)
    program, library = tally.step("the installer is built", lambda: build(wine))
    tally.step("Wine's prefix is there", wine.make_prefix)
    first, second = (tally.step(f"an MSI of version {version}",
                                lambda version=version: Msi(wine, options, program, library, version))
                     for version in ("0.1.0.0", "0.2.0.0"))
    tally.step("a machine with MPIO", lambda: arrange(wine))
    machine = Machine(wine)
    deeds(wine, tally, machine, first, second)
    machine.shut_down()


def deeds(wine, tally, machine, first, second):
    clean = tally.step("the machine is looked at", lambda: state(wine))

    def unchanged(what, since):
        tally.expect(what, differences(since, state(wine)), {})

    tally.expect("it installs", first.call("/i"), RESTART)
    tally.expect("our device stands behind the others, and there is one node", devices(wine), ([*OTHERS, ENTRY], 1))
    tally.expect("its files are there", sorted(os.listdir(wine.path(FOLDER + r"\0.1.0.0"))),
                 ["mydsm-setup.exe", "mydsm.cat", "mydsm.inf", "mydsm.sys"])
    once = state(wine)

    os.remove(wine.path(FOLDER + r"\0.1.0.0\mydsm.cat"))
    wine.run("reg", "add", r"HKLM\System\CurrentControlSet\Control\MPDEV", "/v", "MPIOSupportedDeviceList", "/t", "REG_MULTI_SZ",
             "/d", r"\0".join(OTHERS), "/f")
    tally.expect("it repairs", first.call("/i", "REINSTALL=ALL", "REINSTALLMODE=amus"), RESTART)
    unchanged("a file and a device that were lost", once)

    tally.expect("it upgrades", second.call("/i"), RESTART)
    tally.expect("there is still one node", devices(wine), ([*OTHERS, ENTRY], 1))
    tally.expect("the old version is gone", os.listdir(wine.path(FOLDER)), ["0.2.0.0"])
    tally.expect("it uninstalls", second.call("/x"), RESTART)
    machine.restart()
    unchanged("and after a restart the machine is as it was", clean)

    # Wine leaves the product registered, and its folders.
    tally.expect("an installation that fails", first.call("/i", "FAIL=1"), FAILURE)
    machine.restart()
    shutil.rmtree(wine.path(r"C:\Program Files\dsmkit"), ignore_errors=True)
    unchanged("leaves nothing", clean)
    tally.expect("it installs then", first.call("/i"), RESTART)
    once = state(wine)
    tally.expect("an upgrade that fails", second.call("/i", "FAIL=1"), FAILURE)
    unchanged("leaves what was there", once)


def main():
    return script(__doc__, "msi", msi, [
        ("dsmkit", "build/release/dsmkit", "cmake --build --preset release --target dsmkit"),
        ("driver", "build/windows-driver/mydsm.sys", "cmake --build --preset windows-driver")])


if __name__ == "__main__":
    sys.exit(main())
