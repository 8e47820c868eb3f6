"""Two hosts at one LUN, as cluster software uses them: each has a multipath disk with an iSCSI front, and a client that sends
persistent reservations and I/O to it."""

import initiator
from harness import DSMKIT, free_ports, wait_until
from initiator import BLOCK_BYTES

FRONT = "iqn.2026-11.dev.dsmkit:disk"
# Paths that were taken away on purpose come back at once.
QUICK = ("--stability-ms", "100", "--flap-hold-max-ms", "100", "--backoff-max-ms", "200")
NAMES = ("iqn.2026-11.test.dsmkit:first", "iqn.2026-11.test.dsmkit:second")
# As the front's sessions are called at the target.
NAMES_AT_TARGET = tuple(name + ":dsmkit" for name in NAMES)
MANY_ATTENTIONS = 10


class Host:
    def __init__(self, scene, urls, number):
        """`number`: 0 or 1. `urls`: the portals of the target that this host uses."""
        self.scene, self.urls, self.number = scene, urls, number
        self.name_at_target = NAMES_AT_TARGET[number]
        self.name, self.key = NAMES[number], 0xa11ce00 + number
        self.rounds = 2 * len(urls)
        self.start()

    def start(self):
        portal = f"127.0.0.1:{free_ports(1)[0]}"
        command = [DSMKIT, "disk", "--iscsi", portal, "--lanes", "1", "--initiator", f"{self.name}-itself", *QUICK]
        for url in self.urls:
            command += ["--path", url]
        self.process = self.scene.start(*command)
        self.process.wait_line("ready")
        self.session = initiator.Session(f"iscsi://{portal}/{FRONT}/0", self.name)

    def restart(self):
        """As after a crash of the host."""
        self.process.kill()
        self.session.close()
        self.start()

    def stop(self):
        self.session.close()
        assert self.process.stop() == 0, self.process.output()

    def _through_attentions(self, command):
        for _ in range(MANY_ATTENTIONS):
            answer = command()
            if not str(answer).startswith("6/"):
                return answer
        raise AssertionError(f"unit attentions without end; the last was {answer}")

    def reserve_out(self, action, key=None, action_key=0, kind=0):
        key = self.key if key is None else key
        return self._through_attentions(
            lambda: initiator.reserve_out(self.session, action, key, action_key, kind))

    def register(self):
        return self.reserve_out(initiator.REGISTER_AND_IGNORE, 0, self.key)

    def unregister(self):
        return self.reserve_out(initiator.REGISTER, self.key, 0)

    def access(self):
        """Reads and writes so often that every path has its turn: "rw", "r-", "-w", "--"."""
        text = b"of host %d" % self.number
        block = 8 * (self.number + 1)
        answers = {"r": set(), "w": set()}
        for turn in range(self.rounds):
            data = (text + b", %d " % turn).ljust(BLOCK_BYTES, b".")
            written = str(self._through_attentions(lambda: initiator.write(self.session, block + turn % 8, data)))
            answer = self._through_attentions(lambda: initiator.read(self.session, block + turn % 8))
            answers["w"].add(written)
            answers["r"].add(str(answer))
            if written == "GOOD" and str(answer) == "GOOD":
                assert answer.data == data, f"read {answer.data[:20]} and not {data[:20]}"
        letters = ""
        for letter, seen in answers.items():
            assert seen in ({"GOOD"}, {"CONFLICT"}), f"{self.name} {letter}: {seen}: not the same each time"
            letters += letter if seen == {"GOOD"} else "-"
        return letters

    def says(self, text):
        wait_until(lambda: any(text in line for line in self.process.lines), f"{self.name} to say: {text}")
