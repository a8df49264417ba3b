"""confluent-kafka, that is librdkafka: producer, consumer, groups and administration."""

import time

import pytest

from records import CODECS, FIRST_TIMESTAMP, Record, check, records

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
admin_api = pytest.importorskip("confluent_kafka.admin")

WAIT_S = 30
ANY_PARTITION = -1


@pytest.fixture
def admin(broker):
    return admin_api.AdminClient({"bootstrap.servers": broker.address})


@pytest.fixture
def create(admin):
    def run(name, partitions=1, config=None):
        admin.create_topics([admin_api.NewTopic(name, partitions, 1, config=config or {})])[name].result(WAIT_S)
    return run


def produce(broker, topic, all_records, **options):
    """Sends and returns the offsets in the order of sending; with acks=0 there are none."""
    producer = ck.Producer({"bootstrap.servers": broker.address, "linger.ms": 5} | options)
    answers = {}
    for at, record in enumerate(all_records):
        def delivered(error, message, at=at):
            answers[at] = message.offset() if error is None else error
        producer.produce(topic, value=record.value, key=record.key, partition=record.partition, timestamp=record.timestamp,
                         headers=list(record.headers), on_delivery=delivered)
    assert producer.flush(WAIT_S) == 0
    failed = [answer for answer in answers.values() if isinstance(answer, ck.KafkaError)]
    if failed:
        raise ck.KafkaException(failed[0])
    return [answers[at] for at in range(len(all_records))]


def consumer(broker, group="none", **options):
    return ck.Consumer({"bootstrap.servers": broker.address, "group.id": group, "auto.offset.reset": "earliest",
                        "enable.auto.commit": False, "heartbeat.interval.ms": 200} | options)


def poll(member, count):
    """`count` records of a consumer that has its partitions or its subscription."""
    read, deadline = [], time.monotonic() + WAIT_S
    while len(read) < count:
        assert time.monotonic() < deadline, f"read {len(read)} of {count}"
        for message in member.consume(count - len(read), 0.2):
            if message.error():
                raise ck.KafkaException(message.error())
            read.append(Record(message.partition(), message.key(), message.value(), message.timestamp()[1],
                               tuple(message.headers() or ())))
    return read


def read_all(broker, topic, partitions, count):
    reader = consumer(broker)
    reader.assign([ck.TopicPartition(topic, partition, 0) for partition in range(partitions)])
    try:
        return poll(reader, count)
    finally:
        reader.close()


@pytest.mark.parametrize("codec", CODECS)
def test_round_trip_with_every_codec(broker, create, topic, codec):
    create(topic, partitions=3)
    sent = records(300, partitions=3)
    produce(broker, topic, sent, **{"compression.type": codec})
    check(read_all(broker, topic, 3, len(sent)), sent)


@pytest.mark.parametrize("acks", ["0", "1", "all"])
def test_round_trip_with_every_ack_rule(broker, create, topic, acks):
    create(topic)
    sent = records(100)
    produce(broker, topic, sent, acks=acks)
    check(read_all(broker, topic, 1, len(sent)), sent)


def test_idempotent_producer_gets_ascending_offsets(broker, create, topic):
    create(topic)
    sent = records(2000)
    offsets = produce(broker, topic, sent, **{"enable.idempotence": True, "batch.num.messages": 20, "linger.ms": 0})
    assert offsets == list(range(2000))
    check(read_all(broker, topic, 1, len(sent)), sent)


def test_large_records(broker, create, topic):
    create(topic, config={"max.message.bytes": "6000000"})
    sent = [Record(0, b"large", bytes([at]) * 5_000_000, FIRST_TIMESTAMP + at) for at in range(3)]
    produce(broker, topic, sent, **{"message.max.bytes": 8_000_000})
    check(read_all(broker, topic, 1, 3), sent)


def test_topic_is_created_by_its_first_record(broker, topic):
    assert produce(broker, topic, [Record(ANY_PARTITION, None, b"first", FIRST_TIMESTAMP)]) == [0]


