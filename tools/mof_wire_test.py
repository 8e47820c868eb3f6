#!/usr/bin/env python3
"""How instances lie in memory, and that windows/mof/layout.h says so."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

import mof_compile
from mof import header, text, wire
from mof.model import MofError
from mof_text_test import parse_text

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SOURCES = [os.path.join(ROOT, "windows/mof", name) for name in ("lun.mof", "dsm.mof")]
INSTANCE = "[key, read] string InstanceName; [read] boolean Active; "


def layout(members, name="A"):
    return wire.layouts(parse_text("class A { " + members + " };"))[name]


def places(found):
    return {one.name: (one.offset, one.size) for one in found.fields}


def mistake(source):
    try:
        wire.layouts(parse_text(source))
    except MofError as error:
        return str(error)
    return None


class Wire(unittest.TestCase):
    def test_fields_lie_at_multiples_of_their_alignment_in_the_order_of_their_numbers(self):
        found = layout("[WmiDataId(3)] uint64 C; [WmiDataId(1)] uint8 A; [WmiDataId(2)] uint16 B; "
                       "[WmiDataId(4)] boolean D; [WmiDataId(5)] uint32 E[3];")
        self.assertEqual([one.name for one in found.fields], list("ABCDE"))
        self.assertEqual(places(found), {"A": (0, 1), "B": (2, 2), "C": (8, 8), "D": (16, 1), "E": (20, 4)})
        self.assertEqual((found.size, found.alignment), (32, 8))

    def test_texts_have_their_length_before_them(self):
        found = layout("[WmiDataId(1)] uint8 A; [WmiDataId(2), MaxLen(3)] string B; [WmiDataId(3)] datetime C; "
                       "[WmiDataId(4)] string D;")
        self.assertEqual(places(found), {"A": (0, 1), "B": (2, 8), "C": (10, 50), "D": (60, 2)})
        self.assertTrue(found.is_open)
        self.assertEqual(found.size, 60)

    def test_objects_lie_as_they_do_alone(self):
        found = wire.layouts(parse_text("class In { [WmiDataId(1)] uint64 A; [WmiDataId(2)] uint8 B; };\n"
                                        "class Out { [WmiDataId(1)] uint8 C; [WmiDataId(2)] In D; "
                                        "[WmiDataId(3)] In E[2]; [WmiDataId(4)] uint32 F; "
                                        '[WmiDataId(5), WmiSizeIs("F")] In G[]; };'))
        self.assertEqual(places(found["Out"]), {"C": (0, 1), "D": (8, 16), "E": (24, 16), "F": (56, 4), "G": (64, 16)})
        self.assertEqual(found["Out"].size, 64)

    def test_the_drivers_classes_are_as_large_as_tools_for_windows_expect(self):
        found = {}
        for path in SOURCES:
            found.update(wire.layouts(text.parse(path)))
        sizes = {header.type_name(name): one.size for name, one in found.items() if one.fields}
        self.assertEqual(sizes, {"DevicepathPerf": 32, "DevicePerf": 8, "DevicepathHealth": 56, "DeviceHealth": 8,
                                 "SupportedDevicesList": 8, "TargetDefaultPolicyInfo": 80,
                                 "TargetsDefaultLoadBalancePolicy": 8, "DefaultLoadBalancePolicy": 16})
        self.assertEqual(places(found["VENDOR_TARGET_DEFAULT_POLICY_INFO"]),
                         {"HardwareId": (0, 64), "LoadBalancePolicy": (64, 4), "Reserved": (68, 4),
                          "PreferredPath": (72, 8)})
        self.assertEqual(places(found["VENDOR_SUPPORTED_DEVICES_LIST"])["DeviceId"], (8, 64))

    def test_what_is_said_of_policies_is_true_of_the_table_of_policies(self):
        def read(name):
            with open(os.path.join(ROOT, name), encoding="utf-8") as file:
                return file.read()

        numbers = dict(re.findall(r"(\w+) = (\d+),", re.search(r"enum class PolicyId.*?};", read("dsm/types.h"),
                                                               re.DOTALL)[0]))
        ids = sorted(int(numbers[name]) for name in re.findall(r"\.id = PolicyId::(\w+)", read("dsm/policy/table.cpp")))
        self.assertEqual(ids, list(range(1, len(ids) + 1)))
        said = [places for name in SOURCES for places in re.findall(r"numbers the policies, ([\d to]+);", read(name))]
        self.assertEqual(said, [f"{ids[0]} to {ids[-1]}"] * 2)

    def test_mistakes_are_told_with_place_and_remedy(self):
        for members, expected in [
                ("uint8 A;", "f.mof:1:17: A has no WmiDataId, so it has no place; give it one"),
                ("[WmiDataId] uint8 A;", "f.mof:1:29: the WmiDataId of A is no number from 1 on; give one"),
                ("[WmiDataId(0)] uint8 A;", "f.mof:1:32: the WmiDataId of A is no number from 1 on; give one"),
                ("[WmiDataId(1)] uint8 A; [WmiDataId(1)] uint8 B;", "f.mof:1:56: B has the WmiDataId of A; give it one "
                                                                   "of its own"),
                ("[WmiDataId(1)] uint8 A; [WmiDataId(3)] uint8 B;", "f.mof:1:56: B has WmiDataId 3, but there is no 2; "
                                                                   "number the properties without gaps"),
                ("[WmiDataId(1)] uint8 A[];", "f.mof:1:32: nothing says how many elements A has; give WmiSizeIs, or "
                                              "a number in the brackets"),
                ('[WmiDataId(1), WmiSizeIs("N")] uint8 A[]; [WmiDataId(2)] uint32 N;',
                 "f.mof:1:48: WmiSizeIs of A names N, which is no unsigned number before it in A"),
                ('[WmiDataId(1)] sint32 N; [WmiDataId(2), WmiSizeIs("N")] uint8 A[];',
                 "f.mof:1:73: WmiSizeIs of A names N, which is no unsigned number before it in A"),
                ('[WmiDataId(1)] uint32 N[2]; [WmiDataId(2), WmiSizeIs("N")] uint8 A[];',
                 "f.mof:1:76: WmiSizeIs of A names N, which is no unsigned number before it in A"),
                ("[WmiDataId(1)] string A; [WmiDataId(2)] uint8 B;",
                 "f.mof:1:57: B stands behind A, whose size varies; number it before that"),
                ("[WmiDataId(1)] string A[2];",
                 "f.mof:1:33: the elements of A are of different sizes; give the texts a MaxLen"),
                ("[WmiDataId(1), MaxLen(0)] string A;",
                 "f.mof:1:44: MaxLen of A is no number of 1 to 32766; give one")]:
            self.assertEqual(mistake("class A { " + members + " };"), expected, members)

    def test_mistakes_of_instances_are_told(self):
        for members, expected in [
                ("", "f.mof:1:17: A is Dynamic and has no string InstanceName; add it"),
                ("[key] string InstanceName;", "f.mof:1:17: A is Dynamic and has no boolean Active; add it"),
                ("string InstanceName; boolean Active;", "f.mof:1:28: InstanceName tells the instances apart; make it "
                                                         "the key"),
                (INSTANCE + "void M();", "f.mof:1:82: M has no WmiMethodId of its own; give a number from 1 on"),
                (INSTANCE + "[WmiMethodId(1)] void M(); [WmiMethodId(1)] void N();",
                 "f.mof:1:126: N has no WmiMethodId of its own; give a number from 1 on")]:
            self.assertEqual(mistake("[Dynamic] class A { " + members + " };"), expected, members)


class Header(unittest.TestCase):
    def test_it_is_up_to_date(self):
        with open(os.path.join(ROOT, "windows/mof/layout.h"), encoding="utf-8") as file:
            self.assertEqual(file.read(), mof_compile.layout_of(SOURCES), "make it anew: " + mof_compile.LAYOUT)

    def compile(self, source):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "a.cpp")
            with open(path, "w", encoding="utf-8") as file:
                file.write('#include <cstddef>\n#include <cstdint>\n#include "windows/mof/layout.h"\n' + source)
            return subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-I", ROOT, path], capture_output=True,
                                  text=True, check=False).stderr

    def test_the_compiler_finds_a_structure_that_differs(self):
        good = """
