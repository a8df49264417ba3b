"""moldau, the command line tool: every command, as text and as JSON, and what it says when something is wrong."""

import json
import os
import signal
import subprocess
import time

import pytest

from broker import ROOT, MoldauBroker, free_port
from records import CODECS

ANSWER_S = 60
TOOL = MoldauBroker.binary().with_name("moldau")
LINES = b"".join(b"value-%d\n" % at for at in range(100))


@pytest.fixture
def cli(broker):
    """cli(words..., stdin=bytes) → what it printed; `status` is the one expected, and 1 or 2 give what it said instead."""
    if not TOOL.exists():
        pytest.skip(f"no {TOOL}")

    def run(*words, stdin=b"", status=0):
        done = subprocess.run([TOOL, "-b", broker.address, *words], input=stdin, capture_output=True, timeout=ANSWER_S)
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout if status == 0 else done.stderr.decode()
    return run


@pytest.fixture
def rows(cli):
    """rows(words...) → the objects of --output json."""
    def run(*words, stdin=b""):
        return [json.loads(line) for line in cli(*words, "--output", "json", stdin=stdin).splitlines()]
    return run


def test_topic_is_created_listed_described_and_deleted(cli, rows, topic):
    created = cli("topic", "create", topic, "--partitions", "3", "-c", "retention.ms=86400000")
    assert created.decode() == f"created topic {topic}\n"
    assert {"topic": topic, "partitions": 3, "replicationFactor": 1} in rows("topic", "list")
    assert any(line.split() == [topic, "3", "1"] for line in cli("topic", "list").decode().splitlines())
    cli("produce", topic, "--partition", "1", stdin=b"a\nb\n")
    described, = rows("topic", "describe", topic)
    assert described["topic"] == topic
    offsets = [(one["partition"], one["earliest"], one["latest"]) for one in described["partitions"]]
    assert offsets == [(0, 0, 0), (1, 0, 2), (2, 0, 0)]
    assert all([one["leader"]] == one["replicas"] == one["isr"] for one in described["partitions"])
    assert described["configs"]["retention.ms"]["value"] == "86400000"
    assert b"retention.ms=86400000" in cli("topic", "describe", topic)
    assert cli("topic", "delete", topic).decode() == f"deleted topic {topic}\n"
    assert topic not in [one["topic"] for one in rows("topic", "list")]


def test_topic_errors_say_what_is_wrong(cli, rows, topic):
    cli("topic", "create", topic)
    assert "exists" in cli("topic", "create", topic, status=1)
    assert "error: cannot create topic" in cli("topic", "create", topic + "-x", "-c", "no.such.config=1", status=1)
    assert "error: cannot create topic" in cli("topic", "create", "not/a/name", status=1)
    assert f"there is no topic {topic}-none" in cli("topic", "describe", topic, topic + "-none", status=1)
    assert f"there is no topic {topic}-none" in cli("topic", "delete", topic + "-none", topic, status=1)
    assert topic not in [one["topic"] for one in rows("topic", "list")]


@pytest.mark.parametrize("codec", CODECS)
def test_round_trip_with_every_codec(cli, topic, codec):
    assert cli("produce", topic, "--partition", "0", "--compression", codec, stdin=LINES) == b"100 records acknowledged\n"
    assert cli("consume", topic, "--exit-at-end") == LINES


@pytest.mark.parametrize("options", [["--acks", "0"], ["--acks", "1"], ["--acks", "all"], ["--idempotent"]], ids="".join)
def test_round_trip_with_every_ack_rule(cli, rows, topic, options):
    cli("topic", "create", topic, "-p", "1")
    assert rows("produce", topic, *options, stdin=LINES) == [{"topic": topic, "acknowledged": 100, "failed": 0}]
    assert cli("consume", topic, "--count", "100") == LINES


