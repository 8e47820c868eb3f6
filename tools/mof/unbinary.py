"""Binary MOF to classes. Nothing in it is believed: what does not agree is a BinaryError that says where.

It shares no code with what writes binary MOF (binary.py describes the format), so that one can be tested by the other.
"""

import struct

from mof.model import BASIC_TYPES, Class, Method, Property, Qualifier
from mof.unpacking import BinaryError, unpack

MOST_BYTES = 1 << 20  # of the data; a driver's are a few thousand
TYPE_NAMES = {number: name for name, number in BASIC_TYPES.items()}
NO_OFFSET = 0xffffffff


class Reader:
    """A stretch of the data; positions are those in all of it."""

    def __init__(self, data, begin, end):
        self.data, self.at, self.end = data, begin, end

    def wrong(self, what, at=None):
        raise BinaryError(self.at if at is None else at, what)

    def number(self):
        if self.at + 4 > self.end:
            self.wrong("a number is cut off")
        self.at += 4
        return struct.unpack_from("<I", self.data, self.at - 4)[0]

    def expect(self, value, what):
        found = self.number()
        if found != value:
            self.wrong(f"{what} is {found}, expected {value}", self.at - 4)

    def part(self, size, what):
        """The next `size` bytes, as a stretch of their own."""
        if size > self.end - self.at:
            self.wrong(f"{what} is to have {size} bytes, {self.end - self.at} are left")
        self.at += size
        return Reader(self.data, self.at - size, self.at)

    def sized(self, what):
        """Something that begins with its size."""
        size = self.number()
        self.at -= 4
        if size < 4:
            self.wrong(f"{what} of {size} bytes")
        part = self.part(size, what)
        part.at += 4
        return part

    def list(self, read, what):
        part = self.sized(what)
        count = part.number()
        items = []
        while part.at < part.end:
            items.append(read(part))
        if len(items) != count:
            self.wrong(f"{what} has {len(items)} items, announced are {count}", part.end)
        return items

    def text(self):
        raw = self.data[self.at:self.end]
        end = next((i for i in range(0, len(raw) - 1, 2) if raw[i:i + 2] == b"\0\0"), None)
        if end is None or len(raw) != (end + 5) // 4 * 4 or any(raw[end:]):
            self.wrong("a text does not end where it should")
        self.at = self.end
        return raw[:end].decode("utf-16-le", "surrogatepass")

    def done(self, what):
        if self.at != self.end:
            self.wrong(f"{self.end - self.at} bytes too many in {what}")


