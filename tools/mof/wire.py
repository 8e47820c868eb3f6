"""How instances of a class lie in memory between WMI and a driver: in the order of WmiDataId, each field at a multiple
of its alignment, without what the base class or WMI itself adds (InstanceName, Active).

A text with MaxLen(n) takes 2 bytes for its length in bytes and room for n characters. A text without it, and an array
whose size another field tells, end what has fixed places.
"""

from dataclasses import dataclass, field

from mof.model import MofError

# Size and alignment.
SIZES = {"boolean": (1, 1), "sint8": (1, 1), "uint8": (1, 1), "sint16": (2, 2), "uint16": (2, 2), "char16": (2, 2),
         "sint32": (4, 4), "uint32": (4, 4), "real32": (4, 4), "sint64": (8, 8), "uint64": (8, 8), "real64": (8, 8),
         "datetime": (50, 2)}
OF_WMI = {"instancename": "string", "active": "boolean"}


@dataclass
class Field:
    name: str
    offset: int
    size: int  # of an element, if it is an array that another field tells the size of
    is_open: bool = False


@dataclass
class Layout:
    fields: list = field(default_factory=list)
    size: int = 0  # of an element of an array of them; of an open one: up to where the open field begins
    alignment: int = 1
    is_open: bool = False


def aligned(offset, alignment):
    return -(-offset // alignment) * alignment


def wrong(one, what):
    raise MofError(one.place, what)


def data_fields(made):
    """In the order of WmiDataId, which must be 1, 2, 3 ..."""
    found = {}
    for one in made.properties:
        number = one.value("WmiDataId")
        if number is None:
            if one.name.lower() not in OF_WMI:
                wrong(one, f"{one.name} has no WmiDataId, so it has no place; give it one")
        elif isinstance(number, bool) or not isinstance(number, int) or number < 1:
            wrong(one, f"the WmiDataId of {one.name} is no number from 1 on; give one")
        elif number in found:
            wrong(one, f"{one.name} has the WmiDataId of {found[number].name}; give it one of its own")
        else:
            found[number] = one
    for expected, number in enumerate(sorted(found), 1):
        if number != expected:
            wrong(found[number], f"{found[number].name} has WmiDataId {number}, but there is no {expected}; number "
                                 "the properties without gaps")
    return [found[number] for number in sorted(found)]


def check_counter(made, one, before):
    """An open array says how many elements it has: by an unsigned number before it."""
    name = one.value("WmiSizeIs")
    if not isinstance(name, str):
        wrong(one, f"nothing says how many elements {one.name} has; give WmiSizeIs, or a number in the brackets")
    counter = next((each for each in before if each.name.lower() == name.lower()), None)
    if counter is None or counter.is_array or not counter.type.startswith("uint"):
        wrong(one, f"WmiSizeIs of {one.name} names {name}, which is no unsigned number before it in {made.name}")


class Layouts:
    """By name, of classes that may hold one another."""

    def __init__(self, classes):
        self.by_name = {}
        for one in classes:
            self.by_name[one.name] = self.layout(one)

    def element(self, one):
        """Size, alignment, whether it has one size only."""
        if one.is_object:
            layout = self.by_name[one.type]
            return layout.size, layout.alignment, not layout.is_open
        if one.type == "string":
            most = one.value("MaxLen")
            if most is None:
                return 2, 2, False
            if isinstance(most, bool) or not isinstance(most, int) or not 0 < most < 32767:
                wrong(one, f"MaxLen of {one.name} is no number of 1 to 32766; give one")
            return 2 + 2 * most, 2, True
        return *SIZES[one.type], True

    def layout(self, made):
        layout = Layout()
        end, before = 0, []
        for one in data_fields(made):
            if layout.is_open:
                wrong(one, f"{one.name} stands behind {before[-1].name}, whose size varies; number it before that")
            size, alignment, fixed = self.element(one)
            is_open = not fixed or (one.is_array and one.size is None)
            if one.is_array and not fixed:
                wrong(one, f"the elements of {one.name} are of different sizes; give the texts a MaxLen")
            if one.is_array and one.size is None:
                check_counter(made, one, before)
            end = aligned(end, alignment)
            layout.fields.append(Field(one.name, end, size, is_open))
            layout.is_open = is_open
            layout.alignment = max(layout.alignment, alignment)
            end += 0 if is_open else size * (one.size or 1)
            before.append(one)
        layout.size = end if layout.is_open else aligned(end, layout.alignment)
        return layout


def check_instance(made):
    """What WMI wants of a class whose instances a driver provides."""
    if made.value("Dynamic") is not True:
        return
    for name, kind in OF_WMI.items():
        one = next((each for each in made.properties if each.name.lower() == name), None)
        if one is None or one.type != kind or one.is_array:
            wrong(made, f"{made.name} is Dynamic and has no {kind} {'InstanceName' if kind == 'string' else 'Active'}; "
                        "add it")
        if kind == "string" and one.value("key") is not True:
            wrong(one, "InstanceName tells the instances apart; make it the key")
    numbers = set()
    for method in made.methods:
        number = method.value("WmiMethodId")
        if isinstance(number, bool) or not isinstance(number, int) or number < 1 or number in numbers:
            wrong(method, f"{method.name} has no WmiMethodId of its own; give a number from 1 on")
        numbers.add(number)


def layouts(classes):
    for one in classes:
        check_instance(one)
    return Layouts(classes).by_name
