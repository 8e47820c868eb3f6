"""What object files say about the code in them: which symbols it needs, which sections and registers it uses."""

import re
import subprocess

from kernel_targets import Finding, object_of

# What the kernel, or the driver's adapter, provides.
ALLOWED = {"memcpy", "memmove", "memset", "memcmp", "dsm_assert_failed", "__cxa_pure_virtual", "_purecall"}

# What usually lies behind a symbol that is not allowed.
REASONS = [
    (r"^_ZSt\d+__throw", "a standard function that throws, such as .at()"),
    (r"^_?abort$", "optional::value(), std::visit or another check of the standard library that aborts"),
    (r"^_Zd[la]", "operator delete: a virtual destructor, or a delete"),
    (r"^_Zn[wa]", "operator new: something allocates"),
    (r"^(__cxa_)?atexit$|^__dso_handle$", "a static object with a destructor"),
    (r"^__cxa_guard", "a local static that is initialised at run time"),
    (r"^__cxa_|^_Unwind|^__gxx_personality", "exceptions"),
    (r"^__dynamic_cast|^_ZTVN10__cxxabiv1", "run-time type information"),
    (r"^__atomic_|^__sync_", "an atomic that the processor cannot do alone, such as one of 16 bytes"),
    (r"^__popcount", "std::popcount without a processor that has it; see base/bits.h"),
    (r"chkstk", "a stack frame of more than a page"),
    (r"^_fltused$|^__(add|sub|mul|div|fix|float|ext|trunc)[a-z]*[sdx]f", "floating point"),
    (r"^__emutls|^_tls", "thread_local"),
    (r"glibcxx_assert", "_GLIBCXX_ASSERTIONS"),
    (r"^str|^_?printf|^malloc$|^free$", "the C library"),
]
BAD_SECTION = re.compile(r"^\.(preinit_array|init_array|fini_array|ctors|dtors|CRT\$X|tls|tbss|tdata|gcc_except_table)")
SECTION_ROW = re.compile(r"^\s*\d+ (\S+)\s+([0-9a-f]{8,}) ")
X86_VECTOR = re.compile(r"%([xyz]mm\d+|mm[0-7]\b|st\b)|^f(ld|st|add|sub|mul|div|ild|ist|com|ucom|x?ch)")
ARM_VECTOR = re.compile(r"(?<![\w#.])[vqdshb](?:[12]?\d|3[01])(?:\.\w+)?(?![\w.])")


def run_tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def demangle(symbol):
    shown = run_tool("c++filt", symbol).strip()
    return symbol if shown == symbol else f"{shown} [{symbol}]"


def check_symbols(folder, target, units):
    """Everything undefined must be defined in another object, or be allowed."""
    defined, needed = set(), {}
    paths = {object_of(folder, target, unit): unit for unit in units}
    for line in run_tool("llvm-nm-14", "-A", "-P", *paths).splitlines():
        path, rest = line.split(": ", 1)
        name, kind = rest.split()[:2]
        if kind in "Uwv":
            needed.setdefault(name, paths[path])
        else:
            defined.add(name)
        if name.startswith("_ZGV"):
            yield Finding("guard", target.name, paths[path],
                          f"local static with a guard variable: {demangle(name)}; make it constexpr or constinit")
    for name, unit in sorted(needed.items()):
        if name in defined or name in ALLOWED:
            continue
        if target.name == "audit" and not name.startswith("__cxa_guard"):
            continue  # the pass is about guards; what is optimised away is no harm
        why = next((reason for pattern, reason in REASONS if re.search(pattern, name)), "not in the kernel")
        kind = "guard" if name.startswith("__cxa_guard") else "symbol"
        yield Finding(kind, target.name, unit, f"needs {demangle(name)}: {why}")


def check_sections(folder, target, units):
    for unit in units:
        sizes = {}
        for line in run_tool("llvm-objdump-14", "-h", object_of(folder, target, unit)).splitlines():
            match = SECTION_ROW.match(line)
            if match:
                sizes[match.group(1)] = int(match.group(2), 16)
        for name in sizes:
            if BAD_SECTION.match(name):
                yield Finding("section", target.name, unit,
                              f"section {name}: something runs before or after the driver, or per thread")
        has_code = any(size for name, size in sizes.items() if name.startswith(".text"))
        if target.name == "mingw-gcc" and has_code and not any(n.startswith(".pdata") for n in sizes):
            yield Finding("section", target.name, unit, "no .pdata: the stack could not be unwound")


def check_registers(folder, target, units):
    """One finding per function that uses a vector or floating-point register."""
    pattern = ARM_VECTOR if target.arm else X86_VECTOR
    for unit in units:
        function, told = "?", None
        listing = run_tool("llvm-objdump-14", "-d", "--no-show-raw-insn", object_of(folder, target, unit))
        for line in listing.splitlines():
            if line.endswith(">:"):
                function = line.split("<", 1)[1][:-2]
            elif ":" in line and line.startswith(" "):
                instruction = line.split(":", 1)[1].strip().split("<")[0]
                operands = instruction.partition("\t")[2] if target.arm else instruction
                if pattern.search(operands) and told != function:
                    told = function
                    yield Finding("register", target.name, unit, f"{demangle(function)}: {' '.join(instruction.split())}")


def check_objects(folder, target, units):
    if not units:
        return []
    found = list(check_symbols(folder, target, units))
    if target.name != "audit":
        found += check_sections(folder, target, units)
        found += check_registers(folder, target, units)
    return found
