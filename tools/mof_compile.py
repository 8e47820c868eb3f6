#!/usr/bin/env python3
"""Compiles MOF, the description of a driver's WMI classes, to the binary form that Windows reads out of the driver.

    mof_compile.py FILE --output OUT [--identity HEADER]    binary MOF; with an identity, of a vendor's classes
    mof_compile.py FILE --print [--identity HEADER]         MOF text, as it was understood
    mof_compile.py --decode FILE                            MOF text of binary MOF
    mof_compile.py FILE... --layout                         C++: where the fields lie (windows/mof/layout.h)
"""

import argparse
import sys

from mof import binary, header, identity, print as printing, text, unbinary, vendor, wire
from mof.model import MofError

LAYOUT = "tools/mof_compile.py windows/mof/lun.mof windows/mof/dsm.mof --layout > windows/mof/layout.h"


def checked(path, read=text.read_file):
    """The classes of a file; their layout is in order too."""
    classes = text.parse(path, read)
    wire.layouts(classes)
    return classes


def layout_of(paths):
    found = {}
    for path in paths:
        found.update(wire.layouts(text.parse(path)))
    return header.header(found, LAYOUT)


def run(options):
    if options.decode:
        with open(options.decode, "rb") as file:
            return printing.text_of(unbinary.classes_of(file.read())).encode()
    if options.layout:
        return layout_of(options.file).encode()
    classes = checked(options.file[0])
    if options.identity:
        classes = vendor.classes_of(classes, identity.load(options.identity))
    return printing.text_of(classes).encode() if options.print else binary.binary(classes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("file", nargs="*", help="MOF text")
    parser.add_argument("--identity", metavar="HEADER", help="whose classes they are: windows/driver/identity.h")
    parser.add_argument("--output", metavar="FILE", help="where to; without it, standard output")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--print", action="store_true", help="MOF text")
    what.add_argument("--layout", action="store_true", help="a C++ header, of any number of files")
    what.add_argument("--decode", metavar="FILE", help="MOF text of a binary MOF file")
    options = parser.parse_args()
    if bool(options.file) == bool(options.decode) or (len(options.file) > 1 and not options.layout):
        parser.error("give one MOF file (several with --layout), or --decode FILE")
    try:
        made = run(options)
        if options.output:
            with open(options.output, "wb") as file:
                file.write(made)
        else:
            sys.stdout.buffer.write(made)
    except MofError as error:
        sys.exit(str(error))
    except unbinary.BinaryError as error:
        sys.exit(f"{options.decode}: {error}")
    except (identity.IdentityError, OSError) as error:
        sys.exit(f"mof_compile: {error}")


if __name__ == "__main__":
    main()
