#!/usr/bin/env python3
"""Plants every kind of fault that lint.py is to find, one at a time, and sees it found - and nothing else."""

import json
import os
import tempfile
import unittest
import unittest.mock

import headers_alone
import lint

HEADER = """// A header.
#pragma once

#include <cstdint>

namespace base {

inline uint32_t twice(uint32_t x) {
  return x * 2;
}

}  // namespace base
"""
SOURCE = """// A source.
#include "base/a.h"

namespace scsi {

uint32_t four_times(uint32_t x) {
  return base::twice(base::twice(x));
}

}  // namespace scsi
"""
STYLE = "BasedOnStyle: Google\nColumnLimit: 100\nAllowShortFunctionsOnASingleLine: Inline\n"
CLEAN = {".clang-format": STYLE, "base/a.h": HEADER, "scsi/b.cpp": SOURCE, "README.md": "# Words\n"}


def promising(head, entries, also="void entry(Engine& engine) {\n  engine.end(AtPassive::promised());\n}\n\n"):
    """A source of the driver in which `head` promises PASSIVE_LEVEL, as `entry` may."""
    body = f"// C.\nnamespace driver {{\n\n{also}{head} {{\n  engine.end(AtPassive::promised());\n}}\n\n}}  // namespace driver\n"
    return {"windows/driver/c.cpp": body, "windows/driver/passive_entries.txt": entries}


# name: (files besides the clean ones, the file that must be named, what must be said of it)
FAULTS = {
    "base includes scsi": ({"base/c.h": '// C.\n#pragma once\n#include "scsi/d.h"\n', "scsi/d.h": "// D.\n#pragma once\n"},
                           "base/c.h", "base must not include scsi"),
    "io includes dsm": ({"io/c.cpp": '// C.\n#include "dsm/d.h"\n', "dsm/d.h": "// D.\n#pragma once\n"},
                        "io/c.cpp", "io must not include dsm"),
    "array includes mpio": ({"array/c.cpp": '// C.\n#include "mpio/d.h"\n', "mpio/d.h": "// D.\n#pragma once\n"},
                            "array/c.cpp", "array must not include mpio"),
    "room includes tests": ({"sim/c.cpp": '// C.\n#include "tests/d.h"\n', "tests/d.h": "// D.\n#pragma once\n"},
                            "sim/c.cpp", "sim must not include tests"),
    "include from the same folder": ({"scsi/c.cpp": '// C.\n#include "d.h"\n', "scsi/d.h": "// D.\n#pragma once\n"},
                                     "scsi/c.cpp", "includes start at the root"),
    "driver includes the kernel past kernel.h": (
        {"windows/driver/c.cpp": '// C.\n#include "windows/abi/d.h"\n', "windows/abi/d.h": "// D.\n#pragma once\n"},
        "windows/driver/c.cpp", "is past windows/abi/kernel.h"),
    "include of nothing": ({"scsi/c.cpp": '// C.\n#include "base/none.h"\n'}, "scsi/c.cpp", "does not exist"),
    "kernel-safe includes hosted": (
        {"base/prng.h": "// P.\n#pragma once\n", "dsm/c.cpp": '// C.\n#include "base/prng.h"\n'},
        "dsm/c.cpp", "for user space only"),
    "vector in dsm": ({"dsm/c.cpp": "// C.\n#include <vector>\n"}, "dsm/c.cpp", "<vector> is not for kernel-safe code"),
    "C header in base": ({"base/c.h": "// C.\n#pragma once\n#include <stdio.h>\n"}, "base/c.h", "<stdio.h> is not"),
    "no pragma": ({"array/c.h": "// C.\nnamespace array {}\n"}, "array/c.h", "without #pragma once"),
    "header that needs another first": (
        {"mpio/c.h": "// C.\n#pragma once\n\nnamespace mpio {\n\nuint32_t f();\n\n}  // namespace mpio\n"},
        "mpio/c.h", "does not compile alone"),
    "note": ({"docs/a.md": "TO" "DO: say more\n"}, "docs/a.md", "leftover note"),
    "note in a script": ({"tools/a": "# FIX" "ME later\n"}, "tools/a", "leftover note"),
    "conflict": ({"a.txt": "<" * 7 + " HEAD\n"}, "a.txt", "conflict marker"),
    "trailing blank": ({"a.txt": "word \n"}, "a.txt", "blank at the end"),
    "carriage return": ({"a.txt": "word\r\n"}, "a.txt", "blank at the end"),
    "machine path": ({"a.txt": "see ../" "shared/notes\n"}, "a.txt", "somebody's machine"),
    "other machine path": ({"a.txt": "cd /wo" "rk/main\n"}, "a.txt", "somebody's machine"),
    "no newline": ({"a.txt": "word"}, "a.txt", "no newline"),
    "promise of a helper": (promising("NTSTATUS helper(Engine& engine)", "entry\n"), "windows/driver/c.cpp", "helper promises PASSIVE"),
    "promise of nobody": (promising("struct S", "entry\n"), "windows/driver/c.cpp", "what is in no function promises"),
    "entry without a promise": (promising("NTSTATUS NTAPI entry(PVOID context)", "entry\nother\n", also=""), "windows/driver/passive_entries.txt",
                                "other promises nothing"),
    "format": ({"sim/c.cpp": "// C.\nint  f( );\n"}, "sim/c.cpp", "not formatted"),
}
FINE = {
    "cli includes everything": {"cli/c.cpp": '// C.\n#include "dsm/d.h"\n', "dsm/d.h": "// D.\n#pragma once\n"},
    "test includes tests": {"io/c_test.cpp": '// C.\n#include "tests/d.h"\n', "tests/d.h": "// D.\n#pragma once\n"},
    "test of dsm uses vector": {"dsm/c_test.cpp": "// C.\n#include <vector>\n"},
    "array uses vector": {"array/c.cpp": "// C.\n#include <vector>\n"},
    "entry promises": promising("NTSTATUS NTAPI entry(PVOID context)", "# Of MPIO.\nentry  # at PASSIVE_LEVEL\n", also=""),
    "binary": {"a.bin": "\0 \n"},
    "fuzzer's input": {"fuzz/corpus/x/a": "word \r\n<" + "<" * 6 + " no newline"},
    "word in a word": {"a.txt": "mkdtemp takes " + "X" * 6 + "\n"},
}


