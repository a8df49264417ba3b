"""Kafka's own command line tools."""

import json
import re

import pytest

TOPICS = "org.apache.kafka.tools.TopicCommand"
PRODUCER = "org.apache.kafka.tools.ConsoleProducer"
CONSUMER = "org.apache.kafka.tools.consumer.ConsoleConsumer"
GROUPS = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
OFFSETS = "org.apache.kafka.tools.GetOffsetShell"
PERFORMANCE = "org.apache.kafka.tools.ProducerPerformance"
VERIFIABLE_PRODUCER = "org.apache.kafka.tools.VerifiableProducer"
VERIFIABLE_CONSUMER = "org.apache.kafka.tools.VerifiableConsumer"


@pytest.fixture
def run(tool, broker):
    def run(main, *arguments, **options):
        return tool(main, "--bootstrap-server", broker.address, *arguments, **options)
    return run


def create(run, topic, partitions=1, *more):
    run(TOPICS, "--create", "--topic", topic, "--partitions", partitions, *more)


def formatted(setting):
    return "--formatter-property", setting


def test_topics(run, topic):
    create(run, topic, 2, "--config", "retention.ms=86400000")
    create(run, topic, 2, "--if-not-exists")
    assert "already exists" in run(TOPICS, "--create", "--topic", topic, fails=True)
    assert topic in run(TOPICS, "--list").split()
    run(TOPICS, "--alter", "--topic", topic, "--partitions", 4)
    described = run(TOPICS, "--describe", "--topic", topic)
    assert "PartitionCount: 4" in described and "retention.ms=86400000" in described
    assert len(re.findall(r"Leader: \d+", described)) == 4
    assert run(TOPICS, "--describe", "--under-replicated-partitions").strip() == ""
    run(TOPICS, "--delete", "--topic", topic)
    assert "does not exist" in run(TOPICS, "--describe", "--topic", topic, fails=True)


def test_topic_faults_are_explained(run, topic):
    assert "nvalid" in run(TOPICS, "--create", "--topic", "no/slash", fails=True)
    assert "no.such.setting" in run(TOPICS, "--create", "--topic", topic, "--config", "no.such.setting=1", fails=True)
    assert "eplication factor" in run(TOPICS, "--create", "--topic", topic, "--replication-factor", 3, fails=True)


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_console_producer_and_consumer(run, topic, codec):
    create(run, topic)
    lines = [f"key-{at}:value-{at}" for at in range(100)]
    run(PRODUCER, "--topic", topic, "--compression-codec", codec, "--reader-property", "parse.key=true",
        "--reader-property", "key.separator=:", stdin="\n".join(lines) + "\n")
    read = run(CONSUMER, "--topic", topic, "--from-beginning", "--max-messages", 100, *formatted("print.key=true"),
               *formatted("key.separator=:"), quiet=True)
    assert read.splitlines()[:100] == lines


def test_console_producer_with_headers_and_timestamps(run, topic):
    create(run, topic)
    run(PRODUCER, "--topic", topic, "--reader-property", "parse.headers=true", stdin="color:blue,size:3\tvalue\n")
    read = run(CONSUMER, "--topic", topic, "--from-beginning", "--max-messages", 1, *formatted("print.headers=true"),
               *formatted("print.timestamp=true"), *formatted("print.offset=true"))
    assert re.search(r"CreateTime:\d{13}\tOffset:0\tcolor:blue,size:3\tvalue", read)


def test_consumer_groups(run, topic):
    create(run, topic)
    group = f"{topic}-group"
    run(PRODUCER, "--topic", topic, stdin="".join(f"{at}\n" for at in range(10)))
    run(CONSUMER, "--topic", topic, "--group", group, "--from-beginning", "--max-messages", 10)
    assert group in run(GROUPS, "--list").split()
    described = run(GROUPS, "--describe", "--group", group)
    assert re.search(rf"{group}\s+{topic}\s+0\s+10\s+10\s+0\s", described), described
    assert re.search(rf"{group}\s.*Empty\s", run(GROUPS, "--describe", "--group", group, "--state"))
    run(GROUPS, "--reset-offsets", "--group", group, "--topic", topic, "--to-offset", 4, "--execute")
    assert re.search(rf"{topic}\s+0\s+4\s+10\s+6\s", run(GROUPS, "--describe", "--group", group))
    read = run(CONSUMER, "--topic", topic, "--group", group, "--max-messages", 6, quiet=True)
    assert read.split()[:6] == ["4", "5", "6", "7", "8", "9"]
    run(GROUPS, "--delete", "--group", group)
    assert group not in run(GROUPS, "--list").split()


def test_get_offsets(run, topic):
    create(run, topic, 2)
    run(PRODUCER, "--topic", topic, "--reader-property", "parse.key=true", stdin="".join(f"{at}\tv\n" for at in range(20)))
    ends = re.findall(rf"{topic}:(\d):(\d+)", run(OFFSETS, "--topic", topic))
    assert [partition for partition, _ in ends] == ["0", "1"] and sum(int(end) for _, end in ends) == 20
    assert re.findall(rf"{topic}:\d:(\d+)", run(OFFSETS, "--topic", topic, "--time", "earliest")) == ["0", "0"]


def test_producer_performance(tool, broker, run, topic):
    create(run, topic, 3)
    printed = tool(PERFORMANCE, "--topic", topic, "--num-records", 20000, "--record-size", 1000, "--throughput", -1,
                   "--command-property", f"bootstrap.servers={broker.address}")
    assert "20000 records sent" in printed
    ends = re.findall(rf"{topic}:\d:(\d+)", run(OFFSETS, "--topic", topic))
    assert sum(map(int, ends)) == 20000


def test_verifiable_producer_and_consumer(run, tool_alone, broker, topic):
    create(run, topic)
    server = ["--bootstrap-server", broker.address]
    sent = events(tool_alone(VERIFIABLE_PRODUCER, *server, "--topic", topic, "--max-messages", 500, "--throughput", 5000,
                             "--acks", -1))
    acknowledged = [event["value"] for event in sent if event["name"] == "producer_send_success"]
    assert len(acknowledged) == 500
    read = events(tool_alone(VERIFIABLE_CONSUMER, *server, "--topic", topic, "--group-id", f"{topic}-group",
                             "--max-messages", 500, "--verbose", "--reset-policy", "earliest"))
    assert [event["value"] for event in read if event["name"] == "record_data"] == acknowledged
    commits = [event for event in read if event["name"] == "offsets_committed"]
    assert commits[-1]["success"] and commits[-1]["offsets"][0]["offset"] == 500


def events(printed):
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
