#!/usr/bin/env python3
"""Builds the installer of a Windows driver for x64, windows/setup with who the vendor is: as a program, acmedsm-setup.exe,
and as the library that an MSI calls, acmedsm-setup.dll.

usage: windows_setup.py [--identity HEADER] [--build-dir build/windows-setup]

It is linked statically and needs nothing but Windows; the same sources give the same bytes. There is none for ARM64:
Debian has no C and C++ runtime for Windows on it, and one for x64 cannot install drivers there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import kernel_targets
import rooms
import windows_resources
from headers_alone import is_fresh
from mof import identity

SOURCES = "windows/setup/"
WINDOWS_ONLY = SOURCES + "win32/"
FLAGS = ["-std=c++20", "-O2", "-D_WIN32_WINNT=0x0A00", "-DUNICODE", "-D_UNICODE", *kernel_targets.WARNINGS,
         "-ffunction-sections", "-fdata-sections", "-ffile-prefix-map=./="]
LINK = ["-static", "-s", "-Wl,--gc-sections", "-Wl,--no-insert-timestamp", "-Wl,--dynamicbase",
        "-Wl,--nxcompat", "-Wl,--high-entropy-va"]
LIBRARIES = ["setupapi", "advapi32", "shell32", "uuid"]
# What Windows never takes from the folder of the program (its KnownDLLs); and msi.dll, which whoever loads the library has.
KNOWN_LIBRARIES = {"ADVAPI32.dll", "KERNEL32.dll", "msvcrt.dll", "SETUPAPI.dll", "SHELL32.dll", "msi.dll"}
APPLICATION, LIBRARY = 1, 2  # kinds of file in a version resource
MANIFEST = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
  <trustInfo xmlns="urn:schemas-microsoft-com:asm.v3"><security><requestedPrivileges>
    <requestedExecutionLevel level="asInvoker" uiAccess="false"/>
  </requestedPrivileges></security></trustInfo>
  <compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1"><application>
    <supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>
  </application></compatibility>
</assembly>
"""


class BuildError(Exception):
    pass


def run(command, folder):
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        raise BuildError(done.stderr.strip() or done.stdout.strip() or f"{command[0]} failed")
    return done.stdout


def units(root):
    """The installer, and what it reads INFs with."""
    files = [path for path in rooms.files_of(root, untracked=True) if path.endswith(".cpp") and not rooms.is_test(path)]
    hosted = ["base/assert_hosted.cpp"]
    return hosted + [path for path in files if path.startswith((SOURCES, "inf/")) and "/testing/" not in path]


def compile_unit(root, folder, unit):
    """Its object, made if it is not up to date."""
    place = os.path.join(folder, unit.replace("/", "__") + ".o")
    stamp = place + ".d"
    if not (is_fresh(stamp, root) and os.path.exists(place)):
        ccache = [tool for tool in [shutil.which("ccache")] if tool]
        run([*ccache, kernel_targets.MINGW, *FLAGS, "-I", ".", "-c", unit, "-o", place, "-MD", "-MF", stamp + ".new", "-MT",
             "object"], root)
        os.replace(stamp + ".new", stamp)
        os.utime(stamp)
    return place


def literal(text):
    return '"' + "".join(f"\\{c}" if c in '\\"' else c for c in text) + '"'


def vendor_source(who):
    version = ".".join(str(number) for number in who.version)
    values = [who.service_name, who.binary_name, who.display_name, who.company, version]
    return f"""#include "windows/setup/win32/this_vendor.h"

namespace setup {{

const Vendor& this_vendor() {{
  static const Vendor vendor = {{{", ".join(map(literal, values))}}};
  return vendor;
}}

}}  // namespace setup
"""


def write(path, text):
    """Only if it is another text, so that what is made of it stays as new as it is."""
    if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)


class Product(NamedTuple):
    suffix: str
    main: str  # the source that only it has
    options: list
    kind: int


PRODUCTS = [Product(".exe", WINDOWS_ONLY + "main.cpp", ["-mconsole"], APPLICATION),
            Product(".dll", WINDOWS_ONLY + "msi_actions.cpp", ["-shared", "-lmsi"], LIBRARY)]


def resources(folder, who, file, kind):
    name = os.path.splitext(file)[0]
    strings = {**windows_resources.strings_of(who), "FileDescription": who.display_name + " Setup", "InternalName": name,
               "OriginalFilename": file}
    script = "#pragma code_page(65001)\n" + windows_resources.version(who.version, strings, kind, 0)
    if kind == APPLICATION:
        write(os.path.join(folder, "setup.manifest"), MANIFEST)
        script += '1 24 "setup.manifest"\n'
    write(os.path.join(folder, file + ".rc"), script)
    run(["x86_64-w64-mingw32-windres", "-O", "coff", file + ".rc", file + ".res.o"], folder)
    return os.path.join(folder, file + ".res.o")


def build(root, folder, header):
    """The paths of what PRODUCTS has. Raises BuildError, IdentityError."""
    who = identity.load(header)
    name = os.path.splitext(who.binary_name)[0] + "-setup"
    objects = os.path.join(folder, "objects")
    os.makedirs(objects, exist_ok=True)
    write(os.path.join(objects, "this_vendor.cpp"), vendor_source(who))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(units(root), pool.map(lambda unit: compile_unit(root, objects, unit), units(root))))
    vendor = os.path.join(objects, "this_vendor.o")
    run([kernel_targets.MINGW, *FLAGS, "-I", root, "-c", "this_vendor.cpp", "-o", vendor], objects)
    mains = [product.main for product in PRODUCTS]
    common = [found[unit] for unit in found if unit not in mains] + [vendor]
    return [link(folder, objects, product, [*common, found[product.main], resources(objects, who, name + product.suffix, product.kind)],
                 name + product.suffix) for product in PRODUCTS]


def link(folder, objects, product, parts, name):
    path = os.path.join(folder, name)
    # In order, and by names that say nothing of the folder.
    run([kernel_targets.MINGW, *LINK, *[os.path.relpath(part, objects) for part in sorted(parts)], "-o",
         os.path.relpath(path, objects), *product.options, *["-l" + library for library in LIBRARIES]], objects)
    needed = {line.split()[-1] for line in run(["x86_64-w64-mingw32-objdump", "-p", path], folder).splitlines()
              if "DLL Name:" in line}
    if strange := sorted(needed - KNOWN_LIBRARIES):
        raise BuildError(f"{path} needs {', '.join(strange)}, which somebody may plant beside it")
    return path


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build-dir", default=os.path.join(here, "build", "windows-setup"))
    parser.add_argument("--identity", metavar="HEADER", default=os.path.join(here, "windows/driver/identity.h"),
                        help="whose, as `dsmkit profile identity PROFILE --header` prints it; each takes a build folder of its own")
    options = parser.parse_args()
    begun = time.monotonic()
    if shutil.which(kernel_targets.MINGW) is None:
        sys.exit(f"windows-setup: {kernel_targets.MINGW} is not installed: run tools/setup")
    try:
        made = build(here, os.path.abspath(options.build_dir), options.identity)
    except (BuildError, identity.IdentityError) as error:
        sys.exit(f"windows-setup: {error}")
    told = ", ".join(f"{os.path.basename(path)} {os.path.getsize(path) // 1024} KiB" for path in made)
    print(f"windows-setup: {told}, {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
