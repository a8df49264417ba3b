"""Settings, deleted records, log directories and producers, as Kafka's tools and librdkafka's administration see them."""

import json
import re
import time

import pytest

from broker import KafkaBroker
from records import FIRST_TIMESTAMP, Record, records
from test_confluent import create, admin, produce, consumer, poll  # noqa: F401 (fixtures)

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
api = pytest.importorskip("confluent_kafka.admin")

TOPICS = "org.apache.kafka.tools.TopicCommand"
CONFIGS = "kafka.admin.ConfigCommand"
DELETE_RECORDS = "org.apache.kafka.tools.DeleteRecordsCommand"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
LOG_DIRS = "org.apache.kafka.tools.LogDirsCommand"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
TRANSACTIONS = "org.apache.kafka.tools.TransactionsCommand"
WAIT_S = 30
TOPIC, BROKER = api.ConfigResource.Type.TOPIC, api.ConfigResource.Type.BROKER
SET, DELETE, APPEND, SUBTRACT = (api.AlterConfigOpType.SET, api.AlterConfigOpType.DELETE, api.AlterConfigOpType.APPEND,
                                 api.AlterConfigOpType.SUBTRACT)


@pytest.fixture
def run(tool, broker):
    def run(main, *arguments, **options):
        return tool(main, "--bootstrap-server", broker.address, *arguments, **options)
    return run


@pytest.fixture
def alter(admin):  # noqa: F811
    """alter(kind, name, (setting, value, operation)...) → None, or the name of the error."""
    def run(kind, name, *changes, **options):
        entries = [api.ConfigEntry(setting, value, incremental_operation=operation) for setting, value, operation in changes]
        resource = api.ConfigResource(kind, name, incremental_configs=entries)
        try:
            return admin.incremental_alter_configs([resource], **options)[resource].result(WAIT_S)
        except ck.KafkaException as error:
            return error.args[0].name()
    return run


@pytest.fixture
def describe(admin):  # noqa: F811
    def run(kind, name, setting):
        resource = api.ConfigResource(kind, name)
        return admin.describe_configs([resource])[resource].result(WAIT_S)[setting]
    return run


def ends(run, topic, when="latest"):
    return [int(end) for end in re.findall(rf"{topic}:\d+:(\d+)", run(OFFSETS, "--topic", topic, "--time", when))]


def watermarks(client, partition):
    """Of topic t, once it has a leader: Kafka listens before it leads."""
    deadline = time.monotonic() + WAIT_S
    while True:
        try:
            return client.get_watermark_offsets(ck.TopicPartition("t", partition), timeout=WAIT_S)
        except ck.KafkaException as error:
            if not error.args[0].retriable() and error.args[0].name() != "NOT_LEADER_FOR_PARTITION":
                raise
            assert time.monotonic() < deadline, error


def test_configs_tool_alters_a_topic(run, topic):
    run(TOPICS, "--create", "--topic", topic)
    entity = "--entity-type", "topics", "--entity-name", topic
    run(CONFIGS, *entity, "--alter", "--add-config", "retention.ms=12345,cleanup.policy=[compact,delete]")
    described = run(CONFIGS, *entity, "--describe")
    assert "retention.ms=12345" in described and "cleanup.policy=compact,delete" in described
    assert "DYNAMIC_TOPIC_CONFIG:retention.ms=12345" in described
    run(CONFIGS, *entity, "--alter", "--delete-config", "retention.ms")
    described = run(CONFIGS, *entity, "--describe")
    assert "retention.ms" not in described and "cleanup.policy=compact,delete" in described
    assert "segment.bytes=" in run(CONFIGS, *entity, "--describe", "--all")
    assert "retention.mx" in run(CONFIGS, *entity, "--alter", "--add-config", "retention.mx=1", fails=True)


