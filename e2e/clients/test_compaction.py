"""Compacted and expiring topics: what clients still read, and Kafka's tools on the files that are left."""

import random
import re
import time

import pytest

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
admin_api = pytest.importorskip("confluent_kafka.admin")

DUMP = "org.apache.kafka.tools.DumpLogSegments"
WAIT_S = 60
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
SETTINGS = {"log.cleaner.backoff.ms": "100", "log.retention.check.interval.ms": "200", "log.segment.delete.delay.ms": "100",
            "log.cleaner.dedupe.buffer.size": "8388608"}
# Gaps are what compaction makes, so "non-consecutive" is none here.
COMPLAINTS = re.compile(r"mismatch|out of order|isvalid: false|invalid bytes|exception|corrupt", re.I)


@pytest.fixture(scope="module")
def cleaning(make_broker, cores):
    broker = make_broker(cores, SETTINGS)
    yield broker
    if broker.process:
        broker.stop()


def create(address, topic, config):
    admin = admin_api.AdminClient({"bootstrap.servers": address})
    admin.create_topics([admin_api.NewTopic(topic, 1, 1, config=config)])[topic].result(30)


def read_all(address, topic):
    """(offset, key, value) of all that is there."""
    reader = ck.Consumer({"bootstrap.servers": address, "group.id": "none", "enable.partition.eof": True,
                          "enable.auto.commit": False, "check.crcs": True, "auto.offset.reset": "earliest"})
    reader.assign([ck.TopicPartition(topic, 0, ck.OFFSET_BEGINNING)])
    read, deadline = [], time.monotonic() + WAIT_S
    while True:
        assert time.monotonic() < deadline
        for message in reader.consume(1000, 0.2):
            if message.error():
                assert message.error().code() == ck.KafkaError._PARTITION_EOF, message.error()
                reader.close()
                return read
            read.append((message.offset(), message.key(), message.value()))


def wait_until(address, topic, holds):
    deadline = time.monotonic() + WAIT_S
    while not holds(read := read_all(address, topic)):
        assert time.monotonic() < deadline, f"{len(read)} records are left"
        time.sleep(0.3)
    return read


def test_the_last_value_of_each_key_stays_and_the_tools_agree(cleaning, tool):
    create(cleaning.address, "compacted", {"cleanup.policy": "compact", "segment.bytes": "1048576",
                                           "index.interval.bytes": "200", "min.cleanable.dirty.ratio": "0.01"})
    last, count, noise = {}, 0, random.Random(1)
    for codec in CODECS:
        producer = ck.Producer({"bootstrap.servers": cleaning.address, "compression.type": codec, "linger.ms": 5,
                                "enable.idempotence": True, "batch.num.messages": 50})
        for at in range(2000):
            key, value = f"key-{at * 7919 % 211}", noise.randbytes(400).hex()
            last[key.encode()] = (count, value.encode())
            producer.produce("compacted", key=key, value=value)
            count += 1
        assert producer.flush(30) == 0
    read = wait_until(cleaning.address, "compacted", lambda read: len(read) < 3000)
    assert {key: (offset, value) for offset, key, value in read} == last
    assert [offset for offset, _, _ in read] == sorted({offset for offset, _, _ in read})
    cleaning.stop()
    for suffix in [".log", ".index", ".timeindex"]:
        paths = sorted(cleaning.data.glob(f"compacted-0/*{suffix}"))
        assert paths
        printed = tool(DUMP, "--files", ",".join(map(str, paths)), *(["--deep-iteration"] if suffix == ".log" else []))
        complaints = [line for line in printed.splitlines() if COMPLAINTS.search(line)]
        assert not complaints, complaints[:20]
    cleaning.start()
    assert {key: (offset, value) for offset, key, value in read_all(cleaning.address, "compacted")} == last


def test_old_records_expire_and_the_topic_goes_on(cleaning):
    create(cleaning.address, "expiring", {"retention.ms": "1000", "segment.bytes": "1048576"})
    producer = ck.Producer({"bootstrap.servers": cleaning.address})
    for at in range(100):
        producer.produce("expiring", value=f"old {at}")
    assert producer.flush(30) == 0
    wait_until(cleaning.address, "expiring", lambda read: not read)
    producer.produce("expiring", value="new")
    assert producer.flush(30) == 0
    assert read_all(cleaning.address, "expiring")[0][0] == 100
