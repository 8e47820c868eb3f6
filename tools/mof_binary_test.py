#!/usr/bin/env python3
"""Binary MOF: its bytes are those of the format, it is read as it was written, and broken bytes harm nobody."""

import os
import random
import struct
import unittest

from mof import binary, identity, packing, text, unbinary, vendor
from mof.model import DISABLE_OVERRIDE, TO_INSTANCE, TO_SUBCLASS, Class, Method, Property, Qualifier
from mof_text_test import GOOD, parse_text

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def words(*values):
    """Numbers as they are, texts as UTF-16 with a zero, filled up to 4 bytes: written down by hand."""
    out = b""
    for value in values:
        if isinstance(value, str):
            value = (value + "\0").encode("utf-16-le")
            out += value + bytes(len(value) % 4)
        else:
            out += struct.pack("<I", value)
    return out


def vendors_classes(name):
    found = text.parse(os.path.join(ROOT, "windows/mof", name))
    return vendor.classes_of(found, identity.load(os.path.join(ROOT, "windows/driver/identity.h")))


# What a class with one property and one method is, byte for byte.
NONE = 0xffffffff
CLASS = Class("Ab", "WMIEvent", "root", [Qualifier("WMI", True)],
              [Property("Data", "uint32", True, 3, [Qualifier("WmiDataId", -1)])],
              [Method("Do", [Property("Out", "string", qualifiers=[Qualifier("out", True)])],
                      [Qualifier("Late", False, DISABLE_OVERRIDE)]), Method("No")])
PROPERTY = (
    words(20 + 12 + 8 + 40 + 28 + 48, 0x2013, 0, NONE, 12) + words("Data") + words(8 + 40 + 28 + 48, 3) +
    words(40, 3, 0, 20) + words("WmiDataId", 0xffffffff) + words(28, 3, 0, 8) + words("MAX", 3) +
    words(48, 8, 0, 16) + words("CIMTYPE", "uint32"))
SYSTEM = (words(20 + 16 + 8, 8, 0, 16, NONE) + words("__CLASS", "Ab") +
          words(20 + 24 + 12, 8, 0, 24, NONE) + words("__NAMESPACE", "root") +
          words(20 + 28 + 20, 8, 0, 28, NONE) + words("__SUPERCLASS", "WMIEvent"))
PARAMETER = (
    words(20 + 8 + 8 + 28 + 28 + 48, 8, 0, NONE, 8) + words("Out") + words(8 + 28 + 28 + 48, 3) +
    words(28, 11, 0, 8) + words("out", 0xffff) + words(28, 3, 0, 8) + words("ID", 0) +
    words(48, 8, 0, 16) + words("CIMTYPE", "string") +
    words(20 + 16 + 28, 8, 0, 16, NONE) + words("__CLASS", "__PARAMETERS"))
OBJECT = (words(20 + 8 + len(PARAMETER) + 8, NONE, 0, 8 + len(PARAMETER), 1) + words(8 + len(PARAMETER), 2) +
          PARAMETER + words(8, 0))
METHODS = (
    words(20 + 8 + 16 + len(OBJECT) + 8 + 32, 0x200d, 0, 8, 8 + 16 + len(OBJECT)) + words("Do") +
    words(16 + len(OBJECT), 1, 1, 4 + len(OBJECT)) + OBJECT + words(8 + 32, 1) +
    words(32, 11, 0, 12) + words("Late", 0) +
    words(20 + 8 + 8, 0, 0, NONE, 8) + words("No") + words(8, 0))
LISTS = (words(8 + 28, 1) + words(28, 11, 0, 8) + words("WMI", 0xffff) +
         words(8 + len(PROPERTY) + len(SYSTEM), 4) + PROPERTY + SYSTEM + words(8 + len(METHODS), 2) + METHODS)
WHOLE = (b"FOMB" + words(20 + 20 + len(LISTS), 1, 1, 1) +
         words(20 + len(LISTS), 0, 36, 36 + 8 + len(PROPERTY) + len(SYSTEM), 0) + LISTS)


