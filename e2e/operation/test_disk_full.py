"""A disk is filled to the last byte under load and freed again: nothing acknowledged is lost, nobody restarts anything."""

import re
import threading
import time
import urllib.request

import pytest

from disks import small_disk

confluent_kafka = pytest.importorskip("confluent_kafka")
admin = pytest.importorskip("confluent_kafka.admin")

STORAGE_ERROR = 56
VALUE_BYTES = 400  # little enough that the writers cannot fill the disk themselves, however slow the machine is
VICTIM_VALUE_BYTES = 2000


@pytest.fixture(autouse=True)
def moldau_only(request):
    if request.config.getoption("--broker") != "moldau":
        pytest.skip("about Moldau only")


class Writer(threading.Thread):
    """Writes numbered records at a steady rate. `patient` retries for ever, the other kind never."""

    def __init__(self, broker, topic, patient):
        super().__init__(daemon=True)
        self.topic, self.patient = topic, patient
        self.acked, self.errors, self.sent = [], {}, 0
        self.ending = threading.Event()
        settings = {"bootstrap.servers": broker.address, "acks": "all", "linger.ms": 5, "log_level": 2}
        if patient:
            settings |= {"enable.idempotence": True, "message.timeout.ms": 300000, "retry.backoff.max.ms": 500}
        else:
            # One request at a time: without idempotence a client keeps the order only then.
            settings |= {"retries": 0, "max.in.flight": 1, "message.timeout.ms": 10000}
        self.producer = confluent_kafka.Producer(settings)

    def reported(self, error, message):
        if error is None:
            self.acked.append(int(message.value()[:12]))
        else:
            self.errors[error.code()] = self.errors.get(error.code(), 0) + 1

    def run(self):
        while not self.ending.is_set():
            for _ in range(5):
                value = f"{self.sent:012d}".ljust(VALUE_BYTES, ".")
                try:
                    self.producer.produce(self.topic, value, on_delivery=self.reported)
                except BufferError:  # as much as a client may hold waits already
                    break
                self.sent += 1
            self.producer.poll(0)
            time.sleep(0.01)
        self.producer.flush(120)

    def end(self):
        self.ending.set()
        self.join(150)


