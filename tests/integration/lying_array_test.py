#!/usr/bin/env python3
"""An array that lies: malformed or untrue RTPG, VPD pages, sense data and identities. A disk of four portals says so in
clear words, leaves the path that it cannot trust, and serves without an interruption as long as a good path is left."""

from harness import DSMKIT, end_well, main, wait_until

LIAR = 3
ACCESS_STATES_CHANGED = ("unit-attention", "2a", "6")


def loaded(scene):
    array = scene.array(ports=4)
    # Paths that are refused on purpose come back at once when the lie ends.
    disk = scene.disk(array.urls(), extra=("--stability-ms", "100", "--flap-hold-max-ms", "100"))
    all_up(disk)
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    return array, disk, load


def all_up(disk):
    wait_until(lambda: all(state == "up" for state in disk.path_states()), "all paths up")


def others_up(disk):
    states = disk.path_states()
    assert [state for port, state in enumerate(states) if port != LIAR] == ["up"] * 3, states


def said(disk, since, word):
    return wait_until(lambda: [line for line in disk.process.lines[since:] if word in line], f"a message with {word!r}")


def test_malformed_target_port_groups(scene):
    """Nothing of a malformed answer is believed; what was known before stays."""
    array, disk, load = loaded(scene)
    before = [path["access"] for path in disk.show()["paths"]]
    for lie, word in (("truncated", "cut off"), ("too-long", "claims more"), ("duplicate", "twice"),
                      ("reserved", "reserved access state"), ("empty", "no target port group at all")):
        since = len(disk.process.lines)
        array.fault("rtpg", "all", lie)
        array.fault(*ACCESS_STATES_CHANGED)
        said(disk, since, word)
        assert [path["access"] for path in disk.show()["paths"]] == before, lie
        assert disk.path_states() == ["up"] * 4, lie
        array.fault("rtpg", "all", "off")
    end_well(load)


def test_target_port_groups_that_nobody_is_in(scene):
    """Well-formed, and the group of half of the paths is missing."""
    array, disk, load = loaded(scene)
    since = len(disk.process.lines)
    array.fault("rtpg", "all", "unknown-group")
    array.fault(*ACCESS_STATES_CHANGED)
    said(disk, since, "32752")
    said(disk, since, "target port group 2 is not in the answer")
    assert disk.path_states()[0] == disk.path_states()[2] == "up", disk.path_states()
    array.fault("rtpg", "all", "off")
    array.fault(*ACCESS_STATES_CHANGED)
    wait_until(lambda: None not in [path["access"] for path in disk.show()["paths"]], "the truth to be believed")
    end_well(load)


def test_stale_target_port_groups(scene):
    """The array says what was; the commands say what is. Then RTPG is right again."""
    array, disk, load = loaded(scene)
    array.fault("rtpg", "all", "stale")
    array.fault("access", "1", "standby")
    since = len(disk.process.lines)
    array.fault("rtpg", "all", "off")
    array.fault(*ACCESS_STATES_CHANGED)
    wait_until(lambda: disk.show()["paths"][0]["access"] == "standby" or any(
        "group 1: standby" in line for line in disk.process.lines[since:]), "the truth to be believed")
    array.fault("access", "1", "active/optimized")
    end_well(load)


def test_malformed_identification(scene):
    """Page 83h of one port: the path is refused when it names nothing that can be trusted, and back when it does."""
    array, disk, load = loaded(scene)
    for lie in ("truncated", "wrong-page", "garbage"):
        since = len(disk.process.lines)
        array.fault("vpd", str(LIAR), "83", lie)
        array.fault("port-reset", str(LIAR))
        wait_until(lambda: disk.path_states()[LIAR] == "refused", f"the path with a {lie} page to be refused")
        messages = [line for line in said(disk, since, "VPD page 83h") if line.startswith(f"dsmkit: {array.portals[LIAR]}")]
        assert len(messages) == 1, "\n".join(disk.process.lines[since:])
        others_up(disk)
        array.fault("vpd", str(LIAR), "83", "off")
        array.fault("port-reset", str(LIAR))
        all_up(disk)
    end_well(load)


def test_other_malformed_pages(scene):
    """Pages that do not say which disk it is cost nothing: the path comes back."""
    array, disk, load = loaded(scene)
    for page in ("0", "80", "b0", "b2"):
        for lie in ("truncated", "too-long", "wrong-page", "garbage"):
            array.fault("vpd", str(LIAR), page, lie)
            failovers = disk.show()["paths"][LIAR]["failovers"]
            array.fault("port-reset", str(LIAR))
            wait_until(lambda n=failovers: disk.show()["paths"][LIAR]["failovers"] > n, "the reset to be noticed")
            all_up(disk)
    end_well(load)


