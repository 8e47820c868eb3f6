"""Classes as MOF describes them."""

from dataclasses import dataclass, field

# Flavors of qualifiers, as binary MOF has them.
TO_INSTANCE, TO_SUBCLASS, DISABLE_OVERRIDE, AMENDED = 0x01, 0x02, 0x10, 0x80

BASIC_TYPES = {
    "sint16": 2, "sint32": 3, "real32": 4, "real64": 5, "string": 8, "boolean": 11, "sint8": 16, "uint8": 17,
    "uint16": 18, "uint32": 19, "sint64": 20, "uint64": 21, "datetime": 101, "char16": 103,
}
OBJECT, ARRAY = 13, 0x2000


class MofError(Exception):
    """What is wrong, where, and the remedy: FILE:LINE:COLUMN: text."""

    def __init__(self, place, what):
        super().__init__(f"{place}: {what}")


@dataclass(frozen=True)
class Place:
    file: str
    line: int
    column: int

    def __str__(self):
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Place("-", 0, 0)


@dataclass
class Qualifier:
    name: str
    value: object  # True or False, a number of 32 bits, a text
    flavor: int = 0
    place: Place = field(default=NOWHERE, compare=False)


class Qualified:
    """What has qualifiers; their names differ in more than case."""

    def qualifier(self, name):
        for one in self.qualifiers:
            if one.name.lower() == name.lower():
                return one
        return None

    def value(self, name, otherwise=None):
        found = self.qualifier(name)
        return otherwise if found is None else found.value


@dataclass
class Property(Qualified):
    """Of a class; a parameter of a method likewise."""
    name: str
    type: str  # a basic type or the name of a class
    is_array: bool = False
    size: int | None = None  # of an array that has always the same
    qualifiers: list = field(default_factory=list)
    place: Place = field(default=NOWHERE, compare=False)

    @property
    def is_object(self):
        return self.type not in BASIC_TYPES


@dataclass
class Method(Qualified):
    """Returns nothing, as a driver's methods do; parameters are either `in` or `out`."""
    name: str
    parameters: list = field(default_factory=list)
    qualifiers: list = field(default_factory=list)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass
class Class(Qualified):
    name: str
    superclass: str | None = None
    namespace: str = "root\\default"
    qualifiers: list = field(default_factory=list)
    properties: list = field(default_factory=list)
    methods: list = field(default_factory=list)
    place: Place = field(default=NOWHERE, compare=False)
