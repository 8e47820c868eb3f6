"""What can go wrong in a soak: each trouble is drawn from a random generator, does something, and may have to be undone.

None of them may cost data or service for longer than the disk waits for a path. So there are no new identities or sizes
that shrink here, no hardware errors, and a lie about identity concerns one port only.
"""

import json
import os
import signal
import socket
import struct

PORTS = 4
CONTROLLERS = 2
GROUPS = (1, 2)
MIB = 1 << 20
LUN_BYTES = 64 * MIB
VERIFIED_BYTES = 32 * MIB  # strangers write behind it
NBD_MAGIC = b"NBDMAGICIHAVEOPT"
NBD_REQUEST = 0x25609513
MOST_MIB = 2 * LUN_BYTES // MIB  # to which it may grow


class Control:
    """One control socket: {"command": ...} in, one JSON object out."""

    def __init__(self, path, deadline_s=30):
        self.path, self.deadline_s = path, deadline_s

    def request(self, command, *arguments):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(self.deadline_s)
            sock.connect(self.path)
            sock.sendall(json.dumps({"command": command, "arguments": list(arguments)}).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                piece = sock.recv(65536)
                if not piece:
                    raise AssertionError(f"{self.path}: no answer to {command} {arguments}")
                answer += piece
        return json.loads(answer)

    def ask(self, command, *arguments):
        answer = self.request(command, *arguments)
        if "error" in answer:
            raise AssertionError(f"{command} {' '.join(arguments)}: {answer['error']}")
        return answer


# --- faults of the array -------------------------------------------------------------------------------------------

def port_of(rng):
    return str(rng.randrange(PORTS))


def controller_of(rng):
    return str(rng.randrange(CONTROLLERS))


def count_of(rng, most=3):
    return str(rng.randint(1, most))


def state_of(rng):
    return rng.choice(("active/optimized", "active/non-optimized", "standby", "unavailable", "offline"))


def heal_access(words):
    return [("access", words[1], "active/optimized" if words[1] == "1" else "active/non-optimized")]


def off(words):
    return [(*words[:-1], "off")]


# name: (arguments from a generator, what undoes it). What `clear` undoes needs nothing here.
FAULTS = {
    "controller-crash": (lambda r: (controller_of(r),), lambda w: [("controller-restart", w[1])]),
    "freeze": (lambda r: (controller_of(r),), lambda w: [("thaw", w[1])]),
    "power-cycle": (lambda r: (), None),
    "port-down": (lambda r: (port_of(r),), lambda w: [("port-up", w[1])]),
    "port-reset": (lambda r: (port_of(r),), None),
    "black-hole": (lambda r: (port_of(r), r.choice(("on", "in", "out"))), off),
    "delay": (lambda r: (port_of(r), str(r.choice((1, 20, 200, 1500)))), lambda w: [("delay", w[1], "0")]),
    "delay-reply": (lambda r: (port_of(r), str(r.choice((5, 100, 1500))), count_of(r, 20)), None),
    "drop-reply": (lambda r: (port_of(r), count_of(r)), None),
    "busy": (lambda r: (port_of(r), count_of(r, 8)), None),
    "task-set-full": (lambda r: (port_of(r), count_of(r, 8)), None),
    "sense": (lambda r: (port_of(r), *r.choice((("6", "29", "0"), ("6", "2a", "6"), ("6", "3f", "e"), ("b", "47", "3"),
                                                ("2", "4", "a"))), count_of(r)), None),
    "attention-storm": (lambda r: (port_of(r), count_of(r, 5)), None),
    "bad-digest": (lambda r: (port_of(r), count_of(r)), None),
    "malformed-sense": (lambda r: (port_of(r), r.choice(("missing", "truncated", "garbage")), count_of(r)), None),
    "access": (lambda r: (str(r.choice(GROUPS)), state_of(r)), heal_access),
    "transition": (lambda r: (str(r.choice(GROUPS)), "active/optimized", str(r.choice((50, 500, 3000)))), heal_access),
    "stuck-transition": (lambda r: (str(r.choice(GROUPS)),), heal_access),
    "stpg-refuse": (lambda r: (count_of(r),), None),
    "stpg-partial": (lambda r: (count_of(r),), None),
    "stpg-ignore": (lambda r: (count_of(r),), None),
    "stpg-stick": (lambda r: (count_of(r),), lambda w: [a for g in "12" for a in heal_access(("", g))]),
    "rtpg": (lambda r: (r.choice(("all", port_of(r))), r.choice((
        "stale", "truncated", "too-long", "empty", "duplicate", "unknown-group", "reserved"))), off),
    "vpd": (lambda r: (port_of(r), r.choice(("0", "80", "83", "b0", "b2")), r.choice((
        "truncated", "too-long", "wrong-page", "garbage"))), off),
    "wrong-identity": (lambda r: (port_of(r), "on"), off),
    "unit-attention": (lambda r: r.choice((("2a", "6"), ("2a", "9"), ("29", "0"), ("3f", "e"), ("3f", "3"))), None),
    "thin-threshold": (lambda r: ("0",), None),
    "resize": (lambda r: ("0", None), None),  # only ever grows: the soak fills it in
}
# What is not drawn, and why; so that no fault of the array is forgotten.
UNSUITABLE = {
    "identity": "the LUN becomes another one, for good",
    "write-protect": "the load could not write",
    "medium": "the soak's LUN is not removable",
    "trespass": "the soak's controllers share the LUN",
    "controller-restart": "undoes controller-crash", "thaw": "undoes freeze", "port-up": "undoes port-down",
    "clear": "ends every round",
}


# --- strangers at the sockets --------------------------------------------------------------------------------------

def vanish(sock, rudely):
    if rudely and sock.family != socket.AF_UNIX:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def nbd_client_that_vanishes(path, rng):
    """Goes away at some moment: in the greeting, in a request, in its data, or with answers outstanding."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(20)
    moment = rng.choice(("connect", "greeting", "option", "ready", "header", "payload", "reads", "garbage", "flood"))
    try:
        sock.connect(path)
        if moment == "connect":
            return moment
        greeting = sock.recv(18, socket.MSG_WAITALL)
        if greeting[:16] != NBD_MAGIC:
            raise AssertionError(f"no NBD greeting: {greeting!r}")
        if moment == "greeting":
            return moment
        sock.sendall(struct.pack(">I", 3))
        if moment == "garbage":
            sock.sendall(rng.randbytes(rng.randint(1, 4096)))
            return moment
        option = b"IHAVEOPT" + struct.pack(">II", 1, 0)
        if moment == "option":
            sock.sendall(option[:rng.randrange(len(option))])
            return moment
        sock.sendall(option)
        sock.recv(10, socket.MSG_WAITALL)
        offset = VERIFIED_BYTES + 4096 * rng.randrange((LUN_BYTES - VERIFIED_BYTES) // 4096 - 256)
        size = 4096 * rng.randint(1, 256)
        read = struct.pack(">IHHQQI", NBD_REQUEST, 0, 0, 1, offset, size)
        write = struct.pack(">IHHQQI", NBD_REQUEST, 0, 1, 2, offset, size)
        if moment == "header":
            sock.sendall(write[:rng.randrange(1, len(write))])
        elif moment == "payload":
            sock.sendall(write + bytes(rng.randrange(size)))
        elif moment == "reads":
            sock.sendall(read * rng.randint(1, 16))
        elif moment == "flood":
            sock.sendall((write + bytes(size)) + read * 4)
        return moment
    except (ConnectionError, BrokenPipeError, TimeoutError):
        return moment + " (refused)"
    finally:
        vanish(sock, True)


def stranger_at_a_portal(portal, rng):
    """Speaks no iSCSI, or only the beginning of it."""
    host, port = portal.rsplit(":", 1)
    sock = socket.socket()
    sock.settimeout(1)
    try:
        sock.connect((host, int(port)))
        sock.sendall(rng.choice((b"", b"GET / HTTP/1.0\r\n\r\n", b"\x43\x87", b"\x43\x87" + bytes(46),
                                 rng.randbytes(rng.randint(1, 500)))))
    except OSError:
        pass  # the port is down just now
    finally:
        vanish(sock, rng.random() < 0.5)


def stranger_at_a_control_socket(path, rng):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(20)
        try:
            sock.connect(path)
            sock.sendall(rng.choice((b"", b"{", b'{"command":1}\n', b'{"command":"show"}\n' * 50, b"[" * 30000 + b"\n",
                                     b"x" * 70000, rng.randbytes(300) + b"\n")))
        except (ConnectionError, BrokenPipeError):
            pass


# --- processes -----------------------------------------------------------------------------------------------------

def stop(process):
    os.kill(process.popen.pid, signal.SIGSTOP)


def go_on(process):
    os.kill(process.popen.pid, signal.SIGCONT)
