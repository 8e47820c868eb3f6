"""Layouts as a C++ header: windows/mof/layout.h, against which the driver checks its own structures."""

HEAD = """// Where the fields of the driver's WMI classes lie, and how large the instances are. Made of
// the files in windows/mof by
//     {command}
// and a test fails when it is out of date. `all_bytes` is the size of an element where there may be
// several; of a class that ends with an array, it is where that begins.
#pragma once

// clang-format off
// Checks of a structure, member for member: WIRE_FIELD(Mine, DevicePerf, NumberPaths).
#define WIRE_FIELD(type, name, member) \\
  static_assert(offsetof(type, member) == driver::mof::name::member, \\
                #member " of " #name " lies elsewhere in windows/mof")
#define WIRE_SIZE(type, name) \\
  static_assert(sizeof(type) == driver::mof::name::all_bytes, #name " has another size in windows/mof")

namespace driver::mof {
"""
STAND_IN = "VENDOR_"


def type_name(name):
    """VENDOR_DEVICE_PERF: DevicePerf."""
    return "".join(part.capitalize() for part in name.removeprefix(STAND_IN).split("_"))


def header(layouts, command):
    lines = [HEAD.replace("{command}", command)]
    for name, layout in layouts.items():
        if not layout.fields:
            continue
        lines.append(f"struct {type_name(name)} {{")
        for each in layout.fields:
            lines.append(f"  static constexpr unsigned {each.name} = {each.offset};")
            if each.is_open:
                lines.append(f"  static constexpr unsigned {each.name}_element_bytes = {each.size};")
        lines += [f"  static constexpr unsigned all_bytes = {layout.size};", "};", ""]
    return "\n".join(lines) + "\n}  // namespace driver::mof\n"
