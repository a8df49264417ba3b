"""Records to send and the check that they were read: all that were acknowledged, once, unchanged, in order per partition."""

import dataclasses

FIRST_TIMESTAMP = 1_700_000_000_000
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


@dataclasses.dataclass(frozen=True)
class Record:
    partition: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: tuple = ()


def records(count, partitions=1, first=0):
    """Records of growing size; some have no key, some no value."""
    return [Record(partition=at % partitions,
                   key=None if at % 10 == 9 else b"key-%d" % at,
                   value=None if at % 10 == 4 else b"value-%d-" % at + b"p" * at,
                   timestamp=FIRST_TIMESTAMP + at * 10,
                   headers=(("number", b"%d" % at), ("empty", b"")))
            for at in range(first, first + count)]


def by_partition(all_records):
    sequences = {}
    for record in all_records:
        sequences.setdefault(record.partition, []).append(record)
    return sequences


def check(read, sent):
    assert len(read) == len(sent)
    assert by_partition(read) == by_partition(sent)
