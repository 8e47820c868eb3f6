"""Sources compiled folder by folder in one go, to hear whether they would compile: that is much quicker than one by one.
Where it fails it is done by halves: two files may both be good and not like each other."""

import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor


def by_folder(paths):
    folders = {}
    for path in paths:
        folders.setdefault(os.path.dirname(path), []).append(path)
    return list(folders.values())


def complaints(root, commands, paths):
    """(path, name of the command, what the compiler said) for each source that does not compile. `commands`: name ->
    compiler with its options, which is to look and write nothing."""
    def said(command, group):
        with tempfile.NamedTemporaryFile("w", suffix=".cpp", encoding="utf-8") as together:
            together.write("".join(f'#include "{path}"\n' for path in group))
            together.flush()
            done = subprocess.run([*command, together.name], capture_output=True, text=True, cwd=root, check=False)
        return None if done.returncode == 0 else done.stderr.strip()

    def judge(job):
        name, group = job
        complaint = said(commands[name], group)
        if complaint is None:
            return []
        if len(group) == 1:
            return [(group[0], name, complaint)]
        half = len(group) // 2
        return judge((name, group[:half])) + judge((name, group[half:]))

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(judge, [(name, group) for name in commands for group in by_folder(paths)]):
            yield from found