def write(root, files):
    for path, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
        with open(os.path.join(root, path), "w", encoding="utf-8", newline="") as file:
            file.write(text)


def findings(files, build_dir=None):
    with tempfile.TemporaryDirectory() as root:
        write(root, CLEAN | files)
        return lint.check(root, build_dir and os.path.join(root, build_dir))


class Lint(unittest.TestCase):
    def test_clean_repository_passes(self):
        self.assertEqual(findings({}), [])

    def test_every_planted_fault_is_found(self):
        for name, (files, path, text) in FAULTS.items():
            with self.subTest(name):
                found = findings(files)
                self.assertEqual([f.path for f in found], [path], found)
                self.assertIn(text, found[0].text)
                self.assertFalse(found[0].hint)

    def test_what_is_allowed_passes(self):
        for name, files in FINE.items():
            with self.subTest(name):
                self.assertEqual(findings(files), [])

    def test_length_is_a_hint(self):
        body = "".join(f"  x += {i};\n" for i in range(70))
        text = f"// C.\nint f(int x) {{\n{body}  return x;\n}}\n" + "// Words.\n" * 200
        found = findings({"sim/c.cpp": text, "a.md": "w" * 130 + "\n"})
        self.assertEqual({(f.path, f.hint) for f in found}, {("sim/c.cpp", True), ("a.md", True)})
        self.assertEqual(len(found), 3, found)


class HeadersAlone(unittest.TestCase):
    """With a build folder: the build's proofs count, results are kept, changes are noticed."""

    def setUp(self):
        scene = tempfile.TemporaryDirectory()
        self.addCleanup(scene.cleanup)
        self.root = scene.name
        self.build = os.path.join(self.root, "build")

    def complaints(self):
        return [path for path, _ in headers_alone.failures(self.root, ["mpio/a.h"], self.build)]

    def test_first_include_of_a_built_source_counts(self):
        write(self.root, {"mpio/a.h": "not C++\n", "mpio/a.cpp": '// A.\n#include "mpio/a.h"\n',
                          "build/compile_commands.json": json.dumps([{"file": f"{self.root}/mpio/a.cpp"}])})
        self.assertEqual(self.complaints(), [])
        write(self.root, {"mpio/a.cpp": '#include <vector>\n#include "mpio/a.h"\n'})
        self.assertEqual(self.complaints(), ["mpio/a.h"])

    def test_change_of_what_it_includes_is_noticed(self):
        write(self.root, {"mpio/a.h": '#pragma once\n#include "mpio/b.h"\nusing A = B;\n',
                          "mpio/b.h": "#pragma once\nusing B = int;\n"})
        self.assertEqual(self.complaints(), [])
        with unittest.mock.patch("subprocess.run", side_effect=AssertionError("compiled again")):
            self.assertEqual(self.complaints(), [])
        write(self.root, {"mpio/b.h": "#pragma once\nusing C = int;\n"})
        self.assertEqual(self.complaints(), ["mpio/a.h"])


if __name__ == "__main__":
    unittest.main()
