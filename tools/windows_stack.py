"""How much stack the linked driver needs below each entry point, and whether anything in it is recursive.

A frame is what the instructions of a function take from the stack pointer, and the return address. Where a called
pointer leads stands in tools/stack_indirect.txt and windows/driver/hot_path.txt; the latter also names functions that
return at once when they are at work already, so that a way from them back to them is none. What MPIO and the kernel need
when they are called is not in it: they know how much is left.
"""

import re

import kernel_stack

# x64 kernels give a thread 24 KiB, of which the file system and the drivers above MPIO have used their part.
ENTRY_LIMIT = 3328
# Of the DSM itself; kernel-subset holds g++'s frames to the same.
MODULE_LIMIT = kernel_stack.STACK_LIMIT
MODULE = re.compile(r"^(?:base|scsi|dsm)::")
X64_TAKES = re.compile(r"^subq\t\$(\d+), %rsp\b")
ARM_TAKES = re.compile(r"^sub\tsp, sp, #(\d+)(, lsl #12)?|\[sp, #-(\d+)\]!")


def frame_of(function, arm):
    size = 0 if arm else 8
    for _, text in function.instructions:
        if not arm:
            taken = X64_TAKES.match(text)
            size += 8 if text.startswith("push") else int(taken.group(1)) if taken else 0
        elif taken := ARM_TAKES.search(text):
            size += int(taken.group(1) or taken.group(3)) << (12 if taken.group(2) else 0)
    return size


def graph_of(code):
    graph = kernel_stack.Graph()
    for address, function in code.functions.items():
        graph.signature[address], graph.unit[address] = function.name, "mydsm.sys"
        graph.frame[address] = frame_of(function, code.arm)
        graph.calls[address] = function.calls | ({kernel_stack.INDIRECT} if function.by_pointer else set())
    return graph


def below(graph, address):
    found, work = set(), [address]
    while work:
        new = {callee for callee in graph.calls.get(work.pop(), ()) if callee in graph.frame} - found
        found |= new
        work += new
    return found


def forget_second_entries(graph, once):
    for address, name in graph.signature.items():
        if any(pattern.search(name) for pattern in once):
            for caller in below(graph, address):
                graph.calls[caller].discard(address)


def check(code, pointers, once=()):
    """Findings, and the deepest chain as text. `pointers`: [(caller, callee)] of regular expressions, `once`: functions
    that return at once when they are at work already."""
    graph = graph_of(code)
    found = [f"{graph.signature[address]} calls through a pointer that neither {kernel_stack.LIST_NAME} nor "
             "windows/driver/hot_path.txt knows" for address in graph.resolve(pointers)]
    forget_second_entries(graph, once)
    found += [f"recursion: {finding.text}" for finding in kernel_stack.check_recursion(graph, "")]
    depth = kernel_stack.deepest(graph)
    called = {callee for callees in graph.calls.values() for callee in callees}
    top = None
    for address, (size, _) in sorted(depth.items()):
        name = graph.signature[address]
        if MODULE.match(name):
            above = any(MODULE.match(graph.signature[caller]) for caller, callees in graph.calls.items()
                        if address in callees)
            limit = None if above else MODULE_LIMIT
        else:
            limit = None if address in called else ENTRY_LIMIT
        if limit and size > limit:
            found.append(f"{size} bytes of stack, more than {limit}: {kernel_stack.chain_text(graph, depth, address)}")
        if top is None or size > depth[top][0]:
            top = address
    text = f"deepest stack {depth[top][0]} bytes: {kernel_stack.chain_text(graph, depth, top)}" if top else "no code"
    return found, text
