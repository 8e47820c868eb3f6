"""MOF text to classes: what WDM drivers use of the language.

That is: classes with or without a base class, qualifiers with flavors, properties of all types, arrays, embedded
objects, methods, the pragmas namespace and include. What it has besides - instances, default values, lists as values of
qualifiers - is refused with a remedy, never passed over.
"""

import difflib
import os

from mof import model
from mof.model import Class, Method, MofError, Property, Qualifier
from mof.tokens import END, IDENTIFIER, NUMBER, TEXT, Tokens, Words

FLAVORS = {"toinstance": model.TO_INSTANCE, "tosubclass": model.TO_SUBCLASS, "amended": model.AMENDED,
           "disableoverride": model.DISABLE_OVERRIDE}
NO_FLAVORS = {"nottoinstance": "toinstance", "nottosubclass": "tosubclass", "enableoverride": "disableoverride",
              "restricted": None}
# Base classes that WMI itself brings.
SYSTEM_CLASSES = ("wmievent", "__extrinsicevent")
# What the compiler makes itself.
RESERVED_QUALIFIERS = ("cimtype", "id", "max")
MOST_INCLUDES = 16


def like(name, names):
    """"; did you mean X?", or nothing."""
    close = difflib.get_close_matches(name.lower(), [one.lower() for one in names], 1)
    return next((f"; did you mean {one}?" for one in names if close and one.lower() == close[0]), "")


