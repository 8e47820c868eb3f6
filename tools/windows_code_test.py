#!/usr/bin/env python3
"""Shows windows_code.py listings with one fault each, and expects it to name the fault."""

import sys

import windows_code
import windows_stack

BASE = 0x140000000
SYMBOLS = {0x140001000: "driver::lb_get_path(int)", 0x140001100: "driver::leaf(int)", 0x140001200: "dsm::select_one(int)"}
SLOTS = {0x140002000: "KeGetCurrentProcessorNumberEx", 0x140002008: "KeAcquireSpinLockRaiseToDpc"}
RULES = r"""
root driver::lb_get_path\(
end driver::seldom\(
pointer ^driver:: => dsm::select_\w+\(   # the table
import KeGetCurrentProcessorNumberEx
"""
# Of the first function: it saves a register, calls an import, a pointer and the leaf.
GOOD_X64 = ["pushq\t%rbx", "callq\t*4096(%rip)            # 0x140002000", "callq\t*%rax", "jmp\t0x140001100 <.text+0x100>"]
GOOD_ARM = ["stp\tx19, x30, [sp, #-16]!", "adrp\tx8, 0x140002000 <.text+0x8>", "ldr\tx8, [x8]", "blr\tx8",
            "ldr\tx9, [x0, #16]", "blr\tx9", "b\t0x140001100 <.text+0x100>"]
COVERED = [(0x1000, 0x1100)]


def listing(first, leaf, chosen):
    lines = []
    for begin, texts in zip(SYMBOLS, (first, leaf, chosen)):
        lines += [f"{begin + 4 * i:x}:     \t{text}" for i, text in enumerate(texts)]
    return "\n".join(["mydsm.sys:\tfile format coff", "", "0000000140001000 <.text>:", *lines])


def stack(first, leaf=("retq",), chosen=("retq",), arm=False, rules=RULES, symbols=None):
    code = windows_code.Code(listing(first, leaf, chosen), symbols or SYMBOLS, SLOTS, arm)
    rules = windows_code.Rules(rules)
    return windows_stack.check(code, rules.pointers, rules.once)[0]


def findings(first, leaf=("retq",), chosen=("retq",), arm=False, ranges=None, rules=RULES, symbols=None):
    code = windows_code.Code(listing(first, leaf, chosen), symbols or SYMBOLS, SLOTS, arm)
    return [*windows_code.check_unwind(code, COVERED if ranges is None else ranges, BASE), *windows_code.check_registers(code),
            *windows_code.check_hot_path(code, windows_code.Rules(rules))]


LOCK = "callq\t*4096(%rip)            # 0x140002008"
ARM_LOCK = ["adrp\tx21, 0x140002000 <.text+0x8>", "ldr\tx21, [x21, #8]", "blr\tx21"]
NO_TABLE = RULES.replace("pointer", "pointer nobody => nowhere #")
RENAMED = dict(zip(SYMBOLS, ["driver::get_path(int)", "driver::leaf(int)", "dsm::select_one(int)"]))
SELDOM = dict(zip(SYMBOLS, ["driver::lb_get_path(int)", "driver::seldom(int)", "dsm::select_one(int)"]))