def metric(broker, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{broker.admin_port}/metrics", timeout=5) as answer:
        return float(re.search(rf"^{name}{{[^}}]*}} (\S+)$", answer.read().decode(), re.MULTILINE).group(1))


def wait_for(what, condition, timeout_s=60):
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < timeout_s, f"not within {timeout_s} s: {what}"
        time.sleep(0.05)
    return time.monotonic() - started


def read_all(broker, topic):
    """The numbers of all records, in the order of their offsets."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker.address, "group.id": "reader",
                                         "enable.auto.commit": False})
    partition = confluent_kafka.TopicPartition(topic, 0, 0)
    _, end = consumer.get_watermark_offsets(partition, timeout=10)
    consumer.assign([partition])
    numbers, position, deadline = [], 0, time.monotonic() + 60
    while position < end:
        assert time.monotonic() < deadline, f"{topic}: {position} of {end} read"
        for message in consumer.consume(10000, 1):
            assert message.error() is None, message.error()
            numbers.append(int(message.value()[:12]))
            position = message.offset() + 1
    consumer.close()
    return numbers


def check(broker, writers):
    counts = {}
    for writer in writers:
        numbers = read_all(broker, writer.topic)
        assert numbers == sorted(set(numbers)), f"{writer.topic}: not once and in order"
        lost = set(writer.acked) - set(numbers)
        assert not lost, f"{writer.topic}: {len(lost)} acknowledged records are lost, the first is {min(lost)}"
        counts[writer.topic] = len(numbers)
    return counts


def commit(broker, topic, offset):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker.address, "group.id": "committer"})
    at = confluent_kafka.TopicPartition(topic, 0, offset)
    committed = consumer.commit(offsets=[at], asynchronous=False)
    assert committed[0].error is None, committed[0].error
    assert consumer.committed([at], timeout=10)[0].offset == offset
    consumer.close()


def create(client, topic, durability):
    settings = {"moldau.durability": durability, "segment.bytes": str(4 << 20)}
    client.create_topics([admin.NewTopic(topic, 1, 1, config=settings)])[topic].result(30)


def do_other_work(broker, client, writers, offset):
    """What a full disk must not stop. Returns how long it took."""
    started = time.monotonic()
    for writer in writers:
        acked = len(writer.acked)
        assert len(read_all(broker, writer.topic)) >= acked
    commit(broker, writers[0].topic, offset)
    client.delete_topics(["victim"])["victim"].result(30)
    client.create_topics([admin.NewTopic("late", 1, 1)])["late"].result(30)
    return time.monotonic() - started


def test_a_full_disk_stops_writing_only_and_only_until_there_is_space(make_broker, cores, tmp_path):
    with small_disk(tmp_path, "disk", 300) as disk:
        # Once with producers refused early, once with nothing but the writes that meet the full disk.
        free_min = -1 if cores == 1 else 0
        broker = make_broker(cores, {"log.dirs": str(disk.path / "data"), "moldau.wal.file.bytes": str(4 << 20),
                                     "moldau.disk.free.min.bytes": str(free_min),
                                     "offsets.topic.num.partitions": "2", "log.segment.delete.delay.ms": "1000"})
        broker.allowed_errors = ["the disk is nearly full", "a checkpoint failed", "could not write checkpoint",
                                 "no snapshot", "cannot open the log, the partition is offline partition=late-0"]
        client = admin.AdminClient({"bootstrap.servers": broker.address})
        writers = []
        for durability in ("synced", "replicated"):
            for patient in (True, False):
                topic = f"{durability}-{'patient' if patient else 'once'}"
                create(client, topic, durability)
                writers.append(Writer(broker, topic, patient))
        create(client, "victim", "replicated")
        filler = Writer(broker, "victim", True)
        for number in range(5000):
            filler.producer.produce("victim", f"{number:012d}".ljust(VICTIM_VALUE_BYTES, "."))
            filler.producer.poll(0)
        assert filler.producer.flush(60) == 0
        for writer in writers:
            writer.start()
        time.sleep(3)
        commit(broker, writers[0].topic, 1)

        before = disk.free_bytes()
        taken = disk.fill()
        refused_s = wait_for("producers are refused", lambda: metric(broker, "moldau_disk_refusing") == 1)
        wait_for("errors", lambda: all(STORAGE_ERROR in writer.errors for writer in writers if not writer.patient))
        time.sleep(3)
        stuck = [len(writer.acked) for writer in writers]
        work_s = do_other_work(broker, client, writers, 2)
        assert broker.ready()
        disk.fill()
        time.sleep(3)
        commit(broker, writers[0].topic, 3)
        free_while_full = disk.free_bytes()

        disk.free()
        accepted_s = wait_for("producers are accepted", lambda: metric(broker, "moldau_disk_refusing") == 0)
        goes_on_s = wait_for("writing goes on", lambda: all(len(writer.acked) > count + 50
                                                            for writer, count in zip(writers, stuck)))
        for writer in writers:
            writer.end()
            if writer.patient:
                assert len(writer.acked) == writer.sent, f"{writer.topic}: {writer.errors}"
        counts = check(broker, writers)
        broker.kill()
        broker.start()
        after = check(broker, writers)
        assert after == counts
        commit(broker, writers[0].topic, 4)
        broker.stop()
        print(f"\ndisk of 300 MiB, {before >> 20} MiB free, {taken >> 20} MiB taken; refused after {refused_s:.1f} s; "
              f"reading, committing, deleting, creating took {work_s:.1f} s; {free_while_full} bytes free then; "
              f"accepted {accepted_s:.1f} s after the space came back, all writers going on {goes_on_s:.1f} s later")
        for writer in writers:
            print(f"  {writer.topic}: sent {writer.sent}, acknowledged {len(writer.acked)}, refused {writer.errors}, "
                  f"read {counts[writer.topic]} before and {after[writer.topic]} after kill -9")