class Content:
    def __init__(self, data, end, flavors):
        self.data, self.end, self.flavors = data, end, flavors

    def qualifier(self, reader):
        begin = reader.at
        part = reader.sized("a qualifier")
        kind = part.number()
        part.expect(0, "the offset of a qualifier's name")
        name = part.part(part.number(), "a qualifier's name").text()
        if kind == BASIC_TYPES["boolean"]:
            value = {0: False, 0xffff: True}.get(part.number())
            if value is None:
                part.wrong(f"{name} is neither true nor false", part.at - 4)
        elif kind == BASIC_TYPES["sint32"]:
            value = part.number()
            value -= value >> 31 << 32
        elif kind == BASIC_TYPES["string"]:
            value = part.text()
        else:
            part.wrong(f"qualifier {name} is of type {kind:#x}", begin + 4)
        part.done(f"qualifier {name}")
        return Qualifier(name, value, self.flavors.pop(begin, 0))

    def member(self, reader, what):
        """Type, name, a reader of the value or None, qualifiers or None."""
        part = reader.sized(what)
        kind = part.number()
        part.expect(0, f"the offset of the name of {what}")
        value_offset, qualifiers_offset = part.number(), part.number()
        size = part.end - part.at
        ends = [offset for offset in (value_offset, qualifiers_offset) if offset != NO_OFFSET] + [size]
        if ends != sorted(ends):
            part.wrong(f"the parts of {what} stand in no order")
        name = part.part(ends[0], "a name").text()
        value = qualifiers = None
        if value_offset != NO_OFFSET:
            end = qualifiers_offset if qualifiers_offset != NO_OFFSET else size
            value = part.part(end - value_offset, f"the value of {name}")
        if qualifiers_offset != NO_OFFSET:
            qualifiers = part.list(self.qualifier, f"the qualifiers of {name}")
        part.done(name)
        return kind, name, value, qualifiers

    def properties(self, reader, where):
        """Those that a class has, and the system's: {"__CLASS": name}."""
        own, system = [], {}
        for kind, name, value, qualifiers in reader.list(lambda part: self.member(part, "a property"), where):
            if qualifiers is None:
                if kind != BASIC_TYPES["string"] or value is None or name in system:
                    reader.wrong(f"{name} of {where} is no text")
                system[name] = value.text()
            elif value is not None:
                reader.wrong(f"{name} of {where} has a default value")
            else:
                own.append(self.property(reader, kind, name, qualifiers))
        return own, system

    def property(self, reader, kind, name, qualifiers):
        one = Property(name, "", bool(kind & 0x2000))
        by_name = {each.name: each.value for each in qualifiers}
        cim_type, maximum = by_name.get("CIMTYPE"), by_name.get("MAX")
        if kind & ~0x2000 == 13:
            if not isinstance(cim_type, str) or not cim_type.startswith("object:"):
                reader.wrong(f"{name} is an object of CIMTYPE {cim_type}")
            one.type = cim_type[len("object:"):]
        else:
            one.type = TYPE_NAMES.get(kind & ~0x2000)
            if one.type is None or not isinstance(cim_type, str) or one.type != cim_type.lower():
                reader.wrong(f"{name} is of type {kind:#x} and of CIMTYPE {cim_type}")
        one.size = maximum if one.is_array else None
        one.qualifiers = [each for each in qualifiers if each.name not in ("CIMTYPE", "MAX")]
        return one

    def parameters(self, value, method):
        """Of the objects in a method's value."""
        if value is None:
            return []
        whole = value.sized(f"the parameters of {method}")
        value.done(f"the value of {method}")
        whole.expect(1, "the number of dimensions")
        count = whole.number()
        row = whole.sized("a row of parameters")
        whole.done("the parameters")
        numbered = {}
        for _ in range(count):
            qualifiers, own, system, methods = self.object(row, 1)
            if qualifiers or methods or system != {"__CLASS": "__PARAMETERS"}:
                row.wrong(f"{method} has an object that is none of parameters")
            for one in own:
                number = one.value("ID")
                if number in numbered or (one.value("in") is True) == (one.value("out") is True):
                    row.wrong(f"parameter {one.name} of {method} has number {number}, and is in and out")
                one.qualifiers = [each for each in one.qualifiers if each.name != "ID"]
                numbered[number] = one
        row.done("a row of parameters")
        if set(numbered) != set(range(len(numbered))):
            row.wrong(f"the parameters of {method} are not numbered from 0 on")
        return [numbered[number] for number in range(len(numbered))]

    def method(self, reader):
        kind, name, value, qualifiers = self.member(reader, "a method")
        if kind != (0 if value is None else 0x200d) or qualifiers is None:
            reader.wrong(f"method {name} is of type {kind:#x}")
        return Method(name, self.parameters(value, name), qualifiers)

    def object(self, reader, expected):
        part = reader.sized("an object")
        offsets = [part.number() for _ in range(3)]
        part.expect(expected, "the kind of an object")
        begin = part.at
        qualifiers = None
        if offsets[0] != NO_OFFSET:
            qualifiers = part.list(self.qualifier, "the qualifiers of a class")
            if offsets[0] != 0:
                part.wrong("the qualifiers of an object do not come first", begin)
        if part.at - begin != offsets[1]:
            part.wrong(f"an object's properties are {offsets[1]} bytes away, expected {part.at - begin}")
        own, system = self.properties(part, "an object")
        if part.at - begin != offsets[2]:
            part.wrong(f"an object's methods are {offsets[2]} bytes away, expected {part.at - begin}")
        methods = part.list(self.method, "the methods of an object")
        part.done("an object")
        return qualifiers, own, system, methods

    def class_(self, reader):
        qualifiers, own, system, methods = self.object(reader, 0)
        unknown = set(system) - {"__CLASS", "__NAMESPACE", "__SUPERCLASS"}
        if unknown or "__CLASS" not in system or "__NAMESPACE" not in system or qualifiers is None:
            reader.wrong(f"a class has {sorted(system)}")
        return Class(system["__CLASS"], system.get("__SUPERCLASS"), system["__NAMESPACE"], qualifiers, own, methods)

    def classes(self):
        reader = Reader(self.data, 8, self.end)
        reader.expect(1, "the version")
        reader.expect(1, "the encoding")
        found = [self.class_(reader) for _ in range(reader.number())]
        reader.done("the classes")
        if self.flavors:
            raise BinaryError(min(self.flavors), "flavors of what is no qualifier")
        return found


def flavors_of(data, begin):
    if data[begin:begin + 16] != b"BMOFQUALFLAVOR11":
        raise BinaryError(begin, "the flavors do not follow the classes")
    reader = Reader(data, begin + 16, len(data))
    pairs = [(reader.number(), reader.number()) for _ in range(reader.number())]
    reader.done("the flavors")
    if pairs != sorted(dict(pairs).items()):
        raise BinaryError(begin, "the flavors stand in no order")
    return dict(pairs)


def classes_of_data(data):
    """Of what has been unpacked."""
    reader = Reader(data, 0, len(data))
    if reader.number() != 0x424d4f46:
        raise BinaryError(0, "the data do not begin with FOMB")
    end = reader.number()
    if not 20 <= end <= len(data):
        raise BinaryError(4, f"the classes are to end at byte {end} of {len(data)}")
    return Content(data, end, flavors_of(data, end)).classes()


def data_of(file):
    """What is packed in the bytes of a binary MOF, or BinaryError."""
    header = Reader(file, 0, min(16, len(file)))
    if file[:4] != b"FOMB":
        raise BinaryError(0, "is no binary MOF: FOMB does not stand at the beginning")
    header.at = 4
    header.expect(1, "the way of packing")
    packed, size = header.number(), header.number()
    if packed != len(file) - 16:
        raise BinaryError(8, f"{packed} packed bytes are announced, {len(file) - 16} are there")
    if size > MOST_BYTES:
        raise BinaryError(12, f"{size} bytes are more than the {MOST_BYTES} that a driver's classes may have")
    return unpack(file[16:], size)


def classes_of(file):
    """The classes in the bytes of a binary MOF, or BinaryError."""
    return classes_of_data(data_of(file))
