#!/usr/bin/env python3
"""Kills the broker at random points under an idempotent producer and a consumer group, then checks every record.

The claims: what was acknowledged is in the log at the offset that the acknowledgement named, once, in the order of sending;
the group goes on where it committed: never before an acknowledged commit, never past what it has tried to commit.
Usage: kill_rounds.py --rounds 200 --cores 4 --seed 7   (prints one line; status 1 and the reason when a claim fails)
"""

import argparse
import os
import pathlib
import random
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import broker as brokers  # noqa: E402

try:
    import confluent_kafka as ck
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError:  # not run by the Python that has the clients
    python = brokers.ROOT / "build/clients/venv/bin/python"
    if __name__ == "__main__" and python.exists() and pathlib.Path(sys.executable) != python:
        os.execv(python, [str(python), *sys.argv])
    raise

TOPIC, GROUP, PARTITIONS = "kill", "kill-group", 4
IN_FLIGHT_MAX = 2000
SETTLE_S = 60


class Producer(threading.Thread):
    """Sends 0, 1, 2... to each partition and remembers which offset each number was acknowledged at."""

    def __init__(self, address, seed):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.client = ck.Producer({"bootstrap.servers": address, "enable.idempotence": True, "acks": "all", "linger.ms": 2,
                                   "message.timeout.ms": 300_000, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20,
                                   "batch.num.messages": 50, "log_level": 0})
        self.sent = [0] * PARTITIONS
        self.acknowledged = [{} for _ in range(PARTITIONS)]
        self.failures = []
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            self.client.poll(0.002)
            if len(self.client) >= IN_FLIGHT_MAX:
                continue
            for _ in range(self.random.randrange(20)):
                self.send(self.random.randrange(PARTITIONS))
        if self.client.flush(SETTLE_S):
            self.failures.append(f"{len(self.client)} records without an answer after {SETTLE_S} s")

    def send(self, partition):
        number = self.sent[partition]
        self.sent[partition] += 1

        def delivered(error, message):
            if error is not None:
                self.failures.append(f"partition {partition} number {number}: {error}")
            else:
                self.acknowledged[partition][number] = message.offset()

        value = b"%d:%d:" % (partition, number) + b"x" * self.random.randrange(400)
        self.client.produce(TOPIC, value, partition=partition, on_delivery=delivered)

    def finish(self):
        self.stopping.set()
        self.join()


