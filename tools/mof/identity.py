"""windows/driver/identity.h, or that of another vendor, as `dsmkit profile identity --header` prints it."""

import re
import uuid
from dataclasses import dataclass, field

TEXT = re.compile(r'^inline constexpr (?:WCHAR|char) k(\w+)\[\] = (?:KERNEL_TEXT\()?"((?:[^"\\]|\\.)*)"\)?;$')
VERSION = re.compile(r"^inline constexpr DSM_VERSION_INFO kVersion = \{(\d+), (\d+), (\d+), (\d+)\};$")
GUID = re.compile(r"^inline constexpr GUID k(\w+)Guid = \{\n    0x(\w{8}), 0x(\w{4}), 0x(\w{4}), \{(.+)\}\};$", re.M)
# What becomes names of files and of classes.
SHAPES = {"BinaryName": re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}\.sys"),
          "ClassPrefix": re.compile(r"[A-Z][A-Z0-9_]{0,31}")}
REMEDY = "make it anew: dsmkit profile identity PROFILE --header"
TEXTS = ["Vendor", "Product", "Company", "ServiceName", "BinaryName", "DisplayName", "TraceProviderName", "ClassPrefix"]
PROVIDER = "TraceProvider"


class IdentityError(Exception):
    pass


@dataclass
class Identity:
    texts: dict = field(default_factory=dict)  # by name, as in TEXTS
    version: tuple = ()
    guids: dict = field(default_factory=dict)  # "DevicePerf": text

    def __getattr__(self, name):
        """identity.service_name."""
        key = "".join(part.capitalize() for part in name.split("_"))
        if key not in TEXTS:
            raise AttributeError(name)
        return self.texts[key]

    def guid_of_class(self, name):
        """Of DEVICE_PERF, without the prefix; None: it is no class of the driver."""
        return self.guids.get("".join(part.capitalize() for part in name.split("_")))


def parse(text, file):
    identity = Identity()
    for line in text.splitlines():
        found = TEXT.match(line)
        if found and found[1] in TEXTS:
            identity.texts[found[1]] = re.sub(r"\\(.)", r"\1", found[2])
        found = VERSION.match(line)
        if found:
            identity.version = tuple(int(number) for number in found.groups())
    for found in GUID.finditer(text):
        digits = "".join(found.groups()[1:4]) + re.sub(r"0x|[, ]", "", found[5])
        try:
            identity.guids[found[1]] = str(uuid.UUID(digits))
        except ValueError:
            raise IdentityError(f"{file}: k{found[1]}Guid is no GUID; {REMEDY}") from None
    missing = [f"k{name}" for name in TEXTS if name not in identity.texts]
    missing += [] if identity.version else ["kVersion"]
    missing += [] if PROVIDER in identity.guids else [f"k{PROVIDER}Guid"]
    if missing:
        raise IdentityError(f"{file}: has no {', '.join(missing)}; {REMEDY}")
    for name, shape in SHAPES.items():
        if not shape.fullmatch(identity.texts[name]):
            raise IdentityError(f"{file}: k{name} cannot be {identity.texts[name]!r}; {REMEDY}")
    return identity


def load(path):
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise IdentityError(f"{path}: cannot be read: {error}; {REMEDY}") from None