struct Mine { uint32_t LoadBalancePolicy; uint32_t Reserved; uint64_t PreferredPath; };
WIRE_FIELD(Mine, DefaultLoadBalancePolicy, LoadBalancePolicy);
WIRE_FIELD(Mine, DefaultLoadBalancePolicy, PreferredPath);
WIRE_SIZE(Mine, DefaultLoadBalancePolicy);
"""
        self.assertEqual(self.compile(good), "")
        self.assertIn("PreferredPath of DefaultLoadBalancePolicy lies elsewhere in windows/mof",
                      self.compile(good.replace("uint32_t Reserved", "uint64_t Reserved")))
        self.assertIn("DefaultLoadBalancePolicy has another size in windows/mof",
                      self.compile(good.replace("PreferredPath; }", "PreferredPath; uint8_t more; }")))


class Program(unittest.TestCase):
    def run_it(self, *arguments):
        done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/mof_compile.py"), *arguments], cwd=ROOT,
                              capture_output=True, check=False)
        return done.returncode, done.stdout, done.stderr.decode()

    def test_it_compiles_and_decodes(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "a.bmf")
            identity = ["--identity", "windows/driver/identity.h"]
            self.assertEqual(self.run_it("windows/mof/lun.mof", *identity, "--output", out), (0, b"", ""))
            decoded = self.run_it("--decode", out)
            self.assertEqual(decoded, self.run_it("windows/mof/lun.mof", *identity, "--print"))
            self.assertIn(b"class MYDSM_DEVICE_HEALTH {", decoded[1])

    def test_mistakes_end_it_with_a_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            bad = os.path.join(folder, "bad.mof")
            with open(bad, "w", encoding="utf-8") as file:
                file.write("class A { uint8 B; };")
            self.assertEqual(self.run_it(bad), (1, b"", bad + ":1:17: B has no WmiDataId, so it has no place; give it "
                                                              "one\n"))
            self.assertEqual(self.run_it("--decode", bad)[2],
                             bad + ": at byte 0: is no binary MOF: FOMB does not stand at the beginning\n")
            self.assertIn("/no.h: cannot be read", self.run_it(SOURCES[0], "--identity", folder + "/no.h")[2])
            self.assertEqual(self.run_it()[0], 2)


if __name__ == "__main__":
    unittest.main()
