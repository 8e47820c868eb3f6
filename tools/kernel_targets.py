"""The compilers and flags with which the kernel-safe rooms are compiled, and the compiling itself.

Four targets as a driver is built for, and a fifth pass `audit` that shows what optimisation hides: without inlining the
call graph is the source's, and with thread-safe statics every local static gives itself away by a guard.
"""

import glob
import hashlib
import os
import re
import shutil
import subprocess
from typing import NamedTuple

from headers_alone import is_fresh

DIALECT = ["-std=c++20", "-ffreestanding", "-fno-exceptions", "-fno-rtti", "-fno-stack-protector"]
DRIVER = ["-O2", "-fno-threadsafe-statics", "-Wframe-larger-than=512"]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wvla", "-Wno-missing-field-initializers",
            "-Werror"]
GCC = ["-mgeneral-regs-only", "-Wstack-usage=1024"]
# Without jump tables: clang puts them between the instructions, where a disassembler takes them for code. The lines are
# for the driver's PDB: it is these objects that the driver is linked from. They hold clang's command, to which ccache
# adds the colours: with them it is the same command either way.
CLANG = ["-fno-jump-tables", "-Wglobal-constructors", "-Wexit-time-destructors",
         "-fasynchronous-unwind-tables", "-gline-tables-only", "-gcodeview", "-ffile-compilation-dir=.",
         "-fcolor-diagnostics"]
MINGW = "x86_64-w64-mingw32-g++"
COLOUR = re.compile(r"\x1b\[[0-9;]*[mK]")


class Target(NamedTuple):
    name: str
    command: list  # compiler and flags
    windows: bool = False
    arm: bool = False


class Finding(NamedTuple):
    kind: str  # compile, symbol, section, register, guard, recursion, indirect, stack, tool
    target: str
    unit: str
    text: str

    def __str__(self):
        return f"{self.unit}: {self.kind} ({self.target}): {self.text}"


def mingw_headers():
    """Where mingw's g++ looks for headers, as options for clang; its own builtin headers excepted."""
    run = subprocess.run([MINGW, "-E", "-x", "c++", "-", "-v"], input="", capture_output=True, text=True, check=True)
    listed = run.stderr.split("search starts here:\n")[-1].split("End of search list")[0].split()
    wanted = [path for path in listed if "/c++" in path or path.endswith("mingw32/include")]
    return ["-nostdinc++"] + [option for path in wanted for option in ("-isystem", os.path.normpath(path))]


def targets():
    """Raises FileNotFoundError naming the tool that is missing."""
    for tool in ("g++", MINGW, "clang++-14", "llvm-nm-14", "llvm-objdump-14"):
        if shutil.which(tool) is None:
            raise FileNotFoundError(f"{tool} is not installed: run tools/setup")
    headers = mingw_headers()
    stack = ["-fcallgraph-info=su"]
    return [
        Target("linux-gcc", ["g++", *DRIVER, *GCC, *stack]),
        Target("mingw-gcc", [MINGW, *DRIVER, *GCC], windows=True),
        Target("mingw-clang", ["clang++-14", "--target=x86_64-w64-mingw32", *headers, *DRIVER, *CLANG, "-mno-sse",
                               "-mno-mmx", "-mno-implicit-float"], windows=True),
        Target("mingw-arm64", ["clang++-14", "--target=aarch64-w64-mingw32", *headers, *DRIVER, *CLANG,
                               "-mgeneral-regs-only"], windows=True, arm=True),
        Target("audit", ["g++", "-O1", "-fno-inline", "-fno-optimize-sibling-calls", "-mgeneral-regs-only", *stack]),
    ]


def object_of(folder, target, unit):
    return os.path.join(folder, target.name, unit.replace("/", "__") + ".o")


def launcher(target):
    """ccache, where it is there and can keep all that this target's compiler writes: not the call graph."""
    found = None if any("callgraph" in option for option in target.command) else shutil.which("ccache")
    return [found] if found else []


def compile_unit(root, folder, target, unit, cached=True):
    """Compiles one source unless its object is up to date. Returns a list of findings. `cached`: ccache may help."""
    # Everything is named relative to the root: clang keeps its command in what it says for debuggers, and the driver is
    # to be the same whatever folder it is built in.
    place = os.path.relpath(folder, root)
    output = object_of(place, target, unit)
    source = unit if os.path.exists(os.path.join(root, unit)) else os.path.join(place, unit)  # or generated
    # __FILE__ stands in assertions: headers are named as sources are.
    command = [*target.command, *DIALECT, *WARNINGS, "-ffile-prefix-map=./=", "-I", ".", "-c", source, "-o", output]
    if target.name == "audit":
        command.append("-w")  # it is the others that judge warnings
    command += ["-MD", "-MF", output + ".d", "-MT", "object"]
    key = hashlib.sha256("\0".join(command).encode()).hexdigest()[:16]
    stamp = output + "." + key
    stamp_path, output_path = os.path.join(root, stamp), os.path.join(root, output)
    if is_fresh(stamp_path, root) and os.path.exists(output_path):
        return []
    for leftover in glob.glob(glob.escape(output_path) + "*"):  # also the stamps of other commands
        os.remove(leftover)
    # ccache overlooks the names of what is written and looks at the folder; the object holds the former and not the latter.
    run = subprocess.run([*(launcher(target) if cached else []), *command], capture_output=True, text=True, cwd=root,
                         check=False, env={**os.environ, "CCACHE_NAMESPACE": key, "CCACHE_NOHASHDIR": "1"})
    if run.returncode != 0:
        said = COLOUR.sub("", run.stderr).splitlines()
        told = [line for line in said if " error: " in line] or said
        return [Finding("compile", target.name, unit, "\n  ".join(told[:4]))]
    os.replace(output_path + ".d", stamp_path)
    os.utime(stamp_path)
    return []
