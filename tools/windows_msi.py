#!/usr/bin/env python3
"""Makes the MSI of a driver package: of what `dsmkit profile identity PROFILE --wxs` prints, by wixl.

usage: windows_msi.py FILE.wxs --package FOLDER --library acmedsm-setup.dll -o FILE.msi

wixl 0.101 takes actions that roll back or commit for ones that run at once; msibuild corrects that in the database, and
what stands there then is read again. wixl also puts the time into the MSI, and a number that shall be that of these contents
alone (the package code); the first is given here and the second made of the contents, so that the same files give the
same MSI.
"""

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import time
import uuid
import xml.etree.ElementTree as xml

WIX = "{http://schemas.microsoft.com/wix/2006/wi}"
# Bits of the type of an action: a function of a library, in the script, when, as the system, its failure does not count.
LIBRARY, IN_SCRIPT, AS_SYSTEM, GOES_ON = 0x1, 0x400, 0x800, 0x40
WHEN = {"rollback": 0x100, "commit": 0x200}
# The summary of the database is a property set (the format's documentation: MS-OLEPS), with these properties among others.
SUMMARY = uuid.UUID("f29f85e0-4ff9-1068-ab91-08002b27b3d9").bytes_le
PACKAGE_CODE, CREATED, SAVED = 9, 12, 13
CODES = uuid.UUID("0b3c9df4-7a51-44f0-9d3c-5f0d2b0a7f4e")  # the namespace of package codes made here


class MsiError(Exception):
    pass


def run(command, folder):
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "TZ": "UTC0"})
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


def files_below(folder):
    return sorted(os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)


def package_code(sources):
    """"{387B9CB9-...}": one for each contents."""
    total = hashlib.sha256()
    for path in sources:
        with open(path, "rb") as file:
            total.update(hashlib.sha256(file.read()).digest())
    return "{" + str(uuid.uuid5(CODES, total.hexdigest())).upper() + "}"


@contextlib.contextmanager
def dated(paths, seconds):
    """Meanwhile the files are of that time: wixl puts it into the cabinet."""
    before = {path: os.stat(path) for path in paths}
    try:
        for path in paths:
            os.utime(path, (seconds, seconds))
        yield
    finally:
        for path, stat in before.items():
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def set_summary(path, code, seconds):
    """Puts package code and times into the summary, where it lies: their lengths stay. Raises MsiError."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    begin = data.find(SUMMARY)
    found = {}
    if data.count(SUMMARY) == 1 and begin + 20 <= len(data):
        section = begin - 28 + struct.unpack_from("<I", data, begin + 16)[0]
        count = struct.unpack_from("<I", data, section + 4)[0] if section + 8 <= len(data) else 0
        for i in range(min(count, 64)):
            number, offset = struct.unpack_from("<II", data, section + 8 + 8 * i)
            found[number] = section + offset
    text = found.get(PACKAGE_CODE, 0) + 8
    if not {PACKAGE_CODE, CREATED, SAVED} <= found.keys() or not re.fullmatch(rb"\{[0-9A-F-]{36}\}\0", data[text:text + 39]):
        raise MsiError(f"{path}: its summary does not have the form that wixl 0.101 gives it")
    data[text:text + 38] = code.encode()
    for number in (CREATED, SAVED):  # in units of 100 ns since 1601
        struct.pack_into("<Q", data, found[number] + 4, (seconds + 11_644_473_600) * 10_000_000)
    with open(path, "wb") as file:
        file.write(data)
    told = run(["msiinfo", "suminfo", path], os.path.dirname(path))
    if code not in told or told.count(time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(seconds))) != 2:
        raise MsiError(f"{path}: msiinfo does not read the summary as it was written:\n{told}")


def make(wxs, package, library, output, seconds):
    """Raises MsiError."""
    wxs, package, output = (os.path.abspath(path) for path in (wxs, package, output))
    # It takes only names that lead on from where it runs.
    build = os.path.relpath(os.path.dirname(os.path.abspath(library)), package)
    sources = files_below(package)
    with dated(sources, seconds):
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
    set_summary(output, package_code([wxs, library, *sources]), seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("wxs")
    parser.add_argument("--package", required=True, help="the folder with INF, catalog, driver and installer")
    parser.add_argument("--library", required=True, help="what the MSI calls; tools/windows_setup.py makes it")
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("--time", metavar="SECONDS", type=int, help="of the MSI, since 1970; else now")
    options = parser.parse_args()
    for tool, name in (("wixl", "wixl"), ("msibuild", "msitools")):
        if shutil.which(tool) is None:
            sys.exit(f"windows-msi: {tool} (Debian: {name}) is not installed: run tools/setup")
    try:
        make(options.wxs, options.package, options.library, options.output,
             int(time.time()) if options.time is None else options.time)
    except MsiError as error:
        sys.exit(f"windows-msi: {error}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
