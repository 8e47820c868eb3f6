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


def make(section=b".text", machine=0x8664, subsystem=1, characteristics=0x0160, flags=TEXT, library=b"ntoskrnl.exe", name=b"KeSetEvent",
         directories=(1, 3, 5, 6), more=0):
    data = bytearray(RAW + 0x200 + more)
    struct.pack_into("<I", data, 60, 0x80)
    struct.pack_into("<IHHIIIHH", data, 0x80, 0x4550, machine, 1, 0, 0, 0, 240, 0)
    optional = 0x80 + 24
    struct.pack_into("<HH", data, optional + 68, subsystem, characteristics)
    for index in directories:
        struct.pack_into("<II", data, optional + 112 + 8 * index, SECTION, 40)
    struct.pack_into("<8sIIIIIIHHI", data, optional + 240, section, 0x200, SECTION, 0x200, RAW, 0, 0, 0, 0, flags)
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
    (make(section=b"PAGE"), "section PAGE is none of a driver all of which stays in memory"),
    (make(section=b".CRT"), "section .CRT is none"),
    (make(flags=TEXT | 0x10000000), "section .text has flags 0x70000020"),
    (make(section=b".rdata"), "section .rdata has flags 0x60000020"),
    (make(more=256 * 1024), "bytes, more than 262144"),
    (make(directories=(1, 5, 6)), "no unwind information"),
    (make(directories=(1, 3, 6)), "no relocations"),
    (make(directories=(1, 3, 5)), "no debug entry"),
    (make(name=b"MmMapIoSpace"), "imports MmMapIoSpace from ntoskrnl.exe"),
    (make(library=b"hal.dll"), "imports KeSetEvent from hal.dll"),
    (make()[:0x100], "is no PE32+ image"),
    (b"", "is no PE32+ image"),
]

TABLE = "# since when\nntoskrnl.exe KeSetEvent 2003\nntoskrnl.exe ExAllocatePool2 2022\nntoskrnl.exe Old 2016 # just\n"


def of_definitions(*names):
    return list(windows_image.check_definitions({("ntoskrnl.exe", name) for name in names},
                                                windows_image.first_exported(TABLE)))


def refused(text):
    try:
        windows_image.first_exported(text)
    except ValueError as error:
        return [str(error)]
    return []


def with_checksum(offset):
    data = bytearray(make(more=1))
    data[-0x101:] = b"\xff" * 0x101
    struct.pack_into("<I", data, 0x80 + 24 + 64, 0x1234)  # what stands there does not count
    struct.pack_into("<I", data, 0x80 + 24 + 64, windows_image.checksum(bytes(data)) + offset)
    return windows_image.check_signed(bytes(data))


def signed(size):
    data = bytearray(make(more=size - len(make())))
    struct.pack_into("<I", data, 0x80 + 24 + 64, windows_image.checksum(bytes(data)))
    return windows_image.check_signed(bytes(data))


def summed_by_hand():
    """Two words that carry over: FFFFh and 2 are 1 + 1, and the length is added."""
    data = bytearray(make()[:RAW])
    rest = sum(struct.unpack(f"<{RAW // 2}H", data))
    data[2:4], data[4:6] = struct.pack("<H", 0xffff), struct.pack("<H", 2)
    return [] if windows_image.checksum(bytes(data)) == rest % 0xffff + 2 + RAW else ["is summed otherwise"]


OTHERS = [
    (of_definitions("KeSetEvent", "Old"), None),
    (of_definitions("KeSetEvent", "ExAllocatePool2"), "ExAllocatePool2 is exported since Windows Server 2022"),
    (of_definitions("KeResetEvent"), "does not say which Windows Server was the first to export KeResetEvent"),
    (refused(TABLE), None),
    (refused("ntoskrnl.exe KeSetEvent\n"), "not LIBRARY FUNCTION"),
    (refused("ntoskrnl.exe KeSetEvent 2017\n"), "one of 2003, 2008"),
    (with_checksum(0), None),
    (summed_by_hand(), None),
    (with_checksum(1), "has the checksum"),
    (signed(256 * 1024), None),
    (signed(256 * 1024 + 8), "has 262152 bytes, more than 262144"),
]


def main():
    bad = 0
    for found, expected in [(windows_image.check(data, ALLOWED), expected) for data, expected in FAULTS] + OTHERS:
        good = found == [] if expected is None else len(found) == 1 and expected in found[0]
        if not good:
            bad += 1
            print(f"expected {expected!r}, found {found}")
    count = len(FAULTS) + len(OTHERS)
    print(f"windows_image: {count - bad} of {count} as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
