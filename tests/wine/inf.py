#!/usr/bin/env python3
"""What `dsmkit inf new` makes, installed by Wine's setupapi: the file, the service, the lists of devices, the rights of the WMI classes,
and nothing else; the registry is compared before and after. Ends with `N passed, N failed`.

usage: inf.py [--dsmkit build/release/dsmkit]

Exits with 77, and says why in its last line, where there is no Wine. What Wine does not know of INF files, and this
cannot show, stands in docs/windows.md.
"""

import json
import os
import struct
import subprocess
import sys

import prefix

PROFILE = """[names]
vendor = "Acme"
product = "{service} Array"
company = "Acme; \\"100%\\" Storage"
service = "{service}"
version = "1.2.3.4"
"""
DEVICE = '[[device]]\nvendor = "{0}"\nproduct{2} = "{1}"\n'
FIRST = [("ACME", "ARRAY", ""), ("ACME", "BOX_", "_prefix"), ("ACMETOO_", "A%B% \\\"X\\\"", "")]
ENTRIES = ["ACME    ARRAY           ", "ACME    BOX_", 'ACMETOO_A%B% "X"        ']
OTHERS = ["Vendor 8Product       16", "OTHER   ARRAY_          "]  # in MPIO's list before
SYSTEM = r"HKLM\System"
CURRENT = r"HKEY_LOCAL_MACHINE\System\CurrentControlSet"
MPIO_KEY, MPIO_LIST = CURRENT + r"\Control\MPDEV", "MPIOSupportedDeviceList"
WMI_PARENT = CURRENT + r"\Control\WMI"
WMI_KEY = WMI_PARENT + r"\Security"
# As winnt.h and wmistr.h have them: what all may, and query, set, execute.
COMMON, QUERY, SET, EXECUTE = 0x12000C, 1, 2, 16
RIGHTS = {"DEVICE_PERF": QUERY, "DEVICE_HEALTH": QUERY, "WMI_METHODS": QUERY | SET | EXECUTE, "SUPPORTED_DEVICES_LIST": QUERY,
          "TARGETS_DEFAULT_LOAD_BALANCE_POLICY": QUERY | SET, "DEFAULT_LOAD_BALANCE_POLICY": QUERY | SET}


def descriptor(rights):
    """A self-relative one: for administrators and the system, and nobody else."""
    administrators = struct.pack("<BB6sII", 1, 2, bytes([0, 0, 0, 0, 0, 5]), 32, 544)
    system = struct.pack("<BB6sI", 1, 1, bytes([0, 0, 0, 0, 0, 5]), 18)
    entries = b"".join(struct.pack("<BBHI", 0, 0, 8 + len(sid), COMMON | rights) + sid for sid in (administrators, system))
    header = struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 36, 0, 52)
    return header + administrators * 2 + struct.pack("<BBHHH", 2, 0, 8 + len(entries), 2, 0) + entries


class Package:
    """A vendor's INF, and a file that passes for his driver, in a folder of its own."""

    def __init__(self, wine, dsmkit, service, devices, *options):
        self.wine, self.service = wine, service
        self.content = f"the driver of {service}".encode()
        self.folder = wine.path("C:\\" + service)
        os.makedirs(self.folder, exist_ok=True)
        profile = os.path.join(self.folder, "profile.toml")
        with open(profile, "w", encoding="utf-8") as file:
            file.write(PROFILE.format(service=service) + "".join(DEVICE.format(*device) for device in devices))
        inf = os.path.join(self.folder, service + ".inf")
        subprocess.run([dsmkit, "inf", "new", profile, "--date", "2026-11-26", "-o", inf, *options], check=True)
        with open(os.path.join(self.folder, service + ".sys"), "wb") as file:
            file.write(self.content)
        identity = json.loads(subprocess.run([dsmkit, "profile", "identity", profile, "--json"], check=True,
                                             capture_output=True).stdout)
        prefix_of_classes = identity["class_prefix"] + "_"
        self.classes = {name.removeprefix(prefix_of_classes): guid for name, guid in identity["classes"].items()}

    def install(self, section):
        # 132: quietly, by the INF's own path.
        self.wine.run("rundll32", "setupapi.dll,InstallHinfSection", section, "132", rf"C:\{self.service}\{self.service}.inf")

    def descriptors(self):
        return {self.classes[name]: descriptor(rights) for name, rights in RIGHTS.items()}


