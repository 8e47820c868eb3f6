"""What a driver's image says about itself: whether Windows would load it, and whether it holds to the rules.

Checked are: native subsystem, address randomisation and no-execute marks, sections that are known and none that is both
writable and executable or may be paged out, unwind information, a debug entry that names the PDB, the size, and that
nothing is imported but what the .def files allow and the oldest supported Windows Server has. Its code is looked at by
windows_code.py.
"""

import struct

MACHINES = {0x8664: "x64", 0xAA64: "ARM64"}
NATIVE = 1
CHARACTERISTICS = {0x0020: "/highentropyva", 0x0040: "/dynamicbase", 0x0100: "/nxcompat"}
EXECUTABLE, WRITABLE = 0x20000000, 0x80000000
CODE, READ_ONLY, DATA, DISCARDABLE = 0x60000020, 0x40000040, 0xC0000040, 0x42000040
SECTIONS = {b".text": CODE, b".rdata": READ_ONLY, b".buildid": READ_ONLY, b".data": DATA, b".pdata": READ_ONLY,
            b".rsrc": READ_ONLY, b".reloc": DISCARDABLE}
SIZE_LIMIT = 256 * 1024
SERVERS = ["2003", "2008", "2008R2", "2012", "2012R2", "2016", "2019", "2022", "2025"]
OLDEST_SUPPORTED = "2016"
FIRST_EXPORTED = "windows/driver/first_exported.txt"
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


def first_exported(text):
    """{(library, name): version} of first_exported.txt. Raises ValueError."""
    found = {}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if words:
            if len(words) != 3 or words[2] not in SERVERS:
                raise ValueError(f"{FIRST_EXPORTED}: not LIBRARY FUNCTION and one of {', '.join(SERVERS)}: {line}")
            found[words[0], words[1]] = words[2]
    return found


def check_definitions(allowed, exported):
    """What the .def files allow must be known, and old enough to be imported."""
    for library, name in sorted(allowed):
        version = exported.get((library, name))
        if version is None:
            yield f"{FIRST_EXPORTED} does not say which Windows Server was the first to export {name} from {library}"
        elif SERVERS.index(version) > SERVERS.index(OLDEST_SUPPORTED):
            yield (f"{name} is exported since Windows Server {version}: on {OLDEST_SUPPORTED} the driver would not load. "
                   "Look it up with MmGetSystemRoutineAddress, have another way without it, and take it out of the .def file")


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

    def machine(self):
        return MACHINES.get(self.at("<H", self.header + 4))

    def imports(self):
        """(library, function, address of the pointer to it) of each."""
        entry = self.directory(IMPORTS)[0]
        while entry and (name := self.at("<I", self.offset_of(entry) + 12)):
            slot = self.at("<I", self.offset_of(entry) + 16)
            thunk = self.at("<I", self.offset_of(entry)) or slot
            while value := self.at("<Q", self.offset_of(thunk)):
                imported = f"ordinal {value & 0xffff}" if value >> 63 else self.text(value + 2)
                yield self.text(name).lower(), imported, slot
                thunk, slot = thunk + 8, slot + 8
            entry += 20


def judge(image, allowed):
    if image.machine() is None:
        yield f"machine {image.at('<H', image.header + 4):#x} is neither x64 nor ARM64"
    if image.at("<H", image.optional + 68) != NATIVE:
        yield f"subsystem {image.at('<H', image.optional + 68)}, a driver's is {NATIVE}"
    for bit, option in CHARACTERISTICS.items():
        if not image.at("<H", image.optional + 70) & bit:
            yield f"was linked without {option}"
    for name, *_, flags in image.sections:
        name = name.rstrip(bytes(1))
        if flags & EXECUTABLE and flags & WRITABLE:
            yield f"section {name.decode()} is writable and executable"
        elif name not in SECTIONS:
            yield f"section {name.decode()} is none of a driver all of which stays in memory: {sorted(SECTIONS)}"
        elif flags != SECTIONS[name]:
            yield f"section {name.decode()} has flags {flags:#x}, not {SECTIONS[name]:#x}"
    yield from check_size(image.data)
    for index, what in ((EXCEPTIONS, "unwind information (.pdata)"), (RELOCATIONS, "relocations"), (DEBUG, "debug entry")):
        if not all(image.directory(index)):
            yield f"has no {what}"
    for library, name, _ in image.imports():
        if (library, name) not in allowed:
            yield f"imports {name} from {library}, which no .def file of windows/driver allows"


def check(data, allowed):
    """A list of findings about the bytes of an image."""
    try:
        return list(judge(Image(data), allowed))
    except (struct.error, ValueError) as error:
        return [f"is no PE32+ image: {error}"]


def checksum(data):
    """What the header should say: the sum of all words but this one, and the length."""
    place = Image(data).optional + 64
    padded = data[:place] + bytes(4) + data[place + 4:] + bytes(len(data) % 2)
    total = sum(struct.unpack(f"<{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total + len(data)


def check_size(data):
    return [] if len(data) <= SIZE_LIMIT else [f"has {len(data)} bytes, more than {SIZE_LIMIT}"]


def check_signed(data):
    """Of the finished file, which is longer by its signature. Windows refuses a driver whose checksum is wrong."""
    told = Image(data).at("<I", Image(data).optional + 64)
    wrong = [] if told == checksum(data) else [f"has the checksum {told:#x}, not {checksum(data):#x}"]
    return check_size(data) + wrong
