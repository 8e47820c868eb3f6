#!/usr/bin/env python3
"""MOF text: what is understood, and what is said, where, of what is not."""

import random
import unittest

from mof import print as printing
from mof import text, vendor
from mof.identity import Identity, IdentityError, parse
from mof.model import AMENDED, DISABLE_OVERRIDE, TO_INSTANCE, TO_SUBCLASS, MofError, Property, Qualifier

GOOD = r"""// Everything that there is.
#pragma autorecover
#pragma namespace("\\\\.\\root\\wmi") /* of
several lines */
[WMI, guid("{1}")] class Inner { [WmiDataId(1)] uint8 Bytes[4]; };
[WMI, Dynamic, Provider("Wmi" "Prov"), Locale("MS\\0x409") : Amended ToSubclass, Text("\x41\"\t\'")]
class Outer : WMIEvent {
  [key, read] STRING InstanceName;
  [read(TRUE), write(false), Least(-0x80000000), Most(2147483647)] boolean Active;
  [WmiDataId(1)] Inner One;
  [WmiDataId(2)] object:inner Many[];
  [WmiMethodId(1), D("x") : DisableOverride ToInstance] void DoIt([in] uint32 A[], [out, Hint("y")] Inner B);
  void Nothing();
};
class Third : outer {};
"""


def parse_text(source, **others):
    files = {"f.mof": source, **others}

    def read(path):
        if path not in files:
            raise FileNotFoundError(2, "No such file or directory")
        return files[path]
    return text.parse("f.mof", read)


def mistake(source, **others):
    try:
        parse_text(source, **others)
    except MofError as error:
        return str(error)
    return None


def member(line):
    return mistake("class A { " + line + " };")


