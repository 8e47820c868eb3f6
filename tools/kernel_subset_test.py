#!/usr/bin/env python3
"""Plants every kind of fault that kernel_subset.py is to find, one at a time, and sees it found."""

import os
import tempfile
import unittest

import kernel_objects
import kernel_subset
import kernel_targets

CLEAN = """
#include <array>
#include <cstdint>
#include <optional>
#include <span>
namespace base {
constinit const std::array<uint32_t, 4> kTable = {1, 2, 3, 5};
uint32_t sum(std::span<const uint8_t> bytes) {
  uint32_t total = kTable[bytes.size() & 3];
  for (const uint8_t byte : bytes) { total += byte; }
  return total;
}
std::optional<uint32_t> some(uint32_t x) { return x == 0 ? std::nullopt : std::optional<uint32_t>(x); }
}
"""

# name: (kinds of findings, one of which must come; the target that must say so; source)
FAULTS = {
    "local static": ({"guard"}, "audit", "int seed(); int f() { static int x = seed(); return x; } int seed() { return 4; }"),
    "local static without its lock": ({"guard"}, "mingw-gcc",
                                      "int seed(); int f() { static int x = seed(); return x; } int seed() { return 4; }"),
    "global with a constructor": ({"section", "compile"}, "mingw-gcc", "int seed(int); int x = seed(3);"),
    "the same, seen by clang": ({"compile"}, "mingw-clang", "int seed(int); int x = seed(3);"),
    "global with a destructor": ({"symbol", "compile"}, "linux-gcc",
                                 "struct S { ~S(); int x = 1; }; S s; S::~S() { x = 0; }"),
    ".at()": ({"symbol"}, "linux-gcc", "#include <array>\nint f(std::array<int, 3>& a, unsigned i) { return a.at(i); }"),
    "optional::value()": ({"symbol"}, "mingw-gcc", "#include <optional>\nint f(std::optional<int> o) { return o.value(); }"),
    "floating point": ({"compile"}, "linux-gcc", "double f(double x) { return x * 1.5; }"),
    "floating point inside": ({"compile"}, "mingw-gcc", "unsigned f(unsigned x) { return unsigned(x * 1.5f); }"),
    "virtual destructor": ({"symbol"}, "linux-gcc", "struct V { virtual ~V(); }; V::~V() {}"),
    "new": ({"symbol"}, "mingw-clang", "int* f() { return new int(3); }"),
    "delete": ({"symbol"}, "mingw-arm64", "void f(int* p) { delete p; }"),
    "throw": ({"compile"}, "linux-gcc", "void f() { throw 1; }"),
    "typeid": ({"compile"}, "linux-gcc", "struct V { virtual void f(); }; bool g(V& v) { return dynamic_cast<void*>(&v) && typeid(v) == typeid(V); }"),
    "popcount": ({"symbol"}, "linux-gcc", "#include <bit>\nint f(unsigned x) { return std::popcount(x); }"),
    "16-byte atomic": ({"symbol"}, "linux-gcc",
                       "#include <atomic>\nstruct P { void* a; void* b; }; P f(std::atomic<P>& a) { return a.load(); }"),
    "thread_local": ({"section", "symbol"}, "linux-gcc", "thread_local int x = 3; int f() { return ++x; }"),
    "C library": ({"symbol"}, "linux-gcc", "#include <cstring>\nauto f(const char* a) { return std::strlen(a); }"),
    "big frame": ({"compile"}, "linux-gcc",
                  "void fill(int*); int f(int i) { int a[200]; fill(a); return a[i]; } void fill(int* a) { a[3] = 2; }"),
    "big frame, seen by clang": ({"compile"}, "mingw-arm64", "int f(int i) { volatile int a[200]; a[i] = 3; return a[3]; }"),
    "variable-length array": ({"compile"}, "linux-gcc", "int f(int n) { volatile int a[n]; a[0] = 1; return a[0]; }"),
    "deep chain": ({"stack"}, "linux-gcc", "".join(
        f"[[gnu::noinline]] int f{i}(int x) {{ volatile int a[100]; a[x] = x; return {f'f{i - 1}(a[1])' if i else 'x'} + a[2]; }}\n"
        for i in range(4))),
    "recursion": ({"recursion"}, "audit", "int f(int x, int* p) { return x == 0 ? 1 : f(x - 1, p) * p[x] + f(x / 2, p); }"),
    "recursion that the optimiser hides": ({"recursion"}, "audit", "unsigned f(unsigned x, unsigned y) { return x == 0 ? y : f(x - 1, y * x); }"),
    "recursion of two": ({"recursion"}, "audit", "int g(int); int f(int x) { return x < 1 ? 1 : g(x - 1) + 1; } int g(int x) { return f(x / 2) * 3; }"),
    "call to nowhere known": ({"indirect"}, "linux-gcc", "int f(int (*g)(int)) { return g(3) + 1; }"),
    "vector register": ({"register"}, "linux-gcc", '[[gnu::naked]] void f() { asm("movaps %xmm0, %xmm1; ret"); }'),
    "x87 register": ({"register"}, "linux-gcc", '[[gnu::naked]] void f() { asm("fldz; ret"); }'),
    "conversion": ({"compile"}, "mingw-gcc", "unsigned char f(int x) { return x; }"),
    "header of user space": ({"compile"}, "mingw-gcc", "#include <unistd.h>\nint f() { return getpagesize(); }"),
}
# Machine code in an asm statement is for one kind of processor.
ONLY_X86 = {"vector register", "x87 register"}