CASES = [
    (findings(GOOD_X64), None),
    (findings(GOOD_ARM, leaf=["ret"], chosen=["ret"], arm=True), None),
    (findings([*GOOD_ARM[:4], "ldp\tx12, x8, [x19, #16]", "ldr\tx9, [x8, #8]", *GOOD_ARM[4:]], leaf=["ret"], chosen=["ret"], arm=True),
     None),  # x8 does not hold the page any more
    (findings([GOOD_ARM[0], "adrp\tx21, 0x140002000 <.text+0x8>", "bl\t0x140001100 <.text+0x100>", "ldr\tx9, [x21, #8]",
               "blr\tx9"], leaf=["ret"], chosen=["ret"], arm=True), "calls KeAcquireSpinLockRaiseToDpc"),
    # Unwind information.
    (findings(GOOD_X64, ranges=[]), "driver::lb_get_path(int) has no unwind information"),
    (findings(GOOD_ARM, arm=True, ranges=[(0x1200, 0x1300)]), "driver::lb_get_path(int) has no unwind information"),
    (findings(GOOD_X64, leaf=["subq\t$40, %rsp"]), "driver::leaf(int) has no unwind information"),
    (findings(GOOD_X64, leaf=["pushq\t%rbx"]), "driver::leaf(int) has no unwind information"),
    (findings(GOOD_ARM, leaf=["sub\tsp, sp, #16"], arm=True), "driver::leaf(int) has no unwind information"),
    (findings(GOOD_ARM, leaf=["str\tx19, [sp, #-16]!"], arm=True), "driver::leaf(int) has no unwind information"),
    (findings(GOOD_ARM, leaf=["bl\t0x140001200 <.text+0x200>"], arm=True), "driver::leaf(int) has no unwind information"),
    # Registers.
    (findings(GOOD_X64, leaf=["movaps\t%xmm0, %xmm1"]), "driver::leaf(int) uses a vector"),
    (findings(GOOD_ARM, leaf=["ldr\tq0, [x0]"], arm=True), "driver::leaf(int) uses a vector"),
    (findings(GOOD_X64, leaf=["movq\t%cr8, %rax"]), "driver::leaf(int) reads or writes CR8"),
    # The way of a command.
    (findings([*GOOD_X64, LOCK]), "calls KeAcquireSpinLockRaiseToDpc, which raises the IRQL, on the way of every command"),
    (findings(GOOD_X64, leaf=["jmpq\t*4096(%rip)            # 0x140002008"]), "driver::leaf <- driver::lb_get_path"),
    (findings(GOOD_X64, chosen=["jmpq\t*4096(%rip)            # 0x140002008"]), "dsm::select_one <- driver::lb_get_path"),
    (findings(["movq\t4096(%rip), %rdi            # 0x140002008", "callq\t*%rdi"]), "calls KeAcquireSpinLockRaiseToDpc"),
    (findings(["movq\t4096(%rip), %rdi            # 0x140002000", "callq\t*%rdi"], rules=NO_TABLE), None),
    (findings(["movq\t4096(%rip), %rdi            # 0x140002000", "movq\t%rcx, %rdi", "callq\t*%rdi"], rules=NO_TABLE),
     "does not say which pointer is called"),
    (findings(GOOD_ARM[:4], arm=True, rules=NO_TABLE), None),
    (findings([*GOOD_ARM[:3], "mov\tx8, x2", "blr\tx8"], arm=True, rules=NO_TABLE), "does not say which pointer is called"),
    (findings([*GOOD_ARM, *ARM_LOCK], leaf=["ret"], arm=True), "calls KeAcquireSpinLockRaiseToDpc"),
    (findings(GOOD_X64, leaf=["jmpq\t*4096(%rip)            # 0x140002008"], symbols=SELDOM), None),
    (findings(GOOD_X64, chosen=["jmpq\t*%rax"]), "does not say which pointer is called: dsm::select_one"),
    (findings(GOOD_ARM, chosen=["br\tx2"], arm=True), "does not say which pointer is called: dsm::select_one"),
    (findings(GOOD_X64, symbols=RENAMED), "there is no such function"),
    # Stack: 16 bytes in the first function, 8 in the leaf.
    (stack([*GOOD_X64, "subq\t$3296, %rsp           # imm = 0xCE0"], leaf=["pushq\t$1"]), None),
    (stack([*GOOD_X64, "subq\t$3296, %rsp           # imm = 0xCE0"], leaf=["pushq\t$1", "pushq\t%rbx"]),
     "3336 bytes of stack, more than 3328: driver::lb_get_path(int) 3312 -> driver::leaf(int) 24"),
    (stack([*GOOD_ARM, "sub\tsp, sp, #1, lsl #12", "sub\tsp, sp, #512"], arm=True), "4624 bytes of stack, more than"),
    (stack([*GOOD_ARM, "sub\tsp, sp, #16"], leaf=["stp\tx19, x30, [sp, #-3312]!"], arm=True), "3344 bytes of stack"),
    (stack(GOOD_X64, chosen=["subq\t$1016, %rsp"]), None),
    (stack(GOOD_X64, chosen=["subq\t$1024, %rsp"]), "1032 bytes of stack, more than 1024: dsm::select_one(int) 1032"),
    (stack(GOOD_X64, chosen=["jmp\t0x140001000 <.text>"]), "recursion: driver::lb_get_path(int) -> dsm::select_one(int)"),
    (stack(GOOD_X64, chosen=["jmp\t0x140001000 <.text>"], rules=RULES + "once ^driver::lb_get_path"), None),
    (stack(GOOD_X64, chosen=["jmp\t0x140001000 <.text>"], rules=RULES + "once ^driver::leaf"), "recursion: driver::lb_get"),
    (stack(GOOD_X64, leaf=["pushq\t%rbx", "callq\t0x140001100 <.text+0x100>"]), "recursion: driver::leaf(int)"),
    (stack(GOOD_ARM, leaf=["stp\tx19, x30, [sp, #-16]!", "bl\t0x140001100 <.text+0x100>"], arm=True), "recursion: driver::leaf(int)"),
    (stack(GOOD_X64, leaf=["decl\t%ecx", "jne\t0x140001100 <.text+0x100>", "retq"]), None),  # a loop
    (stack(GOOD_ARM, leaf=["cbnz\tw0, 0x140001100 <.text+0x100>", "b\t0x140001100 <.text+0x100>"], arm=True), None),
    (stack(GOOD_X64, rules=NO_TABLE), "driver::lb_get_path(int) calls through a pointer that neither"),
    (stack(GOOD_X64, rules=NO_TABLE + "pointer ^driver:: => outside\n"), None),
    (findings(GOOD_X64, rules=NO_TABLE + "pointer ^driver:: => outside\n"), None),
]


def main():
    bad = 0
    for found, expected in CASES:
        good = found == [] if expected is None else len(found) == 1 and expected in found[0]
        if not good:
            bad += 1
            print(f"expected {expected!r}, found {found}")
    rules = windows_code.Rules(RULES + "import KeSetEvent\n")
    code = windows_code.Code(listing(GOOD_X64, ["retq"], ["retq"]), SYMBOLS, SLOTS, False)
    list(windows_code.check_hot_path(code, rules))
    if windows_code.not_needed(rules) != [r"end driver::seldom\(", "import KeSetEvent"]:
        bad += 1
        print(f"not needed: {windows_code.not_needed(rules)}")
    try:
        windows_code.Rules("begin here\n")
        bad += 1
        print("a line of no kind is taken")
    except ValueError:
        pass
    print(f"windows_code: {len(CASES) + 2 - bad} of {len(CASES) + 2} as expected")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
