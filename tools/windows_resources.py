#!/usr/bin/env python3
"""The resources of the driver's image: its WMI classes, which Windows reads out of the file, and its version.

The names of the two class resources are what the driver tells MPIO when it registers. They are made from windows/mof/
and from the identity of the vendor, and read again out of the linked image.

    windows_resources.py IDENTITY --output FOLDER      driver.rc and the files that it names, for a resource compiler

is what windows/mydsm.vcxproj does before it compiles them; here tools/windows_driver.py does all of it.
"""

import argparse
import os
import struct
import subprocess
import sys
import uuid

import windows_image
from mof import binary, identity as identities, text, unbinary, vendor
from mof.model import MofError
from mof.wire import layouts

SCRIPT = "driver.rc"
MOFS = {"MofResourceName": "lun.mof", "DsmMofResourceName": "dsm.mof"}  # of each LUN; of the DSM
MOF_TYPE = "MOFDATA"
RESOURCES, VERSION = 2, 16  # the data directory; the type of resource
ENGLISH, UNICODE = 0x409, 1200
DRIVER_FILE, SYSTEM_DRIVER = 3, 7
FIXED_SIGNATURE = 0xfeef04bd
MOST_ENTRIES = 64


def classes_of(root, identity):
    """By resource. Raises MofError."""
    found = {}
    for resource, name in MOFS.items():
        classes = text.parse(os.path.join(root, "windows/mof", name))
        layouts(classes)
        found[resource] = vendor.classes_of(classes, identity)
    return found


def strings_of(identity):
    version = ".".join(str(number) for number in identity.version)
    return {"CompanyName": identity.company, "FileDescription": identity.display_name, "FileVersion": version,
            "InternalName": identity.service_name, "OriginalFilename": identity.binary_name,
            "ProductName": identity.product, "ProductVersion": version}


def quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '""') + '"'


def version(numbers, strings, kind, subtype):
    """The version, for a resource compiler. `kind` and `subtype` are Windows' numbers."""
    quad = ",".join(str(number) for number in numbers)
    values = "\n".join(f"      VALUE {quoted(key)}, {quoted(value)}" for key, value in strings.items())
    return f"""LANGUAGE 9, 1
1 VERSIONINFO
  FILEVERSION {quad}
  PRODUCTVERSION {quad}
  FILEFLAGSMASK 0x3f
  FILEFLAGS 0
  FILEOS 0x40004
  FILETYPE {kind}
  FILESUBTYPE {subtype}
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "{ENGLISH:04x}{UNICODE:04x}"
    BEGIN
{values}
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", {ENGLISH:#x}, {UNICODE}
  END
END
"""


def script(identity):
    """For a resource compiler; the files that it names lie beside it."""
    mofs = "".join(f'{resource} {MOF_TYPE} "{bmf_of(name)}"\n' for resource, name in MOFS.items())
    return version(identity.version, strings_of(identity), DRIVER_FILE, SYSTEM_DRIVER) + mofs


def bmf_of(name):
    return os.path.splitext(name)[0] + ".bmf"


def write(folder, classes, identity):
    """driver.rc and what it names."""
    os.makedirs(folder, exist_ok=True)
    for resource, name in MOFS.items():
        with open(os.path.join(folder, bmf_of(name)), "wb") as file:
            file.write(binary.binary(classes[resource]))
    with open(os.path.join(folder, SCRIPT), "w", encoding="ascii", newline="\n") as file:
        file.write(script(identity))


