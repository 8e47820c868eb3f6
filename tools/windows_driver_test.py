#!/usr/bin/env python3
"""Where things lie when windows_driver.py makes the driver again in a copy of the repository."""

import os
import unittest

import windows_driver


class PlaceInCopy(unittest.TestCase):
    def place(self, path):
        return windows_driver.place_in_copy("/home/a/dsmkit", "/tmp/copy", path)

    def test_what_is_in_the_repository_lies_where_it_does_there(self):
        self.assertEqual(self.place("/home/a/dsmkit/build/windows-driver/mydsm.sys"),
                         "/tmp/copy/build/windows-driver/mydsm.sys")

    def test_a_build_folder_outside_lies_in_the_copy_too(self):
        for folder in ("/tmp/acme", "/home/a/other", "/home/a/dsmkit-build"):
            place = self.place(folder + "/arm64/acmedsm.sys")
            self.assertTrue(place.startswith("/tmp/copy/"), place)
            self.assertNotIn(os.pardir, place.split(os.sep))

    def test_what_lies_side_by_side_still_does(self):
        self.assertEqual(os.path.relpath(self.place("/tmp/objects/a.o"), self.place("/tmp/acme/arm64")),
                         os.path.relpath("/tmp/objects/a.o", "/tmp/acme/arm64"))


if __name__ == "__main__":
    unittest.main()
