"""The code of a linked driver, as a disassembler shows it: whether all of it can be unwound, which registers it touches,
and what it may call from where (windows/driver/hot_path.txt).

A function is what lies between two symbols of the linker's map. It calls what its instructions name, and the imports
whose slots it reads. A pointer that it calls is followed where hot_path.txt says where that leads.
"""

import bisect
import os
import re
import struct
import subprocess

import kernel_stack
import windows_stack
from kernel_objects import ARM_VECTOR, X86_VECTOR

HOT_PATH = "windows/driver/hot_path.txt"
# Among the imports: whoever calls them is at DISPATCH_LEVEL afterwards, or was before.
RAISING = re.compile(r"SpinLock|RaiseIrql|LowerIrql|QueuedSpin")
MAP_LINE = re.compile(r"^ [0-9a-f]{4}:[0-9a-f]{8} +(\S+) +([0-9a-f]{16})  ")
INSTRUCTION = re.compile(r"^([0-9a-f]+): +\t(\S+)(?:\t(.*))?$")
TARGET = re.compile(r"^(?:.*, )?(0x[0-9a-f]+) <")
RIP = re.compile(r"\(%rip\).*# (0x[0-9a-f]+)")
ARM_LOAD = re.compile(r"^(x\d+), \[(x\d+)(?:, #(\d+))?\]$")
# Without unwind information a function may do neither: call somebody, or move the stack.
MOVES_STACK = {"x64": re.compile(r"^(call|push|enter)|^(sub|lea|add)q\t.*, %rsp"),
               "ARM64": re.compile(r"^(bl|blr)\t|\[sp, #-?\d+\]!|^(sub|add)\tsp, ")}
TASK_PRIORITY = re.compile(r"%cr8")


class Function:
    def __init__(self, name):
        self.name = name
        self.instructions = []  # (address, "mnemonic<tab>operands")
        self.calls, self.imports = set(), set()  # addresses of functions; names
        self.by_pointer = False


def demangled(names):
    shown = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True, check=True).stdout
    return dict(zip(names, shown.split("\n")))


def symbols_of_map(text, first, last):
    """{address: name} of what the map has between two addresses."""
    found = {}
    for line in text.splitlines():
        match = MAP_LINE.match(line)
        if match and first <= int(match.group(2), 16) < last:
            found.setdefault(int(match.group(2), 16), match.group(1))
    names = demangled(list(found.values()))
    return {address: names[name] for address, name in found.items()}


class Code:
    """`listing` as llvm-objdump prints it, `symbols`: {address: name}, `slots`: {address: name of the import}."""

    def __init__(self, listing, symbols, slots, arm):
        self.arm = arm
        self.functions = {address: Function(name) for address, name in symbols.items()}
        self.begins = sorted(symbols)
        for line in listing.splitlines():
            match = INSTRUCTION.match(line)
            if match:
                address = int(match.group(1), 16)
                self.function_at(address).instructions.append((address, f"{match.group(2)}\t{match.group(3) or ''}"))
        for begin, function in self.functions.items():
            (self.read_arm if arm else self.read_x64)(begin, function, slots)

    def function_at(self, address):
        return self.functions[self.begins[max(bisect.bisect_right(self.begins, address) - 1, 0)]]

    def add_target(self, begin, function, text, returns):
        """A jump within the function, to its beginning too, is a loop; a call of itself is recursion."""
        target = TARGET.match(text)
        if target:
            called = self.begins[max(bisect.bisect_right(self.begins, int(target.group(1), 16)) - 1, 0)]
            if called != begin or returns:
                function.calls.add(called)

    def read_x64(self, begin, function, slots):
        held = set()  # registers that an import was loaded into, and nothing else since
        for _, text in function.instructions:
            mnemonic, operands = text.split("\t", 1)
            rip = RIP.search(operands)
            imported = slots.get(int(rip.group(1), 16)) if rip else None
            if imported:
                function.imports.add(imported)
                held.add(operands.rsplit(", ", 1)[-1].split()[0])
            elif mnemonic.startswith(("call", "jmp")) and operands.startswith("*"):
                function.by_pointer |= operands[1:] not in held
            elif mnemonic.startswith(("call", "j")):
                self.add_target(begin, function, operands, returns=mnemonic.startswith("call"))
            else:
                held.discard(operands.rsplit(", ", 1)[-1])

    def read_arm(self, begin, function, slots):
        pages, held = {}, set()
        for _, text in function.instructions:
            mnemonic, operands = text.split("\t", 1)
            load = ARM_LOAD.match(operands) if mnemonic == "ldr" else None
            if mnemonic == "adrp":
                register, page = operands.split(" <")[0].split(", ")
                pages[register] = int(page, 16)
            elif load:
                into, base, offset = load.groups()
                imported = slots.get(pages.get(base, 0) + int(offset or 0))
                held.discard(into)
                pages.pop(into, None)
                if imported:
                    function.imports.add(imported)
                    held.add(into)
            elif mnemonic in ("blr", "br"):
                function.by_pointer |= operands not in held
                forget_called(pages)
            else:
                for register in operands.split(", ")[:2 if mnemonic == "ldp" else 1]:
                    held.discard(register)
                    pages.pop(register, None)
                self.add_target(begin, function, operands, returns=mnemonic == "bl")
                if mnemonic == "bl":
                    forget_called(pages)


def forget_called(pages):
    """What a function that is called may change: x0 to x18."""
    for register in [each for each in pages if int(each[1:]) <= 18]:
        del pages[register]


def disassemble(path):
    return subprocess.run(["llvm-objdump-14", "-d", "--no-show-raw-insn", path], capture_output=True, text=True,
                          check=True).stdout


