#!/usr/bin/env python3
"""Builds mydsm.sys for x64 and ARM64, with their PDBs, judges what came out (tools/windows_image.py), and signs it.

With --identity and --vendor it is another vendor's driver, of the same objects but for those that know who the driver
is and what its vendor has decided.

The kernel-safe rooms are compiled by the same commands as for the kernel-subset check, into its folder: the objects that
are linked are the ones that were judged there. The driver's own sources are also compiled by mingw's g++, which links
nothing: a second opinion.
"""

import argparse
import contextlib
import fcntl
import filecmp
import os
import re
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import kernel_objects
import kernel_targets
import rooms
import windows_code
import windows_image
import windows_resources
import windows_sign
from mof import identity
from mof.model import MofError
from windows_sign import run

DRIVER = "windows/driver"
IDENTITY = DRIVER + "/identity.h"
DECISIONS = DRIVER + "/vendor.h"
INCLUDE = re.compile(r'^#include "(windows/[^"]+)"', re.M)
DEFINITIONS = ["ntoskrnl", "mpio"]
# /lldmingw: without it the unwind information of inline functions is lost, as clang writes it for mingw.
LINK = ["lld-link-14", "/nologo", "/driver", "/subsystem:native,10.00", "/entry:DriverEntry", "/base:0x140000000",
        "/nodefaultlib", "/dynamicbase", "/highentropyva", "/nxcompat", "/lldmingw", "/opt:ref", "/opt:icf", "/Brepro",
        "/debug", "/pdbsourcepath:."]


class Machine(NamedTuple):
    target: str  # of kernel_targets
    name: str  # as the tools call it
    folder: str  # below the build folder


class Vendor(NamedTuple):
    """Whose driver it is."""
    identity: identity.Identity
    classes: dict  # of windows_resources
    folder: str | None  # holds his headers, and the objects that know them; none: those of mydsm are with the others

    @property
    def stem(self):
        return os.path.splitext(self.identity.binary_name)[0]


MACHINES = [Machine("mingw-clang", "i386:x86-64", ""), Machine("mingw-arm64", "arm64", "arm64")]
SECOND_OPINION = "mingw-gcc"
MADE_AGAIN = 40  # every 40th object, to see that another folder gives the same


def sources_of(root):
    """The driver's own sources and those of the kernel-safe rooms."""
    files = [path for path in rooms.files_of(root, untracked=True) if path.endswith(".cpp")]
    own = [path for path in files if path.startswith((DRIVER + "/", "windows/abi/"))]
    return own, [path for path in files if rooms.is_kernel_safe(path)]


def knowing(root, units):
    """Those that include a vendor's headers, themselves or by headers of windows/."""
    def includes(path, seen):
        if path in (IDENTITY, DECISIONS):
            return True
        if path in seen or not os.path.exists(os.path.join(root, path)):
            return False
        seen.add(path)
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return any(includes(each, seen) for each in INCLUDE.findall(file.read()))
    return {unit for unit in units if includes(unit, set())}


