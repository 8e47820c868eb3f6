#!/usr/bin/env python3
"""Would the driver compile with the Windows Driver Kit's declarations in place of its own, and have those the layout that it
counts on? The kit is not to be had here, so mingw's headers of the kernel stand in for it, with what they lack in
windows/kit/, in the form that the kit gives it: names, types of pointers, unions, linkage. Each source of the driver and each
assertion of windows/abi/layout*.cpp is compiled with DSMKIT_WITH_WDK.

  windows_kit.py              what does not compile, which layout differs
  windows_kit.py --self-test  plants faults and expects them to be found
"""

import os
import re
import shutil
import subprocess
import sys

import compile_together
import kernel_targets
import planted_faults
import rooms
import windows_driver
import windows_layout

# As the kit's build has them: Windows 10, x64.
DEFINED = ["-DDSMKIT_WITH_WDK", "-DWINNT=1", "-D_WIN64", "-D_AMD64_", "-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000000"]

# Assertions that mingw's headers do not fulfil and Windows does: it aligns device objects and packets, and since Windows 8
# the first of a DPC's two list pointers is all that is left of them.
MINGWS_OWN = {"ALIGNMENT(DEVICE_OBJECT, 16);", "ALIGNMENT(IRP, 16);", "SIZE(DEVICE_OBJECT, 336);",
              "AT(KDPC, ProcessorHistory, 16);"}


def command():
    """g++, because its own headers it is that stand in."""
    folders = [option for option in kernel_targets.mingw_headers() if option.endswith("mingw32/include")]
    return [kernel_targets.MINGW, "-fsyntax-only", *kernel_targets.DIALECT, *kernel_targets.WARNINGS, *DEFINED, "-I.",
            "-isystem", rooms.STAND_IN_KIT, "-isystem", os.path.join(folders[0], "ddk")]


def check_compiles(root, only=("",)):
    sources = [path for path in windows_driver.sources_of(root)[0] if path.startswith(only)
               and not path.startswith(windows_layout.ABI)]
    for path, _, said in compile_together.complaints(root, {"kit": command()}, sources):
        yield f"{path} would not compile with the Windows Driver Kit:\n{said[:1500]}"


def check_layout(root):
    """Every assertion is looked at, the rest of the file must be right."""
    failed = set()
    for path in windows_layout.sources_in(root):
        lines = planted_faults.read(root, path).split("\n")
        run = subprocess.run([*command(), "-ftrack-macro-expansion=0", "-fmax-errors=0", path], cwd=root, capture_output=True,
                             text=True, check=False)
        for where, number, said in re.findall(r"^([^\s:]+):(\d+):\d+: (?:fatal )?error: (.*)", run.stderr, re.M):
            line = lines[int(number) - 1] if where == path else ""
            failed.add(line)
            if line not in MINGWS_OWN:
                yield f"{where}:{number}: with the Windows Driver Kit's declarations this does not hold: {line or said}"
    for line in sorted(MINGWS_OWN - failed):
        yield f"{windows_layout.ABI}: {line} holds with mingw's headers, though tools/windows_kit.py says that it does not"


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
LAYOUT_FAULTS = [
    ("windows/kit/dsm.h", "  PVOID DsmContext;\n  PDRIVER_OBJECT DriverObject;\n  UNICODE_STRING",
     "  PDRIVER_OBJECT DriverObject;\n  PVOID DsmContext;\n  UNICODE_STRING"),
    ("windows/kit/dsm.h", "  ULONG InitDataSize;\n", "  ULONG InitDataSize;\n  PVOID Added;\n"),
    ("windows/kit/srb.h", "ULONG AddressOffset;\n  ULONG NumSrbExData;", "ULONG NumSrbExData;\n  ULONG AddressOffset;"),
    ("windows/abi/kernel.h", 'extern "C" {\n#include <dsm.h>\n}', "#include <dsm.h>"),
    ("windows/abi/layout_kernel.cpp", "AT(IRP, UserBuffer, 112);", "AT(IRP, UserBuffer, 104);"),
    ("windows/abi/layout.h", "windows/abi/kernel.h", "windows/abi/imports.h"),
]


def self_test(root):
    def copy_to(folder):
        for room in ("base", "scsi", "dsm", "tools", "windows/driver", "windows/abi", "windows/kit", "windows/mof"):
            shutil.copytree(os.path.join(root, room), os.path.join(folder, room))

    def missed(fault):
        *planted, source = fault
        return planted_faults.missed([planted], copy_to,
                                     lambda folder, _: list(check_compiles(folder, (f"{windows_driver.DRIVER}/{source}",))))

    return sum(missed(fault) for fault in FAULTS) + planted_faults.missed(
        LAYOUT_FAULTS, copy_to, lambda folder, _: list(check_layout(folder)))


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return planted_faults.run(__doc__, lambda: [*check_compiles(root), *check_layout(root)], lambda: self_test(root),
                              "windows/driver: every source compiles with what stands in for the Windows Driver Kit, whose layout is ours")


if __name__ == "__main__":
    sys.exit(main())
