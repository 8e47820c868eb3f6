#!/usr/bin/env python3
"""Plants one fault of each kind in a driver's image and expects windows_image.py to name it.

The image is made here: a section of everything that is looked at, and no code.
"""

import struct
import sys

import windows_image

TEXT = 0x60000020
ALLOWED = {("ntoskrnl.exe", "KeSetEvent")}
SECTION = 0x1000  # its address; its bytes begin at 0x400 of the file
RAW = 0x400


def make(machine=0x8664, subsystem=1, characteristics=0x0160, flags=TEXT, library=b"ntoskrnl.exe", name=b"KeSetEvent",
         directories=(1, 3, 5, 6)):
    data = bytearray(RAW + 0x200)
    struct.pack_into("<I", data, 60, 0x80)
    struct.pack_into("<IHHIIIHH", data, 0x80, 0x4550, machine, 1, 0, 0, 0, 240, 0)
    optional = 0x80 + 24
    struct.pack_into("<HH", data, optional + 68, subsystem, characteristics)
    for index in directories:
        struct.pack_into("<II", data, optional + 112 + 8 * index, SECTION, 40)
    struct.pack_into("<8sIIIIIIHHI", data, optional + 240, b".text", 0x200, SECTION, 0x200, RAW, 0, 0, 0, 0, flags)
    # An import entry, its two tables, and the names.
    struct.pack_into("<IIIII", data, RAW, SECTION + 0x40, 0, 0, SECTION + 0x80, SECTION + 0x60)
    struct.pack_into("<QQ", data, RAW + 0x40, SECTION + 0xa0, 0)
    data[RAW + 0x80:RAW + 0x80 + len(library)] = library
    data[RAW + 0xa2:RAW + 0xa2 + len(name)] = name
    return bytes(data)


FAULTS = [
    (make(), None),
    (make(machine=0xAA64), None),
    (make(machine=0x14c), "neither x64 nor ARM64"),
    (make(subsystem=2), "subsystem 2"),
    (make(characteristics=0x0120), "without /dynamicbase"),
    (make(characteristics=0x0060), "without /nxcompat"),
    (make(characteristics=0x0140), "without /highentropyva"),
    (make(flags=TEXT | 0x80000000), "section .text is writable and executable"),
    (make(directories=(1, 5, 6)), "no unwind information"),
    (make(directories=(1, 3, 6)), "no relocations"),
    (make(directories=(1, 3, 5)), "no debug entry"),
    (make(name=b"MmMapIoSpace"), "imports MmMapIoSpace from ntoskrnl.exe"),
    (make(library=b"hal.dll"), "imports KeSetEvent from hal.dll"),
    (make()[:0x100], "is no PE32+ image"),
    (b"", "is no PE32+ image"),
]


def main():
    bad = 0
    for data, expected in FAULTS:
        found = windows_image.check(data, ALLOWED)
        good = found == [] if expected is None else len(found) == 1 and expected in found[0]
        if not good:
            bad += 1
            print(f"expected {expected!r}, found {found}")
    print(f"windows_image: {len(FAULTS) - bad} of {len(FAULTS)} as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
