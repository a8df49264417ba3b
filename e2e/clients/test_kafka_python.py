"""kafka-python: a client that shares no code with any other."""

import time

import pytest

from records import CODECS, FIRST_TIMESTAMP, Record, check, records

kp = pytest.importorskip("kafka", reason="no kafka-python: tools/setup --clients installs it")
from kafka import errors  # noqa: E402
from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic  # noqa: E402

WAIT_S = 30


@pytest.fixture
def admin(broker):
    client = kp.KafkaAdminClient(bootstrap_servers=broker.address)
    yield client
    client.close()


def create(admin, topic, partitions=1, configs=None):
    return admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs or {})])


def produce(broker, topic, all_records, **options):
    producer = kp.KafkaProducer(bootstrap_servers=broker.address, linger_ms=5, **options)
    try:
        answers = [producer.send(topic, record.value, record.key, list(record.headers), record.partition, record.timestamp)
                   for record in all_records]
        producer.flush(WAIT_S)
        return [answer.get(WAIT_S).offset for answer in answers]
    finally:
        producer.close()


def consumer(broker, *topics, **options):
    return kp.KafkaConsumer(*topics, **{"bootstrap_servers": broker.address, "auto_offset_reset": "earliest",
                                        "enable_auto_commit": False, "heartbeat_interval_ms": 200} | options)


def poll(member, count):
    read, deadline = [], time.monotonic() + WAIT_S
    while len(read) < count:
        assert time.monotonic() < deadline, f"read {len(read)} of {count}"
        for messages in member.poll(200, max_records=count - len(read)).values():
            read += [Record(one.partition, one.key, one.value, one.timestamp, tuple(tuple(pair) for pair in one.headers))
                     for one in messages]
    return read


def read_all(broker, topic, partitions, count):
    reader = consumer(broker)
    assigned = [kp.TopicPartition(topic, partition) for partition in range(partitions)]
    reader.assign(assigned)
    reader.seek_to_beginning(*assigned)
    try:
        return poll(reader, count)
    finally:
        reader.close()


@pytest.mark.parametrize("codec", CODECS)
def test_round_trip_with_every_codec(broker, admin, topic, codec):
    create(admin, topic, 3)
    sent = records(300, partitions=3)
    produce(broker, topic, sent, compression_type=None if codec == "none" else codec)
    check(read_all(broker, topic, 3, len(sent)), sent)


@pytest.mark.parametrize("acks", [0, 1, "all"])
def test_round_trip_with_every_ack_rule(broker, admin, topic, acks):
    create(admin, topic)
    sent = records(100)
    produce(broker, topic, sent, acks=acks, enable_idempotence=acks == "all", max_in_flight_requests_per_connection=1)
    check(read_all(broker, topic, 1, len(sent)), sent)


def test_large_records(broker, admin, topic):
    create(admin, topic, configs={"max.message.bytes": "6000000"})
    sent = [Record(0, b"large", bytes([at]) * 3_000_000, FIRST_TIMESTAMP + at) for at in range(2)]
    produce(broker, topic, sent, max_request_size=8_000_000)
    check(read_all(broker, topic, 1, 2), sent)


def test_group_resumes_at_its_commit(broker, admin, topic):
    create(admin, topic, 2)
    sent = records(100, partitions=2)
    produce(broker, topic, sent)
    read = []
    for _ in range(2):
        member = consumer(broker, topic, group_id=f"{topic}-group")
        read += poll(member, 50)
        member.commit()
        member.close()
    check(read, sent)


def test_second_member_takes_half_and_gives_it_back(broker, admin, topic):
    create(admin, topic, 4)
    first, second = (consumer(broker, topic, group_id=f"{topic}-group") for _ in range(2))
    until_assigned([first, second], [2, 2])
    assert not first.assignment() & second.assignment()
    second.close()
    until_assigned([first], [4])
    first.close()


def until_assigned(members, counts):
    deadline = time.monotonic() + WAIT_S
    while [len(member.assignment()) for member in members] != counts:
        assert time.monotonic() < deadline, [member.assignment() for member in members]
        for member in members:
            member.poll(50)


def test_topics_are_created_described_changed_and_deleted(broker, admin, topic):
    create(admin, topic, 2, {"retention.ms": "86400000"})
    with pytest.raises(errors.TopicAlreadyExistsError):
        create(admin, topic)
    assert len(describe(admin, topic)["partitions"]) == 2
    admin.create_partitions({topic: NewPartitions(5)})
    until(lambda: len(describe(admin, topic)["partitions"]) == 5)
    assert "86400000" in str(admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)]))
    admin.delete_topics([topic])
    until(lambda: topic not in admin.list_topics())


def describe(admin, topic):
    return admin.describe_topics([topic])[0]


def until(holds):
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_groups_are_listed_described_and_deleted(broker, admin, topic):
    create(admin, topic, 2)
    group = f"{topic}-group"
    member = consumer(broker, topic, group_id=group)
    until_assigned([member], [2])
    member.commit({kp.TopicPartition(topic, 0): kp.OffsetAndMetadata(0, "note", -1)})
    assert group in str(admin.list_groups())
    assert topic in str(admin.describe_groups([group]))
    assert "note" in str(admin.list_group_offsets([group]))
    member.close()
    admin.delete_groups([group])
    assert group not in str(admin.list_groups())


def test_offsets_are_found_by_timestamp(broker, admin, topic):
    create(admin, topic)
    produce(broker, topic, records(100))
    reader, partition = consumer(broker), kp.TopicPartition(topic, 0)
    assert reader.beginning_offsets([partition]) == {partition: 0}
    assert reader.end_offsets([partition]) == {partition: 100}
    assert reader.offsets_for_times({partition: FIRST_TIMESTAMP + 365})[partition].offset == 37
    assert reader.offsets_for_times({partition: FIRST_TIMESTAMP + 10_000})[partition] is None
    reader.close()


def test_errors(broker, admin, topic):
    create(admin, topic, 1, {"max.message.bytes": "1000"})
    with pytest.raises(errors.InvalidTopicError):
        create(admin, "no/slash")
    with pytest.raises(errors.MessageSizeTooLargeError):
        produce(broker, topic, [Record(0, None, b"x" * 2000, FIRST_TIMESTAMP)])
    reader, partition = consumer(broker, auto_offset_reset="none"), kp.TopicPartition(topic, 0)
    reader.assign([partition])
    reader.seek(partition, 1000)
    with pytest.raises(errors.OffsetOutOfRangeError):
        poll(reader, 1)
    reader.close()
