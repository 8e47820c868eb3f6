#!/usr/bin/env python3
"""What a disk's DSM went through, recorded while paths died, decides the same when it is replayed."""

import struct

from harness import DSMKIT, end_well, main, wait_until

HEADER_BYTES, ACTION = 24, 7


def recorded(scene):
    """The trace of a disk of three lanes whose controllers fail and whose settings change under load."""
    trace = scene.path("trace")
    array = scene.array(ports=4)
    disk = scene.disk(array.urls(), extra=("--lanes", "3", "--record", trace, "--record-picks"))
    load = disk.verify("--size", "8M", "--until-signal", "--connections", "3")
    load.wait_line(lambda line: line.startswith("running"))
    for controller in ("0", "1"):
        array.fault("controller-crash", controller)
        wait_until(lambda: "up" not in disk.path_states()[int(controller)::2], "its paths to be left")
        array.fault("controller-restart", controller)
        wait_until(lambda: set(disk.path_states()) == {"up"}, "all paths up again")
    scene.run(DSMKIT, "path", "fail", "--control", disk.control, "2")
    scene.run(DSMKIT, "policy", "set", "--control", disk.control, "fail-over-only")
    end_well(load)
    assert disk.process.stop() == 0, disk.process.output()
    return trace


def replay(scene, trace, *options):
    process = scene.run(DSMKIT, "replay", trace, *options, ok=False)
    return process.popen.returncode, process.output()


def records(data):
    """(offset, kind, length) of each."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<xxBxI", data, at)
        yield at, kind, length
        at += length


def with_another_decision(data):
    """The last action's LUN is another one, and the checksum is right."""
    at, _, length = [record for record in records(data) if record[1] == ACTION][-1]
    changed = bytearray(data)
    changed[at + HEADER_BYTES + 1] ^= 1
    struct.pack_into("<I", changed, at + 12, 0)
    checksum = 0x811C9DC5
    for byte in changed[at:at + length]:
        checksum = (checksum ^ byte) * 0x01000193 % 2**32
    struct.pack_into("<I", changed, at + 12, checksum)
    return changed


def test_a_disk_under_faults(scene):
    trace = recorded(scene)
    code, said = replay(scene, trace)
    assert code == 0 and said.startswith("the same: "), said
    code, said = replay(scene, trace, "--print")
    assert code == 0
    for word in ("picked ", "nexus arrived", "path failed", "interpreted", "set policy", "what=nexus state"):
        assert word in said, f"no {word} in the printed trace"
    with open(trace, "rb") as file:
        data = file.read()
    other = scene.path("other")

    def replay_bytes(content):
        with open(other, "wb") as file:
            file.write(content)
        return replay(scene, other)

    code, said = replay_bytes(with_another_decision(data))
    assert code == 1 and "expected  action: " in said and "got       action: " in said, said
    code, said = replay_bytes(data[:-1])
    assert code == 2 and "the trace is cut" in said and len(said.splitlines()) == 1, said


def test_a_trace_that_cannot_be_written(scene):
    array = scene.array(ports=1)
    process = scene.run(DSMKIT, "disk", "--path", array.url(0), "--nbd", f"unix:{scene.path('nbd')}", "--record",
                        scene.path("no/such/folder"), ok=False)
    assert process.popen.returncode == 3 and "--record" in process.output(), process.output()


if __name__ == "__main__":
    main(globals())
