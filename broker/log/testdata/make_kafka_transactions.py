"""Makes kafka-transactions/: a partition that Apache Kafka wrote, with committed, aborted and open transactions.

Usage, from the project's folder, after `e2e/clients/install`:
    build/clients/venv/bin/python broker/log/testdata/make_kafka_transactions.py
"""

import pathlib
import shutil
import sys
import tempfile
import time

import confluent_kafka as ck
from confluent_kafka.admin import AdminClient, NewTopic

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "e2e"))
import broker as brokers  # noqa: E402

TOPIC = "orders"
OUT = HERE / "kafka-transactions"
WAIT_S = 60
SEGMENT_MS = 10_000


class Writer:
    """Sends record by record, so that each is a batch of its own and offsets follow the order of calls."""

    def __init__(self, address):
        self.address, self.now, self.count = address, int(time.time() * 1000), 0
        self.plain = ck.Producer({"bootstrap.servers": address, "enable.idempotence": False})
        self.idempotent = ck.Producer({"bootstrap.servers": address, "enable.idempotence": True})

    def begin(self, name):
        producer = ck.Producer({"bootstrap.servers": self.address, "transactional.id": name,
                                "transaction.timeout.ms": 900_000})
        producer.init_transactions(WAIT_S)
        producer.begin_transaction()
        return producer

    def send(self, producer, count=1):
        for _ in range(count):
            producer.produce(TOPIC, partition=0, value=f"value-{self.count}", timestamp=self.now)
            self.count += 1
            self.now += 1
            assert producer.flush(WAIT_S) == 0

    def roll(self):
        """The next record begins a segment."""
        self.now += 10 * SEGMENT_MS


def write(writer):
    writer.send(writer.plain)
    first = writer.begin("first")
    writer.send(first, 2)
    writer.send(writer.idempotent, 2)
    first.commit_transaction(WAIT_S)
    aborted = writer.begin("aborted")
    writer.send(aborted, 3)
    aborted.abort_transaction(WAIT_S)
    # One that is aborted three segments later, beside others that end meanwhile.
    long_one, short_one = writer.begin("long"), writer.begin("short")
    writer.send(long_one)
    writer.send(short_one)
    writer.roll()
    writer.send(writer.plain)
    short_one.abort_transaction(WAIT_S)
    writer.send(first_again := begin_again(first))
    writer.roll()
    writer.send(writer.idempotent)
    first_again.commit_transaction(WAIT_S)
    begin_again(aborted)
    writer.send(aborted)
    writer.roll()
    writer.send(aborted)
    writer.send(long_one)
    long_one.abort_transaction(WAIT_S)
    aborted.abort_transaction(WAIT_S)
    # Open when the broker stops; what comes after it is not stable.
    still_open = writer.begin("open")
    writer.send(still_open, 2)
    begin_again(aborted)
    writer.send(aborted)
    aborted.abort_transaction(WAIT_S)
    begin_again(first)
    writer.send(first)
    first.commit_transaction(WAIT_S)
    writer.send(writer.plain)
    return still_open  # keeps it from ending its transaction before the broker is gone


def begin_again(producer):
    producer.begin_transaction()
    return producer


def committed_values(address):
    reader = ck.Consumer({"bootstrap.servers": address, "group.id": "none", "isolation.level": "read_committed",
                          "auto.offset.reset": "earliest", "enable.partition.eof": True})
    reader.assign([ck.TopicPartition(TOPIC, 0, 0)])
    values, end = [], time.monotonic() + WAIT_S
    while time.monotonic() < end:
        message = reader.poll(1)
        if message is None:
            continue
        if message.error():
            return values
        values.append((message.offset(), message.value().decode()))
    raise RuntimeError("no end of the partition")


def main():
    with tempfile.TemporaryDirectory() as folder:
        kafka = brokers.KafkaBroker(folder).start()
        admin = AdminClient({"bootstrap.servers": kafka.address})
        config = {"segment.ms": str(SEGMENT_MS), "segment.jitter.ms": "0", "retention.ms": "-1"}
        admin.create_topics([NewTopic(TOPIC, 1, 1, config=config)])[TOPIC].result(WAIT_S)
        still_open = write(Writer(kafka.address))
        stable = ck.Consumer({"bootstrap.servers": kafka.address, "group.id": "none", "isolation.level": "read_committed"})
        stable_offset = stable.get_watermark_offsets(ck.TopicPartition(TOPIC, 0), timeout=WAIT_S)[1]
        values = committed_values(kafka.address)
        kafka.stop()
        del still_open
        shutil.rmtree(OUT, ignore_errors=True)
        shutil.copytree(kafka.data / f"{TOPIC}-0", OUT)
    lines = [f"last-stable-offset {stable_offset}"] + [f"{offset} {value}" for offset, value in values]
    (OUT / "read-committed.txt").write_text("\n".join(lines) + "\n")


main()