class Bytes(unittest.TestCase):
    def test_every_byte_is_where_the_format_wants_it(self):
        data = binary.data_of([CLASS])
        self.assertEqual(data[:len(WHOLE)].hex(" ", 4), WHOLE.hex(" ", 4))
        flavors = data[len(WHOLE):]
        self.assertEqual(flavors[:20], b"BMOFQUALFLAVOR11" + words(4))
        pairs = struct.unpack("<8I", flavors[20:])
        self.assertEqual(pairs[1::2], (TO_INSTANCE | TO_SUBCLASS, TO_INSTANCE | DISABLE_OVERRIDE,
                                       TO_INSTANCE | TO_SUBCLASS, DISABLE_OVERRIDE))
        for offset, name in zip(pairs[::2], ("CIMTYPE", "ID", "CIMTYPE", "Late")):
            self.assertEqual(data[offset + 16:][:len(words(name))], words(name))

    def test_what_goes_in_stands_before_what_comes_out(self):
        method = Method("M", [Property("First", "uint8", qualifiers=[Qualifier("out", True)]),
                              Property("Second", "uint8", qualifiers=[Qualifier("in", True)])])
        data = binary.data_of([Class("A", methods=[method])])
        self.assertLess(data.index(words("Second")), data.index(words("First")))

    def test_a_file_says_its_sizes(self):
        file = binary.binary([CLASS])
        self.assertEqual(struct.unpack_from("<4sIII", file), (b"FOMB", 1, len(file) - 16, len(binary.data_of([CLASS]))))

    def test_it_is_read_as_it_was_written(self):
        for classes in ([], [CLASS], parse_text(GOOD), vendors_classes("lun.mof"), vendors_classes("dsm.mof")):
            self.assertEqual(unbinary.classes_of(binary.binary(classes)), classes)

    def test_the_names_of_types_may_begin_with_capitals(self):
        """As older compilers write them."""
        data = binary.data_of([CLASS]).replace(words("uint32"), words("Uint32"))
        self.assertEqual(unbinary.classes_of(packed(data)), [CLASS])


