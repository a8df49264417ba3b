"""Kafka's dump-log tool reads what the broker wrote: segments, indexes, and the records of __consumer_offsets."""

import dataclasses
import random
import re

import pytest

from records import CODECS, records

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
admin_api = pytest.importorskip("confluent_kafka.admin")

# In deep iteration the tool says this of every segment but the first, Kafka's own too.
QUIRK = re.compile(r"^Non-consecutive offsets in .*\n  -1 is followed by \d+\n", re.M)
DUMP = "org.apache.kafka.tools.DumpLogSegments"
TOPIC, GROUP, COUNT = "dumped", "dumped-group", 2500
# What the tool prints when a file contradicts another one or itself.
COMPLAINTS = re.compile(r"mismatch|non-consecutive|out of order|isvalid: false|invalid bytes|exception|corrupt", re.I)


@pytest.fixture(scope="module")
def used(make_broker, cores):
    """A stopped broker whose topic has several segments with all codecs, and whose group has committed."""
    broker = make_broker(cores)
    client = {"bootstrap.servers": broker.address}
    config = {"segment.bytes": "1048576", "index.interval.bytes": "100"}
    admin = admin_api.AdminClient(client)
    admin.create_topics([admin_api.NewTopic(TOPIC, 1, 1, config=config)])[TOPIC].result(30)
    noise = random.Random(1)
    sent = [dataclasses.replace(record, value=noise.randbytes(750).hex().encode()) for record in records(COUNT)]
    for at, codec in enumerate(CODECS):
        producer = ck.Producer(client | {"compression.type": codec, "enable.idempotence": True, "batch.num.messages": 10})
        for record in sent[at * COUNT // 5:(at + 1) * COUNT // 5]:
            producer.produce(TOPIC, key=record.key, value=record.value, timestamp=record.timestamp,
                             headers=list(record.headers))
        assert producer.flush(30) == 0
    member = ck.Consumer(client | {"group.id": GROUP, "auto.offset.reset": "earliest", "enable.auto.commit": False})
    member.subscribe([TOPIC])
    assert len(member.consume(COUNT, 30)) == COUNT
    member.commit(asynchronous=False)
    member.close()
    broker.stop()
    return broker


def files(broker, suffix, topic=TOPIC):
    return sorted(broker.data.glob(f"{topic}-*/*{suffix}"))


def dump(tool, paths, *options):
    printed = tool(DUMP, "--files", ",".join(map(str, paths)), *options)
    complaints = [line for line in QUIRK.sub("", printed).splitlines() if COMPLAINTS.search(line)]
    assert not complaints, complaints[:20]
    return printed


def test_segments_have_every_record_once_and_in_order(tool, used):
    segments = files(used, ".log")
    assert len(segments) > 1
    dump(tool, segments)
    printed = dump(tool, segments, "--print-data-log", "--deep-iteration")
    read = re.findall(r"^\| offset: (\d+) CreateTime: (\d+) .*? headerKeys: \[number,empty\](?: key: (\S+))?", printed, re.M)
    assert read == [(str(at), str(record.timestamp), (record.key or b"").decode())
                    for at, record in enumerate(records(COUNT))]
    for codec in CODECS:
        assert f"compresscodec: {codec}" in printed


@pytest.mark.parametrize("suffix", [".index", ".timeindex"])
def test_indexes_agree_with_their_segments(tool, used, suffix):
    for path in files(used, suffix):
        printed = dump(tool, [path])
        assert len(re.findall(r"^(?:offset|timestamp): \d+", printed, re.M)) > 5, printed
        assert "passed sanity check" in dump(tool, [path], "--index-sanity-check")


def test_producer_snapshots_name_the_producers(tool, used):
    snapshots = files(used, ".snapshot")
    assert snapshots
    assert re.findall(r"producerId: \d+ producerEpoch: 0", dump(tool, snapshots[-1:]))


def test_committed_offsets_are_decoded(tool, used):
    segments = files(used, ".log", "__consumer_offsets")
    printed = dump(tool, segments, "--offsets-decoder")
    commits = re.findall(rf'"group":"{GROUP}","topic":"{TOPIC}","partition":0.*?"offset":(\d+)', printed)
    assert commits[-1] == str(COUNT), printed[-2000:]
    assert re.search(rf'"type":"2".*?"group":"{GROUP}".*?"protocolType":"consumer"', printed), printed[-2000:]


def test_the_tool_does_complain_about_a_wrong_index(tool, used, tmp_path):
    """Shows that the other tests can fail."""
    segment, index = files(used, ".log")[0], files(used, ".index")[0]
    (tmp_path / segment.name).write_bytes(segment.read_bytes())
    wrong = bytearray(index.read_bytes())
    wrong[3] ^= 1
    (tmp_path / index.name).write_bytes(wrong)
    printed = tool(DUMP, "--files", str(tmp_path / index.name))
    assert COMPLAINTS.search(printed), printed
