"""`moldau import`: what Apache Kafka wrote is read, committed and continued by Moldau as if nothing had happened."""

import json
import random
import shutil
import socket
import struct
import subprocess
import time

import pytest

import broker as brokers
from conftest import need

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
admin_api = pytest.importorskip("confluent_kafka.admin")

WAIT_S = 60
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
DUMP = "org.apache.kafka.tools.DumpLogSegments"
TOPICS = {f"plain-{codec}": 2 for codec in CODECS} | {"rolled": 1, "compacted": 1, "txn": 1, "open": 1}
# Moldau would make 50 partitions of its own accord: groups are found only where Kafka put them.
KAFKA_SETTINGS = {"offsets.topic.num.partitions": "7", "transaction.state.log.num.partitions": "3",
                  "log.cleaner.backoff.ms": "100", "log.initial.task.delay.ms": "100",
                  "log.retention.check.interval.ms": "500"}
# What Moldau's own cleaner would remove must be there to be compared.
MOLDAU_SETTINGS = {"log.cleaner.enable": "false"}


def moldau(*arguments, status=0):
    done = subprocess.run([brokers.MoldauBroker.binary().parent / "moldau", *map(str, arguments)], capture_output=True,
                          text=True, timeout=WAIT_S)
    assert done.returncode == status, f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout if status == 0 else done.stderr


def read_all(address, topic, partitions, isolation, until=None):
    """Everything, as (partition, offset, key, value, timestamp, headers), up to the end that consumers see."""
    reader = ck.Consumer({"bootstrap.servers": address, "group.id": "none", "isolation.level": isolation,
                          "enable.partition.eof": True, "enable.auto.commit": False, "check.crcs": True})
    reader.assign([ck.TopicPartition(topic, partition, 0) for partition in range(partitions)])
    read, at_end, deadline = [], set(), time.monotonic() + WAIT_S
    while len(at_end) < partitions:
        assert time.monotonic() < deadline, f"{topic}: read {len(read)}, at the end of {at_end}"
        for message in reader.consume(1000, 0.2):
            if message.error():
                assert message.error().code() == ck.KafkaError._PARTITION_EOF, message.error()
                at_end.add(message.partition())
                continue
            read.append((message.partition(), message.offset(), message.key(), message.value(), message.timestamp(),
                         message.headers()))
    reader.close()
    return sorted(read)


def contents(address):
    return {(topic, isolation): read_all(address, topic, partitions, isolation)
            for topic, partitions in TOPICS.items() for isolation in ("read_uncommitted", "read_committed")}


def committed(address, group, topic="rolled"):
    asker = ck.Consumer({"bootstrap.servers": address, "group.id": group})
    offset = asker.committed([ck.TopicPartition(topic, 0)], WAIT_S)[0].offset
    asker.close()
    return offset