class Group(threading.Thread):
    """A member of the group; now and then it vanishes without a word and another one takes over."""

    def __init__(self, address, seed):
        super().__init__(daemon=True)
        self.address, self.random = address, random.Random(seed)
        self.commit_known = [0] * PARTITIONS  # acknowledged
        self.commit_tried = [0] * PARTITIONS  # sent, perhaps without an answer
        self.next_offset = [None] * PARTITIONS  # None: the next record shows where the broker let us begin
        self.reached = [0] * PARTITIONS
        self.commits, self.failures = 0, []
        self.stopping = threading.Event()

    def run(self):
        while not self.stopping.is_set():
            self.member_life()

    def member_life(self):
        member = ck.Consumer({"bootstrap.servers": self.address, "group.id": GROUP, "auto.offset.reset": "earliest",
                              "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 200,
                              "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20, "log_level": 0})
        member.subscribe([TOPIC], on_assign=self.assigned)
        ends = time.monotonic() + self.random.uniform(3, 15)
        while not self.stopping.is_set() and time.monotonic() < ends:
            for message in member.consume(self.random.randrange(1, 200), 0.1):
                if message.error() is None:
                    self.read(message)
            if self.random.random() < 0.3:
                self.commit(member)
        member.close()
        self.next_offset = [None] * PARTITIONS

    def assigned(self, _, partitions):
        for partition in partitions:
            self.next_offset[partition.partition] = None

    def read(self, message):
        partition, offset = message.partition(), message.offset()
        expected = self.next_offset[partition]
        if expected is None:
            low, high = self.commit_known[partition], self.commit_tried[partition]
            if not low <= offset <= high:
                self.failures.append(f"partition {partition} went on at {offset}, committed were {low} to {high}")
        elif offset != expected:
            self.failures.append(f"partition {partition}: read offset {offset} instead of {expected}")
        self.next_offset[partition] = offset + 1
        self.reached[partition] = max(self.reached[partition], offset + 1)

    def commit(self, member):
        offsets = [ck.TopicPartition(TOPIC, partition, offset)
                   for partition, offset in enumerate(self.next_offset) if offset]
        if not offsets:
            return
        for one in offsets:
            self.commit_tried[one.partition] = max(self.commit_tried[one.partition], one.offset)
        try:
            answers = member.commit(offsets=offsets, asynchronous=False)
        except ck.KafkaException:
            return  # the broker was killed, or the group rebalances: the commit may or may not have happened
        for one in answers:
            if one.error is None:
                self.commit_known[one.partition] = one.offset
                self.commit_tried[one.partition] = one.offset
                self.commits += 1

    def finish(self, ends):
        deadline = time.monotonic() + SETTLE_S
        while self.reached != ends and time.monotonic() < deadline:
            time.sleep(0.05)
        self.stopping.set()
        self.join()
        if self.reached != ends:
            self.failures.append(f"the group read up to {self.reached} of {ends}")


def read_all(address, ends):
    """Every record of the topic, per partition: [(offset, number)]."""
    reader = ck.Consumer({"bootstrap.servers": address, "group.id": "reader", "enable.auto.commit": False,
                          "auto.offset.reset": "error", "enable.partition.eof": True, "check.crcs": True})
    reader.assign([ck.TopicPartition(TOPIC, partition, 0) for partition in range(PARTITIONS)])
    read, open_ends = [[] for _ in range(PARTITIONS)], set(range(PARTITIONS))
    deadline = time.monotonic() + SETTLE_S
    while open_ends and time.monotonic() < deadline:
        for message in reader.consume(1000, 0.5):
            if message.error():
                if message.error().code() == ck.KafkaError._PARTITION_EOF:
                    open_ends.discard(message.partition())
                    continue
                raise ck.KafkaException(message.error())
            partition, number, _ = message.value().split(b":")
            read[message.partition()].append((message.offset(), int(partition), int(number)))
    reader.close()
    assert not open_ends, f"read {[len(one) for one in read]} of {ends} within {SETTLE_S} s"
    return read


def check_records(producer, read):
    faults = []
    for partition in range(PARTITIONS):
        numbers = [number for _, _, number in read[partition]]
        if numbers != list(range(producer.sent[partition])):
            odd = next((at for at, number in enumerate(numbers) if number != at), len(numbers))
            faults.append(f"partition {partition}: {producer.sent[partition]} sent, {len(numbers)} there, wrong from number "
                          f"{odd}: {numbers[odd:odd + 8]}")
        places = {number: offset for offset, _, number in read[partition]}
        wrong = [(number, offset, places.get(number)) for number, offset in producer.acknowledged[partition].items()
                 if offset >= 0 and places.get(number) != offset]
        if wrong:
            faults.append(f"partition {partition}: (number, acknowledged at, found at) {wrong[:5]}, {len(wrong)} in all")
    return faults


def kill_and_start(broker, choice):
    """Sometimes the next start is killed, too. Returns the seconds that the last start took."""
    broker.kill()
    if choice.random() < 0.25:
        broker.start_only()
        time.sleep(choice.uniform(0.002, 0.1))
        broker.kill()
    started = time.monotonic()
    broker.start()
    return time.monotonic() - started


def run(broker, rounds, seed):
    """Returns the summary; raises AssertionError with every fault."""
    choice = random.Random(seed)
    admin = AdminClient({"bootstrap.servers": broker.address})
    # Small segments, so that rolling is hit as well.
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, config={"segment.bytes": "1048576"})])[TOPIC].result(SETTLE_S)
    producer, group = Producer(broker.address, seed + 1), Group(broker.address, seed + 2)
    producer.start()
    group.start()
    starts = []
    for _ in range(rounds):
        time.sleep(choice.uniform(0.05, 1.0))
        starts.append(kill_and_start(broker, choice))
    time.sleep(0.5)
    producer.finish()
    group.finish(producer.sent)
    read = read_all(broker.address, producer.sent)
    faults = producer.failures[:10] + group.failures[:10] + check_records(producer, read)
    assert not faults, f"seed {seed}:\n" + "\n".join(faults)
    assert group.commits or rounds < 3, "no commit was acknowledged: this run shows little"
    return (f"kill: {rounds} rounds, seed {seed}: {sum(map(len, producer.acknowledged))} acknowledged, all read once and in "
            f"order; {group.commits} commits held; start after a kill: median {statistics.median(starts) * 1000:.0f} ms, "
            f"worst {max(starts) * 1000:.0f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        broker = brokers.MoldauBroker(folder, options.cores).start()
        try:
            print(run(broker, options.rounds, options.seed))
            broker.stop()
        except AssertionError as fault:
            print(fault, file=sys.stderr)
            return 1
        finally:
            if broker.process:
                broker.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
