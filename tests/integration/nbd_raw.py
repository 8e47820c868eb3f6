"""An NBD client without any judgement of its own: it sends what it is told, where real clients would know better."""

import socket
import struct

READ, WRITE, TRIM, WRITE_ZEROES = 0, 1, 4, 6
READ_ONLY = 1 << 1  # of the transmission flags
OPTION_EXPORT_NAME = 1
REQUEST_MAGIC, REPLY_MAGIC = 0x25609513, 0x67446698


class RawNbd:
    """One connection to the default export of a unix socket, with simple replies."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)
        greeting = self._receive(18)
        assert greeting[:16] == b"NBDMAGICIHAVEOPT", greeting
        self.sock.sendall(struct.pack(">I", 3))  # fixed newstyle, no zeroes
        self.sock.sendall(b"IHAVEOPT" + struct.pack(">II", OPTION_EXPORT_NAME, 0))
        self.size_bytes, self.flags = struct.unpack(">QH", self._receive(10))
        self.cookie = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def _receive(self, size):
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            assert piece, "the server hung up"
            data += piece
        return data

    def request(self, command, offset, length, data=b""):
        """Returns the error number of the reply; `self.data` is what a read brought."""
        self.cookie += 1
        self.sock.sendall(struct.pack(">IHHQQI", REQUEST_MAGIC, 0, command, self.cookie, offset, length) + data)
        magic, error, cookie = struct.unpack(">IIQ", self._receive(16))
        assert (magic, cookie) == (REPLY_MAGIC, self.cookie), (magic, cookie)
        self.data = self._receive(length) if command == READ and error == 0 else b""
        return error

    def write(self, offset, data):
        return self.request(WRITE, offset, len(data), data)