def code_of(path, map_path, image):
    """The code of an image and its map, both as the linker wrote them."""
    base = image.at("<Q", image.optional + 24)
    text = next(section for section in image.sections if section[0].rstrip(b"\0") == b".text")
    with open(map_path, encoding="utf-8") as file:
        symbols = symbols_of_map(file.read(), base + text[2], base + text[2] + text[1])
    slots = {base + slot: name for _, name, slot in image.imports()}
    return Code(disassemble(path), symbols, slots, image.machine() == "ARM64")


def unwind_ranges(image):
    """[(first, last)] of what .pdata describes, as addresses in the image."""
    begin, size = image.directory(3)
    table = image.offset_of(begin)
    ranges = []
    if image.machine() == "x64":
        for at in range(table, table + size, 12):
            ranges.append(struct.unpack_from("<II", image.data, at))
    else:
        for at in range(table, table + size, 8):
            first, told = struct.unpack_from("<II", image.data, at)
            # Packed into the entry itself, or at the head of what it points to.
            words = (told >> 2) & 0x7ff if told & 3 else image.at("<I", image.offset_of(told)) & 0x3ffff
            ranges.append((first, first + 4 * words))
    return sorted(ranges)


def check_unwind(code, ranges, base):
    begins = [first for first, _ in ranges]
    pattern = MOVES_STACK["ARM64" if code.arm else "x64"]
    for function in code.functions.values():
        for address, text in function.instructions:
            at = bisect.bisect_right(begins, address - base) - 1
            if (at < 0 or address - base >= ranges[at][1]) and pattern.search(text):
                yield (f"{function.name} has no unwind information (.pdata) and is no leaf: "
                       f"{text.split(' <')[0].strip()}")
                break


def check_registers(code):
    pattern = ARM_VECTOR if code.arm else X86_VECTOR
    for function in code.functions.values():
        for _, text in function.instructions:
            shown = text.split("<")[0].strip()
            if pattern.search(shown.partition("\t")[2] if code.arm else shown):
                yield f"{function.name} uses a vector or floating-point register: {' '.join(shown.split())}"
                break
        if any(TASK_PRIORITY.search(text) for _, text in function.instructions):
            yield f"{function.name} reads or writes CR8: the IRQL is changed by the kernel's functions only"


class Rules:
    """What hot_path.txt says. `needed` are those of its lines that check_hot_path has made use of."""

    def __init__(self, text):
        self.needed, self.lines = set(), []
        self.roots, self.ends, self.once, self.pointers, self.imports = [], [], [], [], set()
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            kind, _, rest = line.partition(" ")
            self.lines.append(line)
            if kind == "root":
                self.roots.append(re.compile(rest))
            elif kind == "end":
                self.ends.append(re.compile(rest))
            elif kind == "once":
                self.once.append(re.compile(rest))
            elif kind == "pointer" and " => " in rest:
                self.pointers.append([re.compile(part) for part in rest.split(" => ")])
            elif kind == "import":
                self.imports.add(rest)
            else:
                raise ValueError(f"{HOT_PATH}: neither root, end, once, pointer CALLER => CALLEE nor import: {line}")


def check_hot_path(code, rules):
    """What is called on the way of every command, and hot_path.txt does not have."""
    came_from, work = {}, []
    for pattern in rules.roots:
        found = [address for address, function in code.functions.items() if pattern.search(function.name)]
        if not found:
            yield f"{HOT_PATH}: there is no such function: {pattern.pattern}"
        work += found
        came_from.update({address: None for address in found})

    def way_to(address):
        names = []
        while address is not None:
            names.append(code.functions[address].name.replace("(anonymous namespace)::", "").split("(")[0])
            address = came_from[address]
        return " <- ".join(names)

    while work:
        address = work.pop()
        function = code.functions[address]
        ends = [pattern for pattern in rules.ends if pattern.search(function.name)]
        rules.needed.update(f"end {pattern.pattern}" for pattern in ends)
        if ends:
            continue
        following = set(function.calls)
        if function.by_pointer:
            callees = [callee for caller, callee in rules.pointers if caller.search(function.name)]
            led = {other for other, f in code.functions.items() if any(callee.search(f.name) for callee in callees)}
            if not led and not any(callee.pattern == kernel_stack.OUTSIDE for callee in callees):
                yield f"{HOT_PATH} does not say which pointer is called: {way_to(address)}"
            following |= led
        rules.needed.update(f"import {name}" for name in function.imports & rules.imports)
        for name in sorted(function.imports - rules.imports):
            raises = ", which raises the IRQL," if RAISING.search(name) else ""
            yield (f"calls {name}{raises} on the way of every command, which {HOT_PATH} does not allow: "
                   f"{way_to(address)}")
        for other in sorted(following - came_from.keys()):
            came_from[other] = address
            work.append(other)


def not_needed(rules):
    """The ends and imports in hot_path.txt that the code has no use for any more."""
    return [line for line in rules.lines if line.startswith(("end", "import")) and line not in rules.needed]


def check(root, path, map_path, image):
    """(findings about the code of an image, lines to show); `map_path` was written by the linker with it."""
    code = code_of(path, map_path, image)
    base = image.at("<Q", image.optional + 24)
    with open(os.path.join(root, HOT_PATH), encoding="utf-8") as file:
        rules = Rules(file.read())
    rules.pointers += kernel_stack.read_rules(root)
    found, text = windows_stack.check(code, rules.pointers, rules.once)
    found += [*check_unwind(code, unwind_ranges(image), base), *check_registers(code), *check_hot_path(code, rules)]
    return found, [text, *(f"{HOT_PATH}: not needed any more: {line}" for line in not_needed(rules))]
