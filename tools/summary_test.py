#!/usr/bin/env python3
"""Tests of summary.py: nothing that failed or was skipped may vanish from the last line."""

import os
import tempfile
import unittest

import summary

CASE = '<testcase name="{}" status="{}">{}<system-out>{}</system-out></testcase>'
INNER = "passed   test_a (0.1 s)\nskipped  test_b (0.0 s): nft is not installed\n"


def summed(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                file.write(text.replace("FOLDER", folder))
        return summary.summary(folder)


def junit(*cases):
    return {"release.xml": "<testsuite>" + "".join(CASE.format(*case) for case in cases) + "</testsuite>"}


class Summary(unittest.TestCase):
    def test_passed(self):
        self.assertEqual(summed(junit(("a", "run", "", ""))), ("1 passed, 0 failed, 0 skipped", True))

    def test_failed_with_output(self):
        text, good = summed(junit(("a", "run", "", ""), ("b", "fail", "<failure/>", "expected 1\ngot 2")))
        self.assertFalse(good)
        self.assertEqual(text, "FAILED release: b\n  expected 1\n  got 2\n1 passed, 1 failed, 0 skipped")

    def test_gtest_skip(self):
        output = "[ RUN ]\nx_test.cpp:5: Skipped\nno sg3-utils here\n[  SKIPPED ] a\n"
        text, good = summed(junit(("a", "notrun", '<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>', output),
                                  ("b", "run", "", "")))
        self.assertEqual(text, "skipped release: a: no sg3-utils here\n1 passed, 0 failed, 1 skipped")
        self.assertTrue(good)

    def test_disabled(self):
        self.assertEqual(summed(junit(("a", "disabled", "", ""), ("b", "run", "", "")))[0],
                         "skipped release: a: disabled\n1 passed, 0 failed, 1 skipped")

    def test_script_with_tests_inside(self):
        self.assertEqual(summed(junit(("s", "run", "", INNER))),
                         ("skipped release: s/test_b: nft is not installed\n1 passed, 0 failed, 1 skipped", True))
        text, good = summed(junit(("s", "fail", "", INNER + "failed   test_c (1.0 s):\nTraceback\n")))
        self.assertTrue(text.endswith("1 passed, 1 failed, 1 skipped"), text)
        self.assertIn("Traceback", text)
        self.assertFalse(good)

    def test_script_that_died_after_its_tests(self):
        self.assertEqual(summed(junit(("s", "fail", "", INNER)))[1], False)

    def test_program_that_was_not_built_has_failed(self):
        text, good = summed(junit(("a", "notrun", "", "Unable to find executable: a"), ("b", "run", "", "")))
        self.assertEqual(text, "FAILED release: a\n  was not built\n1 passed, 1 failed, 0 skipped")
        self.assertFalse(good)

    def test_error_in_the_midst_of_a_build(self):
        log = "compiling\n" * 200 + "x.cpp:1: error: bad\n" + "compiling\n" * 200
        text, _ = summed({"steps.tsv": "failed\tbuild\tFOLDER/log\n", "log": log})
        self.assertIn("x.cpp:1: error: bad", text)
        self.assertLess(len(text.splitlines()), 20)

    def test_steps(self):
        text, good = summed({"steps.tsv": "passed\tkernel-subset\t-\nfailed\tbuild\tFOLDER/log\n", "log": "no compiler\n"})
        self.assertEqual(text, "FAILED build\n  no compiler\n1 passed, 1 failed, 0 skipped")
        self.assertFalse(good)

    def test_skipped_step_with_its_reason(self):
        self.assertEqual(summed({"steps.tsv": "passed\ta\t-\nskipped\tguests\tno QEMU\n"}),
                         ("skipped guests: no QEMU\n1 passed, 0 failed, 1 skipped", True))

    def test_nothing_run_is_no_success(self):
        self.assertFalse(summed({})[1])
        self.assertFalse(summed(junit())[1])


if __name__ == "__main__":
    unittest.main()
