"""What a driver's image says about itself: whether Windows would load it, and whether it holds to the rules.

Checked are: native subsystem, address randomisation and no-execute marks, no section that is both writable and
executable, unwind information, a debug entry that names the PDB, and that nothing is imported but what the .def files
allow.
"""

import struct

MACHINES = {0x8664: "x64", 0xAA64: "ARM64"}
NATIVE = 1
CHARACTERISTICS = {0x0020: "/highentropyva", 0x0040: "/dynamicbase", 0x0100: "/nxcompat"}
EXECUTABLE, WRITABLE = 0x20000000, 0x80000000
DATA_DIRECTORIES, IMPORTS, EXCEPTIONS, RELOCATIONS, DEBUG = 112, 1, 3, 5, 6


def imports_of_definitions(paths):
    """{(library, name)} of .def files."""
    allowed = set()
    for path in paths:
        library = None
        with open(path, encoding="utf-8") as file:
            for line in file:
                words = line.split(";")[0].split()
                if words[:1] == ["LIBRARY"]:
                    library = words[1].lower()
                elif words and words != ["EXPORTS"]:
                    allowed.add((library, words[0]))
    return allowed


class Image:
    """A PE32+ file. Fields are read where they are asked for; what is out of bounds raises struct.error."""

    def __init__(self, data):
        self.data = data
        self.header = self.at("<I", 60)
        self.optional = self.header + 24
        first = self.optional + self.at("<H", self.header + 20)
        self.sections = [struct.unpack_from("<8sIIIIIIHHI", data, first + 40 * i)
                         for i in range(self.at("<H", self.header + 6))]

    def at(self, form, offset):
        return struct.unpack_from(form, self.data, offset)[0]

    def directory(self, index):
        return struct.unpack_from("<II", self.data, self.optional + DATA_DIRECTORIES + 8 * index)

    def offset_of(self, address):
        for _, size, begin, _, raw, *_ in self.sections:
            if begin <= address < begin + size:
                return raw + address - begin
        raise struct.error(f"address {address:#x} is in no section")

    def text(self, address):
        begin = self.offset_of(address)
        return self.data[begin:self.data.index(b"\0", begin)].decode("ascii")

    def imports(self):
        entry = self.directory(IMPORTS)[0]
        while entry and (name := self.at("<I", self.offset_of(entry) + 12)):
            thunk = self.at("<I", self.offset_of(entry)) or self.at("<I", self.offset_of(entry) + 16)
            while value := self.at("<Q", self.offset_of(thunk)):
                imported = f"ordinal {value & 0xffff}" if value >> 63 else self.text(value + 2)
                yield self.text(name).lower(), imported
                thunk += 8
            entry += 20


def judge(image, allowed):
    if image.at("<H", image.header + 4) not in MACHINES:
        yield f"machine {image.at('<H', image.header + 4):#x} is neither x64 nor ARM64"
    if image.at("<H", image.optional + 68) != NATIVE:
        yield f"subsystem {image.at('<H', image.optional + 68)}, a driver's is {NATIVE}"
    for bit, option in CHARACTERISTICS.items():
        if not image.at("<H", image.optional + 70) & bit:
            yield f"was linked without {option}"
    for name, *_, flags in image.sections:
        if flags & EXECUTABLE and flags & WRITABLE:
            yield f"section {name.rstrip(bytes(1)).decode()} is writable and executable"
    for index, what in ((EXCEPTIONS, "unwind information (.pdata)"), (RELOCATIONS, "relocations"), (DEBUG, "debug entry")):
        if not all(image.directory(index)):
            yield f"has no {what}"
    for library, name in image.imports():
        if (library, name) not in allowed:
            yield f"imports {name} from {library}, which no .def file of windows/driver allows"


def check(data, allowed):
    """A list of findings about the bytes of an image."""
    try:
        return list(judge(Image(data), allowed))
    except (struct.error, ValueError) as error:
        return [f"is no PE32+ image: {error}"]
