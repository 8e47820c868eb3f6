#!/usr/bin/env python3
"""What the guests boot from: built once, kept in build/guest under a name made of what it is built from.

usage: image.py     builds it, if it is not there, and prints where it is
"""

import contextlib
import fcntl
import glob
import hashlib
import os
import platform
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, "../../build/guest")
SOURCES = ("build_image.sh", "inside/initrd.sh", "inside/init.sh")
FILES = ("vmlinuz", "initrd.gz", "root.img")
RUN_TOOLS = ("qemu-system-x86_64",)
BUILD_TOOLS = ("debootstrap", "apt-get", "dpkg", "busybox", "cpio", "depmod", "modprobe", "mke2fs", "xz")
BUILD_MB = 1500
BUILD_DEADLINE_S = 1200


class Unavailable(Exception):
    """This machine has no guests; the text says why."""


def folder():
    digest = hashlib.sha256()
    for name in SOURCES:
        with open(os.path.join(HERE, name), "rb") as file:
            digest.update(file.read())
    return os.path.abspath(os.path.join(CACHE, digest.hexdigest()[:16]))


def find(tools):
    for tool in tools:
        # A user's PATH may lack the folders where administrators' tools are.
        if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None:
            raise Unavailable(f"{tool} is not installed (tools/setup --guest installs it)")


def mirror():
    """The one that this machine's own packages come from, if it is Debian bookworm; raises Unavailable."""
    listing = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)", "Created-By: Packages"],
                             capture_output=True, text=True, check=False).stdout
    sites = [line.split()[0] for line in listing.splitlines() if line.endswith(" bookworm")]
    if not sites:
        raise Unavailable("the guest is Debian bookworm, and apt-get on this machine has no source for it")
    return sites[0]


def build(target):
    find(BUILD_TOOLS)
    if os.geteuid() != 0:
        raise Unavailable("the guest's image is not built yet, and only root can build it (debootstrap)")
    site = mirror()
    free_mb = shutil.disk_usage(CACHE).free >> 20
    if free_mb < BUILD_MB:
        raise Unavailable(f"building the guest's image takes {BUILD_MB} MB in build/guest, and {free_mb} MB are free")
    for old in glob.glob(os.path.join(CACHE, "*")):
        if os.path.isdir(old):
            shutil.rmtree(old)  # of other sources, or not finished
    work, parts = target + ".work", target + ".parts"
    log = os.path.join(CACHE, "build.log")
    with open(log, "w", encoding="utf-8") as output:
        command = ["nice", "-n", "5", os.path.join(HERE, "build_image.sh"), site, work, parts]
        environment = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "LC_ALL": "C"}
        try:
            code = subprocess.run(command, stdout=output, stderr=output, env=environment, timeout=BUILD_DEADLINE_S,
                                  check=False).returncode
        except subprocess.TimeoutExpired:
            code = f"no end within {BUILD_DEADLINE_S} s"
    shutil.rmtree(work, ignore_errors=True)
    if code != 0:
        with open(log, encoding="utf-8", errors="replace") as output:
            last = (output.read().strip().splitlines() or ["it printed nothing"])[-1]
        raise Unavailable(f"the guest's image could not be built ({code}): {last} (more in {os.path.relpath(log)})")
    os.rename(parts, target)


@contextlib.contextmanager
def locked():
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ready():
    """The folder with FILES in it; raises Unavailable."""
    if platform.machine() != "x86_64":
        raise Unavailable(f"the guest is x86_64, and would take an hour to boot on {platform.machine()}")
    find(RUN_TOOLS)
    target = folder()
    with locked():
        if not all(os.path.exists(os.path.join(target, name)) for name in FILES):
            build(target)
    return target


if __name__ == "__main__":
    try:
        print(ready())
    except Unavailable as why:
        sys.exit(f"image.py: {why}")
