#!/usr/bin/env python3
"""Whatever is wrong with ntrun's command line or its image: one line that names it and what to do, exit code 2.

usage: command_line_test.py NTRUN
"""

import os
import subprocess
import sys
import tempfile

IMAGE = "no-such-folder/mydsm.sys"  # what is wrong is told before the image is looked at

# What is typed behind the image, and what the message must hold.
WRONG = (
    (["--frobnicate"], ["there is no option '--frobnicate'"]),
    (["-h"], ["there is no option '-h'"]),
    (["second.sys"], ["'second.sys' belongs to no option", IMAGE]),
    (["--scenario"], ["--scenario wants a value", "NAME"]),
    (["--scenario", ""], ["--scenario wants the name of a scenario"]),
    (["--scenario", "--record", "x"], ["--scenario wants a value"]),
    (["--scenario", "all", "--scenario", "all"], ["--scenario is there twice"]),
    (["--record", "trace"], ["--record is of one scenario", "--scenario NAME"]),
    (["--scenario", "all", "--record", "trace"], ["--record is of one scenario"]),
    (["--record", "trace", "--seeds", "3"], ["--record goes with --scenario or --seed only"]),
    (["--faults", "1", "--seeds", "3"], ["--faults goes with --seed only"]),
    (["--breach", "fence_forgotten"], ["--breach goes with --seeds or --seed only"]),
    (["--seeds", "3", "--seed", "4"], ["--seeds and --seed are two tasks"]),
    (["--list", "--help"], ["--list and --help are two tasks"]),
    (["--seeds"], ["--seeds wants a value: --seeds N"]),
    (["--seeds", "0"], ["--seeds wants a number from 1 to", "'0'"]),
    (["--seeds", "many"], ["--seeds wants a number", "'many'"]),
    (["--seeds", "12x"], ["--seeds wants a number", "'12x'"]),
    (["--seeds", "+1"], ["--seeds wants a number", "'+1'"]),
    (["--seeds", "1.5"], ["--seeds wants a number", "'1.5'"]),
    (["--seeds", "18446744073709551616"], ["--seeds wants a number from 1 to 18446744073709551615"]),
    (["--seeds", "-1"], ["--seeds wants a value"]),
    (["--seed", ""], ["--seed wants a number from 0", "''"]),
    (["--seeds", "1", "--first", "one"], ["--first wants a number", "'one'"]),
    (["--seeds", "1", "--workers", "0"], ["--workers wants a number from 1 to 256", "'0'"]),
    (["--seeds", "1", "--workers", "257"], ["--workers wants a number from 1 to 256", "'257'"]),
    (["--seed", "1", "--requests", "4294967296"], ["--requests wants a number from 1 to 4294967295"]),
    (["--seed", "1", "--faults", "a,b"], ["--faults wants numbers with commas between them, or none", "'a,b'"]),
    (["--seed", "1", "--deeds", "1;2"], ["--deeds wants numbers with commas between them, or none", "'1;2'"]),
    (["--seed", "1", "--timeline", "perhaps"], ["--timeline wants yes or no, not 'perhaps'"]),
    (["--seed", "1", "--breach", "all"], ["--breach wants one of ", "fence_forgotten", "'all'"]),
    (["--bench", "none"], ["--bench wants one of ", "round-robin", "'none'"]),
)


def run(*words):
    return subprocess.run([sys.argv[1], *words], capture_output=True, text=True, timeout=60, check=False)


def expect_refusal(words, texts):
    done = run(*words)
    assert done.returncode == 2, f"{words}: exit code {done.returncode}, not 2\n{done.stderr}"
    assert done.stdout == "", f"{words}: prints\n{done.stdout}"
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("ntrun: "), f"{words}: is no single message:\n{done.stderr}"
    for text in texts:
        assert text in lines[0], f"{words}: no {text!r} in {lines[0]!r}"


def wrong_words():
    for words, texts in WRONG:
        expect_refusal([IMAGE, *words], [*texts, "see ntrun --help"])
        if words[0] != "second.sys":
            expect_refusal([*words, IMAGE] if words[0] in ("--frobnicate", "-h") else [IMAGE, *words], texts)
    expect_refusal([], ["the driver's image is missing", "build/windows-driver/mydsm.sys"])
    expect_refusal(["--scenario", "all"], ["the driver's image is missing"])
    expect_refusal([""], ["the name of the driver's image is empty"])


def wrong_images():
    """One message, not one for each scenario."""
    with tempfile.TemporaryDirectory() as folder:
        names = {name: os.path.join(folder, name) for name in ("missing.sys", "empty.sys", "text.sys", "dos.sys", "cut.sys")}
        contents = {"empty.sys": b"", "text.sys": b"text\n" * 100, "dos.sys": b"MZ" + b"\0" * 62,
                    "cut.sys": b"MZ" + b"\0" * 58 + b"\x40\0\0\0PE\0\0\x64\x86"}
        for name, content in contents.items():
            with open(names[name], "wb") as file:
                file.write(content)
        for path in [*names.values(), folder]:
            for words in ([], ["--scenario", "devices/two-paths"], ["--seeds", "2"], ["--seed", "2"], ["--bench"]):
                expect_refusal([path, *words], [path, "build" if "missing" in path else ""])


def known_things():
    """What is right: the list, and the usage, which names every option."""
    listed = run("--list")
    names = listed.stdout.splitlines()
    assert listed.returncode == 0 and not listed.stderr and len(set(names)) == len(names) > 100, listed
    shown = run("--help")
    assert shown.returncode == 0 and not shown.stderr and shown.stdout.count("\n") > 10, shown
    for words, _ in WRONG:
        for option in words:
            if option.startswith("--") and option not in ("--frobnicate",):
                assert option in shown.stdout, f"{option} is not in the usage"
    assert run(IMAGE, "--help").stdout == shown.stdout


for test in (wrong_words, wrong_images, known_things):
    test()
    print(f"passed {test.__name__}")
