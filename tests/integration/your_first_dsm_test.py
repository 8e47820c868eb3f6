#!/usr/bin/env python3
"""docs/your-first-dsm.md: each command of the page is run, in its order and in one shell, and what it prints is what the page
shows.

A block of `sh` is run. A block of `text` behind it is what it prints, where `...` stands for anything within a line,
and alone for any lines. The ports of the page are replaced by free ones.
"""

import os
import re
import signal
import subprocess

from harness import DSMKIT, free_ports, main, need, skip

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "your-first-dsm.md")
PORTS = ("3261", "3262")
MARK = "@@@ block"
BEGIN = "0"  # the section without a number
WINE = "/usr/lib/wine/wine64"
DEADLINE_S = 600


class Block:
    """Commands, what the page says that they print (or None), and where they stand."""

    def __init__(self, section, line, commands):
        self.section, self.line, self.commands, self.shown = section, line, commands, None


def blocks_of(text):
    blocks = []
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        kind, body = match.groups()
        if kind == "sh":
            before = text[:match.start()]
            headings = re.findall(r"^## (\d+)", before, re.MULTILINE)
            blocks.append(Block(headings[-1] if headings else BEGIN, before.count("\n") + 2, body))
        elif kind == "text":
            assert blocks and blocks[-1].shown is None, f"this output belongs to no commands:\n{body}"
            blocks[-1].shown = body
    return blocks


def pattern_of(shown):
    pattern = ""
    for line in shown.splitlines():
        pattern += "(?:.*\n)*?" if line == "..." else ".*".join(map(re.escape, line.split("..."))) + "\n"
    return re.compile(pattern)


def run(scene, blocks):
    """What each of them prints. All are run by one shell, which stops at the first that fails."""
    root = scene.path("repository")
    os.makedirs(os.path.join(root, "build"))
    os.symlink(os.path.dirname(os.path.abspath(DSMKIT)), os.path.join(root, "build", "release"))
    output = scene.path("output")
    script = "".join(f"echo '{MARK}'\n{block.commands}" for block in blocks)
    with open(output, "w", encoding="utf-8") as file:
        shell = subprocess.Popen(["bash", "-e", "-c", script], cwd=root, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                 start_new_session=True)
    try:
        code = shell.wait(DEADLINE_S)
    except subprocess.TimeoutExpired:
        code = f"nothing: it was still running after {DEADLINE_S} s"
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # what it has left in the background
        except ProcessLookupError:
            pass
    with open(output, encoding="utf-8") as file:
        printed = file.read().split(MARK + "\n")[1:]
    line = blocks[len(printed) - 1].line
    assert code == 0, f"{PAGE}:{line}: ended with {code}:\n{printed[-1]}"
    return printed


def run_sections(scene, sections):
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    for port, free in zip(PORTS, free_ports(len(PORTS))):
        text = text.replace(":" + port, f":{free}")
    blocks = [block for block in blocks_of(text) if block.section in sections]
    assert {block.section for block in blocks} == set(sections), "a section of the page has lost its commands"
    wrong = [f"{PAGE}:{block.line}: it shows\n{block.shown or 'nothing'}\nand the commands print\n{printed}"
             for block, printed in zip(blocks, run(scene, blocks)) if not pattern_of(block.shown or "").fullmatch(printed)]
    assert not wrong, "\n".join(wrong)


def test_from_inquiry_to_inf(scene):
    run_sections(scene, [BEGIN, "1", "2", "3", "4"])


def test_the_package(scene):
    """Minutes: it builds a driver. Wine's part is left out where there is no Wine."""
    if not os.path.exists(os.path.join(os.path.dirname(DSMKIT), "ntrun")):
        skip("ntrun is not built: it runs x64 code")
    need("clang++-14", "lld-link-14", "x86_64-w64-mingw32-g++", "wixl", "msibuild", "osslsigncode")
    sections = [BEGIN, "2", "5", "6"]
    run_sections(scene, sections + ["7"] if os.path.exists(WINE) else sections)


main(globals())
