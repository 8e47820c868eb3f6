"""The compression of binary MOF: the stream DS-01 of DoubleSpace, bits from the least significant on.

    literal   01 or 10 (for bytes from 80h on, or below), 7 bits
    match     00, 6 bits: distance 1 to 63; 11 0, 8 bits: 64 to 319; 11 1, 12 bits: 320 to 4,414; then its length
    length    n zeros, a one, n bits: 2^n + 1 and what the bits say; 2 to 512 bytes, for a mark may not be in between
    mark      the distance 4,415, without a length: after every 512 bytes, and at the end
"""

SIGNATURE, VERSION = 0x5344, 0x0100
BLOCK = 512
MARK = 4415
TRIED = 64  # places that are looked at for a match; more find little


class Bits:
    def __init__(self):
        self.value = self.count = 0
        self.bytes = bytearray()

    def put(self, value, count):
        self.value |= value << self.count
        self.count += count
        while self.count >= 8:
            self.bytes.append(self.value & 0xff)
            self.value >>= 8
            self.count -= 8

    def all(self):
        return bytes(self.bytes) + (bytes([self.value]) if self.count else b"")


def put_distance(bits, distance):
    if distance < 64:
        bits.put(distance << 2, 8)
    elif distance < 320:
        bits.put((distance - 64) << 3 | 3, 11)
    else:
        bits.put((distance - 320) << 3 | 7, 15)


def put_length(bits, length):
    zeros = (length - 1).bit_length() - 1
    bits.put(1 << zeros, zeros + 1)
    bits.put(length - 1 - (1 << zeros), zeros)


def cost(distance, length):
    """In bits."""
    return (8 if distance < 64 else 11 if distance < 320 else 15) + 2 * (length - 1).bit_length() - 1


def best_match(data, at, end, places):
    """Distance and length of what saves most against literals; length 0: nothing saves."""
    best, saved = (0, 0), 0
    for place in reversed(places[-TRIED:]):
        if at - place >= MARK:
            break
        length = 2
        while at + length < end and data[place + length] == data[at + length]:
            length += 1
        gain = 9 * length - cost(at - place, length)
        if gain > saved:
            best, saved = (at - place, length), gain
    return best


def pack(data):
    bits = Bits()
    bits.put(SIGNATURE, 16)
    bits.put(VERSION, 16)
    places = {}  # of two bytes: where they stand
    at = 0
    while at < len(data):
        # A mark cannot stand within a match.
        end = min(len(data), (at // BLOCK + 1) * BLOCK)
        distance, length = best_match(data, at, end, places.get(data[at:at + 2], [])) if at + 2 <= end else (0, 0)
        if length:
            put_distance(bits, distance)
            put_length(bits, length)
        else:
            length = 1
            bits.put((data[at] & 0x7f) << 2 | (1 if data[at] >= 0x80 else 2), 9)
        for place in range(at, at + length):
            places.setdefault(data[place:place + 2], []).append(place)
        at += length
        if at == end:
            put_distance(bits, MARK)
    if not data:
        put_distance(bits, MARK)
    return bits.all()