class Parser(Words):
    def __init__(self, read):
        super().__init__()
        self.read = read
        self.classes = []
        self.files = []
        self.namespace = "root\\default"

    def file(self, path, place):
        if path in self.files:
            raise MofError(place, f"{path} includes itself; leave this line out")
        if len(self.files) == MOST_INCLUDES:
            raise MofError(place, f"files include one another more than {MOST_INCLUDES} deep; include fewer")
        try:
            text = self.read(path)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8"
            raise MofError(place, f"cannot read {path}: {reason}; is its name right?") from None
        outer = self.tokens, self.token
        self.files.append(path)
        self.tokens = Tokens(text, path)
        self.advance()
        while self.token.kind != END:
            self.statement()
        self.files.pop()
        self.tokens, self.token = outer

    # Statements

    def statement(self):
        if self.is_mark("#"):
            self.advance()
            return self.pragma()
        qualifiers = self.qualifiers()
        word = self.take(IDENTIFIER, "a class, or #pragma")
        if word.value.lower() == "instance":
            self.wrong("instances are the driver's to make; describe classes only", word)
        if word.value.lower() != "class":
            self.wrong(f"{word} begins no statement{like(word.value, ['class'])}; there are class and #pragma", word)
        return self.class_(qualifiers)

    def pragma(self):
        word = self.take(IDENTIFIER, "pragma")
        if word.value.lower() != "pragma":
            self.wrong("only #pragma begins with #", word)
        name = self.take(IDENTIFIER, "the pragma's name")
        kind = name.value.lower()
        if kind == "autorecover":
            return
        if kind not in ("namespace", "include"):
            self.wrong(f"#pragma {name.value} is not served{like(name.value, ['namespace', 'include'])}; there are "
                       "namespace and include", name)
        self.mark("(", f"#pragma {name.value}")
        value = self.take(TEXT, "a text in quotes")
        if not self.is_mark(")"):
            self.mark(")", "the text")
        if kind == "namespace":
            self.namespace = value.value
            self.advance()
            return
        self.file(os.path.normpath(os.path.join(os.path.dirname(name.place.file), value.value)), value.place)
        self.advance()

    def qualifiers(self):
        found = []
        if not self.is_mark("["):
            return found
        self.advance()
        for one in self.list_of(self.qualifier, "]", "a qualifier"):
            if any(one.name.lower() == other.name.lower() for other in found):
                raise MofError(one.place, f"{one.name} stands here twice; leave one out")
            if one.name.lower() in RESERVED_QUALIFIERS:
                raise MofError(one.place, f"{one.name} is made by the compiler; leave it out")
            found.append(one)
        return found

    def qualifier(self):
        name = self.take(IDENTIFIER, "the name of a qualifier")
        value = True
        if self.is_mark("{"):
            self.wrong("lists of values are not served; describe them in a Description")
        if self.is_mark("("):
            self.advance()
            value = self.qualifier_value()
            self.mark(")", "the value")
        return Qualifier(name.value, value, self.flavor() if self.is_mark(":") else 0, name.place)

    def qualifier_value(self):
        token = self.token
        if token.kind == TEXT:
            return self.advance().value
        if token.kind == NUMBER:
            if not -2**31 <= token.value < 2**31:
                self.wrong(f"{token.value} is no number of 32 bits with a sign; give one, or a text")
            return self.advance().value
        if token.kind == IDENTIFIER and token.value.lower() in ("true", "false"):
            return self.advance().value.lower() == "true"
        return self.wrong(f"{token} stands here; a qualifier's value is a text, a whole number, true or false")

    def flavor(self):
        self.advance()
        seen, flavor = set(), 0
        while True:
            word = self.take(IDENTIFIER, "a flavor")
            key = word.value.lower()
            if key not in FLAVORS and key not in NO_FLAVORS:
                known = ["ToInstance", "ToSubclass", "DisableOverride", "Amended", "NotToInstance", "NotToSubclass",
                         "EnableOverride", "Restricted"]
                self.wrong(f"there is no flavor {word.value}{like(word.value, known)}; there are {', '.join(known)}",
                           word)
            against = NO_FLAVORS.get(key) or next((no for no, yes in NO_FLAVORS.items() if yes == key), None)
            if against in seen or (key == "restricted" and flavor) or ("restricted" in seen and key in FLAVORS):
                self.wrong(f"{word.value} contradicts the flavor before it; leave one out", word)
            seen.add(key)
            flavor |= FLAVORS.get(key, 0)
            if self.token.kind != IDENTIFIER:
                return flavor

    # Classes

    def class_(self, qualifiers):
        name = self.take(IDENTIFIER, "the name of the class")
        if self.find(name.value):
            self.wrong(f"there is a class {name.value} already, at {self.find(name.value).place}; name it differently",
                       name)
        made = Class(name.value, None, self.namespace, qualifiers, place=name.place)
        if self.is_mark(":"):
            self.advance()
            base = self.take(IDENTIFIER, "the name of the base class")
            if not self.find(base.value) and base.value.lower() not in SYSTEM_CLASSES:
                self.unknown_class(base)
            made.superclass = base.value
        self.mark("{", "the name of the class")
        while not self.is_mark("}"):
            self.member(made)
        self.advance()
        self.mark(";", "the class")
        self.classes.append(made)

    def find(self, name):
        return next((one for one in self.classes if one.name.lower() == name.lower()), None)

    def unknown_class(self, token):
        self.wrong(f"there is no type and no class {token.value} before here"
                   f"{like(token.value, [*model.BASIC_TYPES, *[one.name for one in self.classes]])}", token)

    def type(self):
        token = self.take(IDENTIFIER, "a type")
        if token.value.lower() in model.BASIC_TYPES:
            return token.value.lower()
        if token.value.lower() == "object":
            self.mark(":", "object, and the name of a class")
            token = self.take(IDENTIFIER, "the name of a class")
        if not self.find(token.value):
            self.unknown_class(token)
        return self.find(token.value).name

    def member(self, made):
        qualifiers = self.qualifiers()
        if self.token.kind == IDENTIFIER and self.token.value.lower() == "void":
            self.advance()
            return self.method(made, qualifiers)
        one = self.variable(qualifiers)
        if self.is_mark("("):
            self.wrong("a driver's method returns void; give the result as an [out] parameter")
        if self.is_mark("="):
            self.wrong("default values are not served; instances are the driver's")
        self.mark(";", one.name)
        self.add(made.properties, one)
        return None

    def variable(self, qualifiers):
        kind = self.type()
        name = self.take(IDENTIFIER, "a name")
        one = Property(name.value, kind, qualifiers=qualifiers, place=name.place)
        if self.is_mark("["):
            self.advance()
            one.is_array = True
            if self.token.kind == NUMBER:
                size = self.advance()
                if not 0 < size.value < 2**31:
                    self.wrong(f"an array of {size.value} elements there is not; give 1 or more", size)
                one.size = size.value
            self.mark("]", "the number of elements")
        return one

    def add(self, members, one):
        before = next((other for other in members if other.name.lower() == one.name.lower()), None)
        if before:
            raise MofError(one.place, f"there is a {one.name} already, at {before.place}; name it differently")
        members.append(one)

    def method(self, made, qualifiers):
        name = self.take(IDENTIFIER, "the name of the method")
        one = Method(name.value, qualifiers=qualifiers, place=name.place)
        self.mark("(", "the name of the method")
        if self.is_mark(")"):
            self.advance()
        else:
            for parameter in self.list_of(lambda: self.variable(self.qualifiers()), ")", "a parameter"):
                if (parameter.value("in") is True) == (parameter.value("out") is True):
                    raise MofError(parameter.place, f"{parameter.name} is neither or both of [in] and [out]; give one")
                self.add(one.parameters, parameter)
        self.mark(";", "the method")
        self.add(made.methods, one)


def read_file(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def parse(path, read=read_file):
    """The classes of a file and of what it includes, or MofError."""
    parser = Parser(read)
    parser.file(path, model.Place(path, 1, 1))
    return parser.classes
