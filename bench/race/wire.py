"""Topics made, found and removed, single records acknowledged, over the protocol by hand: no library's timers between."""

import struct
import time

import protocol

DELETE_TOPICS = 20
RETRY_S = 0.001
PATIENCE_S = 400


class Cursor:
    """Reads big-endian fields one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, kind):
        value = struct.unpack_from(">" + kind, self.data, self.at)[0]
        self.at += struct.calcsize(">" + kind)
        return value

    def text(self):
        size = self.take("h")
        if size < 0:
            return None
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def array(self, read):
        return [read() for _ in range(max(0, self.take("i")))]


def create_topic(broker, name, partitions=1, configs=None):
    settings = (configs or {}).items()
    body = struct.pack(">i", 1) + protocol.string(name) + struct.pack(">ihi", partitions, 1, 0)
    body += struct.pack(">i", len(settings)) + b"".join(protocol.string(word) for pair in settings for word in pair)
    body += struct.pack(">ib", 60_000, 0)
    with protocol.Connection(broker, timeout_s=PATIENCE_S) as connection:
        answer = Cursor(connection.ask(protocol.CREATE_TOPICS, 2, body))
    answer.take("i")
    for _, error, message in answer.array(lambda: (answer.text(), answer.take("h"), answer.text())):
        if error != 0:
            raise RuntimeError(f"topic {name} was refused with error {error}: {message}")


def delete_topic(broker, name):
    body = struct.pack(">i", 1) + protocol.string(name) + struct.pack(">i", 60_000)
    with protocol.Connection(broker, timeout_s=PATIENCE_S) as connection:
        connection.ask(DELETE_TOPICS, 1, body)


def led_partitions(answer):
    """How many partitions of a Metadata v4 answer have a leader and no error."""
    cursor = Cursor(answer)
    cursor.take("i")
    cursor.array(lambda: (cursor.take("i"), cursor.text(), cursor.take("i"), cursor.text()))
    cursor.text()
    cursor.take("i")

    def partition():
        error, _, leader = cursor.take("h"), cursor.take("i"), cursor.take("i")
        cursor.array(lambda: cursor.take("i"))
        cursor.array(lambda: cursor.take("i"))
        return error == 0 and leader >= 0

    def topic():
        cursor.take("h")
        cursor.text()
        cursor.take("b")
        return sum(cursor.array(partition))

    return sum(cursor.array(topic))


def wait_until_led(broker, name, partitions):
    body = struct.pack(">i", 1) + protocol.string(name) + struct.pack(">b", 0)
    deadline = time.monotonic() + PATIENCE_S
    with protocol.Connection(broker, timeout_s=PATIENCE_S) as connection:
        while led_partitions(connection.ask(protocol.METADATA, 4, body)) < partitions:
            if time.monotonic() > deadline:
                raise RuntimeError(f"not all of {partitions} partitions have a leader after {PATIENCE_S} s")
            time.sleep(0.01)


def produced(connection, topic, partition, records):
    """The error code of one produce request with acks=all."""
    body = struct.pack(">hhii", -1, -1, 30_000, 1) + protocol.string(topic)
    body += struct.pack(">iii", 1, partition, len(records)) + records
    answer = connection.ask(protocol.PRODUCE, 7, body)
    return struct.unpack_from(">h", answer, 4 + 2 + len(topic) + 4 + 4)[0]


def first_acked(broker, topic, partitions=(0,)):
    """Tries until one record was acknowledged on each of `partitions`; a broker that does not listen yet is tried again."""
    records, left = protocol.batch(protocol.record(b"first")), list(partitions)
    deadline = time.monotonic() + PATIENCE_S
    while left:
        if time.monotonic() > deadline:
            raise RuntimeError(f"no record was acknowledged after {PATIENCE_S} s")
        try:
            with protocol.Connection(broker, timeout_s=PATIENCE_S) as connection:
                while left:
                    if produced(connection, topic, left[0], records) == 0:
                        left.pop(0)
                    else:
                        time.sleep(RETRY_S)
        except (ConnectionError, TimeoutError):
            time.sleep(RETRY_S)
