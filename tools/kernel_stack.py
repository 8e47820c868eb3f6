"""The call graph that g++ writes (-fcallgraph-info=su): recursion, calls to unknown places, the deepest stack.

Calls through pointers are resolved by tools/stack_indirect.txt, whose lines are

    caller => callee

both regular expressions on signatures as g++ prints them; the callee `outside` stands for code of the host.
"""

import os
import re

from kernel_targets import Finding

STACK_LIMIT = 1024
INDIRECT = "__indirect_call"
OUTSIDE = "outside"
NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"', re.M)
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"', re.M)
LIST_NAME = "tools/stack_indirect.txt"


class Graph:
    """Functions by g++'s title: signature, unit, frame in bytes, and what they call."""

    def __init__(self):
        self.signature, self.unit, self.frame, self.calls = {}, {}, {}, {}

    def read(self, path, unit):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for title, label in NODE.findall(text):
            lines = label.split("\\n")
            size = re.match(r"(\d+) bytes", lines[2]) if len(lines) > 2 else None
            if size:  # others are only declared here
                self.signature[title], self.unit[title] = lines[0], unit
                self.frame[title] = max(int(size.group(1)), self.frame.get(title, 0))
        for source, target in EDGE.findall(text):
            self.calls.setdefault(source, set()).add(target)

    def resolve(self, rules):
        """Puts the listed callees in the place of indirect calls. Returns the callers that no rule knows."""
        unknown = []
        for source, targets in self.calls.items():
            if INDIRECT not in targets:
                continue
            applying = [callee for caller, callee in rules if caller.search(self.signature.get(source, ""))]
            callees = {title for callee in applying for title, signature in self.signature.items()
                       if callee.search(signature)}
            if not callees and not any(callee.pattern == OUTSIDE for callee in applying):
                unknown.append(source)
            targets |= callees
            targets.discard(INDIRECT)
        return sorted(unknown)

    def components(self):
        """Strongly connected components, callees before callers (Tarjan, without recursion)."""
        index, low, on_stack, stack, done = {}, {}, set(), [], []
        for start in sorted(self.frame):
            if start in index:
                continue
            work = [(start, iter(sorted(self.calls.get(start, ()))))]
            index[start] = low[start] = len(index)
            stack.append(start)
            on_stack.add(start)
            while work:
                node, rest = work[-1]
                callee = next(rest, None)
                if callee is None:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[node])
                    if low[node] == index[node]:
                        component = []
                        while not component or component[-1] != node:
                            component.append(stack.pop())
                            on_stack.discard(component[-1])
                        done.append(component)
                elif callee in on_stack:
                    low[node] = min(low[node], index[callee])
                elif callee in self.frame and callee not in index:
                    index[callee] = low[callee] = len(index)
                    stack.append(callee)
                    on_stack.add(callee)
                    work.append((callee, iter(sorted(self.calls.get(callee, ())))))
        return done


def read_rules(root):
    """[(caller, callee)], empty without the file."""
    try:
        with open(os.path.join(root, LIST_NAME), encoding="utf-8") as file:
            lines = [line.split("#")[0].strip() for line in file]
    except FileNotFoundError:
        return []
    pairs = [line.split(" => ") for line in lines if line]
    return [(re.compile(caller.strip()), re.compile(callee.strip())) for caller, callee in pairs]


def check_recursion(graph, target):
    for component in graph.components():
        first = component[-1]
        if len(component) > 1 or first in graph.calls.get(first, ()):
            names = " -> ".join(graph.signature[title] for title in reversed(component))
            yield Finding("recursion", target, graph.unit[first], names)


def deepest(graph):
    """{title: (bytes, next in the deepest chain)}."""
    depth = {}
    for component in graph.components():
        for title in component:  # of one member, unless there is recursion, which is told elsewhere
            below = max(((depth[callee][0], callee) for callee in graph.calls.get(title, ()) if callee in depth),
                        default=(0, None))
            depth[title] = (graph.frame[title] + below[0], below[1])
    return depth


def chain_text(graph, depth, title):
    parts = []
    while title:
        parts.append(f"{graph.signature[title]} {graph.frame[title]}")
        title = depth[title][1]
    return " -> ".join(parts)


def check_depth(graph, target):
    """Findings for chains over the limit that nobody else in the rooms calls, and the deepest chain as text."""
    depth = deepest(graph)
    called = {callee for targets in graph.calls.values() for callee in targets}
    found = [Finding("stack", target, graph.unit[title],
                     f"{total} bytes of stack, more than {STACK_LIMIT}: {chain_text(graph, depth, title)}")
             for title, (total, _) in depth.items() if total > STACK_LIMIT and title not in called]
    top = max(depth, key=lambda title: depth[title][0], default=None)
    text = f"deepest stack {depth[top][0]} bytes: {chain_text(graph, depth, top)}" if top else "no code"
    return found, text


def check_stack(root, graph_files, audit_files):
    """graph_files, audit_files: {path of a .ci file: unit}. Returns (findings, text about the deepest chain)."""
    rules = read_rules(root)
    graph, audit = Graph(), Graph()
    for path, unit in graph_files.items():
        graph.read(path, unit)
    for path, unit in audit_files.items():
        audit.read(path, unit)
    found = [Finding("indirect", "linux-gcc", graph.unit[title],
                     f"{graph.signature[title]} calls through a pointer that {LIST_NAME} does not know")
             for title in graph.resolve(rules)]
    audit.resolve(rules)
    known = [*graph.signature.values(), *audit.signature.values()]
    found += [Finding("indirect", "linux-gcc", LIST_NAME, f"matches nothing any more: {pattern.pattern}")
              for rule in rules for pattern in rule
              if pattern.pattern != OUTSIDE and not any(pattern.search(name) for name in known)]
    found += check_recursion(audit, "audit")
    too_deep, text = check_depth(graph, "linux-gcc")
    return found + too_deep, text
