#!/usr/bin/env python3
"""Holds windows/mydsm.vcxproj, with which Visual Studio and the Windows Driver Kit build the driver, to what
tools/windows_driver.py builds: the same sources and resources, all configurations, the flags that kernel code needs.
Then clang compiles the sources as the project says, in place of a compiler that is not here, and the command that makes
the resources is run.

  windows_project.py              what is wrong
  windows_project.py --write      puts today's sources into the project
  windows_project.py --self-test  plants faults and expects them to be found
"""

import collections
import filecmp
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import compile_together
import kernel_targets
import planted_faults
import windows_driver
import windows_resources
from mof import identity

PROJECT, SOLUTION = "windows/mydsm.vcxproj", "windows/mydsm.sln"
XML = {"m": "http://schemas.microsoft.com/developer/msbuild/2003"}
CONFIGURATIONS = [f"{kind}|{platform}" for kind in ("Debug", "Release") for platform in ("x64", "ARM64")]
TARGETS = ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"]
RESOURCES = "$(IntDir)resources\\"
REPAIR = "tools/windows_project.py --write does that"
# Element of the project, what it must be, and the option of the compiler that it stands for.
PROPERTIES = {"ConfigurationType": "Driver", "DriverType": "WDM", "PlatformToolset": "WindowsKernelModeDriver10.0",
              "TargetVersion": "Windows10", "SpectreMitigation": "Spectre"}
COMPILER = {"LanguageStandard": ("stdcpp20", "/std:c++20"), "WarningLevel": ("Level4", "/W4"),
            "TreatWarningAsError": ("true", "/WX"), "ExceptionHandling": ("false", "/EHs-c-"),
            "RuntimeTypeInfo": ("false", "/GR-"), "ConformanceMode": ("true", "/permissive-"),
            "ControlFlowGuard": ("Guard", "/guard:cf"), "AdditionalIncludeDirectories": ("$(ProjectDir)..", "/I.")}
# The kit's own folder of C++ headers lacks what C++20 needs and stands before Visual Studio's, whose folder this is.
STANDARD_HEADERS = "$(VC_IncludePath)"
# Attributes of other compilers (5030); functions that later kits discourage (4996), whose successors Windows Server 2016
# has not; padding that alignment asks for (4324).
SILENT = ["5030", "4996", "4324"]
# Visual Studio's debugging of iterators calls what no kernel has.
DEFINED = ["DSMKIT_WITH_WDK", "_ITERATOR_DEBUG_LEVEL=0"]
OPTIONS = ["/kernel", "/Zc:threadSafeInit-", "/utf-8"]
# What clang has no counterpart for. /kernel forbids exceptions and run-time types, which are switched off by name too.
NOT_CLANGS = {"/kernel"}
# In place of Visual Studio's standard library there is mingw's, which expects the compiler to be more like g++.
STANDARD_LIBRARY = ["/clang:-fno-ms-compatibility", "/clang:-fgnuc-version=4.2.1", "/U_MSC_VER", "/clang:-ffreestanding"]


def sources(root):
    return sorted(sum(windows_driver.sources_of(root), []))


def in_project(path):
    return os.path.relpath(path, os.path.dirname(PROJECT)).replace("/", "\\")


def in_repository(include):
    return os.path.normpath(os.path.join(os.path.dirname(PROJECT), include.replace("\\", "/")))


def items(paths):
    """The sources as the project lists them: those whose names occur twice get names for their objects."""
    names = collections.Counter(os.path.basename(path) for path in paths)
    for path in paths:
        if names[os.path.basename(path)] == 1:
            yield f'    <ClCompile Include="{in_project(path)}" />'
        else:
            name = path[:-len(".cpp")].replace("/", "__")
            yield (f'    <ClCompile Include="{in_project(path)}">\n'
                   f"      <ObjectFileName>$(IntDir){name}.obj</ObjectFileName>\n    </ClCompile>")


def write(root):
    text = planted_faults.read(root, PROJECT)
    begin, end = '  <ItemGroup Label="Sources">\n', "  </ItemGroup>"
    before, after = text.split(begin)
    after = after[after.index(end):]
    with open(os.path.join(root, PROJECT), "w", encoding="utf-8") as file:
        file.write(before + begin + "\n".join(items(sources(root))) + "\n" + after)


def texts(project, path):
    return [element.text or "" for element in project.iterfind(path, XML)]