@contextlib.contextmanager
def alone_in(folder):
    """The objects there are for all vendors: who builds at the same time waits."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_vendor(root, build_dir, header, decisions):
    """Raises IdentityError, MofError."""
    found = identity.load(header)
    classes = windows_resources.classes_of(root, found)
    own = [filecmp.cmp(given, os.path.join(root, name), shallow=False)
           for given, name in ((header, IDENTITY), (decisions, DECISIONS))]
    if all(own):
        return Vendor(found, classes, None)
    folder = os.path.join(build_dir, "identity")
    for given, name in ((header, IDENTITY), (decisions, DECISIONS)):
        place = os.path.join(folder, name)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if not os.path.exists(place) or not filecmp.cmp(given, place, shallow=False):
            shutil.copyfile(given, place)
    return Vendor(found, classes, folder)


def compile_all(root, objects, vendor):
    """Objects by target, and what the compilers say."""
    own, portable = sources_of(root)
    jobs, targets = [], {target.name: target for target in kernel_targets.targets()}
    special = knowing(root, own) if vendor.folder else set()

    def job(name, unit):
        if unit not in special:
            return objects, targets[name], unit
        first = ["-I", os.path.relpath(vendor.folder, root)]
        return vendor.folder, targets[name]._replace(command=targets[name].command + first), unit

    for machine in MACHINES:
        jobs += [job(machine.target, unit) for unit in own + portable]
    jobs += [job(SECOND_OPINION, unit) for unit in own]
    for folder, target in {(folder, target.name) for folder, target, _ in jobs}:
        os.makedirs(os.path.join(folder, target), exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda job: kernel_targets.compile_unit(root, *job), jobs))
    compiled = {}
    for folder, target, unit in jobs:
        compiled.setdefault(target.name, []).append(kernel_targets.object_of(folder, target, unit))
    return compiled, [str(finding) for findings in found for finding in findings]


def link(root, build_dir, machine, objects, vendor):
    folder = os.path.join(build_dir, machine.folder)
    os.makedirs(folder, exist_ok=True)
    complaints = []
    for name in DEFINITIONS:
        definition = os.path.join(root, DRIVER, name + ".def")
        complaints += run(["llvm-dlltool-14", "-m", machine.name, "-d", definition, "-l", name + ".lib"], folder)
    # Relative names: the PDB keeps the command, and the image a sum over the PDB.
    resources = os.path.join(build_dir, "resources")
    complaints += windows_resources.make(resources, vendor.classes, vendor.identity)
    stem = vendor.stem
    command = [*LINK, f"/out:{vendor.identity.binary_name}", f"/pdb:{stem}.pdb", f"/pdbaltpath:{stem}.pdb",
               f"/map:{stem}.map", *[os.path.relpath(path, folder) for path in objects],
               os.path.relpath(os.path.join(resources, "driver.res"), folder),
               *[name + ".lib" for name in DEFINITIONS]]
    return complaints or run(command, folder)


def place_in_copy(root, copy, path):
    """Where in a copy of the repository a path of it lies. A build folder may be outside: it has a place there, too."""
    relative = os.path.relpath(path, root)
    if relative.startswith(os.pardir):
        relative = os.path.join("outside", os.path.abspath(path).lstrip(os.sep))
    return os.path.join(copy, relative)


def link_elsewhere(root, build_dir, machine, objects, vendor):
    """Makes it again in another folder, some of its objects included. Complains unless that gives the same bytes."""
    with tempfile.TemporaryDirectory(prefix="elsewhere-") as elsewhere:
        other = os.path.join(elsewhere, "another checkout")

        def moved(path):
            return place_in_copy(root, other, path)

        for path in rooms.files_of(root, untracked=True):
            if path.startswith((*rooms.KERNEL_ROOMS, "windows/")):
                os.makedirs(os.path.dirname(os.path.join(other, path)), exist_ok=True)
                shutil.copyfile(os.path.join(root, path), os.path.join(other, path))
        folder = os.path.dirname(objects[0])
        target = next(target for target in kernel_targets.targets() if target.name == machine.target)
        again = {kernel_targets.object_of(os.path.dirname(folder), target, unit): unit
                 for unit in sum(sources_of(root), [])[::MADE_AGAIN]}
        complaints = []
        for path in objects:
            os.makedirs(os.path.dirname(moved(path)), exist_ok=True)
            if path in again:
                complaints += kernel_targets.compile_unit(other, moved(os.path.dirname(folder)), target, again[path],
                                                          cached=False)
            else:
                os.symlink(path, moved(path))
        complaints += link(other, moved(build_dir), machine, [moved(path) for path in objects], vendor)
        if complaints:
            return complaints
        for name in (vendor.identity.binary_name, vendor.stem + ".pdb"):
            pair = [os.path.join(place, machine.folder, name) for place in (build_dir, moved(build_dir))]
            if not filecmp.cmp(*pair, shallow=False):
                complaints.append(f"making {name} in another folder gives another file: "
                                  "what names the folder? tools/kernel_targets.py and LINK hold the commands")
        return complaints


def judge(root, build_dir, machine, objects, vendor):
    path = os.path.join(build_dir, machine.folder, vendor.identity.binary_name)
    with open(path, "rb") as file:
        data = file.read()
    allowed = windows_image.imports_of_definitions([os.path.join(root, DRIVER, name + ".def") for name in DEFINITIONS])
    with open(os.path.join(root, windows_image.FIRST_EXPORTED), encoding="utf-8") as file:
        exported = windows_image.first_exported(file.read())
    target = next(target for target in kernel_targets.targets() if target.name == machine.target)
    complaints = [*windows_image.check(data, allowed), *windows_image.check_definitions(allowed, exported)]
    complaints += windows_resources.check(data, vendor.classes, vendor.identity)
    repositorys = identity.load(os.path.join(root, IDENTITY))
    if vendor.identity != repositorys:
        complaints += windows_resources.strange_marks(data, repositorys)
    own = set(sources_of(root)[0])
    special = knowing(root, own) if vendor.folder else set()
    for folder, units in ((os.path.dirname(os.path.dirname(objects[0])), own - special), (vendor.folder, special)):
        complaints += map(str, kernel_objects.check_sections(folder, target, sorted(units)) if units else [])
    found, told = windows_code.check(root, path, path[:-len("sys")] + "map", windows_image.Image(data))
    print("\n".join(f"{machine.name}: {line}" for line in told))
    complaints += found
    complaints += link_elsewhere(root, build_dir, machine, objects, vendor)
    return [f"{path}: {text}" for text in complaints]


def sign(build_dir, machine, vendor, signer):
    path = os.path.join(build_dir, machine.folder, vendor.identity.binary_name)
    complaints = windows_sign.sign(path, vendor.identity.display_name, signer)
    if not complaints:
        with open(path, "rb") as file:
            complaints = [f"{path}: {text}" for text in windows_image.check_signed(file.read())]
    return complaints


def build(root, build_dir, options):
    """Complaints. Raises FileNotFoundError, IdentityError, MofError."""
    vendor = make_vendor(root, build_dir, options.identity or os.path.join(root, IDENTITY),
                         options.vendor or os.path.join(root, DECISIONS))
    objects_of_all = os.path.join(os.path.dirname(build_dir), "kernel-subset")
    with alone_in(objects_of_all):
        compiled, complaints = compile_all(root, objects_of_all, vendor)
        if complaints:
            return complaints
        signer, complaints = windows_sign.signer_of(options, os.path.join(build_dir, "test-certificate"))
        for machine in MACHINES if signer else []:
            objects = compiled[machine.target]
            complaints += link(root, build_dir, machine, objects, vendor) or \
                judge(root, build_dir, machine, objects, vendor) or sign(build_dir, machine, vendor, signer)
        return complaints


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=here)
    parser.add_argument("--build-dir", default=os.path.join(here, "build", "windows-driver"))
    parser.add_argument("--identity", metavar="HEADER",
                        help="whose driver, as `dsmkit profile identity PROFILE --header` prints it; without it "
                             f"{IDENTITY}. Each takes a build folder of its own")
    parser.add_argument("--vendor", metavar="HEADER",
                        help="what he has decided, as `dsmkit profile show PROFILE --header` prints it; goes with "
                             "--identity")
    windows_sign.add_options(parser)
    options = parser.parse_args()
    begun = time.monotonic()
    if (options.identity is None) != (options.vendor is None):
        sys.exit("windows-driver: --identity and --vendor go together: `dsmkit profile identity PROFILE --header` and "
                 "`dsmkit profile show PROFILE --header` print them")
    for tool in ("lld-link-14", "llvm-dlltool-14", "llvm-rc-14", *windows_sign.TOOLS):
        if shutil.which(tool) is None:
            sys.exit(f"windows-driver: {tool} is not installed: run tools/setup")
    root, build_dir = os.path.abspath(options.root), os.path.abspath(options.build_dir)
    try:
        complaints = build(root, build_dir, options)
    except (FileNotFoundError, identity.IdentityError, MofError) as error:
        sys.exit(f"windows-driver: {error}")
    for complaint in complaints:
        print(complaint)
    print(f"windows-driver: {len(complaints)} findings, {time.monotonic() - begun:.0f} s")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
