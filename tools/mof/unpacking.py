"""The packed stream of binary MOF (packing.py describes it) to bytes."""


class BinaryError(Exception):
    """What does not agree, and at which byte of the data."""

    def __init__(self, at, what):
        super().__init__(f"at byte {at}: {what}")


class Stream:
    def __init__(self, data):
        self.data, self.bit = data, 0

    def take(self, count):
        """Up to 16 bits."""
        byte, shift = divmod(self.bit, 8)
        self.bit += count
        if self.bit > 8 * len(self.data):
            raise BinaryError(len(self.data), "the packed stream ends too early")
        return int.from_bytes(self.data[byte:byte + 3], "little") >> shift & (1 << count) - 1


def unpack(packed, size):
    stream = Stream(packed)
    if stream.take(16) != 0x5344:
        raise BinaryError(0, "the packed stream does not begin with DS")
    if stream.take(16) != 0x100:
        raise BinaryError(2, "the packed stream is of an unknown version")
    data = bytearray()
    while True:
        kind = stream.take(2)
        if kind in (1, 2):
            data.append(stream.take(7) | (0x80 if kind == 1 else 0))
        else:
            far = kind == 3
            distance = stream.take(6) if not far else 320 + stream.take(12) if stream.take(1) else 64 + stream.take(8)
            if distance == 4415:
                if len(data) == size:
                    break
                if len(data) % 512:
                    raise BinaryError(stream.bit // 8, f"the packed stream has a mark after {len(data)} bytes")
                continue
            copy(data, distance, length_of(stream))
        if len(data) > size:
            raise BinaryError(stream.bit // 8, f"the packed stream holds more than the {size} bytes announced")
    if (stream.bit + 7) // 8 != len(packed):
        raise BinaryError(stream.bit // 8, "the packed stream ends before its bytes do")
    return bytes(data)


def length_of(stream):
    zeros = 0
    while stream.take(1) == 0:
        zeros += 1
        if zeros > 8:
            raise BinaryError(stream.bit // 8, "the packed stream has a length that there is not")
    return (1 << zeros) + 1 + stream.take(zeros)


def copy(data, distance, length):
    if not 0 < distance <= len(data):
        raise BinaryError(len(data), f"the packed stream repeats what stood {distance} bytes before")
    for _ in range(length):
        data.append(data[-distance])
