"""A producer that never rests and the check that closes every scenario: all that was acknowledged is read once, in order.

Each record carries its partition and a number that grows by one. The producer is idempotent and patient: through whatever a
scenario does to the broker it goes on trying. At the end the topic is read from its first record.
"""

import collections
import threading
import time

import confluent_kafka
from confluent_kafka.admin import AdminClient, NewTopic

PATIENCE_MS = 300_000
# Name look-ups and reconnects are quick, so that a gap shows how long the broker was away and not how long a client sleeps.
CLIENT = {
    "broker.address.family": "v4", "broker.address.ttl": 200, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200,
    "socket.connection.setup.timeout.ms": 2000, "socket.timeout.ms": 10_000, "log_level": 0,
    "topic.metadata.refresh.interval.ms": 5000,
}


def with_admin(address, ask):
    """ask(client): the client must outlive its answer, so it is held here."""
    client = AdminClient({"bootstrap.servers": address} | CLIENT)
    return ask(client)


def create_topic(address, name, partitions=3, config=None):
    topic = NewTopic(name, partitions, 1, config=config or {})
    with_admin(address, lambda client: client.create_topics([topic])[name].result(60))


def delete_topic(address, name):
    with_admin(address, lambda client: client.delete_topics([name])[name].result(30))


def set_topic_config(address, name, settings):
    """Sets exactly these settings, as a tool other than the operator would."""
    resource = confluent_kafka.admin.ConfigResource("topic", name, set_config=settings)
    with_admin(address, lambda client: client.alter_configs([resource])[resource].result(30))


def metadata(address):
    return with_admin(address, lambda client: client.list_topics(timeout=30))


def topics(address):
    """Topic names with their number of partitions, internal ones left out."""
    found = metadata(address).topics
    return {name: len(topic.partitions) for name, topic in found.items() if not name.startswith("__")}


def topic_config(address, name):
    """What is set for the topic itself."""
    resource = confluent_kafka.admin.ConfigResource("topic", name)
    entries = with_admin(address, lambda client: client.describe_configs([resource])[resource].result(30))
    return {key: entry.value for key, entry in entries.items()
            if entry.source == confluent_kafka.admin.ConfigSource.DYNAMIC_TOPIC_CONFIG.value}


def broker_config(address, broker_id=0):
    resource = confluent_kafka.admin.ConfigResource("broker", str(broker_id))
    entries = with_admin(address, lambda client: client.describe_configs([resource])[resource].result(30))
    return {key: entry.value for key, entry in entries.items()}


def produce(address, topic, values, partition=0):
    """Produces a few records and waits until every one is acknowledged."""
    producer = confluent_kafka.Producer({"bootstrap.servers": address, "enable.idempotence": True} | CLIENT)
    failed = []
    for value in values:
        producer.produce(topic, value, partition=partition, on_delivery=lambda error, _: error and failed.append(str(error)))
    assert producer.flush(60) == 0 and not failed, failed


def read_all(address, topic):
    """Every record of the topic, as {partition: [value, ...]}, from the first to what the last was when it began."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False,
                                         "auto.offset.reset": "error", "enable.partition.eof": True} | CLIENT)
    try:
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        ends, starts = {}, []
        for partition in partitions:
            low, high = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=30)
            ends[partition] = high
            starts.append(confluent_kafka.TopicPartition(topic, partition, low))
        consumer.assign(starts)
        read = {partition: [] for partition in partitions}
        unfinished = {start.partition for start in starts if ends[start.partition] > start.offset}
        deadline = time.monotonic() + 120
        while unfinished:
            assert time.monotonic() < deadline, f"{topic}: partitions {unfinished} could not be read to their end"
            for message in consumer.consume(1000, timeout=1):
                if message.error():
                    assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                    unfinished.discard(message.partition())
                else:
                    read[message.partition()].append(message.value())
                    if message.offset() + 1 >= ends[message.partition()]:
                        unfinished.discard(message.partition())
        return read
    finally:
        consumer.close()


class Workload:
    """Produces to every partition of one topic until it is stopped. Use: start(), trouble, check()."""

    def __init__(self, address, topic, partitions=3, records_per_second=150):
        self.address, self.topic, self.partitions = address, topic, partitions
        self.pause = 1 / records_per_second
        self.acknowledged = collections.defaultdict(list)
        self.ack_times = []
        self.failed = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()
        self.wait_for_more(30)
        return self

    def _run(self):
        producer = confluent_kafka.Producer({
            "bootstrap.servers": self.address, "enable.idempotence": True, "acks": "all", "linger.ms": 0,
            "message.timeout.ms": PATIENCE_MS, "queue.buffering.max.messages": 100_000} | CLIENT)
        number = 0
        while not self._stop.is_set():
            try:
                producer.produce(self.topic, f"{number}".encode(), partition=number % self.partitions,
                                 on_delivery=self._delivered)
                number += 1
            except BufferError:
                producer.poll(0.1)
            producer.poll(self.pause)
        left = producer.flush(PATIENCE_MS / 1000)
        if left:
            self.failed.append(f"{left} records were never answered")

    def _delivered(self, error, message):
        if error:
            self.failed.append(f"{message.value().decode()}: {error}")
        else:
            self.acknowledged[message.partition()].append(int(message.value()))
            self.ack_times.append(time.monotonic())

    def count(self):
        return sum(map(len, self.acknowledged.values()))

    def wait_for_more(self, seconds=60):
        """Waits until records are acknowledged that were not when this was called; returns how long that took."""
        begin, count = time.monotonic(), self.count()
        while self.count() <= count + 2:
            assert time.monotonic() < begin + seconds, f"nothing was acknowledged for {seconds} s; {self.failed[:3]}"
            time.sleep(0.01)
        return time.monotonic() - begin

    def gap_since(self, begin):
        """The longest time without an acknowledgement since `begin` (time.monotonic())."""
        times = [begin] + [at for at in self.ack_times if at >= begin]
        return max((later - earlier for earlier, later in zip(times, times[1:])), default=0.0)

    def stop(self):
        self._stop.set()
        self._thread.join(PATIENCE_MS / 1000 + 30)
        assert not self._thread.is_alive()

    def check(self):
        """Stops, reads everything and compares. Returns how many records were acknowledged."""
        self.stop()
        assert not self.failed, self.failed[:5]
        read = read_all(self.address, self.topic)
        for partition, acknowledged in self.acknowledged.items():
            got = [int(value) for value in read[partition]]
            assert got == sorted(set(got)), f"partition {partition}: read twice or out of order: {first_disorder(got)}"
            lost = sorted(set(acknowledged) - set(got))
            assert not lost, f"partition {partition}: {len(lost)} acknowledged records are not there, the first is {lost[0]}"
            assert acknowledged == sorted(acknowledged), f"partition {partition}: acknowledged out of order"
        assert self.count() > 0
        return self.count()


def first_disorder(numbers):
    return next(((earlier, later) for earlier, later in zip(numbers, numbers[1:]) if later <= earlier), None)