def make(folder, classes, identity):
    """The same, and driver.res, which is for any machine. What the compiler complains of."""
    write(folder, classes, identity)
    done = subprocess.run(["llvm-rc-14", "/no-preprocess", "/fo", "driver.res", SCRIPT], cwd=folder,
                          capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [done.stderr.strip() or "llvm-rc-14 failed"]


# Read out of the image


def entries(image, base, offset):
    """(name or number, offset of what it leads to, is that a directory) of a directory of resources."""
    named, numbered = struct.unpack_from("<HH", image.data, base + offset + 12)
    if named + numbered > MOST_ENTRIES:
        raise struct.error(f"a directory of {named + numbered} resources")
    for i in range(named + numbered):
        name, target = struct.unpack_from("<II", image.data, base + offset + 16 + 8 * i)
        if name >> 31:
            at = base + (name & 0x7fffffff)
            size = 2 * image.at("<H", at)
            name = image.data[at + 2:at + 2 + size].decode("utf-16-le")
        yield name, target & 0x7fffffff, bool(target >> 31)


def resources_of(image):
    """{(type, name): bytes}. Raises struct.error or ValueError."""
    address = image.directory(RESOURCES)[0]
    if not address:
        return {}
    base, found = image.offset_of(address), {}
    for kind, names, is_folder in entries(image, base, 0):
        for name, languages, is_also in entries(image, base, names) if is_folder else []:
            for _, leaf, is_folder_too in entries(image, base, languages) if is_also else []:
                if is_folder_too or (kind, name) in found:
                    raise struct.error(f"resource {kind} {name} stands there twice")
                data, size = struct.unpack_from("<II", image.data, base + leaf)
                begin = image.offset_of(data)
                found[kind, name] = image.data[begin:begin + size]
    return found


def version_blocks(data, path=(), begin=0, end=None):
    """(path of names, value) of a version resource's blocks: no deeper than four."""
    at, end = begin, len(data) if end is None else end
    while at + 6 <= end:
        size, value_size, is_text = struct.unpack_from("<HHH", data, at)
        if not 6 <= size <= end - at or len(path) == 4:
            raise struct.error(f"a block of {size} bytes in the version")
        stop = data.index(b"\0\0", at + 6)
        while (stop - at) % 2:
            stop = data.index(b"\0\0", stop + 1)
        name = data[at + 6:stop].decode("utf-16-le")
        value = stop + 2 + -(stop + 2) % 4
        value_size *= 2 if is_text else 1
        here = (*path, name)
        yield here, data[value:value + value_size]
        inner = value + value_size
        yield from version_blocks(data, here, inner + -inner % 4, at + size)
        at += size + -size % 4


def judge_version(data, identity):
    blocks = dict(version_blocks(data))
    fixed = struct.unpack_from("<13I", blocks.get(("VS_VERSION_INFO",), b""))
    high, low = (identity.version[i] << 16 | identity.version[i + 1] for i in (0, 2))
    if fixed[0] != FIXED_SIGNATURE or fixed[2:6] != (high, low, high, low):
        yield f"its version is not {strings_of(identity)['FileVersion']}"
    if fixed[9:11] != (DRIVER_FILE, SYSTEM_DRIVER):
        yield "its version does not say that it is a driver"
    where = ("VS_VERSION_INFO", "StringFileInfo", f"{ENGLISH:04x}{UNICODE:04x}")
    for key, expected in strings_of(identity).items():
        found = blocks.get((*where, key), b"").decode("utf-16-le").rstrip("\0")
        if found != expected:
            yield f"its {key} is {found!r}, expected {expected!r}"
    if blocks.get(("VS_VERSION_INFO", "VarFileInfo", "Translation")) != struct.pack("<HH", ENGLISH, UNICODE):
        yield "its version names no language"


def judge(image, classes, identity):
    found = resources_of(image)
    for resource in MOFS:
        # Windows looks names up in capitals.
        data = found.pop((MOF_TYPE, resource.upper()), None)
        if data is None:
            yield f"has no resource {MOF_TYPE} {resource}"
            continue
        try:
            if unbinary.classes_of(data) != classes[resource]:
                yield f"the classes in resource {resource} are not those of windows/mof/{MOFS[resource]}"
        except unbinary.BinaryError as error:
            yield f"resource {resource}: {error}"
    version = found.pop((VERSION, 1), None)
    if version is None:
        yield "has no version"
    else:
        yield from judge_version(version, identity)
    for kind, name in found:
        yield f"has a resource {kind} {name} that nobody asked for"


# Of one vendor and of another


def marks_of(identity):
    """{what: bytes}, as they stand in an image or in its classes."""
    marks = {}
    for name, guid in identity.guids.items():
        marks[f"the GUID of {name}"] = uuid.UUID(guid).bytes_le
        marks[f"the GUID of {name}, as text"] = guid.encode("utf-16-le")
    for name in ("ServiceName", "BinaryName", "DisplayName"):
        marks[name] = (identity.texts[name] + "\0").encode("utf-16-le")
    marks["ClassPrefix"] = (identity.class_prefix + "_").encode("utf-16-le")
    marks["TraceProviderName"] = identity.trace_provider_name.encode() + b"\0"
    marks["the name of the PDB"] = os.path.splitext(identity.binary_name)[0].encode() + b".pdb"
    return marks


def strange_marks(data, stranger):
    """What of another vendor's identity is in an image, where nothing may be."""
    try:
        found = resources_of(windows_image.Image(data))
        unpacked = [unbinary.data_of(mof) for (kind, _), mof in found.items() if kind == MOF_TYPE]
    except (struct.error, ValueError, unbinary.BinaryError) as error:
        return [f"its resources cannot be read: {error}"]
    whole = b"\0".join([data, *unpacked])
    return [f"has {what} of {stranger.binary_name}" for what, mark in marks_of(stranger).items() if mark in whole]


def check(data, classes, identity):
    """A list of findings about the bytes of an image."""
    try:
        return list(judge(windows_image.Image(data), classes, identity))
    except (struct.error, ValueError) as error:
        return [f"its resources cannot be read: {error}"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("identity", help="who the driver is: windows/driver/identity.h, or a vendor's")
    parser.add_argument("--output", metavar="FOLDER", required=True, help="where to; it is made if it is not there")
    options = parser.parse_args()
    try:
        who = identities.load(options.identity)
        write(options.output, classes_of(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), who), who)
    except (OSError, identities.IdentityError, MofError) as error:
        print(f"windows_resources.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
