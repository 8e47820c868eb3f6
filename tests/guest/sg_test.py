#!/usr/bin/env python3
"""Disks over sg nodes of a real kernel: scsi_debug with several adapters, LIO under Fibre Channel names, the kernel's own
iSCSI; devices that go, hang, and come back as others; and paths of both kinds in one disk."""

import json

from guest import Guest, main
from harness import DSMKIT, need, wait_until

# Guests are slow: an emulated processor, and tests beside them.
DEADLINE_S = 120

# scsi_debug says that it has ALUA, and then gives each of its adapters a group of its own that the others do not know.
FLAT_PROFILE = """
[names]
vendor = "Linux"
product = "scsi_debug"
company = "Linux"
service = "flatdsm"
version = "1.0.0.0"
[[device]]
vendor = "Linux"
product_prefix = "scsi_debug"
[[device]]
vendor = "LIO-ORG"
product_prefix = "RAMDISK"
[access]
believed_alua = "none"
"""

_guests = []


def guest():
    """The one of all tests here; each leaves it without its devices."""
    if not _guests:
        _guests.append(Guest(ports=[10809]))
        _guests[0].install(DSMKIT)
    return _guests[0]


def inside(script, **kwargs):
    return guest().run(". /share/inside/sg.sh\n" + script, **kwargs)


class Served:
    """dsmkit disk inside, and a verified load on it."""

    count = 0

    def __init__(self, paths, *options, nbd=None):
        Served.count += 1
        self.name = f"/tmp/disk{Served.count}"
        words = " ".join([f"--path {path}" for path in paths] + list(options))
        self.load = None
        self.job = guest().start(f"echo $$ > {self.name}.pid; exec dsmkit disk {words} --nbd {nbd or 'unix:' + self.name + '.nbd'} "
                                 f"--control {self.name}.control --settings {self.name}.settings --stability-ms 200 "
                                 "--down-after-ms 3000")
        self.wait_line("ready")

    def said(self):
        loads = self.load.output() if self.load is not None else ""
        return f"\nthe disk said:\n{self.job.output()}\nthe load said:\n{loads}"

    def wait_line(self, text, since=0):
        def seen():
            assert self.job.code is None or text in self.job.output(), self.said()
            return text in self.job.output()[since:]
        try:
            wait_until(seen, f"'{text}'", DEADLINE_S)
        except AssertionError as why:
            shown = self.show() if self.job.code is None else {}
            raise AssertionError(f"{why}{self.said()}\nit shows:\n{json.dumps(shown)}") from None

    def mark(self):
        return len(self.job.output())

    def show(self):
        return json.loads(guest().run(f"dsmkit show --control {self.name}.control --json"))

    def wait_states(self, *states):
        last = []

        def reached():
            last[:] = [path["state"] for path in self.show()["paths"]]
            return last == list(states)
        try:
            wait_until(reached, f"path states {states}", DEADLINE_S)
        except AssertionError as why:
            raise AssertionError(f"{why}; they are {last}{self.said()}") from None

    def start_load(self):
        self.load = guest().start(f"echo $$ > {self.name}.load; exec dsmkit verify-blocks --nbd unix:{self.name}.nbd "
                                  "--size 8M --until-signal")
        wait_until(lambda: "running" in self.load.output(), "the load to run", DEADLINE_S)

    def wait_ios(self, path, more=50):
        """Waits until the path has carried so many more commands."""
        before = self.show()["paths"][path]["ios"]
        wait_until(lambda: self.show()["paths"][path]["ios"] >= before + more, f"I/O on path {path + 1}", DEADLINE_S)

    def end_well(self, presumed_lost=0):
        """All that was written is there, and nothing is open any more."""
        guest().run(f"kill -INT $(cat {self.name}.load)")
        assert self.load.wait(DEADLINE_S) == 0, self.load.output() + self.job.output()
        assert " 0 damaged, 0 I/O errors" in self.load.output(), self.load.output() + self.job.output()
        disk = self.show()["disk"]
        assert presumed_lost is None or disk["presumed_lost_writes"] == presumed_lost, disk
        self.stop()

    def stop(self):
        guest().run(f"kill $(cat {self.name}.pid)")
        assert self.job.wait(DEADLINE_S) == 0, self.job.output()


