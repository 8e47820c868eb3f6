#!/usr/bin/env python3
"""What a path's URL asks for beside an address: mutual CHAP, digests of headers and data, IPv6, host names."""

import json
import socket

from harness import DSMKIT, TARGET, free_ports, main, need, skip, wait_until

UNAVAILABLE = 3
CHAP = "alice%secret-of-alice-1"
MUTUAL = "array%secret-of-the-array-2"
PROOF = "target_user=array&target_password=secret-of-the-array-2"
WRONG_PROOF = "target_user=array&target_password=secret-of-another-3"


def mutual_array(scene, **kwargs):
    return scene.array(extra=("--chap", CHAP, "--chap-mutual", MUTUAL), **kwargs)


def url(array, port, query="", account=CHAP + "@"):
    return f"iscsi://{account}{array.portals[port]}/{TARGET}/0" + (f"?{query}" if query else "")


def status(array):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        sock.connect(array.control)
        sock.sendall(b'{"command": "status"}\n')
        with sock.makefile() as answer:
            return json.loads(answer.readline())


def digests_of(array):
    """How many connections have header digests, and how many there are."""
    now = status(array)
    return now["header_digests"], now["connections"]


def all_up(disk):
    wait_until(lambda: all(state == "up" for state in disk.path_states()), "all paths up")


def works(scene, disk):
    scene.run("qemu-io", "-f", "raw", "-c", "write -P 0x5a 1M 3M", "-c", "read -P 0x5a 1M 3M", disk.uri)


def refused(scene, path, *words, env=None):
    command = [DSMKIT, "disk", "--nbd", f"unix:{scene.path('never.sock')}", "--start-timeout-ms", "1500", "--path", path]
    done = scene.run(*command, ok=False, env=env)
    assert done.popen.returncode == UNAVAILABLE, done.output()
    for word in words:
        assert word in done.output(), f"no {word!r} in:\n{done.output()}"
    assert "secret-of" not in done.output(), f"a secret was printed:\n{done.output()}"


def test_mutual_chap(scene):
    need("qemu-io")
    array = mutual_array(scene, ports=2)
    disk = scene.disk([url(array, 0, PROOF), url(array, 1, PROOF)])
    all_up(disk)
    works(scene, disk)
    shown = json.dumps(disk.show()) + disk.process.output() + array.process.output()
    assert "secret-of" not in shown, "a secret is shown"


def test_mutual_chap_from_the_environment(scene):
    array = mutual_array(scene, ports=1)
    names = ("USERNAME", "PASSWORD", "TARGET_USERNAME", "TARGET_PASSWORD")
    values = CHAP.split("%") + MUTUAL.split("%")
    env = {f"LIBISCSI_CHAP_{name}": value for name, value in zip(names, values)}
    listing = scene.run(DSMKIT, "discover", array.portals[0], env=env).output()
    assert "LUN 0" in listing, listing
    env["LIBISCSI_CHAP_TARGET_PASSWORD"] = "secret-of-another-3"
    refused(scene, url(array, 0, account=""), "mutual CHAP", env=env)


def test_a_target_that_cannot_prove_itself_is_refused(scene):
    """Wrong secret, wrong name, no mutual CHAP, no CHAP at all: each is one message, and no path."""
    array = mutual_array(scene, ports=1)
    one_way = scene.array(ports=1, extra=("--chap", CHAP))
    neither = scene.array(ports=1)
    other_name = PROOF.replace("user=array", "user=another")
    for where, query, words in ((array, WRONG_PROOF, ("could not prove itself by mutual CHAP", "target_password")),
                                (array, other_name, ("could not prove itself by mutual CHAP", "target_user")),
                                (one_way, PROOF, ("CHAP authentication failed", "mutual CHAP as 'array'")),
                                (neither, PROOF, ("could not prove itself by mutual CHAP",))):
        refused(scene, url(where, 0, query), where.portals[0], *words)


def test_an_impostor_beside_good_paths(scene):
    need("qemu-io")
    array = mutual_array(scene, ports=3)
    disk = scene.disk([url(array, 0, PROOF), url(array, 1, WRONG_PROOF), url(array, 2, PROOF)])
    wait_until(lambda: [disk.path_states()[port] for port in (0, 2)] == ["up", "up"], "the good paths up")
    works(scene, disk)
    state = disk.show()["paths"][1]
    assert state["state"] != "up" and "mutual CHAP" in json.dumps(state), state
    messages = [line for line in disk.process.lines
                if line.startswith("dsmkit: target") and array.portals[1] in line]
    assert len(messages) == 1, f"one message, not one per attempt:\n{disk.process.output()}"


