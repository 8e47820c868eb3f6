#!/usr/bin/env python3
"""Would the driver compile with the Windows Driver Kit's declarations in place of its own? The kit is not to be had here, so
mingw's headers of the kernel stand in for it, with what they lack in windows/kit/, in the form that the kit gives it: names,
types of pointers, unions, linkage. Each source of the driver is compiled with DSMKIT_WITH_WDK.

  windows_kit.py              what does not compile
  windows_kit.py --self-test  plants faults and expects them to be found
"""

import os
import shutil
import sys

import compile_together
import kernel_targets
import planted_faults
import rooms
import windows_driver

# As the kit's build has them: Windows 10, x64.
DEFINED = ["-DDSMKIT_WITH_WDK", "-DWINNT=1", "-D_WIN64", "-D_AMD64_", "-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000000"]


def command():
    """g++, because its own headers it is that stand in."""
    folders = [option for option in kernel_targets.mingw_headers() if option.endswith("mingw32/include")]
    return [kernel_targets.MINGW, "-fsyntax-only", *kernel_targets.DIALECT, *kernel_targets.WARNINGS, *DEFINED, "-I.",
            "-isystem", rooms.STAND_IN_KIT, "-isystem", os.path.join(folders[0], "ddk")]


def check_compiles(root, only=("",)):
    sources = [path for path in windows_driver.sources_of(root)[0] if path.startswith(only)]
    for path, _, said in compile_together.complaints(root, {"kit": command()}, sources):
        yield f"{path} would not compile with the Windows Driver Kit:\n{said[:1500]}"


# In which file, old text and new text, and which source sees it.
FAULTS = [
    ("windows/driver/driver.h", "extern RoutineOf<DSM_UNLOAD> unload_dsm;", "extern DSM_UNLOAD unload_dsm;", "registration"),
    ("windows/driver/wmi/lists.cpp", "lun.QueryWmiDataBlockEx", "lun.QueryWmiDataBlock", "wmi/lists"),
    ("windows/driver/registration.cpp", "DSM_INIT_DATA_TYPE_6_SIZE", "dsm_init_data_size(type)", "registration"),
    ("windows/driver/wmi/wire.h", "windows/abi/kernel.h", "windows/abi/wmi.h", "wmi/lists"),
    ("windows/driver/trace.cpp", "EVENT_FILTER_DESCRIPTOR*, PVOID", "PVOID, PVOID", "trace.cpp"),
    ("windows/driver/devices.cpp", "Type = StorageIdCodeSetBinary", "Type = 1", "devices"),
    ("windows/driver/srb.cpp", "SRB_STATUS(request.srb_status)", "(request.srb_status & SRB_STATUS_MASK)", "srb"),
    ("windows/kit/dsm.h", "(*DSM_ADDRESS_TYPE_SUPPORTED)", "(*DSM_IS_ADDRESS_TYPE_SUPPORTED)", "devices"),
]


def self_test(root):
    def copy_to(folder):
        for room in ("base", "scsi", "dsm", "tools", "windows/driver", "windows/abi", "windows/kit", "windows/mof"):
            shutil.copytree(os.path.join(root, room), os.path.join(folder, room))

    def missed(fault):
        *planted, source = fault
        return planted_faults.missed([planted], copy_to,
                                     lambda folder, _: list(check_compiles(folder, (f"{windows_driver.DRIVER}/{source}",))))

    return sum(missed(fault) for fault in FAULTS)


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return planted_faults.run(__doc__, lambda: list(check_compiles(root)), lambda: self_test(root),
                              "windows/driver: every source compiles with what stands in for the Windows Driver Kit")


if __name__ == "__main__":
    sys.exit(main())