def leave():
    """What the last test has left: processes if it failed, and devices."""
    inside("cat /tmp/*.pid /tmp/*.load 2> /dev/null | xargs -r kill -9 2> /dev/null; rm -f /tmp/*.pid /tmp/*.load\n"
           "until ! grep -q ^scsi_debug /proc/modules || rmmod scsi_debug; do sleep 0.1; done", deadline_s=DEADLINE_S)


def scsi_debug(adapters=3):
    leave()
    with open(guest().path("flat.toml"), "w", encoding="utf-8") as file:
        file.write(FLAT_PROFILE)
    return inside(f"sg_debug {adapters}").split()


def over(nodes, *options, nbd=None):
    return Served([f"sg:{node}" for node in nodes], *options, nbd=nbd)


FLAT = ("--profile", "/share/flat.toml", "--policy", "round-robin")


def test_several_adapters_are_paths_of_one_disk(_scene):
    nodes = scsi_debug()
    disk = over(nodes, *FLAT)
    disk.wait_states("up", "up", "up")
    disk.start_load()
    for path in range(3):
        disk.wait_ios(path)
    names = [path["stable_name"] for path in disk.show()["paths"]]
    assert [name.split("+")[0] for name in names] == ["adapter0", "adapter1", "adapter2"], names
    disk.end_well()


def test_devices_that_go_and_come_back(_scene):
    nodes = scsi_debug()
    disk = over(nodes, *FLAT)
    disk.start_load()
    disk.wait_ios(1)
    inside(f"echo 1 > /sys/class/scsi_generic/{nodes[1][5:]}/device/delete")
    disk.wait_states("up", "down", "up")
    # Its number goes to another disk meanwhile: that is found out.
    other = inside("sg_lun other 5d50f1ab00000009; sg_loopback other 9").strip()
    assert other == nodes[1], other
    disk.wait_line("leads to another disk")
    disk.wait_states("up", "refused", "up")
    inside("cd $sg_target/loopback/fc.2000000000000009/tpgt_1; rm lun/lun_0/disk; rmdir lun/lun_0; udevadm settle\n"
           "echo '- - -' > $(echo /sys/bus/pseudo/devices/adapter1/host*)/scsi_host/host*/scan")
    disk.wait_states("up", "up", "up")
    disk.wait_ios(1)
    disk.end_well()


def test_transfers_that_are_longer_than_the_adapter_takes(scene):
    need("qemu-io")
    nodes = scsi_debug(2)
    disk = over(nodes, *FLAT, nbd="tcp:0.0.0.0:10809")
    disk.wait_states("up", "up")
    scene.run("qemu-io", "-f", "raw", "-c", "write -P 0x37 512 8M", "-c", "read -P 0x37 512 8M",
              f"nbd://127.0.0.1:{guest().port(10809)}", deadline_s=DEADLINE_S)
    assert [path["errors"] for path in disk.show()["paths"]] == [0, 0], disk.show()
    disk.stop()


def test_a_write_that_is_not_answered_is_aborted_by_the_kernel(_scene):
    nodes = scsi_debug(2)
    disk = over(nodes, *FLAT, "--command-deadline-ms", "3000")
    disk.start_load()
    disk.wait_ios(0)
    for _ in range(2):
        seen = disk.mark()
        inside("device=$(basename $(readlink -f /sys/class/scsi_generic/" + nodes[0][5:] + "/device))\n"
               "echo '0 -1 0x2a' > /sys/kernel/debug/scsi_debug/$device/error")
        disk.wait_line(f"sg:{nodes[0]}: up -> down", seen)
        disk.wait_states("up", "up")
    disk.end_well()


