#!/usr/bin/env python3
"""Makes the MSI of a driver package: of what `dsmkit profile identity PROFILE --wxs` prints, by wixl.

usage: windows_msi.py FILE.wxs --package FOLDER --library acmedsm-setup.dll -o FILE.msi

wixl 0.101 takes actions that roll back or commit for ones that run at once; msibuild corrects that in the database, and
what stands there then is read again. The MSI is not the same each time: it has the time in it, and a number of its own.
"""

import argparse
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

WIX = "{http://schemas.microsoft.com/wix/2006/wi}"
# Bits of the type of an action: a function of a library, in the script, when, as the system, its failure does not count.
LIBRARY, IN_SCRIPT, AS_SYSTEM, GOES_ON = 0x1, 0x400, 0x800, 0x40
WHEN = {"rollback": 0x100, "commit": 0x200}


class MsiError(Exception):
    pass


def run(command, folder):
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        raise MsiError(f"{command[0]}: {(done.stderr or done.stdout).strip() or 'failed'}")
    return done.stdout


def types_of(wxs):
    """{action: type} of those that wixl does not understand."""
    found = {}
    for action in xml.parse(wxs).iter(WIX + "CustomAction"):
        when = WHEN.get(action.get("Execute"))
        if when:
            found[action.get("Id")] = LIBRARY | IN_SCRIPT | when | AS_SYSTEM | (
                GOES_ON if action.get("Return") == "ignore" else 0)
    return found


def places_of(wxs):
    """{action: its place} in the sequence."""
    sequence = xml.parse(wxs).find(f"{WIX}Product/{WIX}InstallExecuteSequence")
    return {step.get("Action") or step.tag.removeprefix(WIX): step.get("Sequence") for step in sequence}


def make(wxs, package, library, output):
    """Raises MsiError."""
    wxs, package, output = (os.path.abspath(path) for path in (wxs, package, output))
    # It takes only names that lead on from where it runs.
    build = os.path.relpath(os.path.dirname(os.path.abspath(library)), package)
    run(["wixl", "-a", "x64", "-D", f"Build={build}", "-o", output, wxs], package)
    types = types_of(wxs)
    for action, number in types.items():
        run(["msibuild", output, "-q", f"UPDATE `CustomAction` SET `Type` = {number} WHERE `Action` = '{action}'"], package)
    for table, column, expected in (("CustomAction", 1, types), ("InstallExecuteSequence", 2, places_of(wxs))):
        rows = [line.split("\t") for line in run(["msiinfo", "export", output, table], package).splitlines()]
        stored = {row[0]: row[column] for row in rows if len(row) > column}
        for action, number in expected.items():
            if stored.get(action) != str(number):
                raise MsiError(f"{table} has {stored.get(action)} for {action} instead of {number}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("wxs")
    parser.add_argument("--package", required=True, help="the folder with INF, catalog, driver and installer")
    parser.add_argument("--library", required=True, help="what the MSI calls; tools/windows_setup.py makes it")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    for tool, name in (("wixl", "wixl"), ("msibuild", "msitools")):
        if shutil.which(tool) is None:
            sys.exit(f"windows-msi: {tool} (Debian: {name}) is not installed: run tools/setup")
    try:
        make(options.wxs, options.package, options.library, options.output)
    except MsiError as error:
        sys.exit(f"windows-msi: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
