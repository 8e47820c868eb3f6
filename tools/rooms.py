"""The rooms of the repository: which may include which, and what of them runs in a kernel.

ARCHITECTURE.md explains the table; the tools read it here.
"""

import fnmatch
import os
import subprocess

# A room -> the rooms that it may include besides itself.
INCLUDES = {
    "base": [],
    "scsi": ["base"],
    "dsm": ["base", "scsi"],
    "replay": ["base", "scsi", "dsm"],
    "profile": ["base", "scsi", "dsm", "inf"],
    "inf": ["base"],
    "package": ["base", "scsi", "dsm", "profile", "inf"],
    "mpio": ["base", "scsi", "dsm"],
    "array": ["base", "scsi"],
    "sim": ["base", "scsi", "dsm", "replay", "mpio", "array"],
    "io": ["base", "scsi", "mpio", "array"],
    # windows/driver and windows/abi: base, scsi and dsm only; the harness has the array for a device, and a world around it;
    # the installer reads INFs.
    "windows": ["base", "scsi", "dsm", "inf", "array", "mpio", "sim"],
    "cli": ["base", "scsi", "dsm", "replay", "profile", "inf", "package", "mpio", "array", "sim", "io"],
}
# Folders beside the rooms, which may include everything. A room's own tests may include the first.
BESIDE = ["tests", "bench", "fuzz"]

# The one header by which the driver sees the kernel, whoever declares it, and what stands in for the Windows Driver Kit:
# its headers need others for Windows, and tools/windows_kit.py compiles them.
KERNEL_HEADER, STAND_IN_KIT = "windows/abi/kernel.h", "windows/kit"

# Compiled for the driver too.
KERNEL_ROOMS = ["base", "scsi", "dsm"]
# What in those rooms is for user space only.
HOSTED = ["base/timer_queue*", "base/prng*", "scsi/guarded_bytes.h", "*/testing/*", "*_hosted.*", "*_test.cpp"]

# Standard headers of values and algorithms, good on every target: no exceptions, no allocation.
KERNEL_STD_HEADERS = {
    "array", "atomic", "bit", "compare", "concepts", "cstddef", "cstdint", "cstring", "initializer_list",
    "limits", "optional", "span", "string_view", "type_traits", "utility",
}


def room_of(path):
    """The top-level folder of a path relative to the root."""
    return path.split("/", 1)[0]


def is_kernel_safe(path):
    return room_of(path) in KERNEL_ROOMS and not any(fnmatch.fnmatch(path, p) for p in HOSTED)


def is_test(path):
    return path.endswith("_test.cpp")


def files_of(root, untracked=False):
    """What git tracks, and what it does not ignore if asked for; everything but build/ where there is no git."""
    listing = None
    if os.path.exists(os.path.join(root, ".git")):
        kinds = ["--cached", "--others", "--exclude-standard"] if untracked else ["--cached"]
        listing = subprocess.run(["git", "-C", root, "ls-files", "-z", *kinds], capture_output=True, check=False)
    if listing is not None and listing.returncode == 0:
        found = listing.stdout.decode().split("\0")
    else:
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in ("build", ".git", "__pycache__")]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    # Each once: in the middle of a merge git lists a file for each side.
    return sorted({f for f in found if f and os.path.isfile(os.path.join(root, f))})