class Writer:
    """Fills a Kafka broker with what an import has to understand."""

    def __init__(self, address):
        self.client = {"bootstrap.servers": address}
        self.admin = admin_api.AdminClient(self.client)
        self.noise = random.Random(1)

    def create(self, name, config=None):
        topic = admin_api.NewTopic(name, TOPICS[name], 1, config=config or {})
        self.admin.create_topics([topic])[name].result(WAIT_S)

    def produce(self, topic, count, **options):
        producer = ck.Producer(self.client | {"linger.ms": 5} | options)
        for at in range(count):
            producer.produce(topic, key=f"key-{at}", value=self.noise.randbytes(300).hex(), headers=[("number", str(at))])
        assert producer.flush(WAIT_S) == 0

    def plain(self):
        for codec in CODECS:
            self.create(f"plain-{codec}", {"retention.ms": "-1"})
            self.produce(f"plain-{codec}", 300, **{"compression.type": codec})

    def rolled(self):
        self.create("rolled", {"segment.bytes": "1048576"})
        self.produce("rolled", 3000, **{"enable.idempotence": True, "batch.num.messages": 10})

    def compacted(self, folder):
        self.create("compacted", {"cleanup.policy": "compact", "segment.ms": "300", "min.cleanable.dirty.ratio": "0.01",
                                  "file.delete.delay.ms": "100"})
        for _ in range(3):
            self.produce("compacted", 50, **{"batch.num.messages": 7})
            time.sleep(0.4)
        self.produce("compacted", 20)
        deadline = time.monotonic() + WAIT_S
        while len(list(folder.glob("data/compacted-0/*.log"))) > 2:
            assert time.monotonic() < deadline, "Kafka's cleaner does not clean"
            time.sleep(0.1)

    def transactional(self, name, topic):
        producer = ck.Producer(self.client | {"transactional.id": name, "batch.num.messages": 4})
        producer.init_transactions(WAIT_S)

        def run(what, end):
            producer.begin_transaction()
            for at in range(10):
                producer.produce(topic, value=f"{what}-{at}")
            assert producer.flush(WAIT_S) == 0
            if end:
                end(WAIT_S)
        return producer, run

    def transactions(self):
        self.create("txn")
        self.create("open")
        producer, run = self.transactional("first", "txn")
        run("committed", producer.commit_transaction)
        run("aborted", producer.abort_transaction)
        run("again", producer.commit_transaction)
        group = ck.Consumer(self.client | {"group.id": "by-transaction"})
        for offset, end in ((1234, producer.commit_transaction), (99, producer.abort_transaction)):
            producer.begin_transaction()
            producer.send_offsets_to_transaction([ck.TopicPartition("rolled", 0, offset)], group.consumer_group_metadata(),
                                                 WAIT_S)
            end(WAIT_S)
        group.close()
        left, run = self.transactional("second", "open")
        run("open", None)
        return left

    def group(self, name, protocol, count):
        member = ck.Consumer(self.client | {"group.id": name, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                                            "group.protocol": protocol})
        member.subscribe(["rolled"])
        read, deadline = 0, time.monotonic() + WAIT_S
        while read < count:
            assert time.monotonic() < deadline, f"{name} read {read}"
            read += len(member.consume(count - read, 0.5))
        member.commit(asynchronous=False)
        member.close()


class Left:
    """What a Kafka broker left behind, and what clients last saw of it."""

    def __init__(self, folder):
        need("kafka")
        kafka = brokers.KafkaBroker(folder, settings=KAFKA_SETTINGS)
        kafka.ready_s = 90
        kafka.start()
        try:
            writer = Writer(kafka.address)
            writer.plain()
            writer.rolled()
            writer.compacted(folder)
            producer = writer.transactions()
            writer.group("classic", "classic", 700)
            writer.group("new", "consumer", 800)
            self.contents = contents(kafka.address)
            del producer
        finally:
            kafka.stop()
        self.folder = kafka.data


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    return Left(tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="module")
def taken_over(left, make_broker, cores, tmp_path_factory):
    made = brokers.MoldauBroker(tmp_path_factory.mktemp("moldau"), cores, MOLDAU_SETTINGS)
    if not made.binary().exists():
        pytest.skip(f"no {made.binary()}")
    moldau("import", left.folder, "--data-dir", made.data)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize("isolation", ["read_uncommitted", "read_committed"])
@pytest.mark.parametrize("topic", TOPICS)
def test_records_and_offsets_are_the_same(left, taken_over, topic, isolation):
    assert read_all(taken_over.address, topic, TOPICS[topic], isolation) == left.contents[topic, isolation]


def test_the_content_is_what_it_was_meant_to_be(left):
    """Shows that the comparison above compares something."""
    values = [record[3] for record in left.contents["txn", "read_committed"]]
    assert len(values) == 20 and not [value for value in values if value.startswith(b"aborted")]
    assert len(left.contents["txn", "read_uncommitted"]) == 30
    assert left.contents["open", "read_committed"] == [] and len(left.contents["open", "read_uncommitted"]) == 10
    offsets = [record[1] for record in left.contents["compacted", "read_uncommitted"]]
    assert len(offsets) < 120 < offsets[-1], offsets
    assert len(list(left.folder.glob("rolled-0/*.log"))) > 1


@pytest.mark.parametrize("group, offset", [("classic", 700), ("new", 800), ("by-transaction", 1234)])
def test_groups_go_on_where_they_were(taken_over, group, offset):
    assert committed(taken_over.address, group) == offset
    member = ck.Consumer({"bootstrap.servers": taken_over.address, "group.id": group, "auto.offset.reset": "error",
                          "enable.auto.commit": False})
    member.subscribe(["rolled"])
    try:
        first = member.consume(1, WAIT_S)[0]
        assert first.error() is None and first.offset() == offset
    finally:
        member.close()


