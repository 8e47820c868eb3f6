"""What the checks share that plant faults into a copy of the repository to see that they find them (--self-test)."""

import argparse
import os
import sys
import tempfile


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def missed(faults, copy_to, is_found):
    """How many of the faults, each (path, old text, new text), are not found. `copy_to` fills a folder with what is
    checked; `is_found` looks at it with the fault, and gets what `copy_to` returned."""
    count = 0
    for path, old, new in faults:
        with tempfile.TemporaryDirectory() as folder:
            before = copy_to(folder)
            text = read(folder, path)
            if old not in text:
                sys.exit(f"the self-test is out of date: {path} does not hold {old!r}")
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text.replace(old, new, 1))
            if not is_found(folder, before):
                print(f"not found: {new!r} in {path}")
                count += 1
    return count


def run(doc, findings, self_test, all_is_well):
    """The program: 0 when all is well. With --self-test: when every planted fault is found."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--self-test", action="store_true")
    if parser.parse_args().self_test:
        return 1 if self_test() else 0
    found = findings()
    print("\n".join(found) or all_is_well)
    return 1 if found else 0
