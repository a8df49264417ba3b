"""A few rounds of kill_rounds.py; run that with --rounds 200 for certainty."""

import types

import pytest

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
import kill_rounds  # noqa: E402


def test_acknowledged_records_and_commits_survive_kills(make_broker, cores, capsys):
    broker = make_broker(cores)
    summary = kill_rounds.run(broker, rounds=5, seed=cores)
    broker.stop()
    with capsys.disabled():
        print(f"\n{summary}")


def faults_of(first_partition):
    producer = types.SimpleNamespace(sent=[3, 0, 0, 0], acknowledged=[{0: 0, 1: 1, 2: 2}, {}, {}, {}])
    return kill_rounds.check_records(producer, [first_partition, [], [], []])


def test_the_check_finds_lost_doubled_swapped_and_moved_records():
    good = [(0, 0, 0), (1, 0, 1), (2, 0, 2)]
    assert not faults_of(good)
    assert faults_of(good[:2])
    assert faults_of([*good, (3, 0, 2)])
    assert faults_of([(0, 0, 1), (1, 0, 0), (2, 0, 2)])
    assert faults_of([(1, 0, 0), (2, 0, 1), (3, 0, 2)])


@pytest.mark.parametrize("offset,good", [(4, False), (5, True), (7, True), (8, False)])
def test_the_check_finds_commits_that_ran_ahead_or_behind(offset, good):
    group = kill_rounds.Group("127.0.0.1:1", 0)
    group.commit_known[0], group.commit_tried[0] = 5, 7
    group.read(types.SimpleNamespace(partition=lambda: 0, offset=lambda: offset))
    assert (not group.failures) == good