def stream(*fields):
    """Numbers and their bits, from the least significant on."""
    value = shift = 0
    for number, count in ((0x5344, 16), (0x100, 16), *fields):
        value, shift = value | number << shift, shift + count
    return value.to_bytes(-(-shift // 8), "little")


A, MARK = (0x61 << 2 | 2, 9), (0x7fff, 15)


def packed(data):
    stream = packing.pack(data)
    return b"FOMB" + words(1, len(stream), len(data)) + stream


class Packing(unittest.TestCase):
    def test_everything_comes_out_as_it_went_in(self):
        draw = random.Random(2)
        texts = [b"", b"a", b"ab" * 700, bytes(5000), draw.randbytes(1500), bytes(range(256)) * 20,
                 draw.randbytes(4414) * 2, draw.randbytes(4500) * 2, bytes(512), bytes(513), b"x" * 511]
        for _ in range(30):
            texts.append(b"".join(draw.choice([b"abc", b"abcd" * draw.randrange(200), draw.randbytes(5)])
                                  for _ in range(draw.randrange(60))))
        for one in texts:
            self.assertEqual(unbinary.unpack(packing.pack(one), len(one)), one)

    def test_the_farthest_that_is_repeated_is_just_before_the_mark(self):
        for distance in range(4410, 4420):
            data = b"XY" + bytes(distance - 2) + b"XY"
            self.assertEqual(unbinary.unpack(packing.pack(data), len(data)), data, distance)

    def test_streams_that_there_are_not_are_refused(self):
        for broken, size, expected in [
                (stream(A, MARK, A, MARK), 2, "has a mark after 1 bytes"),
                (stream(A, MARK, (0, 8)), 1, "ends before its bytes do"),
                (stream(A, (1 << 2, 8), (0, 9), (1, 1), (0, 9), MARK), 1028, "has a length that there is not"),
                (stream(A, (0, 8), (1, 1), MARK), 3, "repeats what stood 0 bytes before"),
                (stream(A, (2 << 2, 8), (1, 1), MARK), 3, "repeats what stood 2 bytes before"),
                (stream(A, A, MARK), 1, "holds more than the 1 bytes announced"),
                (stream(A), 1, "ends too early"),
                (b"DT" + stream(A, MARK)[2:], 1, "does not begin with DS"),
                (b"DS\1\0" + stream(A, MARK)[4:], 1, "is of an unknown version")]:
            with self.assertRaisesRegex(unbinary.BinaryError, "the packed stream " + expected):
                unbinary.unpack(broken, size)

    def test_what_repeats_becomes_smaller(self):
        data = binary.data_of(vendors_classes("lun.mof"))
        self.assertLess(len(packing.pack(data)), len(data) / 3)

    def test_marks_stand_after_every_512_bytes_and_at_the_end(self):
        self.assertEqual(packing.pack(b"a\x80"), int(
            "111" "111111111111" + "0000000" "01" + "1100001" "10" + "0000000100000000" + "0101001101000100",
            2).to_bytes(9, "little"))
        self.assertEqual(packing.pack(b"a"), stream(A, MARK))
        for size in (1, 511, 512, 513, 600):
            data, seed = b"aaa", 0
            while len({data[i:i + 2] for i in range(len(data) - 1)}) != len(data) - 1:  # something repeats
                data, seed = random.Random(seed).randbytes(size), seed + 1
            self.assertEqual(len(packing.pack(data)), -(-(32 + 9 * size + 15 * -(-size // 512)) // 8))


class Broken(unittest.TestCase):
    def refused(self, file, read=unbinary.classes_of):
        try:
            read(file)
        except unbinary.BinaryError as error:
            return str(error)
        return None

    def test_what_is_cut_off_is_refused(self):
        file = binary.binary([CLASS])
        for size in range(len(file)):
            self.assertIsNotNone(self.refused(file[:size]), size)
            whole = file[:8] + words(max(size - 16, 0)) + file[12:size] if size >= 16 else file[:size]
            self.assertIsNotNone(self.refused(whole), size)

    def test_data_that_are_cut_off_are_refused(self):
        data = binary.data_of([CLASS])
        for size in range(len(data)):
            self.assertIsNotNone(self.refused(data[:size], unbinary.classes_of_data), size)

    def test_changed_data_are_refused_or_read(self):
        """Any word may be anything: an error with a place, or classes; nothing else, and no endless loop."""
        draw = random.Random(4)
        data = binary.data_of([CLASS])
        refused = 0
        for at in range(0, len(data) - 3):
            for value in (0, 1, 0x7fffffff, 0xffffffff, draw.getrandbits(32)):
                told = self.refused(data[:at] + words(value) + data[at + 4:], unbinary.classes_of_data)
                refused += told is not None
                self.assertTrue(told is None or told.startswith("at byte "))
        self.assertGreater(refused, 3 * len(data))

    def test_changed_files_are_refused_or_read(self):
        draw = random.Random(5)
        file = binary.binary(parse_text(GOOD))
        for _ in range(1500):
            broken = bytearray(file)
            for _ in range(draw.randrange(1, 4)):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            told = self.refused(bytes(broken))
            self.assertTrue(told is None or told.startswith("at byte "))

    def test_what_is_wrong_is_told(self):
        data = binary.data_of([CLASS])
        for broken, expected in [
                (b"", "at byte 0: is no binary MOF: FOMB does not stand at the beginning"),
                (b"FOMB" + words(2, 0, 0), "at byte 4: the way of packing is 2, expected 1"),
                (b"FOMB" + words(1, 1, 0), "at byte 8: 1 packed bytes are announced, 0 are there"),
                (b"FOMB" + words(1, 0, 1 << 30), "at byte 12: 1073741824 bytes are more than the 1048576 that a "
                                                 "driver's classes may have"),
                (packed(b"BMOF" + data[4:]), "at byte 0: the data do not begin with FOMB"),
                (packed(data.replace(words("uint32"), words("sint32"))), "Data is of type 0x2013 and of CIMTYPE "
                                                                         "sint32"),
                (packed(data.replace(words(0x2013), words(0x2077))), "Data is of type 0x2077 and of CIMTYPE uint32"),
                (packed(data.replace(words("__NAMESPACE"), words("__NAMESPICE"))), "has ['__CLASS', '__NAMESPICE'"),
                (packed(data.replace(b"FLAVOR11", b"FLAVOR12")), "the flavors do not follow the classes"),
                (packed(data[:-8] + words(0x2000, 1)), "at byte 8192: flavors of what is no qualifier"),
                (packed(data.replace(words(len(PROPERTY + SYSTEM) + 8, 4), words(len(PROPERTY + SYSTEM) + 8, 5))),
                 "has 4 items, announced are 5"),
                (packed(data.replace(words(0x2013, 0, NONE, 12), words(0x2013, 0, 16, 12))), "stand in no order"),
                (packed(data.replace(words("ID", 0), words("ID", 1))), "the parameters of Do are not numbered from 0 "
                                                                       "on")]:
            told = self.refused(broken)
            self.assertIsNotNone(told, expected)
            self.assertIn(expected, told)


if __name__ == "__main__":
    unittest.main()
