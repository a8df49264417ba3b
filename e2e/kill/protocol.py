"""Just enough of the protocol, by hand, to send what no client would send."""

import gzip
import socket
import struct
import time

API_VERSIONS, PRODUCE, METADATA, INIT_PRODUCER_ID, CREATE_TOPICS = 18, 0, 3, 22, 19
TRY_AGAIN = (3, 5, 6, 14, 15, 16)
CLIENT_ID = b"\0\3bad"


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC32C = crc32c_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC32C[(crc ^ byte) & 255] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def string(text):
    return struct.pack(">h", len(text)) + text.encode()


def varint(number):
    zigzag = (number << 1) ^ (number >> 63)
    encoded = b""
    while zigzag > 127:
        encoded += bytes([zigzag & 127 | 128])
        zigzag >>= 7
    return encoded + bytes([zigzag])


def record(value):
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(len(value)) + value + varint(0)
    return varint(len(body)) + body


def batch(payload, count=1, codec=0, magic=2, producer=(-1, -1, -1)):
    """One record batch around `payload`, which is its records, compressed where `codec` says so."""
    after_crc = struct.pack(">hiqqqhii", codec, count - 1, 1_700_000_000_000, 1_700_000_000_000, *producer, count) + payload
    head = struct.pack(">ibI", -1, magic, crc32c(after_crc))
    return struct.pack(">qi", 0, len(head) + len(after_crc)) + head + after_crc


class Connection:
    def __init__(self, broker, timeout_s=10):
        self.socket = socket.create_connection(("127.0.0.1", broker.port), timeout=timeout_s)
        self.correlation = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send_raw(self, data):
        self.socket.sendall(data)

    def send(self, key, version, body=b"", header_end=b""):
        self.correlation += 1
        header = struct.pack(">hhi", key, version, self.correlation) + CLIENT_ID + header_end
        self.send_raw(struct.pack(">i", len(header) + len(body)) + header + body)

    def ask(self, *request):
        """The answer's body after its correlation id."""
        self.send(*request)
        frame = self.receive(struct.unpack(">i", self.receive(4))[0])
        assert struct.unpack(">i", frame[:4])[0] == self.correlation
        return frame[4:]

    def receive(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise ConnectionError("closed by the broker")
            data += part
        return data

    def is_closed(self):
        """Waits for the end, dropping answers that come before it."""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def works(self):
        return self.ask(API_VERSIONS, 0)[:2] == b"\0\0"

    def create_topic(self, name):
        body = struct.pack(">i", 1) + string(name) + struct.pack(">ihii", 1, 1, 0, 0) + struct.pack(">ib", 10_000, 0)
        return struct.unpack(">h", self.ask(CREATE_TOPICS, 2, body)[4 + 4 + 2 + len(name):][:2])[0]

    def produce(self, topic, records):
        """(error code, base offset) for partition 0, acks=all."""
        body = struct.pack(">hhi", -1, -1, 10_000) + struct.pack(">i", 1) + string(topic) + struct.pack(">ii", 1, 0)
        request = (PRODUCE, 7, body + struct.pack(">i", len(records)) + records)
        return self.settled(lambda: struct.unpack(">hq", self.ask(*request)[4 + 2 + len(topic) + 4 + 4:][:10]))

    def new_producer(self):
        """(producer id, epoch)"""
        request = (INIT_PRODUCER_ID, 0, struct.pack(">hi", -1, 60_000))
        error, producer, epoch = self.settled(lambda: struct.unpack(">hqh", self.ask(*request)[4:16]))
        assert error == 0
        return producer, epoch

    def settled(self, ask):
        """The answer once it is none of those that ask a client to try again: a new topic takes its time."""
        deadline = time.monotonic() + 10
        while (answer := ask())[0] in TRY_AGAIN and time.monotonic() < deadline:
            time.sleep(0.05)
        return answer


def bomb(size):
    """A batch of one record, small on the wire, of `size` bytes when inflated."""
    return batch(gzip.compress(record(b"\0" * size), 6), codec=1)
