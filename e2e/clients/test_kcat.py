"""kcat: what people try first, and scripts rely on."""

import json

import pytest

from records import CODECS, FIRST_TIMESTAMP

KEYED = b"".join(b"key-%d:value-%d\n" % (at % 7, at) for at in range(200))


@pytest.mark.parametrize("codec", CODECS)
def test_round_trip_with_every_codec(kcat, topic, codec):
    kcat("-P", "-t", topic, "-p", "0", "-K:", "-z", codec, stdin=KEYED)
    assert kcat("-C", "-t", topic, "-e", "-q", "-K:") == KEYED


@pytest.mark.parametrize("options", [["acks=0"], ["acks=1"], ["acks=all"], ["enable.idempotence=true"]], ids="".join)
def test_round_trip_with_every_ack_rule(kcat, topic, options):
    kcat("-P", "-t", topic, "-p", "0", "-K:", "-X", *options, stdin=KEYED)
    assert kcat("-C", "-t", topic, "-c", "200", "-q", "-K:") == KEYED


def test_headers_empty_values_and_partitions(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", "-K:", "-Z", "-H", "color=blue", "-H", "empty=", stdin=b"key:\n:value\n")
    read = [json.loads(line) for line in kcat("-C", "-t", topic, "-e", "-q", "-J").splitlines()]
    assert [(one["key"], one["payload"], one["offset"]) for one in read] == [("key", None, 0), (None, "value", 1)]
    assert read[0]["headers"] == ["color", "blue", "empty", ""]


def test_offsets_from_the_start_the_end_and_between(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", stdin=b"".join(b"%d\n" % at for at in range(20)))
    def read(offset):
        return kcat("-C", "-t", topic, "-p", "0", "-o", offset, "-e", "-q").split()
    assert read("beginning") == [b"%d" % at for at in range(20)]
    assert read("-3") == [b"17", b"18", b"19"]
    assert read("12")[0] == b"12"
    assert read("end") == []


def test_offset_by_timestamp(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", stdin=b"one\ntwo\n")
    assert f"{topic} [0] offset 0".encode() in kcat("-Q", "-t", f"{topic}:0:{FIRST_TIMESTAMP}")
    assert f"{topic} [0] offset -1".encode() in kcat("-Q", "-t", f"{topic}:0:{2**42}")


def test_group_resumes(kcat, topic):
    kcat("-P", "-t", topic, "-p", "0", stdin=b"1\n2\n3\n4\n")
    group = ["-G", f"{topic}-group", "-q", "-X", "auto.offset.reset=earliest", "-X", "heartbeat.interval.ms=200"]
    assert kcat(*group, "-c", "2", topic) == b"1\n2\n"
    assert kcat(*group, "-c", "2", topic) == b"3\n4\n"


def test_metadata_lists_the_broker_and_the_topic(kcat, broker, topic):
    kcat("-P", "-t", topic, "-p", "0", stdin=b"x\n")
    listed = json.loads(kcat("-L", "-J"))
    assert [one["name"] for one in listed["brokers"]] == [broker.address]
    found = [one for one in listed["topics"] if one["topic"] == topic]
    assert found and [one["partition"] for one in found[0]["partitions"]][0] == 0


def test_unknown_topic_and_bad_offset_are_errors(kcat, topic):
    assert b"Unknown topic" in kcat("-C", "-t", f"{topic}-none", "-e", "-X", "allow.auto.create.topics=false", fails=True)
    kcat("-P", "-t", topic, "-p", "0", stdin=b"x\n")
    beyond = ["-p", "0", "-o", "1000", "-X", "topic.auto.offset.reset=error"]
    assert b"out of range" in kcat("-C", "-t", topic, *beyond, fails=True)