def check_lists(root, project):
    listed = [item.get("Include") for item in project.iterfind(".//m:ItemGroup/m:ClCompile", XML)]
    for include, times in collections.Counter(listed).items():
        if times > 1:
            yield f"{PROJECT} lists {include} {times} times"
    known, wanted = {in_repository(include) for include in listed}, set(sources(root))
    for path in sorted(wanted - known):
        yield f'{PROJECT} lacks a source of the driver; add <ClCompile Include="{in_project(path)}" /> ({REPAIR})'
    for path in sorted(known - wanted):
        yield f"{PROJECT} lists {in_project(path)}, which is no source of the driver; remove it ({REPAIR})"
    outputs = collections.Counter()
    for item in project.iterfind(".//m:ItemGroup/m:ClCompile", XML):
        named = item.findtext("m:ObjectFileName", None, XML)
        base = item.get("Include").replace("\\", "/").rsplit("/", 1)[-1]
        outputs[(named or "$(IntDir)" + base.replace(".cpp", ".obj")).lower()] += 1
    for output, times in outputs.items():
        if times > 1:
            yield f"{PROJECT}: {times} sources have the same object {output}; give them an ObjectFileName each ({REPAIR})"


def check_flags(project):
    for name, value in PROPERTIES.items():
        found = texts(project, f".//m:PropertyGroup/m:{name}")
        if not found or any(text != value for text in found):
            yield f"{PROJECT}: {name} must be {value} in every configuration, it is {found or 'missing'}"
    for name, (value, option) in COMPILER.items():
        found = texts(project, f".//m:ItemDefinitionGroup/m:ClCompile/m:{name}")
        if not found or any(value not in text.split(";") for text in found):
            yield f"{PROJECT}: {name} must be {value} ({option}), it is {found or 'missing'}"
    found = " ".join(texts(project, ".//m:ItemDefinitionGroup/m:ClCompile/m:AdditionalOptions")).split()
    for option in OPTIONS:
        if option not in found:
            yield f"{PROJECT}: AdditionalOptions must have {option}"
    for element, wanted in (("PreprocessorDefinitions", DEFINED), ("DisableSpecificWarnings", SILENT),
                            ("AdditionalIncludeDirectories", [STANDARD_HEADERS])):
        for text in texts(project, f".//m:ItemDefinitionGroup/m:ClCompile/m:{element}") or [""]:
            for each in wanted:
                if each not in text.split(";"):
                    yield f"{PROJECT}: {element} must have {each}"
    for path, what in ((".//m:ItemDefinitionGroup/m:Link/m:AdditionalDependencies", "mpio.lib"),
                       (".//m:ItemDefinitionGroup/m:DriverSign/m:FileDigestAlgorithm", "sha256"),
                       (".//m:ItemDefinitionGroup/m:Inf/m:TimeStamp", "$(DriverVersion)")):
        if not any(what in text.split(";") for text in texts(project, path)):
            yield f"{PROJECT}: {path.replace('.//', '').replace('m:', '')} must have {what}"


def check_resources(root, project):
    """The command is run as the project says, where Visual Studio would, and what it makes is compiled: the same must
    come out as for the driver that is built here."""
    names = [windows_resources.SCRIPT, *map(windows_resources.bmf_of, windows_resources.MOFS.values())]
    mofs = {f"mof\\{name}" for name in windows_resources.MOFS.values()}
    step = project.find(".//m:ItemGroup/m:CustomBuild[@Include='driver\\identity.h']", XML)
    if step is None:
        yield f"{PROJECT}: no CustomBuild of driver\\identity.h, which makes the resources"
        return
    inputs = set(step.findtext("m:AdditionalInputs", "", XML).split(";"))
    if not mofs <= inputs:
        yield f"{PROJECT}: AdditionalInputs of the CustomBuild must have {';'.join(sorted(mofs - inputs))}"
    outputs = step.findtext("m:Outputs", "", XML).split(";")
    if sorted(outputs) != sorted(RESOURCES + name for name in names):
        yield f"{PROJECT}: Outputs of the CustomBuild must be {';'.join(RESOURCES + name for name in names)}"
    compiled = [item.get("Include") for item in project.iterfind(".//m:ItemGroup/m:ResourceCompile", XML)]
    if compiled != [RESOURCES + windows_resources.SCRIPT]:
        yield f"{PROJECT}: ResourceCompile must be {RESOURCES}{windows_resources.SCRIPT} and no other, it is {compiled or 'missing'}"
    folders = texts(project, ".//m:ItemGroup/m:ResourceCompile/m:AdditionalIncludeDirectories")
    if not any(RESOURCES[:-1] in text.split(";") for text in folders):
        yield f"{PROJECT}: AdditionalIncludeDirectories of ResourceCompile must have {RESOURCES[:-1]}, where the classes are"
    with tempfile.TemporaryDirectory() as folder:
        yield from run_resource_step(root, step.findtext("m:Command", "", XML), folder)