class Text(unittest.TestCase):
    def test_everything_there_is_is_understood(self):
        inner, outer, third = parse_text(GOOD)
        self.assertEqual(inner.namespace, r"\\.\root\wmi")
        self.assertEqual(inner.properties, [Property("Bytes", "uint8", True, 4, [Qualifier("WmiDataId", 1)])])
        self.assertEqual((outer.superclass, third.superclass), ("WMIEvent", "outer"))
        self.assertEqual(outer.qualifiers[2:], [Qualifier("Provider", "WmiProv"),
                                                Qualifier("Locale", r"MS\0x409", AMENDED | TO_SUBCLASS),
                                                Qualifier("Text", "A\"\t'")])
        self.assertEqual([one.value for one in outer.properties[1].qualifiers], [True, False, -2**31, 2**31 - 1])
        self.assertEqual([(one.type, one.is_array, one.size) for one in outer.properties],
                         [("string", False, None), ("boolean", False, None), ("Inner", False, None),
                          ("Inner", True, None)])
        do_it, nothing = outer.methods
        self.assertEqual(do_it.qualifiers[1].flavor, DISABLE_OVERRIDE | TO_INSTANCE)
        self.assertEqual([(one.name, one.type, one.is_array) for one in do_it.parameters],
                         [("A", "uint32", True), ("B", "Inner", False)])
        self.assertEqual(nothing.parameters, [])

    def test_what_is_printed_is_understood_the_same_way(self):
        classes = parse_text(GOOD)
        self.assertEqual(parse_text(printing.text_of(classes)), classes)

    def test_files_are_included(self):
        found = parse_text('#pragma include("sub/b.mof")\nclass A : B {};',
                           **{"sub/b.mof": '#pragma include("../c.mof")\nclass B : C {};', "c.mof": "class C {};"})
        self.assertEqual([one.name for one in found], ["C", "B", "A"])

    def test_files_are_not_included_without_end(self):
        chain = {f"{i}.mof": f'#pragma include("{i + 1}.mof")' for i in range(20)}
        self.assertEqual(mistake('#pragma include("0.mof")', **chain),
                         "14.mof:1:17: files include one another more than 16 deep; include fewer")
        self.assertEqual(mistake('#pragma include("b.mof")', **{"b.mof": '\n#pragma include("f.mof")'}),
                         "b.mof:2:17: f.mof includes itself; leave this line out")

    def test_mistakes_are_told_with_place_and_remedy(self):
        for source, expected in [
                ("klass A {};", 'f.mof:1:1: "klass" begins no statement; did you mean class?; there are class and '
                                "#pragma"),
                ("class A {}", "f.mof:1:11: the end of the file stands here; give ; after the class"),
                ("class A {};\nclass a {};", "f.mof:2:7: there is a class a already, at f.mof:1:7; name it "
                                             "differently"),
                ("class A : Bee {};", "f.mof:1:11: there is no type and no class Bee before here"),
                ("class 9 {};", 'f.mof:1:7: "9" stands here; give the name of the class'),
                ("instance of A {};", "f.mof:1:1: instances are the driver's to make; describe classes only"),
                ("#pragma classflags(2)", "f.mof:1:9: #pragma classflags is not served; there are namespace and "
                                          "include"),
                ('#pragma namespce("x")', "f.mof:1:9: #pragma namespce is not served; did you mean namespace?; there "
                                          "are namespace and include"),
                ("#pragma namespace(x)", 'f.mof:1:19: "x" stands here; give a text in quotes'),
                ("#include", "f.mof:1:2: only #pragma begins with #"),
                ('#pragma include("no.mof")', "f.mof:1:17: cannot read no.mof: No such file or directory; is its name "
                                              "right?"),
                ('#pragma include("f.mof")', "f.mof:1:17: f.mof includes itself; leave this line out"),
                ("/* open", "f.mof:1:1: this comment does not end; close it with */"),
                ('[A("open\n")] class', 'f.mof:1:4: this text does not end on its line; close it with "'),
                (r'[A("a\q")]', r"f.mof:1:6: there is no escape \q; write \\ for a backslash itself"),
                (r'[A("a\x0")]', "f.mof:1:6: the character 0 ends a text; leave it out"),
                ("[A(1.5)]", 'f.mof:1:4: "1.5" is no word of MOF; numbers are whole ones, names are of letters, digits '
                             "and _"),
                ("[A(2147483648)]", "f.mof:1:4: 2147483648 is no number of 32 bits with a sign; give one, or a text"),
                ("[A(b)]", 'f.mof:1:4: "b" stands here; a qualifier\'s value is a text, a whole number, true or false'),
                ('[A{"x"}]', "f.mof:1:3: lists of values are not served; describe them in a Description"),
                ("[A, a]", "f.mof:1:5: a stands here twice; leave one out"),
                ("[CimType(1)]", "f.mof:1:2: CimType is made by the compiler; leave it out"),
                ("[A : ToSubclas]", "f.mof:1:6: there is no flavor ToSubclas; did you mean ToSubclass?; there are "
                                    "ToInstance, ToSubclass, DisableOverride, Amended, NotToInstance, NotToSubclass, "
                                    "EnableOverride, Restricted"),
                ("[A : ToInstance NotToInstance]", "f.mof:1:17: NotToInstance contradicts the flavor before it; leave "
                                                   "one out"),
                ("[A : Restricted Amended]", "f.mof:1:17: Amended contradicts the flavor before it; leave one out"),
                ("[A B]", 'f.mof:1:4: "B" stands here; give , after a qualifier, or ] after the last')]:
            self.assertEqual(mistake(source), expected, source)

    def test_mistakes_in_classes_are_told_with_place_and_remedy(self):
        for line, expected in [
                ("uint33 B;", "f.mof:1:11: there is no type and no class uint33 before here; did you mean uint32?"),
                ("A B;", "f.mof:1:11: there is no type and no class A before here"),
                ("uint32 B = 1;", "f.mof:1:20: default values are not served; instances are the driver's"),
                ("uint32 B[0];", "f.mof:1:20: an array of 0 elements there is not; give 1 or more"),
                ("uint32 B[1, 2];", 'f.mof:1:21: "," stands here; give ] after the number of elements'),
                ("uint32 B; uint8 b;", "f.mof:1:27: there is a b already, at f.mof:1:18; name it differently"),
                ("uint32 M();", "f.mof:1:19: a driver's method returns void; give the result as an [out] parameter"),
                ("void M(uint32 B);", "f.mof:1:25: B is neither or both of [in] and [out]; give one"),
                ("void M([in, out] uint32 B);", "f.mof:1:35: B is neither or both of [in] and [out]; give one"),
                ("void M([in] uint32 B, [out] uint8 b);", "f.mof:1:45: there is a b already, at f.mof:1:30; name it "
                                                          "differently"),
                ("void M(); void m();", "f.mof:1:26: there is a m already, at f.mof:1:16; name it differently"),
                ("void M(", 'f.mof:1:19: "}" stands here; give a type')]:
            self.assertEqual(member(line), expected, line)

    def test_texts_that_are_broken_anywhere_are_refused_or_understood(self):
        """Whatever stands there: classes or one mistake with a place, never anything else."""
        draw = random.Random(1)
        refused = 0
        for _ in range(1500):
            at = draw.randrange(len(GOOD))
            broken = GOOD[:at] + draw.choice(["", '"', "\\", "{", "}", "[", ";", "9", "\0", "é", "/*"]) + \
                GOOD[at + draw.randrange(4):]
            if draw.random() < 0.3:
                broken = broken[:draw.randrange(len(broken))]
            told = mistake(broken)
            refused += told is not None
            self.assertTrue(told is None or told.startswith("f.mof:"), told)
        self.assertGreater(refused, 500)