def test_another_identity_on_one_port(scene):
    """The most dangerous lie: another disk in the place of this one."""
    array, disk, load = loaded(scene)
    since = len(disk.process.lines)
    array.fault("wrong-identity", str(LIAR), "on")
    array.fault("port-reset", str(LIAR))
    wait_until(lambda: disk.path_states()[LIAR] == "refused", "the other disk to be refused")
    message = said(disk, since, "leads to another disk")[0]
    assert array.portals[LIAR] in message and "check" in message, message
    others_up(disk)
    array.fault("wrong-identity", str(LIAR), "off")
    array.fault("port-reset", str(LIAR))
    all_up(disk)
    end_well(load)


def test_a_lun_that_becomes_another_one(scene):
    """Every path leads to another disk all of a sudden: none is used any more."""
    array, disk, load = loaded(scene)
    since = len(disk.process.lines)
    array.fault("identity", "0")
    wait_until(lambda: disk.path_states() == ["refused"] * 4, "every path to be refused")
    for portal in array.portals:
        assert any(portal in line for line in said(disk, since, "leads to another disk")), portal
    load.kill()


def test_malformed_sense_and_attention_storms(scene):
    """On the ports that carry the load: every command that fails so is repeated, none fails."""
    array, disk, load = loaded(scene)
    for words in (("malformed-sense", "0", "missing", "3"), ("malformed-sense", "2", "truncated", "3"),
                  ("malformed-sense", "0", "garbage", "3"), ("attention-storm", "0", "5")):
        array.fault(*words)
    array.fault("attention-storm", "2", "5")
    all_up(disk)
    end_well(load)


def test_lies_from_the_start(scene):
    """A disk that starts while ports lie takes the others; limits that are noise (page B0h) hurt nobody."""
    array = scene.array(ports=4)
    array.fault("vpd", str(LIAR), "83", "garbage")
    array.fault("vpd", "1", "b0", "garbage")
    array.fault("rtpg", "2", "truncated")
    disk = scene.disk(array.urls())
    wait_until(lambda: disk.path_states()[:2] == ["up", "up"], "the honest paths up")
    wait_until(lambda: disk.path_states()[LIAR] == "refused", "the liar to be refused")
    load = disk.verify("--size", "4M", "--seconds", "1")
    assert load.wait() == 0, load.output()


def test_set_target_port_groups_that_fails(scene):
    """Paths to a passive controller only: activation is refused, half done, ignored or stuck. It is tried again and
    succeeds when the array lets it."""
    for lie in ("stpg-refuse", "stpg-partial", "stpg-ignore"):
        array = scene.array(ports=2, extra=("--passive-state", "standby"))
        array.fault(lie, "1")
        disk = scene.disk([array.url(1)])
        all_up(disk)
        load = disk.verify("--size", "4M", "--seconds", "1")
        assert load.wait() == 0, f"{lie}:\n{load.output()}\n{disk.process.output()}"
        disk.process.stop()
        array.process.stop()


def test_schedule_runs_against_a_live_array(scene):
    """The same lies by the clock, with a crash in between; the disk serves all the while."""
    schedule = scene.path("faults.txt")
    with open(schedule, "w", encoding="ascii") as out:
        out.write("# a crash, a black hole, and a port that loses its connections\n"
                  "at 500ms   controller-crash 1\n"
                  "at 1s      controller-restart 1\n"
                  "at 1.5s    rtpg all truncated\n"
                  "every 400ms from 600ms until 2s  port-reset 0\n"
                  "at 2500ms  clear\n")
    array = scene.array(ports=4, extra=("--schedule", schedule))
    disk = scene.disk(array.urls(), extra=("--stability-ms", "100", "--flap-hold-max-ms", "100"))
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    array.process.wait_line("schedule 2.5 s: clear")
    all_up(disk)
    end_well(load)
    happened = [line for line in array.process.lines if line.startswith("schedule")]
    assert happened[0] == "schedule 500 ms: controller-crash 1", happened
    assert sum("port-reset 0" in line for line in happened) == 4, happened
    assert not any("failed" in line for line in happened), happened


def test_schedules_that_are_none(scene):
    schedule = scene.path("faults.txt")
    for text, words in (("at 1x clear\n", (f"{schedule}:1", "1x", "1.5s")),
                        ("\n\nat 1s port-down 9\n", (f"{schedule}:3", "PORT", "below 1")),
                        ("at 1s earthquake\n", (f"{schedule}:1", "earthquake", "--list"))):
        with open(schedule, "w", encoding="ascii") as out:
            out.write(text)
        done = scene.run(DSMKIT, "array", "--listen", "127.0.0.1:0", "--schedule", schedule, ok=False)
        assert done.popen.returncode == 2, done.output()
        for word in words:
            assert word in done.output(), done.output()
    for missing in (scene.path("nothing.txt"), scene.folder):
        done = scene.run(DSMKIT, "array", "--listen", "127.0.0.1:0", "--schedule", missing, ok=False)
        assert done.popen.returncode == 3 and missing in done.output(), done.output()


if __name__ == "__main__":
    main(globals())