def last_batch(folder):
    """The newest batch of a partition as (base offset, bytes)."""
    data = sorted(folder.glob("*.log"))[-1].read_bytes()
    at = 0
    while True:
        offset, length = struct.unpack_from(">qi", data, at)
        if at + 12 + length == len(data):
            return offset, data[at:]
        at += 12 + length


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def send_batch(address, topic, batch):
    """Produces `batch` as it is to partition 0: (error, base offset)."""
    batch = struct.pack(">qi", 0, len(batch) - 12) + struct.pack(">i", -1) + batch[16:]
    name = topic.encode()
    body = struct.pack(">hhih", 0, 7, 1, -1) + struct.pack(">hhii", -1, -1, 30000, 1)
    body += struct.pack(">h", len(name)) + name + struct.pack(">iii", 1, 0, len(batch)) + batch
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), WAIT_S) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        answer = b""
        while len(answer) < 4 or len(answer) < 4 + struct.unpack_from(">i", answer)[0]:
            piece = connection.recv(65536)
            assert piece, "the broker hung up"
            answer += piece
    return struct.unpack_from(">hq", answer, 4 + 4 + 4 + 2 + len(name) + 4 + 4)


def test_idempotent_producers_are_remembered(left, taken_over):
    offset, batch = last_batch(left.folder / "rolled-0")
    assert send_batch(taken_over.address, "rolled", batch) == (0, offset)
    sequence, = struct.unpack_from(">i", batch, 53)
    gap = batch[:53] + struct.pack(">i", sequence + 1000) + batch[57:]
    gap = gap[:17] + struct.pack(">I", crc32c(gap[21:])) + gap[21:]
    assert send_batch(taken_over.address, "rolled", gap)[0] == 45


def test_settings_came_along(taken_over):
    admin = admin_api.AdminClient({"bootstrap.servers": taken_over.address})
    resource = admin_api.ConfigResource("topic", "compacted")
    described = admin.describe_configs([resource])[resource].result(WAIT_S)
    assert described["cleanup.policy"].value == "compact" and described["segment.ms"].value == "300"


def test_topics_kept_their_ids(left, taken_over):
    for topic in TOPICS:
        kept = [(folder / f"{topic}-0" / "partition.metadata").read_text() for folder in (left.folder, taken_over.data)]
        assert kept[0] == kept[1]


def test_more_can_be_written_and_survives_a_restart(left, taken_over):
    before = left.contents["plain-lz4", "read_uncommitted"]
    end = max(record[1] for record in before if record[0] == 0) + 1
    producer = ck.Producer({"bootstrap.servers": taken_over.address, "enable.idempotence": True})
    offsets = []
    for at in range(10):
        producer.produce("plain-lz4", value=f"more-{at}", partition=0,
                         on_delivery=lambda error, message: offsets.append(error or message.offset()))
    assert producer.flush(WAIT_S) == 0
    assert offsets == list(range(end, end + 10))
    taken_over.restart()
    after = read_all(taken_over.address, "plain-lz4", 2, "read_uncommitted")
    assert [record for record in after if not record[3].startswith(b"more")] == before
    assert len(after) == len(before) + 10


def test_kafkas_tools_read_the_result(tool, taken_over, tmp_path):
    taken_over.stop()
    try:
        files = [path for suffix in ("log", "index", "timeindex", "txnindex", "snapshot")
                 for path in taken_over.data.glob(f"*-*/*.{suffix}") if "__cluster" not in str(path)]
        printed = tool(DUMP, "--files", ",".join(map(str, files)))
        for complaint in ("mismatch", "isvalid: false", "xception", "orrupt", "invalid bytes", "out of order"):
            assert complaint not in printed, printed[-3000:]
        rows = [json.loads(line) for line in moldau("log", "check", taken_over.data, "--output", "json").splitlines()]
        assert [row["records"] < row["endOffset"] for row in rows if "compacted-0" in row["folder"]] == [True]
    finally:
        taken_over.start()


def test_dump_says_what_kafkas_tool_says(tool, left):
    segment = next(left.folder.glob("txn-0/*.log"))
    lines = [json.loads(line) for line in moldau("log", "dump", segment, "--output", "json").splitlines()]
    batches = [line for line in lines if "baseOffset" in line]
    theirs = tool(DUMP, "--files", segment)
    for batch in batches:
        assert f"baseOffset: {batch['baseOffset']} lastOffset: {batch['lastOffset']} count: {batch['records']}" in theirs
        assert f"crc: {batch['crc']} isvalid: true" in theirs
    assert len(batches) == theirs.count("baseOffset: ")
    assert [line["control"] for line in lines if "control" in line and "offset" in line] == ["commit", "abort", "commit"]


