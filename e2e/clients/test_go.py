"""franz-go: every scenario of go/main.go."""

import pytest


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_round_trip_with_every_codec(go, topic, codec):
    go("round-trip", topic, codec)


@pytest.mark.parametrize("scenario", ["group", "admin", "errors"])
def test_scenario(go, topic, scenario):
    go(scenario, topic)
