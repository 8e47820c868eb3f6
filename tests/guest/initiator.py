"""A small iSCSI initiator (RFC 7143), for tests that say byte by byte what a host sends: one session, one command at a time."""

import itertools
import socket
import struct

BLOCK_BYTES = 512
DEADLINE_S = 60

# SCSI status codes, as tests write them.
STATUS = {0x00: "GOOD", 0x08: "BUSY", 0x18: "CONFLICT", 0x28: "TASK SET FULL", 0x40: "ABORTED"}

# Operation codes, and the service actions of PERSISTENT RESERVE OUT.
TEST_UNIT_READY, READ_10, WRITE_10, RESERVE_IN, RESERVE_OUT = 0x00, 0x28, 0x2A, 0x5E, 0x5F
REGISTER, RESERVE, RELEASE, CLEAR, PREEMPT, PREEMPT_AND_ABORT, REGISTER_AND_IGNORE = range(7)
READ_KEYS, READ_RESERVATION = 0, 1

_NOP_OUT, _COMMAND, _LOGIN = 0x00, 0x01, 0x03
_NOP_IN, _RESPONSE, _LOGIN_RESPONSE, _DATA_IN = 0x20, 0x21, 0x23, 0x25
_IMMEDIATE, _FINAL = 0x40, 0x80
_NO_TAG = 0xFFFFFFFF
# All keys, so that a target has nothing to ask for.
_KEYS = {"HeaderDigest": "None", "DataDigest": "None", "InitialR2T": "No", "ImmediateData": "Yes",
         "MaxRecvDataSegmentLength": 65536, "MaxBurstLength": 65536, "FirstBurstLength": 65536, "MaxConnections": 1,
         "DefaultTime2Wait": 2, "DefaultTime2Retain": 0, "MaxOutstandingR2T": 1, "DataPDUInOrder": "Yes",
         "DataSequenceInOrder": "Yes", "ErrorRecoveryLevel": 0}


class SessionEnded(Exception):
    pass


class Answer:
    def __init__(self, status, sense, data):
        self.status, self.sense, self.data = status, sense, data

    def __str__(self):
        """ "GOOD", "CONFLICT", or the sense as "6/29/00"."""
        if self.status != 0x02:
            return STATUS.get(self.status, f"status {self.status:02x}h")
        places = (1, 2, 3) if self.sense[0] & 0x7F >= 0x72 else (2, 12, 13)
        key, code, qualifier = (self.sense[place] for place in places)
        return f"{key & 0xF:X}/{code:02X}/{qualifier:02X}"


class Session:
    """A login at a URL like iscsi://127.0.0.1:3260/IQN/0; always LUN 0."""

    def __init__(self, url, name, isid=0x400001370000):
        portal, target, _ = url.removeprefix("iscsi://").split("/")
        host, port = portal.rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), DEADLINE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._command_number, self._status_number = 1, 0
        self._tags = itertools.count(1)
        self._login(name, target, isid)

    def close(self):
        self._socket.close()

    def command(self, cdb, data_out=b"", length_in=0):
        """Sends a command, its data with it, and returns the Answer."""
        tag = next(self._tags)
        direction = 0x20 if data_out else 0x40 if length_in else 0
        self._send(struct.pack(
            ">BBxxxxxx8xIIII16s", _COMMAND, _FINAL | direction | 1, tag, len(data_out) or length_in, self._command_number,
            self._status_number + 1, cdb.ljust(16, b"\0")), data_out)
        self._command_number += 1
        received = bytearray(length_in)
        end = 0
        while True:
            header, data = self._receive()
            code, flags = header[0] & 0x3F, header[1]
            if code == _NOP_IN:
                self._answer_nop(header)
                continue
            if struct.unpack_from(">I", header, 16)[0] != tag or code not in (_DATA_IN, _RESPONSE):
                raise AssertionError(f"the target sent PDU {code:02x}h while command {cdb.hex()} was open")
            if code == _DATA_IN:
                at = struct.unpack_from(">I", header, 40)[0]
                received[at:at + len(data)] = data
                end = max(end, at + len(data))
                if not flags & 1:
                    continue
            self._status_number = struct.unpack_from(">I", header, 24)[0]
            if code == _RESPONSE and header[2] != 0:
                raise AssertionError(f"iSCSI response {header[2]:02x}h to command {cdb.hex()}")
            return Answer(header[3], data[2:] if code == _RESPONSE else b"", bytes(received[:end]))

    def _login(self, name, target, isid):
        keys = {"InitiatorName": name, "TargetName": target, "SessionType": "Normal", **_KEYS}
        text = b"".join(f"{key}={value}\0".encode() for key, value in keys.items())
        # From the operational stage, as no target here asks for proof, to full feature phase.
        self._send(struct.pack(">BBBB4x6sHIHxxII16x", _LOGIN | _IMMEDIATE, _FINAL | 1 << 2 | 3, 0, 0, isid.to_bytes(6, "big"), 0,
                               next(self._tags), 0, self._command_number, 0), text)
        header, data = self._receive()
        if header[0] & 0x3F != _LOGIN_RESPONSE or header[36] != 0:
            raise AssertionError(f"login refused with status {header[36]:02x}{header[37]:02x}h: {data!r}")
        if header[1] & 0x83 != 0x83:
            raise AssertionError(f"the target wants to talk on, which this initiator cannot: {data!r}")
        self._status_number = struct.unpack_from(">I", header, 24)[0]

    def _answer_nop(self, header):
        transfer_tag = struct.unpack_from(">I", header, 20)[0]
        if transfer_tag != _NO_TAG:
            self._send(struct.pack(">BB6x8xIIII16x", _NOP_OUT | _IMMEDIATE, _FINAL, _NO_TAG, transfer_tag,
                                   self._command_number, self._status_number + 1))

    def _send(self, header, data=b""):
        whole = header[:4] + struct.pack(">I", len(data)) + header[8:]
        self._socket.sendall(whole + data + bytes(-len(data) % 4))

    def _receive(self):
        header = self._read(48)
        length = int.from_bytes(header[5:8], "big")
        data = self._read(header[4] * 4 + length + -length % 4)
        return header, data[header[4] * 4:header[4] * 4 + length]

    def _read(self, length):
        data = b""
        while len(data) < length:
            piece = self._socket.recv(length - len(data))
            if not piece:
                raise SessionEnded("the target closed the connection")
            data += piece
        return data


def reserve_out(session, action, key=0, action_key=0, kind=0, aptpl=False):
    """PERSISTENT RESERVE OUT; `kind` is the type of the reservation, 1 to 8."""
    parameters = struct.pack(">QQ4xB3x", key, action_key, aptpl)
    return str(session.command(struct.pack(">BBB2xI", RESERVE_OUT, action, kind, len(parameters)), parameters))


def read_keys(session):
    """The keys, one for each registered nexus."""
    answer = session.command(struct.pack(">BB5xH", RESERVE_IN, READ_KEYS, 4096), length_in=4096)
    assert str(answer) == "GOOD", answer
    length = struct.unpack_from(">I", answer.data, 4)[0]
    return list(struct.unpack_from(f">{length // 8}Q", answer.data, 8))


def read(session, block):
    return session.command(struct.pack(">BxIxHx", READ_10, block, 1), length_in=BLOCK_BYTES)


def write(session, block, data):
    return session.command(struct.pack(">BxIxHx", WRITE_10, block, 1), data)
