#!/usr/bin/env python3
"""Two independent tgtd processes serve one file as one LUN; either may die or freeze at any moment.

The two share no task state, so a newer overlapping write must be held until the frozen one has been logged in to
again: these tests expect exactly that. Their NAA-3 designators collide between unrelated LUNs and must neither merge nor split.
"""

import signal

from harness import Tgt, main, make_file, need, wait_until

SIZE = 64 << 20
UNIT = 4096


def pair(scene):
    need("tgtd", "tgtadm")
    backing = make_file(scene.path("lun.img"), SIZE)
    return backing, Tgt(scene, 1, backing), Tgt(scene, 2, backing)


def verdict(process):
    code = process.wait()
    assert code == 0, process.output()
    return process.output()


def test_survives_kill_and_return(scene):
    backing, first, second = pair(scene)
    disk = scene.disk([first.url, second.url])
    load = disk.verify("--size", "16M", "--until-signal", "--backing", backing)
    load.wait_line(lambda line: line.startswith("running"))
    for victim in (first, second):
        victim.process.kill()
        wait_until(lambda: "down" in disk.path_states(), "the killed path to be down")
        wait_until(lambda: "up" in disk.path_states(), "the other path to serve")
        victim.launch()
        wait_until(lambda: disk.path_states() == ["up", "up"], "both paths up again")
    load.send(signal.SIGINT)
    assert " 0 I/O errors" in verdict(load)


def test_frozen_write_never_comes_back(scene):
    """STOP, failover, rewrite the same blocks, CONT: the newest data, always."""
    backing, first, second = pair(scene)
    disk = scene.disk([first.url, second.url])
    load = disk.verify("--size", "1M", "--queue-depth", "16", "--until-signal", "--backing", backing)
    load.wait_line(lambda line: line.startswith("running"))
    for _ in range(2):
        first.process.send(signal.SIGSTOP)
        wait_until(lambda: disk.path_states() == ["down", "up"], "the frozen path to be left")
        wait_until(lambda: disk.show()["disk"]["unsettled"], "writes of unknown fate to be on record")
        first.process.send(signal.SIGCONT)
        wait_until(lambda: disk.path_states() == ["up", "up"], "both paths up again")
        assert disk.show()["disk"]["unsettled"] == []
    load.send(signal.SIGINT)
    assert " 0 I/O errors" in verdict(load)


def test_a_lun_that_one_target_protects_is_read_only(scene):
    """The two may disagree: the one that says no decides."""
    _, first, second = pair(scene)
    second.set_params("readonly=1")
    disk = scene.disk([first.url, second.url])
    assert [path["write_protected"] for path in disk.show()["paths"]] == [False, True], disk.show()
    assert disk.show()["disk"]["read_only"]


def test_colliding_naa3_does_not_merge(scene):
    """Two different LUNs whose NAA-3 designators are equal (same tid and LUN number): refused by NAA-6."""
    need("tgtd", "tgtadm")
    one = Tgt(scene, 1, make_file(scene.path("a.img"), SIZE))
    other = Tgt(scene, 2, make_file(scene.path("b.img"), SIZE), scsi_id="6001405000000000000000000000b002")
    disk = scene.disk([one.url, other.url])
    states = wait_until(lambda: disk.path_states() if "refused" in disk.path_states() else None,
                        "one path to be refused")
    assert sorted(states) == ["refused", "up"], states
    text = disk.process.output()
    assert "6001405000000000000000000000a001" in text and "6001405000000000000000000000b002" in text, text


if __name__ == "__main__":
    main(globals())
