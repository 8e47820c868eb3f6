#!/usr/bin/env python3
"""`dsmkit package` for vendors of vendors/: every file is there, other programs than ours read what was signed, one changed
byte is found, the driver runs as its vendor wants it, the same again gives the same bytes, and a failure leaves nothing.
Ends with `N passed, N failed`.

usage: package.py [--dsmkit build/release/dsmkit] [--ntrun build/release/ntrun]
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATE = "2026-11-01"
# Scenarios that a vendor's profile has play otherwise than mydsm's, and what they say then: its policy is fail over only.
OTHERWISE = {"granitedsm": {"requests/round-robin": "reads down path 0: is 100, expected 50",
                            "requests/no-such-policy": "the paths take turns",
                            "requests/removed-under-way": "devices with requests under way: is 1, expected 2"}}


class Failed(Exception):
    pass


def run(*command, code=0, **more):
    """What it says, if it ends as expected."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, **more)
    said = done.stdout + done.stderr
    if done.returncode != code:
        raise Failed(f"{' '.join(command)}: ended with {done.returncode}, expected {code}\n{said}")
    return said


def expect(condition, what):
    if not condition:
        raise Failed(what)


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(place, name), folder)
                  for place, _, names in os.walk(folder) for name in names)


def content(path):
    with open(path, "rb") as file:
        return file.read()