def test_configs_tool_alters_brokers(run, topic):
    run(TOPICS, "--create", "--topic", topic)
    one, everybody = ("--entity-type", "brokers", "--entity-name", "1"), ("--entity-type", "brokers", "--entity-default")
    try:
        run(CONFIGS, *everybody, "--alter", "--add-config", "log.segment.bytes=20000000")
        assert "DYNAMIC_DEFAULT_BROKER_CONFIG:log.segment.bytes=20000000" in run(CONFIGS, *everybody, "--describe")
        run(CONFIGS, *one, "--alter", "--add-config", "log.segment.bytes=30000000")
        described = run(CONFIGS, *one, "--describe")
        assert re.search(r"log.segment.bytes=30000000 .*DYNAMIC_BROKER_CONFIG:log.segment.bytes=30000000, "
                         r"DYNAMIC_DEFAULT_BROKER_CONFIG:log.segment.bytes=20000000, "
                         r"DEFAULT_CONFIG:log.segment.bytes=1073741824", described), described
        assert "node.id" in run(CONFIGS, *one, "--alter", "--add-config", "node.id=7", fails=True)
    finally:
        run(CONFIGS, *one, "--alter", "--delete-config", "log.segment.bytes")
        run(CONFIGS, *everybody, "--alter", "--delete-config", "log.segment.bytes")
    assert "log.segment.bytes" not in run(CONFIGS, *one, "--describe")


def test_settings_of_a_topic_count_at_once(broker, create, alter, topic):  # noqa: F811
    create(topic)
    large = [Record(0, b"key", b"x" * 5000, FIRST_TIMESTAMP)]
    produce(broker, topic, large)
    assert alter(TOPIC, topic, ("max.message.bytes", "1000", SET)) is None
    with pytest.raises(ck.KafkaException) as refused:
        produce(broker, topic, large)
    assert refused.value.args[0].code() == ck.KafkaError.MSG_SIZE_TOO_LARGE
    assert alter(TOPIC, topic, ("max.message.bytes", None, DELETE)) is None
    produce(broker, topic, large)


def test_lists_grow_and_shrink(create, alter, describe, topic):  # noqa: F811
    create(topic)
    assert alter(TOPIC, topic, ("cleanup.policy", "compact", APPEND)) is None
    assert describe(TOPIC, topic, "cleanup.policy").value == "delete,compact"
    assert alter(TOPIC, topic, ("cleanup.policy", "delete", SUBTRACT)) is None
    entry = describe(TOPIC, topic, "cleanup.policy")
    assert (entry.value, entry.source) == ("compact", api.ConfigSource.DYNAMIC_TOPIC_CONFIG.value)
    assert alter(TOPIC, topic, ("retention.ms", "5", APPEND)) == "INVALID_CONFIG"


def test_wrong_settings_are_refused_and_nothing_changes(create, alter, describe, topic):  # noqa: F811
    create(topic)
    assert alter(TOPIC, topic, ("segment.ms", "77", SET), ("segment.bytes", "few", SET)) == "INVALID_CONFIG"
    assert alter(TOPIC, topic, ("no.such.setting", "1", SET)) == "INVALID_CONFIG"
    assert alter(TOPIC, topic, ("min.compaction.lag.ms", "9", SET), ("max.compaction.lag.ms", "8", SET)) == "INVALID_CONFIG"
    assert alter(TOPIC, topic, ("segment.ms", "77", SET), validate_only=True) is None
    assert describe(TOPIC, topic, "segment.ms").source != api.ConfigSource.DYNAMIC_TOPIC_CONFIG.value
    assert alter(TOPIC, topic, ("no.such.setting", None, DELETE)) is None
    assert alter(TOPIC, f"{topic}-none", ("segment.ms", "77", SET)) == "UNKNOWN_TOPIC_OR_PART"
    assert alter(BROKER, "1", ("node.id", "7", SET)) == "INVALID_REQUEST"
    assert alter(BROKER, "1", ("log.segment.bytes", "few", SET)) == "INVALID_REQUEST"


def test_settings_hold_over_a_restart(make_broker, cores):
    one = make_broker(cores)
    client = api.AdminClient({"bootstrap.servers": one.address})
    client.create_topics([api.NewTopic("t", 1, 1)])["t"].result(WAIT_S)
    changes = [(TOPIC, "t", "segment.ms", "77"), (BROKER, "1", "log.roll.ms", "88")]
    resources = [api.ConfigResource(kind, name,
                                    incremental_configs=[api.ConfigEntry(setting, value, incremental_operation=SET)])
                 for kind, name, setting, value in changes]
    for resource in resources:
        client.incremental_alter_configs([resource])[resource].result(WAIT_S)
    one.kill()
    one.start()
    client = api.AdminClient({"bootstrap.servers": one.address})
    assert client.describe_configs([resources[0]])[resources[0]].result(WAIT_S)["segment.ms"].value == "77"
    entry = client.describe_configs([resources[1]])[resources[1]].result(WAIT_S)["log.roll.ms"]
    assert (entry.value, entry.source) == ("88", api.ConfigSource.DYNAMIC_BROKER_CONFIG.value)
    one.stop()


