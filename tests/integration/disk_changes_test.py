#!/usr/bin/env python3
"""A disk whose array changes under it - size, identity, block size - and a disk of many paths and many lanes."""

from harness import DSMKIT, TARGET, free_ports, main, need, wait_until

MIB = 1 << 20


def size_seen_by_a_new_client(disk):
    need("nbdinfo")
    return int(disk.scene.run("nbdinfo", "--size", disk.uri).output())


def served(disk, offset="1M", value="0x5a"):
    need("qemu-io")
    disk.scene.run("qemu-io", "-f", "raw", "-c", f"write -P {value} {offset} 64k", "-c", f"read -P {value} {offset} 64k",
                   disk.uri)


def test_growth_is_seen_by_new_clients(scene):
    array = scene.array(ports=2)
    disk = scene.disk(array.urls())
    load = disk.verify("--size", "16M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    assert size_seen_by_a_new_client(disk) == 64 * MIB
    array.fault("resize", "0", str(96 * MIB))
    disk.process.wait_line(lambda line: "grown" in line)
    assert size_seen_by_a_new_client(disk) == 96 * MIB
    served(disk, offset="80M")
    assert load.stop() == 0, load.output()


def test_a_shrunk_lun_is_refused_loudly(scene):
    array = scene.array(ports=2)
    disk = scene.disk(array.urls())
    served(disk)
    array.fault("resize", "0", str(32 * MIB))
    scene.start("qemu-io", "-f", "raw", "-c", "read 1M 64k", disk.uri)  # somebody has to be told
    line = disk.process.wait_line(lambda line: "made smaller" in line)
    assert str(32 * MIB) in line and str(64 * MIB) in line, line
    disk.wait_states("refused", "refused")
    array.fault("resize", "0", str(64 * MIB))
    disk.wait_states("up", "up")
    served(disk)


def test_a_lun_that_becomes_another_one(scene):
    """The disk lets go of it; nothing of what its clients write reaches the other one."""
    array = scene.array(ports=2)
    disk = scene.disk(array.urls(), extra=("--no-path-deadline-ms", "2000"))
    served(disk, value="0x11")
    array.fault("identity", "0")
    refused = scene.run("qemu-io", "-f", "raw", "-c", "write -P 0x22 1M 64k", disk.uri, ok=False)
    assert "Input/output error" in refused.output() or "error" in refused.output().lower(), refused.output()
    disk.wait_states("refused", "refused")
    assert any("another disk" in line for line in disk.process.lines), disk.process.output()
    scene.run("qemu-io", "-f", "raw", "-c", "read -P 0x11 1M 64k", array.url(0))


def test_two_names_of_one_portal(scene):
    array = scene.array(ports=1)
    port = array.portals[0].rsplit(":", 1)[1]
    disk = scene.disk([array.url(0), f"iscsi://localhost:{port}/{TARGET}/0"])
    line = disk.process.wait_line(lambda line: "same portal" in line)
    assert array.portals[0] in line, line
    states = sorted(path["state"] for path in disk.show()["paths"])
    assert states == ["refused", "up"], states
    served(disk)


def test_thirty_two_paths(scene):
    array = scene.array(ports=32)
    disk = scene.disk(array.urls(), extra=("--lanes", "2"))
    wait_until(lambda: disk.path_states() == ["up"] * 32, "32 paths")
    load = disk.verify("--size", "16M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    array.fault("controller-crash", "0")
    wait_until(lambda: disk.path_states().count("up") == 16, "one controller's paths to be left")
    array.fault("controller-restart", "0")
    wait_until(lambda: disk.path_states() == ["up"] * 32, "all paths to be back")
    assert load.stop() == 0, load.output()
    assert disk.process.stop() == 0, disk.process.output()


def test_more_lanes_than_processors(scene):
    array = scene.array(ports=2)
    disk = scene.disk(array.urls(), extra=("--lanes", "5"))
    assert disk.show()["disk"]["lanes"] == 5
    # One verifier over connections on several lanes: what one lane wrote the others read.
    load = disk.verify("--size", "16M", "--connections", "7", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    assert "slowest request" in scene.run(DSMKIT, "disk", "longest", "--control", disk.control).output()
    array.fault("port-reset", "0")
    wait_until(lambda: disk.path_states() == ["up"] * 2, "both paths to be back")
    assert load.stop() == 0, load.output()
    assert disk.process.stop() == 0, disk.process.output()


def test_portals_come_and_go_by_discovery(scene):
    array = scene.array(ports=4)
    array.fault("port-down", "3")
    disk = scene.disk([], extra=("--discover", array.url(0), "--discover-interval-ms", "100"))
    wait_until(lambda: disk.path_states() == ["up"] * 3, "the three portals that are told")
    load = disk.verify("--size", "16M", "--connections", "3", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    array.fault("port-up", "3")
    wait_until(lambda: disk.path_states() == ["up"] * 4, "the fourth portal")
    array.fault("port-down", "1")
    wait_until(lambda: disk.path_states() == ["up"] * 3, "the second portal's path to be taken out")
    assert array.portals[1] not in str(disk.show()["paths"])
    array.fault("port-up", "1")
    wait_until(lambda: disk.path_states() == ["up"] * 4, "it to be back")
    assert load.stop() == 0, load.output()
    assert disk.process.stop() == 0, disk.process.output()


def test_paths_are_added_and_removed_by_hand(scene):
    array = scene.array(ports=4)
    disk = scene.disk(array.urls()[:2])
    load = disk.verify("--size", "16M", "--connections", "3", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))

    def path(*words, ok=True):
        return scene.run(DSMKIT, "path", words[0], "--control", disk.control, *words[1:], ok=ok).output()

    def names():
        return [path["name"] for path in disk.show()["paths"]]

    path("add", array.url(2))
    path("add", array.url(3))
    wait_until(lambda: disk.path_states() == ["up"] * 4, "the two new paths")
    path("remove", "1")
    path("remove", "2")
    assert disk.path_states() == ["up"] * 2, "removed when the command ends"
    assert not any(array.portals[0] in name or array.portals[1] in name for name in names()), names()
    for words, said in ((("add", array.url(2)), "already"), (("add", "iscsi://nonsense"), "IQN is missing"),
                        (("add", "sg:dev/sg1"), "absolute path"), (("remove", "1"), "no"), (("remove", "99"), "99")):
        assert said in path(*words, ok=False), words
    path("add", array.url(0))
    wait_until(lambda: disk.path_states() == ["up"] * 3, "the first again")
    assert load.stop() == 0, load.output()
    for name in names()[1:]:
        path("remove", name)
    last = names()
    assert len(last) == 1 and "last path" in path("remove", last[0], ok=False)
    served(disk)
    path("remove", last[0], "--force")
    assert names() == []
    path("add", array.url(1))
    disk.wait_states("up")
    served(disk)
    assert disk.process.stop() == 0, disk.process.output()


def test_discovery_that_fails_leaves_the_paths_alone(scene):
    array = scene.array(ports=2)
    dead = free_ports(1)[0]
    disk = scene.disk(array.urls(), extra=("--discover", f"iscsi://127.0.0.1:{dead}/{TARGET}/0",
                                           "--discover", f"iscsi://{array.portals[0]}/iqn.2026-11.no.such:target/0",
                                           "--discover-interval-ms", "100"))
    disk.process.wait_line(lambda line: "does not know the target" in line)
    disk.process.wait_line(lambda line: f"127.0.0.1:{dead}" in line and "discovery" in line)
    assert disk.path_states() == ["up", "up"]
    served(disk)


def test_what_discovery_finds_is_not_removed_by_hand(scene):
    array = scene.array(ports=2)
    disk = scene.disk([], extra=("--discover", array.url(0)))
    disk.wait_states("up", "up")
    told = scene.run(DSMKIT, "path", "remove", "--control", disk.control, "1", ok=False).output()
    assert "--discover" in told, told


def carriers(disk):
    return [path["carries_io"] for path in disk.show()["paths"]]


def test_the_preferred_path_takes_over_when_it_is_back(scene):
    array = scene.array(ports=2, extra=("--alua", "none"))
    disk = scene.disk(array.urls(), extra=("--policy", "fail-over-only", "--preferred", "2"))
    wait_until(lambda: carriers(disk) == [False, True], "the preferred path to carry the I/O")
    array.fault("port-down", "1")
    wait_until(lambda: carriers(disk)[0], "the other one to take over")
    served(disk)
    array.fault("port-up", "1")
    wait_until(lambda: carriers(disk) == [False, True], "fail-back")


def test_the_lowest_weights_carry_the_load(scene):
    array = scene.array(ports=3, extra=("--alua", "none"))
    disk = scene.disk(array.urls(), extra=("--policy", "weighted-paths", "--weight", "10", "--weight", "5", "--weight", "5"))
    wait_until(lambda: carriers(disk) == [False, True, True], "the lighter two")
    array.fault("port-down", "1")
    array.fault("port-down", "2")
    wait_until(lambda: carriers(disk) == [True, False, False], "the heaviest, when it is the last")
    served(disk)


def test_weights_and_preferences_that_make_no_sense(scene):
    array = scene.array(ports=2)
    for extra, word in ((("--weight", "1"), "one for each path"), (("--preferred", "3"), "there are 2 paths")):
        disk = scene.start(DSMKIT, "disk", "--nbd", f"unix:{scene.path('n.sock')}", "--path", array.url(0), "--path",
                           array.url(1), *extra)
        assert disk.wait() == 2
        assert any(word in line for line in disk.lines), disk.output()


if __name__ == "__main__":
    main(globals())
