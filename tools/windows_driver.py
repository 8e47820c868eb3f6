#!/usr/bin/env python3
"""Builds mydsm.sys for x64 and ARM64, with their PDBs, judges what came out (tools/windows_image.py), and signs it.

The kernel-safe rooms are compiled by the same commands as for the kernel-subset check, into its folder: the objects that
are linked are the ones that were judged there. The driver's own sources are also compiled by mingw's g++, which links
nothing: a second opinion.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import kernel_targets
import rooms
import windows_image

DRIVER = "windows/driver"
DEFINITIONS = ["ntoskrnl", "mpio"]
LINK = ["lld-link-14", "/nologo", "/driver", "/subsystem:native,10.00", "/entry:DriverEntry", "/base:0x140000000",
        "/nodefaultlib", "/dynamicbase", "/highentropyva", "/nxcompat", "/opt:ref", "/opt:icf", "/Brepro", "/debug",
        "/pdbaltpath:mydsm.pdb", "/pdbsourcepath:."]


class Machine(NamedTuple):
    target: str  # of kernel_targets
    name: str  # as the tools call it
    folder: str  # below the build folder


MACHINES = [Machine("mingw-clang", "i386:x86-64", ""), Machine("mingw-arm64", "arm64", "arm64")]
SECOND_OPINION = "mingw-gcc"


def run(command, folder):
    """The tool's complaint, or nothing."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return [] if done.returncode == 0 else [done.stderr.strip() or done.stdout.strip() or f"{command[0]} failed"]


def compile_all(root, objects):
    """Objects by target, and what the compilers say."""
    files = [path for path in rooms.files_of(root, untracked=True) if path.endswith(".cpp")]
    portable = [path for path in files if rooms.is_kernel_safe(path)]
    own = [path for path in files if path.startswith((DRIVER + "/", "windows/abi/"))]
    jobs, targets = [], {target.name: target for target in kernel_targets.targets()}
    for machine in MACHINES:
        jobs += [(targets[machine.target], unit) for unit in own + portable]
    jobs += [(targets[SECOND_OPINION], unit) for unit in own]
    for target in {target.name for target, _ in jobs}:
        os.makedirs(os.path.join(objects, target), exist_ok=True)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(lambda job: kernel_targets.compile_unit(root, objects, *job), jobs))
    compiled = {}
    for target, unit in jobs:
        compiled.setdefault(target.name, []).append(kernel_targets.object_of(objects, target, unit))
    return compiled, [str(finding) for findings in found for finding in findings]


def link(root, build_dir, machine, objects):
    folder = os.path.join(build_dir, machine.folder)
    os.makedirs(folder, exist_ok=True)
    definitions = [os.path.join(root, DRIVER, name + ".def") for name in DEFINITIONS]
    complaints = []
    for name, path in zip(DEFINITIONS, definitions):
        complaints += run(["llvm-dlltool-14", "-m", machine.name, "-d", path, "-l", name + ".lib"], folder)
    # Relative names: the PDB keeps the command, and the image a sum over the PDB.
    command = [*LINK, "/out:mydsm.sys", "/pdb:mydsm.pdb", *[os.path.relpath(path, folder) for path in objects],
               *[name + ".lib" for name in DEFINITIONS]]
    images = []
    for _ in range(2):
        if not complaints:
            complaints += run(command, folder)
        if not complaints:
            with open(os.path.join(folder, "mydsm.sys"), "rb") as file:
                images.append(file.read())
    if complaints:
        return complaints
    if images[0] != images[1]:
        complaints.append("linking it twice gives two different files")
    complaints += windows_image.check(images[0], windows_image.imports_of_definitions(definitions))
    return [f"{os.path.join(folder, 'mydsm.sys')}: {text}" for text in complaints]


def make_certificate(folder):
    """A key and a certificate that only a machine in test mode trusts; made once per build folder."""
    os.makedirs(folder, exist_ok=True)
    key, certificate = os.path.join(folder, "key.pem"), os.path.join(folder, "certificate.pem")
    if os.path.exists(key) and os.path.exists(certificate):
        return []
    return run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-nodes", "-days", "3650", "-keyout", key,
                "-out", certificate, "-subj", "/CN=dsmkit test signing",
                "-addext", "extendedKeyUsage=critical,codeSigning",
                "-addext", "keyUsage=critical,digitalSignature",
                "-addext", "basicConstraints=critical,CA:FALSE"], folder)


def sign(build_dir, machine):
    """Signs the image where it lies, and looks whether the signature holds."""
    folder = os.path.join(build_dir, machine.folder)
    keys = os.path.join(build_dir, "test-certificate")
    certificate = os.path.join(keys, "certificate.pem")
    complaints = run(["osslsigncode", "sign", "-certs", certificate, "-key", os.path.join(keys, "key.pem"), "-h",
                      "sha256", "-n", "dsmkit DSM", "-in", "mydsm.sys", "-out", "signed.sys"], folder)
    if not complaints:
        os.replace(os.path.join(folder, "signed.sys"), os.path.join(folder, "mydsm.sys"))
        complaints = run(["osslsigncode", "verify", "-CAfile", certificate, "-in", "mydsm.sys"], folder)
    return complaints


def main():
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--root", default=here)
    parser.add_argument("--build-dir", default=os.path.join(here, "build", "windows-driver"))
    options = parser.parse_args()
    begun = time.monotonic()
    for tool in ("lld-link-14", "llvm-dlltool-14", "openssl", "osslsigncode"):
        if shutil.which(tool) is None:
            sys.exit(f"windows-driver: {tool} is not installed: run tools/setup")
    root, build_dir = os.path.abspath(options.root), os.path.abspath(options.build_dir)
    try:
        compiled, complaints = compile_all(root, os.path.join(os.path.dirname(build_dir), "kernel-subset"))
    except FileNotFoundError as error:
        sys.exit(f"windows-driver: {error}")
    if not complaints:
        complaints = make_certificate(os.path.join(build_dir, "test-certificate"))
        for machine in MACHINES:
            complaints += link(root, build_dir, machine, compiled[machine.target]) or sign(build_dir, machine)
    for complaint in complaints:
        print(complaint)
    print(f"windows-driver: {len(complaints)} findings, {time.monotonic() - begun:.0f} s")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