def test_group_resumes_at_its_commit(broker, create, topic):
    create(topic, partitions=2)
    sent = records(100, partitions=2)
    produce(broker, topic, sent)
    read = []
    for _ in range(2):
        member = consumer(broker, f"{topic}-group")
        member.subscribe([topic])
        read += poll(member, 50)
        member.commit(asynchronous=False)
        member.close()
    check(read, sent)


@pytest.mark.parametrize("strategy", ["range", "roundrobin", "cooperative-sticky"])
def test_second_member_takes_half_and_gives_it_back(broker, create, topic, strategy):
    create(topic, partitions=4)
    options = {"group": f"{topic}-group", "partition.assignment.strategy": strategy}
    first, second = consumer(broker, **options), consumer(broker, **options)
    first.subscribe([topic])
    until_assigned([first], [4])
    second.subscribe([topic])
    until_assigned([first, second], [2, 2])
    owned = {partition.partition for member in (first, second) for partition in member.assignment()}
    assert owned == {0, 1, 2, 3}
    second.close()
    until_assigned([first], [4])
    first.close()


def until_assigned(members, counts):
    deadline = time.monotonic() + WAIT_S
    while [len(member.assignment()) for member in members] != counts:
        assert time.monotonic() < deadline, [member.assignment() for member in members]
        for member in members:
            member.poll(0.05)


def test_static_member_comes_back_without_a_rebalance(broker, create, topic):
    create(topic, partitions=2)
    options = {"group": f"{topic}-group", "session.timeout.ms": 10000}
    stays = consumer(broker, **options, **{"group.instance.id": "stays"})
    leaves = consumer(broker, **options, **{"group.instance.id": "leaves"})
    revoked = []
    stays.subscribe([topic], on_revoke=lambda *arguments: revoked.append(arguments))
    leaves.subscribe([topic])
    until_assigned([stays, leaves], [1, 1])
    kept = stays.assignment()
    revoked.clear()
    leaves.close()
    back = consumer(broker, **options, **{"group.instance.id": "leaves"})
    back.subscribe([topic])
    until_assigned([stays, back], [1, 1])
    assert stays.assignment() == kept
    assert not revoked
    stays.close()
    back.close()


def test_group_and_data_survive_a_restart(broker, create, topic):
    create(topic, partitions=2)
    sent = records(200, partitions=2)
    produce(broker, topic, sent[:100], acks="all")
    member = consumer(broker, f"{topic}-group")
    member.subscribe([topic])
    read = poll(member, 60)
    member.commit(asynchronous=False)

    broker.restart()

    produce(broker, topic, sent[100:], acks="all")
    read += poll(member, 140)  # the member from before goes on
    member.commit(asynchronous=False)
    member.close()
    check(read, sent)
    late = consumer(broker, f"{topic}-group")
    committed = late.committed([ck.TopicPartition(topic, partition) for partition in range(2)], WAIT_S)
    assert [partition.offset for partition in committed] == [100, 100]
    late.close()


def test_topics_are_created_described_changed_and_deleted(admin, create, topic):
    create(topic, partitions=2, config={"retention.ms": "86400000"})
    with pytest.raises(ck.KafkaException) as exists:
        create(topic)
    assert exists.value.args[0].code() == ck.KafkaError.TOPIC_ALREADY_EXISTS
    assert len(admin.list_topics(timeout=WAIT_S).topics[topic].partitions) == 2

    admin.create_partitions([admin_api.NewPartitions(topic, 5)])[topic].result(WAIT_S)
    until(lambda: len(admin.list_topics(timeout=WAIT_S).topics[topic].partitions) == 5)

    resource = admin_api.ConfigResource(admin_api.ConfigResource.Type.TOPIC, topic)
    config = admin.describe_configs([resource])[resource].result(WAIT_S)
    assert config["retention.ms"].value == "86400000"
    assert not config["retention.ms"].is_default

    admin.delete_topics([topic])[topic].result(WAIT_S)
    until(lambda: topic not in admin.list_topics(timeout=WAIT_S).topics)


def until(holds):
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_validate_only_creates_nothing(admin, topic):
    admin.create_topics([admin_api.NewTopic(topic, 1, 1)], validate_only=True)[topic].result(WAIT_S)
    assert topic not in admin.list_topics(timeout=WAIT_S).topics