def changes(before, after):
    """The keys that differ, with the values that do; a value that has gone is None."""
    found = {}
    for key in before.keys() | after.keys():
        old, new = before.get(key, {}), after.get(key, {})
        values = {name: new.get(name) for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        if values or (key in before) != (key in after):
            found[key] = values
    return found


def service_key(service, image):
    # The last two are Wine's own addition.
    return {"DisplayName": f"{service} Array Multi-Path DSM", "Type": 1, "Start": 0, "ErrorControl": 1, "Group": "System Bus Extender",
            "ImagePath": image, "ObjectName": "LocalSystem", "PreshutdownTimeout": 180000}


def keys_of_service(service, image, entries):
    key = CURRENT + "\\Services\\" + service
    return {key: service_key(service, image), key + "\\Parameters": {"DsmSupportedDeviceList": entries}}


def add_value(wine, key, name, kind, data):
    wine.run("reg", "add", key, "/v", name, "/t", kind, "/d", data, "/f")


def check_file(tally, wine, package, folder):
    with open(wine.path(folder + "\\" + package.service + ".sys"), "rb") as file:
        tally.expect(f"{package.service}.sys is in {folder}", file.read(), package.content)


def classic(wine, tally, options):
    tally.step("Wine's prefix is there", wine.make_prefix)
    with wine.session() as session:
        # Wine appends to a list that is there, and makes none.
        add_value(wine, MPIO_KEY, MPIO_LIST, "REG_MULTI_SZ", r"\0".join(OTHERS))
        package = Package(wine, options.dsmkit, "acmedsm", FIRST, "--classic")
        before = wine.registry(SYSTEM)
        tally.step("classic: setupapi installs it", lambda: package.install("acmedsm_install"))
        after = wine.registry(SYSTEM)
        check_file(tally, wine, package, r"C:\windows\system32\drivers")
        image = r"C:\windows\system32\drivers\acmedsm.sys"
        tally.expect("classic: service, devices behind those of others, rights of six classes, and nothing else",
                     changes(before, after),
                     {**keys_of_service("acmedsm", image, ENTRIES), MPIO_KEY: {MPIO_LIST: OTHERS + ENTRIES},
                      WMI_KEY: package.descriptors(), WMI_PARENT: {}})
        package.install("acmedsm_install")
        tally.expect("classic: a second time changes nothing", changes(after, wine.registry(SYSTEM)), {})
        changed_by_people(wine, tally, package, options)
        session.stdin.close()


def changed_by_people(wine, tally, package, options):
    kept = package.classes["DEVICE_PERF"]
    add_value(wine, WMI_KEY, kept, "REG_BINARY", "0100")
    add_value(wine, MPIO_KEY, MPIO_LIST, "REG_MULTI_SZ", r"\0".join([OTHERS[0], "acme    box_", OTHERS[1]]))
    package.install("acmedsm_install")
    after = wine.registry(SYSTEM)
    tally.expect("classic: an administrator's descriptor stays", after[WMI_KEY][kept], b"\x01\0")
    tally.expect("classic: what is in MPIO's list in other letters is not appended again", after[MPIO_KEY][MPIO_LIST],
                 [OTHERS[0], "acme    box_", OTHERS[1], ENTRIES[0], ENTRIES[2]])

    newer = Package(wine, options.dsmkit, "acmedsm", [*FIRST[:2], ("ACME", "CUBE", "")], "--classic")
    newer.install("acmedsm_install")
    updated = wine.registry(SYSTEM)
    tally.expect("classic: an update replaces the module's own list and appends what is new to MPIO's", changes(after, updated),
                 {CURRENT + r"\Services\acmedsm\Parameters": {"DsmSupportedDeviceList": [*ENTRIES[:2], "ACME    CUBE            "]},
                  MPIO_KEY: {MPIO_LIST: [*after[MPIO_KEY][MPIO_LIST], "ACME    CUBE            "]}})

    other = Package(wine, options.dsmkit, "other-dsm", [("OTHER", "ARRAY_", ""), ("OTHER", "NEW", "_prefix")], "--classic")
    other.install("other-dsm_install")
    image = r"C:\windows\system32\drivers\other-dsm.sys"
    tally.expect("classic: another vendor's module leaves this one as it is", changes(updated, wine.registry(SYSTEM)),
                 {**keys_of_service("other-dsm", image, [OTHERS[1], "OTHER   NEW"]), WMI_KEY: other.descriptors(),
                  MPIO_KEY: {MPIO_LIST: [*updated[MPIO_KEY][MPIO_LIST], "OTHER   NEW"]}})


def modern(wine, tally, options):
    tally.step("Wine's prefix is there", wine.make_prefix)
    with wine.session() as session:
        add_value(wine, MPIO_KEY, MPIO_LIST, "REG_MULTI_SZ", r"\0".join(OTHERS))
        package = Package(wine, options.dsmkit, "acmedsm", FIRST)
        before = wine.registry(SYSTEM)
        tally.step("modern: setupapi finds the section for x64 and installs it", lambda: package.install("acmedsm_Install"))
        after = wine.registry(SYSTEM)
        # Wine has no driver store: directory 13 is one that it does not know.
        check_file(tally, wine, package, r"C:\windows\system32\unknown")
        image = r"C:\windows\system32\unknown\acmedsm.sys"
        tally.expect("modern: the service, its devices, and nothing else", changes(before, after),
                     keys_of_service("acmedsm", image, ENTRIES))
        package.install("acmedsm_Install")
        tally.expect("modern: a second time changes nothing", changes(after, wine.registry(SYSTEM)), {})
        session.stdin.close()


def both(wine, tally, options):
    classic(wine, tally, options)
    wine.stop()
    wine.wait()
    modern(wine, tally, options)


if __name__ == "__main__":
    sys.exit(prefix.script(__doc__, "inf", both, [("dsmkit", "build/release/dsmkit", "cmake --build --preset release")]))