def test_keys_headers_and_formats(cli, rows, topic):
    headers = ["--header", "color=blue", "--header", "empty="]
    cli("produce", topic, "-k", ":", "--partition", "0", *headers, stdin=b"k:v:w\nno key\n:\n")
    assert cli("consume", topic, "-e", "-f", r"%t/%p/%o|%k|%K|%s|%S|%h\n").decode().splitlines() == [
        f"{topic}/0/0|k|1|v:w|3|color=blue,empty=", f"{topic}/0/1||-1|no key|6|color=blue,empty=",
        f"{topic}/0/2||0||0|color=blue,empty="]
    read = rows("consume", topic, "-e")
    assert [(one["key"], one["value"], one["offset"]) for one in read] == [("k", "v:w", 0), (None, "no key", 1), ("", "", 2)]
    assert read[0]["headers"] == [{"name": "color", "value": "blue"}, {"name": "empty", "value": ""}]


def test_bytes_that_are_no_text_become_base64(cli, rows, topic):
    cli("produce", topic, stdin=b"\xff\xfe\n")
    assert rows("consume", topic, "-e")[0]["valueBase64"] == "//4="


def test_keys_keep_their_partition(cli, topic):
    cli("topic", "create", topic, "-p", "4")
    cli("produce", topic, "-k", ":", stdin=b"".join(b"key-%d:%d\n" % (at % 10, at) for at in range(100)))
    read = [line.split() for line in cli("consume", topic, "-e", "-f", r"%k %p %s\n").splitlines()]
    assert sorted(int(value) for _, _, value in read) == list(range(100))
    assert len({(key, partition) for key, partition, _ in read}) == 10


def test_offsets_and_times(cli, rows, topic):
    cli("topic", "create", topic, "-p", "1")
    cli("produce", topic, stdin=b"".join(b"%d\n" % at for at in range(20)))
    time.sleep(0.01)
    middle = int(time.time() * 1000)
    time.sleep(0.01)
    cli("produce", topic, stdin=b"late\n")
    def read(offset, *words):
        return cli("consume", topic, "--offset", offset, "-e", *words).split()
    assert len(read("beginning")) == 21
    assert read("end") == []
    assert read("17") == [b"17", b"18", b"19", b"late"]
    assert read("-2") == [b"19", b"late"]
    assert read("5", "--count", "2") == [b"5", b"6"]
    assert read(f"timestamp:{middle}") == [b"late"]
    assert len(read("timestamp:2000-01-01T00:00:00Z")) == 21
    assert read(f"timestamp:{middle + 10**9}") == []


def test_one_of_several_partitions(cli, topic):
    cli("topic", "create", topic, "-p", "3")
    for partition in ("0", "1", "2"):
        cli("produce", topic, "--partition", partition, stdin=partition.encode() + b"\n")
    assert cli("consume", topic, "-e", "--partition", "1") == b"1\n"
    assert sorted(cli("consume", topic, "-e", "--partition", "0", "--partition", "2").split()) == [b"0", b"2"]
    assert "has no partition 7" in cli("consume", topic, "-e", "--partition", "7", status=1)


def test_consume_errors_say_what_is_wrong(cli, rows, topic):
    assert "there is no topic" in cli("consume", topic, "-e", status=1)
    assert topic not in [one["topic"] for one in rows("topic", "list")]
    cli("produce", topic, stdin=b"x\n")
    assert "there is no such offset" in cli("consume", topic, "-e", "--partition", "0", "--offset", "1000", status=1)


def test_produce_counts_what_failed(cli, topic):
    cli("topic", "create", topic, "-p", "1", "-c", "max.message.bytes=2000")
    said = cli("produce", topic, stdin=b"small\n" + b"x" * 5000 + b"\n", status=1)
    assert "records failed" in said and "too large" in said.lower()
    assert "records failed" in cli("produce", topic, "--partition", "9", stdin=b"x\n", status=1)


def test_group_resumes_and_is_described(cli, rows, topic):
    group = f"{topic}-group"
    cli("topic", "create", topic, "-p", "1")
    cli("produce", topic, stdin=b"1\n2\n3\n4\n5\n")
    assert cli("consume", topic, "--group", group, "--count", "2") == b"1\n2\n"
    described, = rows("group", "describe", group)
    assert (described["group"], described["state"], described["members"]) == (group, "Empty", [])
    assert described["partitions"] == [{"topic": topic, "partition": 0, "committed": 2, "end": 5, "lag": 3, "member": None}]
    assert cli("consume", topic, "--group", group, "--exit-at-end") == b"3\n4\n5\n"
    assert rows("group", "describe", group)[0]["partitions"][0]["lag"] == 0
    assert group in [one["group"] for one in rows("group", "list")]
    assert any(line.split() == [group, "Empty"] for line in cli("group", "list").decode().splitlines())