def run_resource_step(root, command, folder):
    where = os.path.join(os.path.abspath(root), os.path.dirname(PROJECT))
    made, mine = os.path.join(folder, "made", "resources"), os.path.join(folder, "mine")
    for name, value in (("$(ProjectDir)", where + "/"), ("$(IntDir)", os.path.join(folder, "made") + "/")):
        command = command.replace(name, value)
    words = shlex.split(command.replace("\\", "/"))
    if words[:1] != ["python"]:
        yield f"{PROJECT}: the Command of the CustomBuild must begin with python, it is {command!r}"
        return
    done = subprocess.run([sys.executable, *words[1:]], cwd=where, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        yield f"{PROJECT}: the Command of the CustomBuild fails: {done.stderr.strip()[-500:]}"
        return
    who = identity.load(os.path.join(root, windows_driver.IDENTITY))
    for complaint in windows_resources.make(mine, windows_resources.classes_of(root, who), who):
        yield complaint
    for name in sorted(os.listdir(mine)):
        path = os.path.join(made, name)
        if name.endswith(".res"):
            continue  # the compiler's
        if not os.path.exists(path) or not filecmp.cmp(path, os.path.join(mine, name), shallow=False):
            yield f"{PROJECT}: the Command of the CustomBuild does not make {name} as it is in the driver that is built here"


def check_configurations(project, solution):
    found = [item.get("Include") for item in project.iterfind(".//m:ProjectConfiguration", XML)]
    if sorted(found) != sorted(CONFIGURATIONS):
        yield f"{PROJECT}: the configurations must be {', '.join(CONFIGURATIONS)}, they are {', '.join(found)}"
    groups = [group.get("Condition", "") for group in project.iterfind(".//m:PropertyGroup", XML)
              if group.get("Label") == "Configuration"]
    guid = project.findtext(".//m:ProjectGuid", "", XML).upper()
    for configuration in CONFIGURATIONS:
        if not any(f"'{configuration}'" in condition for condition in groups):
            yield f"{PROJECT}: no PropertyGroup with the label Configuration for {configuration}"
        for what in ("ActiveCfg", "Build.0"):
            if f"{guid}.{configuration}.{what} = {configuration}" not in solution:
                yield f"{SOLUTION}: lacks {guid}.{configuration}.{what} = {configuration}"
    if f'"mydsm.vcxproj", "{guid}"' not in solution:
        yield f"{SOLUTION}: does not name mydsm.vcxproj with the identifier {guid} that it has"


def options_of(project):
    """The project's own flags, as far as clang has them, for a machine without the kit."""
    options = [option for _, option in COMPILER.values()]
    for text in texts(project, ".//m:ItemDefinitionGroup/m:ClCompile/m:AdditionalOptions"):
        options += [option for option in text.split() if option.startswith("/") and option not in NOT_CLANGS]
    return options


def check_compiles(root, project, only=("",), targets=TARGETS):
    headers = ["/clang:" + option for option in kernel_targets.mingw_headers()]
    command = ["clang++-14", "--driver-mode=cl", "/nologo", "/Zs", *options_of(project), *STANDARD_LIBRARY, *headers]
    commands = {target: [*command, f"--target={target}"] for target in targets}
    for path, target, said in compile_together.complaints(root, commands, [p for p in sources(root) if p.startswith(only)]):
        yield f"{path} does not compile as {PROJECT} says ({target}):\n{said[:1500]}"


def check(root):
    try:
        project = ElementTree.fromstring(planted_faults.read(root, PROJECT))
    except ElementTree.ParseError as error:
        return [f"{PROJECT} is no XML: {error}"]
    solution = planted_faults.read(root, SOLUTION)
    return [*check_configurations(project, solution), *check_lists(root, project), *check_flags(project),
            *check_resources(root, project)]


def check_all(root):
    return check(root) or list(check_compiles(root, ElementTree.fromstring(planted_faults.read(root, PROJECT))))


# In which file, old text and new text. Those of sources are found by compiling.
FAULTS = [
    (PROJECT, 'Include="Release|ARM64"', 'Include="Release|ARM"'),
    (PROJECT, "'Debug|ARM64'\" Label=\"Configuration\"", "'Debug|ARM'\" Label=\"Configuration\""),
    (PROJECT, '    <ClCompile Include="driver\\engine.cpp', '    <ClCompile Include="driver\\motor.cpp'),
    (PROJECT, '    <ClCompile Include="driver\\errors.cpp" />\n', ""),
    (PROJECT, '    <ClCompile Include="driver\\errors.cpp" />\n', '    <ClCompile Include="driver\\errors.cpp" />\n' * 2),
    (PROJECT, "<ObjectFileName>$(IntDir)dsm__access__engine.obj", "<ObjectFileName>$(IntDir)dsm__reservation__engine.obj"),
    (PROJECT, "WDM", "KMDF"), (PROJECT, "stdcpp20", "stdcpp17"), (PROJECT, "Level4", "Level3"),
    (PROJECT, "<TreatWarningAsError>true", "<TreatWarningAsError>false"), (PROJECT, "/kernel ", ""),
    (PROJECT, "/Zc:threadSafeInit- ", ""), (PROJECT, "DSMKIT_WITH_WDK", "DSMKIT"), (PROJECT, "mpio.lib;", ""),
    (PROJECT, "_ITERATOR_DEBUG_LEVEL=0;", ""), (PROJECT, "4996;", ""), (PROJECT, "$(VC_IncludePath);", ""),
    (PROJECT, "sha256", "sha1"), (PROJECT, "<TimeStamp>$(DriverVersion)", "<TimeStamp>*"),
    (PROJECT, '<CustomBuild Include="driver\\identity.h">', '<CustomBuild Include="driver\\vendor.h">'),
    (PROJECT, "windows_resources.py\" ", "windows_resource.py\" "), (PROJECT, "python ", "perl "),
    (PROJECT, '--output "$(IntDir)resources"', '--output "$(IntDir)others"'), (PROJECT, "mof\\dsm.mof;", ""),
    (PROJECT, ";$(IntDir)resources\\dsm.bmf", ""), (PROJECT, '<ResourceCompile Include="$(IntDir)', '<ResourceCompile Include="'),
    (PROJECT, "<AdditionalIncludeDirectories>$(IntDir)resources;", "<AdditionalIncludeDirectories>"),
    (PROJECT, "</Project>", "</Projekt>"), (SOLUTION, "Release|ARM64.Build.0", "Release|ARM64.Built"),
    (SOLUTION, '"mydsm.vcxproj"', '"other.vcxproj"'),
    ("windows/driver/text.h", "#pragma once", "#pragma once\ninline int seconds(long long x) { int y = x; return z; }"),
    ("dsm/plan.cpp", "namespace dsm {", "namespace dsm {\nint unused_here(int a) { return 1; }"),
]


def self_test(root):
    def copy_to(folder):
        for path in [PROJECT, SOLUTION]:
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            shutil.copyfile(os.path.join(root, path), os.path.join(folder, path))
        for room in ("base", "scsi", "dsm", "tools", "windows/driver", "windows/abi", "windows/mof"):
            shutil.copytree(os.path.join(root, room), os.path.join(folder, room))

    def is_found(folder, _):
        project = ElementTree.fromstring(planted_faults.read(folder, PROJECT))
        return list(check_compiles(folder, project, ("windows/driver/regist", "dsm/plan"), TARGETS[:1]))

    count = planted_faults.missed([f for f in FAULTS if f[0] in (PROJECT, SOLUTION)], copy_to, lambda at, _: check(at))
    count += planted_faults.missed([f for f in FAULTS if f[0] not in (PROJECT, SOLUTION)], copy_to, is_found)
    with tempfile.TemporaryDirectory() as folder:  # a file that somebody added is named, with what to write
        copy_to(folder)
        with open(os.path.join(folder, "windows/driver/added.cpp"), "w", encoding="utf-8") as file:
            file.write("// Nothing.\n")
        found = check(folder)
        if len(found) != 1 or '<ClCompile Include="driver\\added.cpp" />' not in found[0]:
            print(f"a source that was added is not named: {found}")
            count += 1
        write(folder)
        if check(folder):
            print("--write does not repair that")
            count += 1
    return count


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    if sys.argv[1:] == ["--write"]:
        write(root)
        return 0
    return planted_faults.run(__doc__, lambda: check_all(root), lambda: self_test(root),
                              f"{PROJECT}: {len(sources(root))} sources, {len(CONFIGURATIONS)} configurations")


if __name__ == "__main__":
    sys.exit(main())