HEADER = "\n".join([f'inline constexpr WCHAR k{name}[] = KERNEL_TEXT("{name.upper()}");' for name in (
    "Vendor", "Product", "Company", "ServiceName", "DisplayName", "ClassPrefix")] + [
        'inline constexpr WCHAR kBinaryName[] = KERNEL_TEXT("a.sys");',
        'inline constexpr char kTraceProviderName[] = "a \\"b\\" \\\\c";',
        "inline constexpr DSM_VERSION_INFO kVersion = {1, 2, 3, 4};",
        "inline constexpr GUID kTraceProviderGuid = {\n"
        "    0x00112233, 0x4455, 0x6677, {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};",
        "inline constexpr GUID kDevicePerfGuid = {\n"
        "    0x10112233, 0x4455, 0x6677, {0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}};", ""])


class Vendor(unittest.TestCase):
    def test_an_identity_is_read_out_of_its_header(self):
        identity = parse(HEADER, "h")
        self.assertEqual((identity.class_prefix, identity.trace_provider_name), ("CLASSPREFIX", 'a "b" \\c'))
        self.assertEqual(identity.version, (1, 2, 3, 4))
        self.assertEqual(identity.guid_of_class("DEVICE_PERF"), "10112233-4455-6677-8899-aabbccddeeff")
        self.assertIsNone(identity.guid_of_class("OTHER"))

    def test_a_header_that_lacks_something_is_refused(self):
        for line in HEADER.splitlines()[:-1]:
            if not line.startswith(" ") and "DevicePerf" not in line:
                with self.assertRaisesRegex(IdentityError, "^h: has no k.*make it anew"):
                    parse(HEADER.replace(line, ""), "h")
        for line, other in (("a.sys", "../a.sys"), ("a.sys", "a"), ('"CLASSPREFIX"', '"Class"')):
            with self.assertRaisesRegex(IdentityError, "^h: k.* cannot be '.*'; make it anew"):
                parse(HEADER.replace(line, other), "h")
        with self.assertRaisesRegex(IdentityError, "^h: kDevicePerfGuid is no GUID"):
            parse(HEADER.replace("0x10112233", "0x1011223x"), "h")

    def test_classes_get_the_vendors_prefix_and_guids(self):
        identity = Identity({"ClassPrefix": "ACME"}, (), {"A": "1", "B": "2"})
        found = vendor.classes_of(parse_text("class VENDOR_A { void M([in] uint8 P); };\n"
                                             "[WMI] class VENDOR_B : VENDOR_A { VENDOR_A X[]; };"), identity)
        self.assertEqual([one.name for one in found], ["ACME_A", "ACME_B"])
        self.assertEqual((found[1].superclass, found[1].properties[0].type), ("ACME_A", "ACME_A"))
        self.assertEqual(found[1].qualifiers, [Qualifier("WMI", True), Qualifier("guid", "{2}")])

    def test_classes_of_nobody_are_refused(self):
        identity = Identity({"ClassPrefix": "ACME"}, (), {"A": "1"})
        for source, expected in [
                ("class A {};", "f.mof:1:7: class A is no vendor's; let its name begin with VENDOR_"),
                ('[guid("x")] class VENDOR_A {};', "f.mof:1:2: the GUID is the vendor's, and added; leave it out"),
                ("class VENDOR_C {};", "f.mof:1:7: no GUID is known for class VENDOR_C; add it to kWmiClasses of "
                                       "profile/profile.h, and make windows/driver/identity.h anew")]:
            with self.assertRaises(MofError) as raised:
                vendor.classes_of(parse_text(source), identity)
            self.assertEqual(str(raised.exception), expected)


if __name__ == "__main__":
    unittest.main()