def findings(source, extra=None, only=None):
    """What the check says of a repository with `source` as its only code."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in {"base/planted.cpp": source, **(extra or {})}.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return kernel_subset.check(root, os.path.join(root, "build"), only=only)[0]


class KernelSubset(unittest.TestCase):
    def test_clean_code_passes(self):
        self.assertEqual([str(finding) for finding in findings(CLEAN)], [])

    def test_every_planted_fault_is_found(self):
        for name, (kinds, target, source) in FAULTS.items():
            with self.subTest(name):
                if name in ONLY_X86:
                    source = f"#ifdef __x86_64__\n{source}\n#endif\n"
                found = findings(source, only=[target])
                self.assertTrue([f for f in found if f.kind in kinds and f.target == target],
                                f"{kinds} at {target} expected, got: {[str(f) for f in found]}")

    def test_arm_register_is_found(self):
        fadd = ".inst 0x1e622820"  # fadd d0, d1, d2, which the assembler refuses by name
        source = f'#ifdef __aarch64__\n[[gnu::naked]] void f() {{ asm("{fadd}\\n ret"); }}\n#endif\n'
        self.assertEqual({(f.kind, f.target) for f in findings(source) if f.kind == "register"},
                         {("register", "mingw-arm64")})

    def test_code_that_cannot_be_unwound_is_found(self):
        with tempfile.TemporaryDirectory() as root:
            target = next(t for t in kernel_targets.targets() if t.name == "mingw-gcc")
            target = target._replace(command=[*target.command, "-fno-asynchronous-unwind-tables"])
            os.mkdir(os.path.join(root, target.name))
            with open(os.path.join(root, "a.cpp"), "w", encoding="utf-8") as file:
                file.write("int f(int x) { return x + 1; }\n")
            self.assertEqual(kernel_targets.compile_unit(root, root, target, "a.cpp"), [])
            self.assertEqual([f.kind for f in kernel_objects.check_sections(root, target, ["a.cpp"])], ["section"])

    def test_header_that_a_target_does_not_know(self):
        found = findings(CLEAN, {"scsi/bad.h": "#pragma once\n#include <sys/mman.h>\n"})
        self.assertEqual({(f.kind, f.unit) for f in found}, {("compile", "all_headers.cpp")})

    def test_symbols_of_other_rooms_are_known(self):
        self.assertEqual(findings("int one() { return 1; }\n",
                                  {"dsm/x.cpp": "int one(); int two() { return one() + one(); }\n"}), [])

    def test_user_space_files_are_left_alone(self):
        self.assertEqual(findings(CLEAN, {"base/x_test.cpp": "double x = 1.5 + __builtin_sqrt(3);\n",
                                          "base/y_hosted.cpp": "#include <vector>\nstd::vector<int> v(3);\n"}), [])

    def test_listed_pointers_are_followed(self):
        source = "[[gnu::noinline]] int f(int (*g)(int)) { return g(3) + 1; }\nint back(int x) { return f(nullptr) + x; }\n"
        found = findings(source, {"tools/stack_indirect.txt": "int f\\( => back\\(  # comment\n"})
        self.assertEqual([f.kind for f in found], ["recursion"])

    def test_a_list_that_matches_nothing_is_stale(self):
        found = findings(CLEAN, {"tools/stack_indirect.txt": "gone\\( => outside\n"})
        self.assertEqual([(f.kind, f.unit) for f in found], [("indirect", "tools/stack_indirect.txt")])

    def test_an_object_is_compiled_again_when_its_header_changes(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "base"))
            header, build = os.path.join(root, "base/a.h"), os.path.join(root, "build")
            with open(os.path.join(root, "base/a.cpp"), "w", encoding="utf-8") as file:
                file.write('#include "base/a.h"\nint f() { return value(); }\n')
            for body, expected in (("inline int value() { return 1; }", 0), ("int value();", 1)):
                with open(header, "w", encoding="utf-8") as file:
                    file.write(f"#pragma once\n{body}\n")
                found = kernel_subset.check(root, build)[0]
                self.assertEqual(len({f.text for f in found if f.target == "linux-gcc"}), expected)

    def test_an_object_is_compiled_again_when_its_command_changes_and_changes_back(self):
        with tempfile.TemporaryDirectory() as root:
            target = next(t for t in kernel_targets.targets() if t.name == "linux-gcc")
            os.mkdir(os.path.join(root, target.name))
            with open(os.path.join(root, "a.cpp"), "w", encoding="utf-8") as file:
                file.write("int f() { return VALUE; }\n")
            made = []
            for value in (1, 2, 1):
                defined = target._replace(command=[*target.command, f"-DVALUE={value}"])
                self.assertEqual(kernel_targets.compile_unit(root, root, defined, "a.cpp"), [])
                with open(kernel_targets.object_of(root, target, "a.cpp"), "rb") as file:
                    made.append(file.read())
            self.assertNotEqual(made[0], made[1])
            self.assertEqual(made[0], made[2])

    def test_an_object_is_the_same_in_every_folder(self):
        for target in kernel_targets.targets():
            made = set()
            for cached in (False, True):
                with tempfile.TemporaryDirectory(suffix=str(cached)) as root:
                    os.makedirs(os.path.join(root, "base"))
                    os.makedirs(os.path.join(root, "build", target.name))
                    with open(os.path.join(root, "base/a.h"), "w", encoding="utf-8") as file:
                        file.write("inline const char* here() { return __FILE__; }\n")
                    with open(os.path.join(root, "base/a.cpp"), "w", encoding="utf-8") as file:
                        file.write('#include "base/a.h"\nconst char* f(int i) { return i ? here() : __FILE__; }\n')
                    build = os.path.join(root, "build")
                    self.assertEqual(kernel_targets.compile_unit(root, build, target, "base/a.cpp", cached), [])
                    with open(kernel_targets.object_of(build, target, "base/a.cpp"), "rb") as file:
                        made.add(file.read())
            self.assertEqual(len(made), 1, target.name)


if __name__ == "__main__":
    unittest.main()