def test_header_digests(scene):
    need("qemu-io")
    array = scene.array(ports=3)
    disk = scene.disk([array.url(0) + "?header_digest=crc32c", array.url(1) + "?header_digest=none", array.url(2)])
    all_up(disk)
    # A path may have several sessions, one per lane of the disk.
    wait_until(lambda: digests_of(array)[0] * 3 == digests_of(array)[1] != 0, "one path in three with digests")
    assert status(array)["data_digests"] == 0
    works(scene, disk)


def test_header_digests_survive_a_failover(scene):
    need("qemu-io")
    array = scene.array(ports=2, extra=("--symmetric",))
    disk = scene.disk([address + "?header_digest=crc32c" for address in array.urls()],
                      extra=("--stability-ms", "100"))
    all_up(disk)
    load = disk.verify("--size", "8M", "--until-signal")
    load.wait_line(lambda line: line.startswith("running"))
    for port in ("0", "1"):
        array.fault("port-down", port)
        wait_until(lambda p=int(port): disk.path_states()[p] != "up", "the port to be left")
        array.fault("port-up", port)
        all_up(disk)
    digests, connections = digests_of(array)
    assert digests == connections != 0
    load.send(2)
    assert load.wait() == 0 and " 0 I/O errors" in load.output(), load.output()


def test_data_digests(scene):
    need("qemu-io")
    array = scene.array(ports=3)
    disk = scene.disk([array.url(0) + "?data_digest=crc32c", array.url(1) + "?header_digest=crc32c&data_digest=crc32c",
                       array.url(2) + "?data_digest=none"])
    all_up(disk)

    def spread():
        now = status(array)
        return now["header_digests"] * 3 == now["connections"] != 0 and now["data_digests"] * 3 == now["connections"] * 2

    wait_until(spread, "header digests on one path in three, data digests on two")
    works(scene, disk)


def test_damaged_digests_cost_the_session_only(scene):
    """What is damaged on the way is noticed, and the session that it was noticed on is made anew."""
    for query, word in (("header_digest=crc32c", "header digest"), ("data_digest=crc32c", "data digest")):
        array = scene.array(ports=2, extra=("--symmetric",))
        disk = scene.disk([f"{address}?{query}" for address in array.urls()], extra=("--stability-ms", "100"))
        all_up(disk)
        load = disk.verify("--size", "8M", "--until-signal")
        load.wait_line(lambda line: line.startswith("running"))
        for port in ("0", "1", "0"):
            lost = disk.process.output().count(word)

            def noticed(port=port, lost=lost):
                # Answers to writes carry no data: any number of them may use the fault up.
                array.fault("bad-digest", port, "8")
                return disk.process.output().count(word) > lost

            wait_until(noticed, f"the wrong {word} to be noticed")
            all_up(disk)
        load.send(2)
        assert load.wait() == 0 and " 0 I/O errors" in load.output(), load.output()
        disk.process.send(15)
        disk.process.wait()


def test_other_peoples_header_digests(scene):
    need("iscsi-inq", "iscsi-test-cu")
    array = scene.array(ports=1)
    digests = array.url(0) + "?header_digest=crc32c"
    assert "DSMKIT" in scene.run("iscsi-inq", digests).output()
    for family in ("Read10", "Write16", "iSCSIcmdsn"):
        done = scene.run("iscsi-test-cu", "--dataloss", "--fail", f"--test=ALL.{family}", digests, deadline_s=120)
        assert "FAILED" not in done.output(), done.output()


def test_ipv6_and_host_names(scene):
    need("qemu-io")
    if not socket.has_ipv6:
        skip("no IPv6 here")
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError as error:
        skip(f"no IPv6 on the loopback: {error}")
    v6 = free_ports(1)[0]
    name = free_ports(1)[0]
    array = scene.array(listen=[f"[::1]:{v6}", f"localhost:{name}"])
    listing = scene.run(DSMKIT, "discover", f"[::1]:{v6}").output()
    assert f"portal [::1]:{v6}" in listing and f"--path iscsi://[::1]:{v6}/{TARGET}/0" in listing, listing
    disk = scene.disk(array.urls())
    all_up(disk)
    works(scene, disk)
    array.fault("port-down", "1")
    wait_until(lambda: disk.path_states()[1] != "up", "the path by name to be left")
    works(scene, disk)
    names = [path["name"] for path in disk.show()["paths"]]
    assert names == [f"[::1]:{v6}/{TARGET}/0", f"localhost:{name}/{TARGET}/0"], names


def test_one_secret_for_both_sides_is_refused(scene):
    for options, word in ((("--chap", "a%same-secret-1", "--chap-mutual", "b%same-secret-1"), "same secret"),
                          (("--chap-mutual", MUTUAL), "needs --chap")):
        done = scene.run(DSMKIT, "array", "--listen", "127.0.0.1:0", *options, ok=False)
        assert done.popen.returncode == 2 and word in done.output(), done.output()


if __name__ == "__main__":
    main(globals())