def test_dump_decodes_commits_and_metadata(left):
    commits = []
    for segment in left.folder.glob("__consumer_offsets-*/*.log"):
        for line in moldau("log", "dump", segment, "--records", "--output", "json").splitlines():
            key = json.loads(line).get("key")
            if isinstance(key, dict) and key.get("type") == "OffsetCommitKey":
                commits.append((key["data"]["group"], json.loads(line)["value"]["data"]["offset"]))
    assert {("classic", 700), ("new", 800), ("by-transaction", 1234), ("by-transaction", 99)} <= set(commits)
    metadata = [json.loads(line) for segment in left.folder.glob("__cluster_metadata-0/*.log")
                for line in moldau("log", "dump", segment, "-r", "--output", "json").splitlines()]
    values = [line["value"] for line in metadata if isinstance(line.get("value"), dict)]
    assert not [value for value in values if "error" in value or "unknown" in value], values
    assert {value["data"]["name"] for value in values if value.get("type") == "TopicRecord"} >= set(TOPICS)


def test_settings_given_count_more(left, tmp_path):
    given = tmp_path / "settings"
    given.write_text("# comment\nplain-none:retention.ms=1000\n")
    printed = moldau("import", left.folder, "--data-dir", tmp_path / "data", "--dry-run", "--output", "json",
                     "--topic-config", "rolled:segment.bytes=2097152", "--config-file", given)
    topics = {row["topic"]: row for row in map(json.loads, printed.splitlines())}
    assert topics["rolled"]["configs"] == {"segment.bytes": "2097152"}
    assert topics["plain-none"]["configs"] == {"retention.ms": "1000"}
    assert topics["plain-none"]["partitions"][1]["logEndOffset"] > 0
    assert not (tmp_path / "data").exists()


def test_a_move_takes_the_folders_away_and_a_second_import_is_refused(left, tmp_path):
    kafka, data = tmp_path / "kafka", tmp_path / "data"
    shutil.copytree(left.folder, kafka)
    moldau("import", kafka, "--data-dir", data, "--move")
    assert not list(kafka.glob("rolled-*")) and (data / "rolled-0").is_dir() and not (data / ".moldau-import").exists()
    again = moldau("import", left.folder, "--data-dir", data, status=2)
    assert "has a topic 'rolled' already" in again and "--skip" in again


def test_an_unclean_end_is_recovered_from_nothing_but_the_batches(left, tmp_path, cores):
    """All that a crash can leave stale is taken away, so the broker's own recovery must find it again."""
    kafka, made = tmp_path / "kafka", brokers.MoldauBroker(tmp_path, cores, MOLDAU_SETTINGS)
    shutil.copytree(left.folder, kafka)
    for name in (".kafka_cleanshutdown", "recovery-point-offset-checkpoint"):
        (kafka / name).unlink()
    for suffix in ("index", "timeindex", "txnindex", "snapshot"):
        for stale in kafka.glob(f"*-*/*.{suffix}"):
            stale.unlink()
    assert "--recover" in moldau("import", kafka, "--data-dir", made.data, status=2)
    moldau("import", kafka, "--data-dir", made.data, "--recover")
    made.start()
    assert contents(made.address) == left.contents
    assert [committed(made.address, group) for group in ("classic", "new", "by-transaction")] == [700, 800, 1234]
    made.stop()
    moldau("log", "check", made.data)


def test_an_import_into_a_broker_in_use_adds_topics(left, tmp_path, cores):
    made = brokers.MoldauBroker(tmp_path, cores)
    made.start()
    admin = admin_api.AdminClient({"bootstrap.servers": made.address})
    admin.create_topics([admin_api.NewTopic("own", 1, 1)])["own"].result(WAIT_S)
    in_use = moldau("import", left.folder, "--data-dir", made.data, status=2)
    assert "running" in in_use and "stop it first" in in_use
    made.stop()
    moldau("import", left.folder, "--data-dir", made.data)
    made.start()
    admin = admin_api.AdminClient({"bootstrap.servers": made.address})
    assert {"own", *TOPICS} <= set(admin.list_topics(timeout=WAIT_S).topics)
    assert read_all(made.address, "rolled", 1, "read_uncommitted") == left.contents["rolled", "read_uncommitted"]
    made.stop()
