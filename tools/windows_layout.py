#!/usr/bin/env python3
"""Has every structure of the kernel's binary interface (windows/abi/*.h) its size asserted, and every member its place?
The assertions are in windows/abi/layout*.cpp, where the compiler holds the driver, the harness and, with the Windows Driver
Kit, the kit's headers to them; here they are only counted.

  windows_layout.py              what is missing
  windows_layout.py --self-test  swaps members and takes assertions away, and expects it to be found
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import planted_faults

ABI = "windows/abi"
COMMENT = re.compile(r"//.*")
TYPE = re.compile(r"(?:struct|union) (?:alignas\(\d+\) )?(\w+) \{$")
NAMELESS = re.compile(r"(?:struct|union) \{$")
END = re.compile(r"\} ?(\w*);$")
MEMBER = re.compile(r"(?:alignas\(\d+\) )?(?:const )?\w+\*? (\w+)(?:\[[^\]]*\])?;$")
PLACE = re.compile(r"^(?:AT|OURS)\((\w+), ([\w.]+), \d+\);$", re.M)
SIZE = re.compile(r"^SIZE\((\w+), \d+\);$", re.M)


class Unreadable(Exception):
    """A line that is no member."""


def read_members(lines, at):
    """What stands from line `at` to the end of the structure: (members, its name if it has one there, line behind it)."""
    found = []
    while True:
        line = COMMENT.sub("", lines[at]).strip()
        at += 1
        if NAMELESS.match(line):
            inner, name, at = read_members(lines, at)
            found += [name] if name else []
            found += [f"{name}.{member}" if name else member for member in inner]
        elif END.match(line):
            return found, END.match(line)[1], at
        elif MEMBER.match(line):
            found.append(MEMBER.match(line)[1])
        elif line:
            raise Unreadable(f"{line!r} is no member that this tool can read")


def structures(text):
    """Name -> members, those of members as A.B."""
    lines = text.split("\n")
    return {TYPE.match(line)[1]: read_members(lines, at + 1)[0] for at, line in enumerate(lines) if TYPE.match(line)}


def sources_in(root):
    return sorted(os.path.relpath(path, root) for path in glob.glob(os.path.join(root, ABI, "layout*.cpp")))


def check(root):
    asserted = "".join(planted_faults.read(root, path) for path in sources_in(root))
    places, sizes = set(PLACE.findall(asserted)), set(SIZE.findall(asserted))
    for path in sorted(glob.glob(os.path.join(root, ABI, "*.h"))):
        name = os.path.relpath(path, root)
        try:
            found = structures(planted_faults.read(root, name))
        except Unreadable as error:
            yield f"{name}: {error}"
            continue
        for structure, members in found.items():
            if structure not in sizes:
                yield f"{name}: {structure} has no SIZE({structure}, BYTES); in {ABI}/layout*.cpp"
            for member in members:
                if (structure, member) not in places:
                    yield f"{name}: {structure}.{member} has no AT({structure}, {member}, OFFSET); in {ABI}/layout*.cpp"


def compiles(root):
    return all(subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-I.", path], cwd=root, capture_output=True,
                              check=False).returncode == 0 for path in sources_in(root))


# Members that change places: of one type or of one size, so that only their places tell.
SWAPS = [
    ("scsi_request.h", "SCSI_REQUEST_BLOCK", "SrbStatus", "ScsiStatus"),
    ("scsi_request.h", "SCSI_REQUEST_BLOCK", "SenseInfoBuffer", "OriginalRequest"),
    ("scsi_request.h", "STORAGE_REQUEST_BLOCK", "AddressOffset", "DataTransferLength"),
    ("scsi_request.h", "SRBEX_DATA_SCSI_CDB32", "SenseInfoBufferLength", "CdbLength"),
    ("scsi_request.h", "STORAGE_IDENTIFIER", "CodeSet", "Type"),
    ("mpio.h", "DSM_INIT_DATA", "DsmSetDeviceInfo", "DsmIsPathActive"),
    ("mpio.h", "DSM_COMPLETION_INFO", "DsmCompletionRoutine", "DsmContext"),
    ("mpio.h", "MPIO_VERSION_INFO", "MinorVersion", "ProductBuild"), ("io.h", "IRP", "UserEvent", "UserIosb"),
    ("io.h", "IO_STACK_LOCATION", "Argument1", "Argument2"), ("io.h", "DRIVER_OBJECT", "DriverStart", "DriverSection"),
    ("wmi.h", "WMIGUIDREGINFO", "InstanceCount", "Flags"),
    ("registry.h", "KEY_BASIC_INFORMATION", "TitleIndex", "NameLength"), ("etw.h", "EVENT_DESCRIPTOR", "Level", "Opcode"),
    ("dispatcher.h", "KDPC", "DeferredContext", "SystemArgument1"),
    ("pass_through.h", "MPIO_PASS_THROUGH_PATH_EX", "PassThroughOffset", "Version"),
    ("imports.h", "OSVERSIONINFOW", "dwMajorVersion", "dwMinorVersion"), ("guid.h", "GUID", "Data2", "Data3"),
    ("platform.h", "LIST_ENTRY", "Flink", "Blink"),
]
GONE = [r"^AT\(IRP, Tail\.Overlay\.Thread, .*\n", r"^SIZE\(CONTROLLER_INFO, .*\n", r"^OURS\(.*\n"]


def self_test(root):
    def copy_to(folder):
        os.makedirs(os.path.join(folder, os.path.dirname(ABI)))
        shutil.copytree(os.path.join(root, ABI), os.path.join(folder, ABI))

    with tempfile.TemporaryDirectory() as folder:
        copy_to(folder)
        if not compiles(folder):
            sys.exit("the self-test is out of date: the copy does not compile before anything is changed")
    count = 0
    for name, structure, first, second in SWAPS:
        with tempfile.TemporaryDirectory() as folder:
            copy_to(folder)
            path = f"{ABI}/{name}"
            before, begin, after = re.split(rf"(struct (?:alignas\(\d+\) )?{structure} \{{)", planted_faults.read(folder, path))
            inside, end, after = after.partition("\n};")
            for here, there in ((first, "0"), (second, first), ("0", second)):
                inside, times = re.subn(rf"(?<!\w){here}(?=[;\[])", there, inside)
                if times != 1:
                    sys.exit(f"the self-test is out of date: {structure} has no {first} and {second}")
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(before + begin + inside + end + after)
            if compiles(folder):
                print(f"not found: {first} and {second} of {structure} in each other's place")
                count += 1
    for gone in GONE:
        with tempfile.TemporaryDirectory() as folder:
            copy_to(folder)
            changed = 0
            for path in sources_in(folder):
                text, times = re.subn(gone, "", planted_faults.read(folder, path), count=1, flags=re.M)
                changed += times
                with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                    file.write(text)
            if not changed:
                sys.exit(f"the self-test is out of date: nothing is like {gone}")
            if not list(check(folder)):
                print(f"not found: the assertions without {gone}")
                count += 1
    return count


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return planted_faults.run(__doc__, lambda: list(check(root)), lambda: self_test(root),
                              f"{ABI}: every structure has its size asserted, every member its place")


if __name__ == "__main__":
    sys.exit(main())