class Package:
    """One vendor's, in a folder of its own."""

    def __init__(self, options, folder, vendor, stem):
        self.dsmkit = options.dsmkit
        self.ntrun = options.ntrun
        self.profile = os.path.join(ROOT, "vendors", vendor + ".toml")
        self.folder = os.path.join(folder, vendor)
        self.stem = stem
        self.certificate = os.path.join(self.folder, stem + "-test.cer")

    def path(self, name):
        return os.path.join(self.folder, name)

    def catalogued(self):
        return [self.path(name) for name in (self.stem + ".sys", f"arm64/{self.stem}.sys", self.stem + ".inf")]

    def make(self, folder=None, *more, code=0):
        return run(self.dsmkit, "package", self.profile, "-o", folder or self.folder, "--source", ROOT, *more, code=code)

    def verify(self, catalog, *files, code=0):
        return run(self.dsmkit, "catalog", "verify", catalog, *files, "--certificate", self.certificate, code=code)

    def is_complete(self):
        wanted = [self.stem + end for end in (".sys", ".pdb", ".inf", ".cat", "-setup.exe", ".msi", "-test.cer")]
        wanted += [f"arm64/{self.stem}{end}" for end in (".sys", ".pdb")]
        expect(files_below(self.folder) == sorted(wanted), f"files: {files_below(self.folder)}, expected {sorted(wanted)}")

    def inf_is_in_order(self):
        run(self.dsmkit, "inf", "check", self.path(self.stem + ".inf"), "--profile", self.profile)

    def catalog_knows_its_files(self):
        self.verify(self.path(self.stem + ".cat"), *self.catalogued())

    def others_read_the_catalog(self):
        """OpenSSL takes it apart, osslsigncode finds the drivers by hashes of its own, and the hash of the INF is in it."""
        catalog = self.path(self.stem + ".cat")
        parsed = run("openssl", "asn1parse", "-inform", "DER", "-in", catalog)
        for number in ("1.3.6.1.4.1.311.12.1.1", "1.3.6.1.4.1.311.12.1.3"):
            expect(f":{number}\n" in parsed, f"openssl asn1parse does not find {number}")
        inf = run("openssl", "dgst", "-sha256", "-r", self.path(self.stem + ".inf")).split()[0]
        expect(parsed.count("[HEX DUMP]:" + inf.upper()) == 2, "the INF's hash is a member and in its indirect data")
        expect("dsmkit test signing" in run("openssl", "pkcs7", "-inform", "DER", "-in", catalog, "-print_certs"),
               "openssl pkcs7 finds the signer")
        for name in (self.stem + ".sys", f"arm64/{self.stem}.sys"):
            said = run("osslsigncode", "verify", "-CAfile", self.certificate, "-catalog", catalog, "-in", self.path(name))
            expect("File is signed in catalog" in said, f"osslsigncode does not find {name} in the catalog:\n{said}")

    def programs_are_signed(self):
        for name in (self.stem + ".sys", f"arm64/{self.stem}.sys", self.stem + "-setup.exe", self.stem + ".msi"):
            run("osslsigncode", "verify", "-CAfile", self.certificate, "-in", self.path(name))

    def changed_bytes_are_found(self):
        """In the drivers and the INF, by the catalog; in the catalog, by its signature."""
        with tempfile.TemporaryDirectory() as folder:
            for path in [*self.catalogued(), self.path(self.stem + ".cat")]:
                is_catalog = path.endswith(".cat")
                data = bytearray(content(path))
                # A member's hash; else somewhere in the middle.
                data[data.index(b"\x04\x20") + 5 if is_catalog else len(data) // 2] ^= 1
                changed = os.path.join(folder, os.path.basename(path))
                with open(changed, "wb") as file:
                    file.write(data)
                said = self.verify(changed, self.path(self.stem + ".inf"), code=1) if is_catalog else \
                    self.verify(self.path(self.stem + ".cat"), changed, code=1)
                wanted = "its signature does not hold" if is_catalog else "is not in the catalog, which knows another file"
                expect(wanted in said, f"{path}: {said}")

    def driver_runs(self):
        if not os.path.exists(self.ntrun):
            return  # it runs x64 code only
        names = run(self.ntrun, "--list").split()
        # Those about WMI know mydsm's classes.
        for name in names:
            if re.match("(registration|devices|requests|vendors)/", name):
                otherwise = OTHERWISE.get(self.stem, {}).get(name, "")
                said = run(self.ntrun, self.path(self.stem + ".sys"), "--scenario", name, code=1 if otherwise else 0)
                expect(otherwise in said, said)

    def its_trace_replays(self):
        """The vendor's rules are in the trace of his driver too."""
        if not os.path.exists(self.ntrun):
            return
        with tempfile.TemporaryDirectory() as folder:
            trace = os.path.join(folder, "trace")
            run(self.ntrun, self.path(self.stem + ".sys"), "--scenario", "vendors/code-of-one-vendor", "--record", trace)
            run(self.dsmkit, "replay", trace)

    def quirks_and_thresholds_are_in_the_driver(self):
        """Another profile of the same array: what the scenarios expect of mydsm is then wrong in just these places."""
        if not os.path.exists(self.ntrun):
            return
        with tempfile.TemporaryDirectory() as folder:
            with open(self.profile, encoding="utf-8") as file:
                text = file.read()
            for old, new in (('"meridiandsm"', '"meridiantestdsm"'), ('believed_alua = "both"', 'believed_alua = "implicit"'),
                             ("[access]", "[thresholds]\npath_error_hold_ms = 58_500\n\n[access]")):
                expect(text.count(old) == 1, f"{self.profile} has {old} once")
                text = text.replace(old, new)
            profile = os.path.join(folder, "profile.toml")
            with open(profile, "w", encoding="utf-8") as file:
                file.write(text)
            run(self.dsmkit, "package", profile, "-o", folder, "--source", ROOT)
            for name, otherwise in (("acceptance/12_explicit-takes-over", "SET TARGET PORT GROUPS: is 0, expected 1"),
                                    ("grading/last-choice-for-a-while", "almost a minute later")):
                said = run(self.ntrun, os.path.join(folder, "meridiantestdsm.sys"), "--scenario", name, code=1)
                expect(otherwise in said, said)

    def again_is_the_same(self):
        """With the same key; signatures too, because their time is the date."""
        key = os.path.join(ROOT, "build", "package-" + self.stem, "test-certificate")
        signed = ("--certificate", f"{key}/certificate.pem", "--key", f"{key}/key.pem", "--date", DATE)
        with tempfile.TemporaryDirectory() as folder:
            pair = [os.path.join(folder, name) for name in ("a", "b")]
            for place in pair:
                self.make(place, *signed)
            expect(files_below(pair[0]) == files_below(pair[1]) != [], "the same files")
            for name in files_below(pair[0]):
                expect(content(os.path.join(pair[0], name)) == content(os.path.join(pair[1], name)), f"{name} differs")
            inf = content(os.path.join(pair[0], self.stem + ".inf")).decode()
            expect("11/01/2026" in inf, "the date is in the INF")

    def failures_leave_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            nothing = os.path.join(folder, "nothing.pem")
            with open(nothing, "w", encoding="utf-8"):
                pass
            said = self.make(out, "--certificate", nothing, "--key", nothing, code=1)
            expect("driver: " in said and "meridiandsm.sys" in said, said)
            expect(os.listdir(folder) == ["nothing.pem"], f"left behind: {os.listdir(folder)}")
            said = run(self.dsmkit, "package", self.profile, "-o", out, "--source", folder, code=3)
            expect("is no source tree of dsmkit" in said and "--source DIR" in said, said)
            said = run(self.dsmkit, "package", self.profile, "-o", out, "--source", ROOT, code=3, env={"PATH": folder})
            expect("osslsigncode (Debian: osslsigncode; signs)" in said and "tools/setup" in said, said)
            run(self.dsmkit, "package", self.profile, "-o", out, "--key", nothing, code=2)
            expect(os.listdir(folder) == ["nothing.pem"], f"left behind: {os.listdir(folder)}")


    def ctrl_c_leaves_nothing(self):
        """As a terminal sends it: to the command and to whatever it runs."""
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "out")
            command = [self.dsmkit, "package", self.profile, "-o", out, "--source", ROOT]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  start_new_session=True) as process:
                while not os.listdir(folder):
                    if process.poll() is not None:
                        raise Failed(f"it ended before it began: {process.stdout.read()}")
                while process.poll() is None and not children_of(process.pid):
                    pass
                os.killpg(process.pid, signal.SIGINT)
                said = process.communicate()[0]
            expect(process.returncode == 1 and "interrupted; nothing was made" in said, f"{process.returncode}: {said}")
            expect(os.listdir(folder) == [], f"left behind: {os.listdir(folder)}")


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return file.read().split()


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def step(self, name, what):
        try:
            what()
            self.passed += 1
            print(f"passed  {name}", flush=True)
            return True
        except (Failed, OSError) as error:
            self.failed += 1
            print(f"FAILED  {name}\n{error if isinstance(error, Failed) else traceback.format_exc()}", flush=True)
            return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--dsmkit", default=os.path.join(ROOT, "build/release/dsmkit"))
    parser.add_argument("--ntrun", default=os.path.join(ROOT, "build/release/ntrun"))
    parser.add_argument("--output", default=os.path.join(ROOT, "build/packages"))
    options = parser.parse_args()
    tally = Tally()
    shutil.rmtree(options.output, ignore_errors=True)
    packages = [Package(options, options.output, *names)
                for names in (("alua", "meridiandsm"), ("active-passive", "granitedsm"))]
    for package in packages:
        if not tally.step(f"{package.stem}: is made", package.make):
            continue
        for name in ("is_complete", "inf_is_in_order", "catalog_knows_its_files", "others_read_the_catalog",
                     "programs_are_signed", "changed_bytes_are_found", "driver_runs"):
            tally.step(f"{package.stem}: {name.replace('_', ' ')}", getattr(package, name))
    for name in ("its_trace_replays", "quirks_and_thresholds_are_in_the_driver", "again_is_the_same", "failures_leave_nothing", "ctrl_c_leaves_nothing"):
        tally.step(name.replace("_", " "), getattr(packages[0], name))
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