def test_deleted_records_stay_deleted(make_broker, cores, tool, tmp_path):
    one = make_broker(cores)
    client = api.AdminClient({"bootstrap.servers": one.address})
    client.create_topics([api.NewTopic("t", 2, 1)])["t"].result(WAIT_S)
    produce(one, "t", records(40, partitions=2))
    wanted = {"version": 1, "partitions": [{"topic": "t", "partition": 0, "offset": 5},
                                           {"topic": "t", "partition": 1, "offset": -1}]}
    (tmp_path / "offsets.json").write_text(json.dumps(wanted))
    printed = tool(DELETE_RECORDS, "--bootstrap-server", one.address, "--offset-json-file", tmp_path / "offsets.json")
    assert "low_watermark: 5" in printed and "low_watermark: 20" in printed
    # Kafka promises it over an orderly stop only: it records the new start once a minute.
    one.stop() if isinstance(one, KafkaBroker) else one.kill()
    one.start()
    client = ck.Consumer({"bootstrap.servers": one.address, "group.id": "none"})
    assert watermarks(client, 0) == (5, 20)
    assert watermarks(client, 1) == (20, 20)
    client.close()
    one.stop()


def test_records_that_may_not_be_deleted(broker, admin, create, topic):  # noqa: F811
    create(topic)
    create(f"{topic}-compacted", config={"cleanup.policy": "compact"})

    def refusal(name, offset, partition=0):
        wanted = ck.TopicPartition(name, partition, offset)
        with pytest.raises(ck.KafkaException) as refused:
            admin.delete_records([wanted])[wanted].result(WAIT_S)
        return refused.value.args[0].name()

    assert refusal(topic, 1) == "OFFSET_OUT_OF_RANGE"
    assert refusal(f"{topic}-compacted", 0) == "POLICY_VIOLATION"


def test_log_dirs_tool(broker, run, topic):
    run(TOPICS, "--create", "--topic", topic, "--partitions", 2)
    produce(broker, topic, records(10, partitions=2))
    printed = run(LOG_DIRS, "--describe", "--topic-list", topic)
    directory = json.loads(next(line for line in printed.splitlines() if line.startswith("{")))["brokers"][0]["logDirs"][0]
    assert directory["error"] is None and directory["logDir"] == str(broker.data)
    sizes = {one["partition"]: one["size"] for one in directory["partitions"]}
    assert set(sizes) == {f"{topic}-0", f"{topic}-1"} and all(size > 60 for size in sizes.values())
    assert all(one["offsetLag"] == 0 and not one["isFuture"] for one in directory["partitions"])


def test_producers_are_described(broker, run, topic):
    run(TOPICS, "--create", "--topic", topic)
    produce(broker, topic, records(10), **{"enable.idempotence": True})
    printed = run(TRANSACTIONS, "describe-producers", "--topic", topic, "--partition", 0)
    lines = [line.split() for line in printed.splitlines() if line.strip()]
    assert lines[0][:3] == ["ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch"] and len(lines) == 2, printed
    assert lines[1][1] == "0" and lines[1][3] == "9"


def test_offsets_of_topics_that_nobody_reads_are_deleted(broker, run, create, topic):  # noqa: F811
    create(topic)
    create(f"{topic}-old")
    group = f"{topic}-group"
    member = consumer(broker, group)
    member.subscribe([topic])
    produce(broker, topic, records(1))
    poll(member, 1)
    member.commit(offsets=[ck.TopicPartition(topic, 0, 1), ck.TopicPartition(f"{topic}-old", 0, 0)], asynchronous=False)
    printed = run(GROUPS, "--delete-offsets", "--group", group, "--topic", f"{topic}-old")
    assert re.search(rf"{topic}-old\s+0\s+Successful", printed), printed
    refused = run(GROUPS, "--delete-offsets", "--group", group, "--topic", topic)
    assert "subscribed" in refused
    kept = member.committed([ck.TopicPartition(topic, 0), ck.TopicPartition(f"{topic}-old", 0)], timeout=WAIT_S)
    assert [partition.offset for partition in kept] == [1, ck.OFFSET_INVALID]
    member.close()


def test_describing_topics_pages_through_many_partitions(admin, create, topic):  # noqa: F811
    create(topic, partitions=30)
    described = admin.describe_topics(ck.TopicCollection([topic]))[topic].result(WAIT_S)
    assert [partition.id for partition in described.partitions] == list(range(30))
