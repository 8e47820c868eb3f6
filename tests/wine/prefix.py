"""What the tests under Wine share: a prefix of their own for each script, programs run in it, its registry read, and the count of what
passed.

A new prefix takes Wine 10 s. One is made once and kept (`pristine`); each script gets a copy of it, anew at each run, so
that nothing of an earlier run or of another script is there.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WINE = "/usr/lib/wine/wine64"  # the wrapper wine would ask for 32 bits
SERVER = "/usr/lib/wine/wineserver64"
DEADLINE_S = 60  # of each command; they take 0.1 s once there is a prefix, and that 10 s


class Failed(Exception):
    pass


def _link_or_copy(source, target):
    """Wine replaces what is installed, and writes in place only what stands at the top: the registry."""
    os.link(source, target, follow_symlinks=False)


class Wine:
    def __init__(self, folder, name):
        self.folder = folder
        self.prefix = os.path.join(folder, name)
        self.env = {**os.environ, "WINEPREFIX": self.prefix, "WINEARCH": "win64", "WINESERVER": SERVER,
                    "WINEDLLOVERRIDES": "mscoree=;mshtml=", "WINEDEBUG": os.environ.get("WINEDEBUG", "-all")}
        self.env.pop("DISPLAY", None)

    def path(self, windows):
        r"""Where C:\SOME\FILE lies for Linux."""
        return os.path.join(self.prefix, "drive_c", *windows.removeprefix("C:\\").split("\\"))

    def run(self, *command, ok=True):
        """What the program prints. It must end with 0, unless `ok` is false."""
        code, text = self.call(*command)
        if ok and code != 0:
            raise Failed(f"{' '.join(command)}: ended with {code}\n{text}")
        return text

    def call(self, *command):
        """How the program ends (a byte: Linux hands on no more of it), and what it prints."""
        # Into a file: a pipe would also be held by Wine's services, and end when they do.
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            try:
                code = subprocess.run([WINE, *command], env=self.env, stdin=subprocess.DEVNULL, stdout=output,
                                      stderr=subprocess.STDOUT, timeout=DEADLINE_S, check=False).returncode
            except subprocess.TimeoutExpired:
                raise Failed(f"{' '.join(command)}: not done within {DEADLINE_S} s") from None
            output.seek(0)
            return code, output.read()

    def make_prefix(self):
        pristine = Wine(self.folder, "pristine")
        made = os.path.join(pristine.prefix, "made")
        if not os.path.exists(made):
            shutil.rmtree(pristine.prefix, ignore_errors=True)
            pristine.run("wineboot", "-i")
            # What is left of that session still writes the registry, and knows nothing of what would be changed in it.
            pristine.wait()
            with open(made, "w", encoding="utf-8"):
                pass
        shutil.rmtree(self.prefix, ignore_errors=True)
        os.makedirs(self.prefix)
        for name in os.listdir(pristine.prefix):
            source, target = os.path.join(pristine.prefix, name), os.path.join(self.prefix, name)
            if os.path.isdir(source):
                shutil.copytree(source, target, symlinks=True, copy_function=_link_or_copy)
            else:
                shutil.copy2(source, target)

    def session(self):
        """A program that does nothing: Wine's drivers live as long as some program does."""
        return subprocess.Popen([WINE, "cmd"], env=self.env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def registry(self, key):
        r"""All keys from this one (HKLM\...) on: {name of key: {name of value: data}}. Data is a text, a number, a list of
        texts or bytes, as the value's type is."""
        file = self.path(r"C:\registry.reg")
        self.run("reg", "export", key, r"C:\registry.reg", "/y")
        with open(file, encoding="utf-16") as export:
            return parse_registry(export.read())

    def wait(self):
        """Until all programs in it have ended."""
        subprocess.run([SERVER, "-w"], env=self.env, check=False, timeout=DEADLINE_S)

    def stop(self):
        subprocess.run([SERVER, "-k"], env=self.env, check=False, timeout=DEADLINE_S)


def parse_registry(text):
    """A file of regedit's."""
    keys, values = {}, None
    for line in text.replace("\\\n  ", "").splitlines():
        if line.startswith("["):
            values = keys.setdefault(line[1:-1], {})
        elif line.startswith(("\"", "@")):
            end = 1 if line[0] == "@" else _end_of_text(line)
            values[_unquoted(line[:end]) if end > 1 else ""] = _data(line[end + 1:])
    return keys


def _end_of_text(line):
    at = 1
    while line[at] != "\"":
        at += 2 if line[at] == "\\" else 1
    return at + 1


def _unquoted(text):
    return text[1:-1].replace("\\\"", "\"").replace("\\\\", "\\")


def _data(text):
    if text.startswith("\""):
        return _unquoted(text)
    kind, _, digits = text.partition(":")
    if kind == "dword":
        return int(digits, 16)
    data = bytes.fromhex(digits.replace(",", ""))
    if kind == "hex(7)":
        return data.decode("utf-16-le").rstrip("\0").split("\0")
    if kind == "hex(2)":
        return data.decode("utf-16-le").rstrip("\0")
    return data


class Tally:
    def __init__(self):
        self.counts = {"passed": 0, "failed": 0}

    def line(self, outcome, what):
        self.counts[outcome] += 1
        print(outcome, what, flush=True)

    def step(self, what, action):
        """A step without which the others are no use."""
        try:
            result = action()
        except Failed as error:
            self.line("failed", f"{what}: {error}")
            raise
        self.line("passed", what)
        return result

    def expect(self, what, found, expected):
        """One of several verdicts; the others are told all the same."""
        if found == expected:
            self.line("passed", what)
        else:
            self.line("failed", f"{what}: {found!r}, not {expected!r}")

    def verdicts(self, text):
        """Those that a program under Wine prints."""
        lines = [line.strip() for line in text.splitlines()]
        for line in lines:
            outcome, _, what = line.partition(" ")
            if outcome in self.counts:
                self.line(outcome, what)
        if not any(line.startswith("passed") for line in lines):
            self.line("failed", f"the program says nothing: {text!r}")


def script(doc, name, body, files=()):
    """Runs body(wine, tally, options), and returns the exit status of the script: 77 where there is no Wine. `files` are
    (option, standard value, how it is made)."""
    parser = argparse.ArgumentParser(description=doc.split("\n", maxsplit=1)[0])
    parser.add_argument("--build-dir", default=os.path.join(ROOT, "build", "wine"))
    for option, standard, _ in files:
        parser.add_argument("--" + option, default=os.path.join(ROOT, standard))
    options = parser.parse_args()
    if not os.path.exists(WINE):
        print(f"{WINE} is not there: the package wine64 is not installed")
        return 77
    for option, _, made_by in files:
        if not os.path.exists(getattr(options, option)):
            sys.exit(f"{getattr(options, option)} is not there: {made_by}")
    begun = time.monotonic()
    folder = os.path.abspath(options.build_dir)
    os.makedirs(folder, exist_ok=True)
    wine, tally = Wine(folder, name), Tally()
    try:
        body(wine, tally, options)
    except Failed:
        pass  # it has been told
    finally:
        wine.stop()
    print(f"{tally.counts['passed']} passed, {tally.counts['failed']} failed, {time.monotonic() - begun:.0f} s")
    return 1 if tally.counts["failed"] else 0
