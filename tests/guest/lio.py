"""The kernel's SCSI target in a guest, as a test sees it: inside/lio.sh with four portals, and what the target itself says."""

import re

from guest import Guest
from initiator import CLEAR, REGISTER_AND_IGNORE, Session, reserve_out

TARGET = "iqn.2026-11.test.dsmkit:lio"
GROUPS = ("optimized", "nonoptimized", "standby")
ACTIVE_OPTIMIZED, ACTIVE_NONOPTIMIZED, STANDBY = 0, 1, 2
FIRST_STATES = (ACTIVE_OPTIMIZED, ACTIVE_NONOPTIMIZED, STANDBY)
PORTS = (3260, 3261, 3262, 3263)


class Lio:
    """Portals count from 0 here, as paths do in tests."""

    def __init__(self, hosts=()):
        """`hosts`: names of initiators whose commands are counted."""
        self.guest = Guest(ports=PORTS)
        self.run("lio_four_portals\n" + "\n".join(f"lio_host {host}" for host in hosts), deadline_s=300)

    def reset(self, *states):
        """As in the beginning, with these states of the three groups: what one test leaves is nothing to the next."""
        self.portal_on(*range(len(PORTS)))
        self.set_states(*(states or FIRST_STATES))
        if self.reservations() != ({}, ""):
            janitor = Session(self.url(0), "iqn.2026-11.test.dsmkit:janitor")
            key = 0x1a1
            while reserve_out(janitor, REGISTER_AND_IGNORE, 0, key) != "GOOD":
                pass  # unit attentions
            assert reserve_out(janitor, CLEAR, key) == "GOOD"
            janitor.close()

    def run(self, script, **kwargs):
        return self.guest.run(f"set -eu\n. /share/inside/lio.sh\n{script}", **kwargs)

    def url(self, portal):
        return f"iscsi://127.0.0.1:{self.guest.port(PORTS[portal])}/{TARGET}/0"

    def urls(self):
        return [self.url(portal) for portal in range(len(PORTS))]

    def portal_off(self, *portals):
        self.run("\n".join(f"lio_portal_off {portal + 1}" for portal in portals))

    def portal_on(self, *portals):
        self.run("\n".join(f"lio_portal_on {portal + 1}" for portal in portals))

    def set_states(self, *states):
        """Of the three groups, without being asked: the portals 0 and 1, 2, 3."""
        self.run("\n".join(f"lio_set_state {group} {state}" for group, state in zip(GROUPS, states)))

    def states(self):
        """[(state, who changed it last)] of the three groups."""
        lines = self.run(f"lio_states {' '.join(GROUPS)}").splitlines()
        return [(int(line.split()[1]), line.split(None, 2)[2]) for line in lines]

    def commands(self, *hosts):
        """For each host how many it has sent, by portal."""
        counts = [int(line) for line in self.run("\n".join(f"lio_commands {host}" for host in hosts)).split()]
        return [counts[first:first + len(PORTS)] for first in range(0, len(counts), len(PORTS))]

    def reservations(self):
        """({key: how many nexuses are registered with it}, type of the reservation or "")."""
        text = self.run("lio_reservations")
        keys = [int(key, 16) for key in re.findall(r"Key: (0x[0-9a-f]+)", text)]
        kind = re.search(r"Reservation Type: (.+)", text)
        return {key: keys.count(key) for key in keys}, kind[1] if kind else ""
