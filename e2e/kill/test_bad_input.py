"""What no client would send: each gets its error or a closed connection, and no other connection notices."""

import random
import struct
import time

import pytest

import protocol
from protocol import API_VERSIONS, CREATE_TOPICS, METADATA, PRODUCE, Connection, batch, record

RSS_GROWTH_MAX = 96 << 20
NOTICE_S = 2


@pytest.fixture(autouse=True)
def others_do_not_notice(request, broker):
    """A connection from before goes on working, quickly, and the broker has not grown."""
    kafka = request.config.getoption("--broker") == "kafka"
    process, before = broker.process, broker.rss_bytes()
    with Connection(broker) as witness:
        assert witness.works()
        yield
        started = time.monotonic()
        assert witness.works()
        assert time.monotonic() - started < NOTICE_S
    assert broker.process is process and process.poll() is None
    if not kafka:
        assert broker.rss_bytes() - before < RSS_GROWTH_MAX


RAW = {
    "negative length": struct.pack(">i", -1),
    "most negative length": struct.pack(">i", -(2**31)) + b"x" * 100,
    "greatest length": struct.pack(">i", 2**31 - 1) + b"x" * 100,
    "length over socket.request.max.bytes": struct.pack(">i", 104_857_601) + b"x" * 100,
    "frame without a whole header": struct.pack(">i", 3) + b"abc",
    "empty frame": struct.pack(">i", 0) + struct.pack(">i", 0),
    "TLS hello": bytes.fromhex("1603010200010001fc0303") + b"\x5a" * 200,
    "HTTP request": b"GET / HTTP/1.1\r\nHost: broker\r\n\r\n",
    "SSH banner": b"SSH-2.0-OpenSSH_9.2\r\n",
    "client id longer than the frame": struct.pack(">ihhih", 10, METADATA, 1, 1, 32767),
    "negative client id length": struct.pack(">ihhih", 10, METADATA, 1, 1, -2),
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
def test_raw_bytes_close_the_connection(broker, raw):
    with Connection(broker) as connection:
        connection.send_raw(raw)
        assert connection.is_closed()


@pytest.mark.parametrize("key,version", [(9999, 0), (-1, 0), (METADATA, 99), (METADATA, -1), (PRODUCE, 999)])
def test_unknown_keys_and_versions_close_the_connection(broker, key, version):
    with Connection(broker) as connection:
        connection.send(key, version, b"\0" * 16)
        assert connection.is_closed()


def test_an_unknown_version_of_api_versions_is_answered_in_version_0(broker):
    with Connection(broker) as connection:
        answer = connection.ask(API_VERSIONS, 99, b"", b"\0")
        assert struct.unpack(">h", answer[:2])[0] == 35
        assert connection.works()


BODIES = {
    "array longer than the frame": (METADATA, 1, struct.pack(">i", 2**31 - 1)),
    "array longer than the limit": (METADATA, 1, struct.pack(">i", 1_000_001) + b"\0\0" * 100),
    "negative array length": (CREATE_TOPICS, 2, struct.pack(">iib", -7, 1000, 0)),
    "string longer than the frame": (METADATA, 1, struct.pack(">ih", 1, 32767) + b"abc"),
    "records longer than the frame": (PRODUCE, 7, struct.pack(">hhiihhiii", -1, 1, 1000, 1, 1, 97, 1, 0, 2**31 - 1)),
    "cut in the middle": (PRODUCE, 7, struct.pack(">hhi", -1, 1, 1000)),
    "varint without an end": (METADATA, 12, b"\0" + b"\xff" * 20),
    "tagged fields without an end": (METADATA, 12, b"\0\1\0\0\xff\xff\xff\xff\x0f"),
}


@pytest.mark.parametrize("key,version,body", BODIES.values(), ids=BODIES.keys())
def test_malformed_bodies_close_the_connection(broker, key, version, body):
    with Connection(broker) as connection:
        connection.send(key, version, body)
        assert connection.is_closed()


def test_noise_in_every_api_is_survived(broker):
    """Whatever comes back, an answer or the end: the broker lives, and says so on another connection."""
    noise = random.Random(1)
    for key in [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 22, 23, 32, 37, 42, 60]:
        for _ in range(12):
            body = noise.randbytes(noise.randrange(200))
            with Connection(broker, timeout_s=0.02) as connection:
                connection.send(key, noise.randrange(14), body)
                connection.is_closed()
    with Connection(broker) as connection:
        assert connection.works()


def test_half_open_and_slow_connections_cost_little(request, broker):
    """300 that never finish their length, and 50 that announce 50 MB each and send none of it (Kafka dies of these)."""
    announcing = 0 if request.config.getoption("--broker") == "kafka" else 50
    idle = [Connection(broker) for _ in range(300 + announcing)]
    try:
        for at, connection in enumerate(idle):
            connection.send_raw(b"\0\0" if at < 300 else struct.pack(">i", 50 << 20) + b"\0")
        with Connection(broker) as connection:
            for _ in range(50):
                assert connection.works()
    finally:
        for connection in idle:
            connection.socket.close()


@pytest.fixture
def producing(broker, topic):
    with Connection(broker) as connection:
        assert connection.create_topic(topic) == 0
        yield connection


@pytest.fixture
def good(producing, topic):
    """Proves that the batches made here are right when nothing is wrong with them."""
    assert producing.produce(topic, batch(record(b"good"))) == (0, 0)
    return batch(record(b"value"))


def test_a_wrong_checksum_is_refused(producing, topic, good):
    for position in (17, 30, len(good) - 2):  # the checksum itself, the header after it, the record
        bad = bytearray(good)
        bad[position] ^= 1
        assert producing.produce(topic, bytes(bad))[0] == 2
    assert producing.produce(topic, good) == (0, 1)


@pytest.mark.parametrize("magic", [0, 1, 3, 127])
def test_other_magics_are_refused(broker, producing, topic, good, magic):
    try:
        error, _ = producing.produce(topic, batch(record(b"value"), magic=magic))
        assert error in (2, 42, 43, 76, 87), error
    except ConnectionError:
        pass  # as Kafka does for a batch that it cannot even tell the size of
    with Connection(broker) as connection:
        assert connection.produce(topic, good) == (0, 1)


@pytest.mark.parametrize("payload,count", [(record(b"one"), 2), (record(b"one") * 2, 1), (record(b"one")[:-1], 1), (b"", 1),
                                           (b"\xff" * 20, 1)],
                         ids=["too few records", "too many records", "cut record", "no record", "noise"])
def test_batches_whose_records_do_not_fit_are_refused(producing, topic, good, payload, count):
    assert producing.produce(topic, batch(payload, count))[0] in (-1, 2, 42, 87)
    assert producing.produce(topic, good) == (0, 1)


@pytest.mark.parametrize("codec", [1, 2, 3, 4, 5, 7])
def test_noise_that_claims_to_be_compressed_is_refused(producing, topic, good, codec):
    assert producing.produce(topic, batch(b"\x1f\x8b" + b"\x5a" * 60, codec=codec))[0] not in (0, None)
    assert producing.produce(topic, good) == (0, 1)


def test_a_compression_bomb_does_not_fill_memory(producing, topic, good):
    """200 MB in 200 KB: accepted or refused, but never held whole."""
    producing.produce(topic, protocol.bomb(200 << 20))


def test_sequences_out_of_order_and_old_epochs_are_refused(producing, topic):
    producer, epoch = producing.new_producer()
    first, third = (batch(record(b"x"), producer=(producer, epoch, sequence)) for sequence in (0, 2))
    assert producing.produce(topic, first) == (0, 0)
    assert producing.produce(topic, third)[0] == 45
    assert producing.produce(topic, first) == (0, 0)  # a repetition gets the first answer again
    assert producing.produce(topic, batch(record(b"x"), producer=(producer, epoch + 1, 0))) == (0, 1)
    assert producing.produce(topic, first)[0] in (45, 47, 90)