def test_groups_are_listed_described_and_deleted(broker, admin, create, topic):
    create(topic, partitions=2)
    group = f"{topic}-group"
    member = consumer(broker, group, **{"client.id": "me"})
    member.subscribe([topic])
    until_assigned([member], [2])
    member.commit(offsets=[ck.TopicPartition(topic, 0, 0)], asynchronous=False)

    listed = admin.list_consumer_groups().result(WAIT_S)
    assert group in [one.group_id for one in listed.valid]
    described = admin.describe_consumer_groups([group])[group].result(WAIT_S)
    assert [one.client_id for one in described.members] == ["me"]
    assert described.state == ck.ConsumerGroupState.STABLE
    with pytest.raises(ck.KafkaException) as in_use:
        admin.delete_consumer_groups([group])[group].result(WAIT_S)
    assert in_use.value.args[0].code() == ck.KafkaError.NON_EMPTY_GROUP

    member.close()
    admin.delete_consumer_groups([group])[group].result(WAIT_S)
    assert group not in [one.group_id for one in admin.list_consumer_groups().result(WAIT_S).valid]


def test_offsets_are_found_by_timestamp(broker, create, topic):
    create(topic)
    produce(broker, topic, records(100), **{"batch.num.messages": 7})
    reader = consumer(broker)

    def at(timestamp):
        return reader.offsets_for_times([ck.TopicPartition(topic, 0, timestamp)], WAIT_S)[0].offset

    assert [at(FIRST_TIMESTAMP + number * 10) for number in (0, 6, 7, 99)] == [0, 6, 7, 99]
    assert at(FIRST_TIMESTAMP + 365) == 37
    assert at(0) == 0
    assert at(FIRST_TIMESTAMP + 10_000) == -1
    assert reader.get_watermark_offsets(ck.TopicPartition(topic, 0), WAIT_S) == (0, 100)
    reader.close()


def test_invalid_topic_names_are_refused(admin):
    for name in ("no/slash", "..", "x" * 250):
        with pytest.raises(ck.KafkaException) as invalid:
            admin.create_topics([admin_api.NewTopic(name, 1, 1)])[name].result(WAIT_S)
        assert invalid.value.args[0].code() == ck.KafkaError.TOPIC_EXCEPTION


def test_invalid_configs_are_refused(admin, topic):
    for config in ({"retention.ms": "soon"}, {"no.such.setting": "1"}):
        with pytest.raises(ck.KafkaException) as invalid:
            admin.create_topics([admin_api.NewTopic(topic, 1, 1, config=config)])[topic].result(WAIT_S)
        assert invalid.value.args[0].code() == ck.KafkaError.INVALID_CONFIG


def test_too_large_a_batch_is_refused(broker, create, topic):
    create(topic, config={"max.message.bytes": "1000"})
    with pytest.raises(ck.KafkaException) as too_large:
        produce(broker, topic, [Record(0, None, b"x" * 2000, FIRST_TIMESTAMP)])
    assert too_large.value.args[0].code() == ck.KafkaError.MSG_SIZE_TOO_LARGE
    assert produce(broker, topic, [Record(0, None, b"x", FIRST_TIMESTAMP)]) == [0]


def test_offset_out_of_range_is_reported(broker, create, topic):
    create(topic)
    produce(broker, topic, records(10))
    reader = consumer(broker, **{"auto.offset.reset": "error"})
    reader.assign([ck.TopicPartition(topic, 0, 1000)])
    message = reader.poll(WAIT_S)
    assert message.error().code() == ck.KafkaError._AUTO_OFFSET_RESET
    reader.close()


def test_transactions_are_refused_not_half_done(request, broker):
    """Until they are built: a clear error at once instead of a hang."""
    if request.config.getoption("--broker") == "kafka":
        pytest.skip("Kafka has transactions")
    producer = ck.Producer({"bootstrap.servers": broker.address, "transactional.id": "t", "retries": 1})
    with pytest.raises(ck.KafkaException):
        producer.init_transactions(5)