def test_group_has_members_until_it_is_interrupted(cli, rows, broker, topic):
    group = f"{topic}-group"
    cli("topic", "create", topic, "-p", "2")
    cli("produce", topic, "--partition", "1", stdin=b"a\nb\n")
    command = [TOOL, "-b", broker.address, "consume", topic, "--group", group]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        assert [reader.stdout.readline(), reader.stdout.readline()] == [b"a\n", b"b\n"]
        described, = rows("group", "describe", group)
        member, = described["members"]
        assert described["state"] == "Stable" and member["client"] == "moldau"
        assert member["partitions"] == [{"topic": topic, "partition": 0}, {"topic": topic, "partition": 1}]
        assert member["member"].encode() in cli("group", "describe", group)
        reader.send_signal(signal.SIGINT)
        assert reader.wait(ANSWER_S) == 0
    described, = rows("group", "describe", group)
    assert described["state"] == "Empty"
    assert [(one["partition"], one["committed"]) for one in described["partitions"]] == [(1, 2)]


def test_unknown_group_is_an_error(cli, topic):
    assert f"there is no group {topic}" in cli("group", "describe", topic, status=1)


def test_unreachable_broker_gives_advice_at_once():
    if not TOOL.exists():
        pytest.skip(f"no {TOOL}")
    address = f"127.0.0.1:{free_port()}"
    for words in (["topic", "list"], ["produce", "t"], ["consume", "t"], ["group", "list"]):
        started = time.monotonic()
        done = subprocess.run([TOOL, *words], env=os.environ | {"MOLDAU_BROKERS": address}, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=ANSWER_S)
        assert done.returncode == 1
        assert done.stderr.decode() == f"error: cannot reach {address}: is the broker running? try --brokers HOST:PORT\n"
        assert time.monotonic() - started < 8


def test_wrong_usage_has_status_two(cli):
    assert "offset" in cli("consume", "t", "--offset", "somewhere", status=2)
    assert "topic" in cli("produce", status=2)
    assert cli("--version").startswith(b"moldau ")


def filtered(words, lines):
    if not TOOL.exists():
        pytest.skip(f"no {TOOL}")
    done = subprocess.run([TOOL, *words], input=lines, capture_output=True, timeout=ANSWER_S)
    return done.returncode, done.stdout


def golden(name):
    return [line.split("\t") for line in (ROOT / "broker/wire/testdata" / name).read_text().splitlines()]


def test_filters_agree_with_the_golden_vectors():
    # The JSON of those with records does not have the records.
    vectors = [columns for columns in golden("kafka-message-vectors.tsv") if 'ecords":""' not in columns[3]]
    binary = "".join("\t".join(columns[:3]) + "\n" for columns in vectors).encode()
    text = "".join("\t".join(columns[:2] + columns[3:]) + "\n" for columns in vectors).encode()
    status, decoded = filtered(["wire", "decode"], binary)
    assert status == 0
    wanted = [json.loads(columns[3]) for columns in vectors]
    assert [json.loads(line.split(b"\t")[2]) for line in decoded.splitlines()] == wanted
    assert filtered(["wire", "encode"], text) == (0, binary)
    batches = golden("kafka-batch-vectors.tsv")
    status, decoded = filtered(["batch", "decode"], "".join(columns[0] + "\n" for columns in batches).encode())
    assert status == 0
    assert [json.loads(line) for line in decoded.splitlines()] == [json.loads(columns[1]) for columns in batches]


def test_filters_answer_wrong_lines_in_their_place():
    request = b"FindCoordinatorRequest\t0\t"
    status, printed = filtered(["wire", "decode"], b"nonsense\n" + request + b"000161\n" + request + b"0001\n")
    lines = printed.split(b"\n")
    assert status == 1
    assert lines[0].startswith(b"error: ") and lines[2].startswith(b"error: ")
    assert lines[1] == b'FindCoordinatorRequest\t0\t{"key":"a"}'
    assert filtered(["batch", "decode"], b"zz\n")[0] == 1