def test_a_device_that_the_kernel_takes_offline(_scene):
    nodes = scsi_debug(2)
    disk = over(nodes, *FLAT)
    disk.start_load()
    state = f"/sys/class/scsi_generic/{nodes[0][5:]}/device/state"
    inside(f"echo offline > {state}")
    disk.wait_line("has taken the device offline")
    disk.wait_ios(1)
    inside(f"echo running > {state}")
    disk.wait_states("up", "up")
    disk.wait_ios(0)
    disk.end_well(presumed_lost=None)


def test_fibre_channel_names_and_access_states(_scene):
    leave()
    nodes = inside("sg_lun disk 5d50f1ab00000001; sg_group disk left 1 0; sg_group disk right 2 1\n"
                   "sg_loopback disk 1 left; sg_loopback disk 2 right").split()
    disk = over(nodes)
    disk.wait_states("up", "up")
    shown = disk.show()["paths"]
    assert [path["access"] for path in shown] == ["active/optimized", "active/non-optimized"], shown
    assert "2000000000000001" in shown[0]["stable_name"] and "2000000000000002" in shown[1]["stable_name"], shown
    disk.start_load()
    disk.wait_ios(0)
    inside("cd $sg_target/core/rd_mcp_0/disk/alua; echo 1 > left/alua_access_state; echo 0 > right/alua_access_state")
    disk.wait_ios(1)
    inside("cd $sg_target/core/rd_mcp_0/disk/alua; echo 0 > left/alua_access_state; echo 1 > right/alua_access_state")
    disk.wait_ios(0)
    disk.end_well()


def test_the_kernels_iscsi_beside_our_own(_scene):
    """One LUN through the kernel's session to one portal and our own to another. The kernel's loses its target."""
    leave()
    node = inside("sg_lun mixed 5d50f1ab00000002; sg_portal mixed 1 127.0.0.1:3260; sg_portal mixed 2 127.0.0.1:3261\n"
                  "sg_login 127.0.0.1:3260").strip()
    iqn = inside("echo $sg_iqn").strip()
    portal = f"/sys/kernel/config/target/iscsi/{iqn}/tpgt_1/enable"
    # A login of the port settles its lost writes, however long that takes here.
    disk = Served([f"sg:{node}", f"iscsi://127.0.0.1:3261/{iqn}/0"], "--policy", "round-robin-with-subset",
                  "--settle-loss-ms", "600000")
    disk.wait_states("up", "up")
    assert iqn in disk.show()["paths"][0]["stable_name"], disk.show()["paths"][0]
    disk.start_load()
    disk.wait_ios(0)
    disk.wait_ios(1)
    for _ in range(2):
        inside(f"echo 0 > {portal}")
        disk.wait_states("down", "up")
        disk.wait_ios(1)
        inside(f"echo 1 > {portal}")
        disk.wait_states("up", "up")
        disk.wait_ios(0)
    disk.end_well()
    inside("iscsiadm -m session -u > /dev/null")


def test_what_is_wrong_with_a_node_is_said(_scene):
    nodes = scsi_debug(1)
    inside("mknod /tmp/null c 1 3")
    options = "--nbd unix:/tmp/wrong.nbd --start-timeout-ms 300"
    for path, words in (("sg:/dev/sg99", "there is no such node"), ("sg:/dev/vda", "no sg node"), ("sg:/tmp/null", "no sg node"),
                        ("sg:sg0", "the absolute path of the node is missing")):
        job = inside(f"dsmkit disk --path {path} {options}", ok=False)
        assert job.code != 0 and words in job.output(), job.output()
    job = inside(f"setpriv --reuid=65534 dsmkit disk --path sg:{nodes[0]} {options}", ok=False)
    assert job.code != 0 and "may not read and write the node" in job.output(), job.output()
    job = inside(f"dsmkit disk --path sg:{nodes[0]} --iscsi 127.0.0.1:3299", ok=False)
    assert job.code == 2 and "needs a nexus of its own" in job.output(), job.output()


if __name__ == "__main__":
    main(globals())
