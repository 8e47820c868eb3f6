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

from harness import DSMKIT, free_ports, main

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "your-first-dsm.md")
PORTS = ("3261", "3262")
MARK = "@@@ block"
DEADLINE_S = 240


def blocks_of(text):
    """(commands, what they print or None) of each block of commands, with the line it begins in."""
    blocks = []
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        kind, body = match.groups()
        if kind == "sh":
            blocks.append([text.count("\n", 0, match.start()) + 2, body, None])
        elif kind == "text":
            assert blocks and blocks[-1][2] is None, f"this output belongs to no commands:\n{body}"
            blocks[-1][2] = body
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
    script = "".join(f"echo '{MARK}'\n{commands}" for _, commands, _ in blocks)
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
    line = blocks[len(printed) - 1][0]
    assert code == 0, f"{PAGE}:{line}: ended with {code}:\n{printed[-1]}"
    return printed


def test_every_command_of_the_page(scene):
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    for port, free in zip(PORTS, free_ports(len(PORTS))):
        text = text.replace(":" + port, f":{free}")
    blocks = blocks_of(text)
    assert len(blocks) >= 7, "the page has lost its commands"
    for (line, _, shown), printed in zip(blocks, run(scene, blocks)):
        assert pattern_of(shown or "").fullmatch(printed), \
            f"{PAGE}:{line}: it shows\n{shown or 'nothing'}\nand the commands print\n{printed}"


main(globals())
