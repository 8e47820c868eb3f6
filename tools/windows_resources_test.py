#!/usr/bin/env python3
"""Plants one fault of each kind in the resources of an image and expects windows_resources.py to name it.

The images are linked here, of resources alone.
"""

import copy
import os
import random
import struct
import subprocess
import tempfile
import unittest

import windows_image
import windows_resources
from mof import identity

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MINE = identity.load(os.path.join(ROOT, "windows/driver/identity.h"))
MINE.texts["Company"] = 'The "A" \\ B Company'  # what has to be quoted
CLASSES = windows_resources.classes_of(ROOT, MINE)


def linked(folder):
    subprocess.run(["lld-link-14", "/nologo", "/dll", "/noentry", "/machine:x64", "/Brepro", "/out:a.sys",
                    "driver.res"], cwd=folder, check=True)
    with open(os.path.join(folder, "a.sys"), "rb") as file:
        return file.read()


def image(classes=None, script=None, files=None):
    """Of resources that are in order, but for what is given."""
    with tempfile.TemporaryDirectory() as folder:
        complaints = windows_resources.make(folder, classes or CLASSES, MINE)
        assert not complaints, complaints
        for name, data in (files or {}).items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
        if script or files:
            with open(os.path.join(folder, "driver.rc"), "w", encoding="utf-8") as file:
                file.write(script or windows_resources.script(MINE))
            subprocess.run(["llvm-rc-14", "/no-preprocess", "/fo", "driver.res", "driver.rc"], cwd=folder, check=True)
        return linked(folder)


def check(data, who=MINE):
    return windows_resources.check(data, CLASSES, who)


SCRIPT = windows_resources.script(MINE)
GOOD = image()


class Resources(unittest.TestCase):
    def test_what_is_made_is_in_order(self):
        self.assertEqual(check(GOOD), [])
        self.assertEqual(image(), GOOD)

    def test_it_is_read_by_others_too(self):
        with tempfile.NamedTemporaryFile(suffix=".sys") as file:
            file.write(GOOD)
            file.flush()
            shown = subprocess.run(["llvm-readobj-14", "--coff-resources", file.name], capture_output=True, text=True,
                                   check=True).stdout
        for name in ("MOFDATA", "MOFRESOURCENAME", "DSMMOFRESOURCENAME", "VERSIONINFO (ID 16)"):
            self.assertIn(name, shown)

    def test_each_fault_is_named(self):
        mof, dsm = SCRIPT.splitlines()[-2:]
        for script, expected in [
                (SCRIPT.replace(mof, ""), "has no resource MOFDATA MofResourceName"),
                (SCRIPT.replace(dsm, ""), "has no resource MOFDATA DsmMofResourceName"),
                (SCRIPT.replace(dsm, "7 " + dsm.split(" ", 1)[1]), "has no resource MOFDATA DsmMofResourceName"),
                (SCRIPT.replace("MOFDATA", "MOFDATE"), "has no resource MOFDATA MofResourceName"),
                (SCRIPT + '\nExtra MOFDATA "lun.bmf"', "has a resource MOFDATA EXTRA that nobody asked for"),
                (mof + "\n" + dsm, "has no version"),
                (SCRIPT.replace("FILEVERSION", "FILEVERSION 9,9,9,9 //"), "its version is not 0.1.0.0"),
                (SCRIPT.replace("PRODUCTVERSION", "PRODUCTVERSION 9,9,9,9 //"), "its version is not 0.1.0.0"),
                (SCRIPT.replace("FILETYPE 3", "FILETYPE 1"), "its version does not say that it is a driver"),
                (SCRIPT.replace('"040904b0"', '"040704b0"'), "its CompanyName is '', expected"),
                (SCRIPT.replace("Translation", "Translatoin"), "its version names no language")]:
            found = check(image(script=script))
            self.assertTrue(found and expected in "\n".join(found), (expected, found))

    def test_classes_of_others_are_named(self):
        swapped = dict(zip(CLASSES, reversed(CLASSES.values())))
        self.assertEqual(check(image(swapped)),
                         ["the classes in resource MofResourceName are not those of windows/mof/lun.mof",
                          "the classes in resource DsmMofResourceName are not those of windows/mof/dsm.mof"])
        other = copy.deepcopy(CLASSES)
        other["MofResourceName"][0].qualifier("guid").value = "{00000000-0000-0000-0000-000000000001}"
        self.assertEqual(len(check(image(other))), 1)
        self.assertEqual(check(image(files={"lun.bmf": b"FOMB"})),
                         ["resource MofResourceName: at byte 4: a number is cut off"])

    def test_every_text_and_number_of_the_version_counts(self):
        for name in ("Company", "DisplayName", "ServiceName", "BinaryName", "Product"):
            other = copy.deepcopy(MINE)
            other.texts[name] = "other"
            self.assertEqual(len(check(GOOD, other)), 1, name)
        other = copy.deepcopy(MINE)
        for i in range(4):
            other.version = (*MINE.version[:i], 7, *MINE.version[i + 1:])
            self.assertEqual(len(check(GOOD, other)), 3, "the fixed one, and two texts")

    def test_a_version_of_blocks_within_blocks_without_end_is_refused(self):
        nested = b""
        for _ in range(3000):
            nested = struct.pack("<HHHH", 8 + len(nested), 0, 0, 0) + nested
        with self.assertRaisesRegex(struct.error, "a block of"):
            list(windows_resources.version_blocks(nested))

    def test_an_image_without_resources_is_named(self):
        bare = bytearray(GOOD)
        at = windows_image.Image(GOOD).optional + windows_image.DATA_DIRECTORIES + 8 * windows_resources.RESOURCES
        bare[at:at + 8] = bytes(8)
        self.assertEqual(len(check(bytes(bare))), 3)
        self.assertEqual(len(check(b"")), 1)
        self.assertIn("its resources cannot be read: ", check(b"")[0])

    def test_nothing_of_one_vendor_is_in_the_image_of_another(self):
        self.assertEqual(len(windows_resources.strange_marks(GOOD, MINE)), 9 + 4, "classes; names and prefix")
        other = copy.deepcopy(MINE)
        other.guids = {name: "1" * 32 for name in MINE.guids}
        other.texts = {name: text + "2" for name, text in MINE.texts.items()}
        other.texts["BinaryName"] = "other.sys"
        self.assertEqual(windows_resources.strange_marks(GOOD, other), [])
        for what, mark in windows_resources.marks_of(MINE).items():
            self.assertIn(f"has {what} of mydsm.sys", windows_resources.strange_marks(GOOD + mark, MINE))
        self.assertEqual(len(windows_resources.strange_marks(b"", MINE)), 1)

    def test_broken_images_are_named_and_harm_nobody(self):
        draw = random.Random(6)
        for _ in range(400):
            broken = bytearray(GOOD)
            for _ in range(draw.randrange(1, 4)):
                broken[draw.randrange(len(broken))] = draw.choice([0, 1, 0x7f, 0x80, 0xff, draw.randrange(256)])
            check(bytes(broken))
        # The end of the file is filled up.
        for size in range(0, len(GOOD.rstrip(b"\0")) - 512, 61):
            self.assertNotEqual(check(GOOD[:size]), [], size)


if __name__ == "__main__":
    unittest.main()
