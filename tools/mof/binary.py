"""Classes to binary MOF, byte for byte as Microsoft's compiler writes it.

    file      "FOMB", 1, size of the packed data, size of the data; the packed data
    data      "FOMB", its size up to the flavors, 1, 1, number of classes; classes; flavors
    flavors   "BMOFQUALFLAVOR11", number; for each qualifier with any: its offset in the data, its flavors
    object    size, offset of its qualifiers, of its properties, of its methods, 0 (a class) or 1; these three lists
    list      size, number, items
    qualifier size, type, 0, offset of the value; name, value
    property  size, type, 0, offset of the value, offset of the qualifiers; name, value, qualifiers; methods likewise

Numbers have 32 bits, least significant byte first. Sizes count everything, themselves included; offsets, from the end
of the fixed fields on; FFFFFFFFh: there is none. Texts are UTF-16 with a zero at the end, filled up to 4 bytes.
"""

import struct

from mof import packing
from mof.model import ARRAY, BASIC_TYPES, DISABLE_OVERRIDE, OBJECT, TO_INSTANCE, TO_SUBCLASS, Qualifier

SIGNATURE, FLAVORS = b"FOMB", b"BMOFQUALFLAVOR11"
CLASS, INSTANCE = 0, 1
NONE = 0xffffffff
VOID = 0


def numbers(*values):
    return struct.pack(f"<{len(values)}I", *values)


def text(value):
    encoded = value.encode("utf-16-le", "surrogatepass") + bytes(2)
    return encoded + bytes(-len(encoded) % 4)


class Part:
    """Bytes, and where in them qualifiers with flavors begin."""

    def __init__(self, data=b"", flavors=()):
        self.data, self.flavors = data, list(flavors)

    def __add__(self, other):
        if isinstance(other, bytes):
            other = Part(other)
        moved = [(len(self.data) + offset, flavor) for offset, flavor in other.flavors]
        return Part(self.data + other.data, self.flavors + moved)

    def __len__(self):
        return len(self.data)


def joined(parts):
    whole = Part()
    for part in parts:
        whole = whole + part
    return whole


def list_of(parts):
    items = joined(parts)
    return Part(numbers(8 + len(items), len(parts))) + items


def qualifier(one):
    if isinstance(one.value, bool):
        kind, value = BASIC_TYPES["boolean"], numbers(0xffff if one.value else 0)
    elif isinstance(one.value, int):
        kind, value = BASIC_TYPES["sint32"], struct.pack("<i", one.value)
    else:
        kind, value = BASIC_TYPES["string"], text(one.value)
    name = text(one.name)
    size = 16 + len(name) + len(value)
    return Part(numbers(size, kind, 0, len(name)) + name + value, [(0, one.flavor)] if one.flavor else [])


def member(name, kind, value, qualifiers):
    """A property or a method. `value`: a Part, or None; `qualifiers`: a list of them, or None."""
    name, value_offset, qualifiers_offset = text(name), NONE, NONE
    body = Part(name)
    if value is not None:
        value_offset = len(body)
        body = body + value
    if qualifiers is not None:
        qualifiers_offset = len(body)
        body = body + list_of([qualifier(one) for one in qualifiers])
    return Part(numbers(20 + len(body), kind, 0, value_offset, qualifiers_offset)) + body


def variable(one, number=None):
    """A property, or a parameter with its number. The compiler's own qualifiers come last."""
    own = []
    if number is not None:
        own.append(Qualifier("ID", number, TO_INSTANCE | DISABLE_OVERRIDE))
    if one.size is not None:
        own.append(Qualifier("MAX", one.size))
    cim_type = "object:" + one.type if one.is_object else one.type
    own.append(Qualifier("CIMTYPE", cim_type, TO_INSTANCE | TO_SUBCLASS))
    kind = BASIC_TYPES.get(one.type, OBJECT) | (ARRAY if one.is_array else 0)
    return member(one.name, kind, None, one.qualifiers + own)


def system(name, value):
    return member(name, BASIC_TYPES["string"], text(value), None)


def parameters(method):
    """In one object those that go in, in another those that come out; None: there are neither."""
    objects = []
    for direction in ("in", "out"):
        chosen = [variable(one, number) for number, one in enumerate(method.parameters)
                  if one.value(direction) is True]
        if chosen:
            properties = list_of([*chosen, system("__CLASS", "__PARAMETERS")])
            body = properties + list_of([])
            objects.append(Part(numbers(20 + len(body), NONE, 0, len(properties), INSTANCE)) + body)
    if not objects:
        return None
    row = joined(objects)
    return Part(numbers(16 + len(row), 1, len(objects), 4 + len(row))) + row


def method_part(method):
    value = parameters(method)
    return member(method.name, VOID if value is None else OBJECT | ARRAY, value, method.qualifiers)


def class_part(one):
    qualifiers = list_of([qualifier(each) for each in one.qualifiers])
    names = [system("__CLASS", one.name), system("__NAMESPACE", one.namespace)]
    if one.superclass is not None:
        names.append(system("__SUPERCLASS", one.superclass))
    properties = list_of([*[variable(each) for each in one.properties], *names])
    methods = list_of([method_part(each) for each in one.methods])
    offsets = len(qualifiers), len(qualifiers) + len(properties)
    body = qualifiers + properties + methods
    return Part(numbers(20 + len(body), 0, *offsets, CLASS)) + body


def data_of(classes):
    """Before it is packed."""
    body = joined([class_part(one) for one in classes])
    whole = Part(SIGNATURE + numbers(20 + len(body), 1, 1, len(classes))) + body
    flavors = b"".join(numbers(*pair) for pair in whole.flavors)
    return whole.data + FLAVORS + numbers(len(whole.flavors)) + flavors


def binary(classes):
    data = data_of(classes)
    packed = packing.pack(data)
    return SIGNATURE + numbers(1, len(packed), len(data)) + packed
