"""The check that closes every scenario, checked: it finds what is lost, read twice or out of order. Needs no cluster."""

import pytest

import workload


def check(monkeypatch, acknowledged, read):
    load = workload.Workload("nowhere:9092", "topic", partitions=1)
    load.acknowledged[0] = acknowledged
    monkeypatch.setattr(load, "stop", lambda: None)
    monkeypatch.setattr(workload, "read_all", lambda address, topic: {0: [str(number).encode() for number in read]})
    return load.check()


@pytest.mark.smoke
@pytest.mark.parametrize("read", [[1, 2, 3], [1, 2, 3, 4]], ids=["exactly", "and-one-that-was-not-acknowledged-yet"])
def test_what_was_acknowledged_and_read_once_in_order_is_accepted(monkeypatch, read):
    assert check(monkeypatch, [1, 2, 3], read) == 3


@pytest.mark.smoke
@pytest.mark.parametrize("acknowledged, read, words", [
    ([1, 2, 3], [1, 3], "1 acknowledged records are not there, the first is 2"),
    ([1, 2, 3], [1, 2, 2, 3], "read twice or out of order"),
    ([1, 2, 3], [1, 3, 2], "read twice or out of order"),
    ([1, 3, 2], [1, 2, 3], "acknowledged out of order"),
    ([], [], ""),
], ids=["lost", "twice", "order", "acknowledged-order", "nothing-at-all"])
def test_what_went_wrong_is_found(monkeypatch, acknowledged, read, words):
    with pytest.raises(AssertionError, match=words):
        check(monkeypatch, acknowledged, read)
