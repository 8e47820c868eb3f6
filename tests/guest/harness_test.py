#!/usr/bin/env python3
"""The guests themselves: what the tests in this folder rely on."""

from guest import Guest, main
from harness import DSMKIT

MODULES = "scsi_debug sg sd_mod tcm_loop target_core_file target_core_iblock iscsi_target_mod iscsi_tcp scsi_dh_alua"


def test_runs_scripts_side_by_side(_scene):
    guest = Guest()
    waiting = guest.start("until [ -e /tmp/go ]; do sleep 0.1; done; echo gone; exit 7")
    assert guest.run("uname -r; touch /tmp/go").strip()
    assert waiting.wait() == 7 and waiting.output() == "gone\n"
    failed = guest.run("echo before; nonsense", ok=False)
    assert failed.code == 127 and "before" in failed.output() and "nonsense" in failed.output(), failed.output()
    guest.run(f"modprobe -a {MODULES}")
    guest.run("test -c /dev/sg0 || modprobe scsi_debug; udevadm settle; sg_inq /dev/sg0; iscsiadm --version")
    guest.install(DSMKIT)
    assert "multipath" in guest.run("dsmkit --help")
    guest.close()


if __name__ == "__main__":
    main(globals())
