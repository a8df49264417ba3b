"""The Java client: every scenario of java/Scenarios.java."""

import pytest


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_round_trip_with_every_codec(java, topic, codec):
    java("roundTrip", topic, codec, "all")


@pytest.mark.parametrize("acks", ["0", "1"])
def test_round_trip_with_fewer_acks(java, topic, acks):
    java("roundTrip", topic, "none", acks)


@pytest.mark.parametrize("scenario", ["largeRecord", "cooperativeRebalance", "staticMember", "commitAndResume",
                                      "adminTopics", "adminGroups", "offsetsByTimestamp", "errors"])
def test_scenario(java, topic, scenario):
    java(scenario, topic)
