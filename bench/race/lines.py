"""What is measured, in the order in which a round goes through it."""

import dataclasses
import typing

from . import lifecycle, members, requests, streams
from .streams import KIB, SMALL

BOTH = ("kafka", "moldau")
ALL = ("kafka", "kafka-flush", "moldau", "moldau-synced")


@dataclasses.dataclass(frozen=True)
class Scenario:
    """One measuring function, the lines of results that it gives, who races, and how often where not every round does."""

    name: str
    lines: tuple
    systems: tuple
    measure: typing.Callable
    rounds_max: int = 1000


def produce(record_bytes, acks, codec, systems=BOTH, fetches=()):
    size = streams.size_name(record_bytes)
    name = f"produce.{size}.{acks}.{codec}"
    lines = (name, *(f"fetch.{size}.{temperature}" for temperature in fetches))
    return Scenario(name, lines, systems, streams.stream(record_bytes, acks, codec, fetches))


def library(record_bytes):
    size = streams.size_name(record_bytes)
    return Scenario(f"library.{size}", (f"library.produce.{size}", f"library.fetch.{size}"), BOTH,
                    streams.library(record_bytes))


# These share two brokers that were warmed.
SHARED = [
    Scenario("floor", ("floor.64k", "floor.256k"), ("floor",), streams.floor_stream),
    produce(KIB, "1", "none", fetches=("hot", "cold")),
    produce(KIB, "all", "none", systems=ALL),
    produce(KIB, "1", "lz4"),
    produce(KIB, "all", "lz4"),
    produce(SMALL, "1", "none", fetches=("hot",)),
    produce(SMALL, "all", "none"),
    produce(SMALL, "1", "lz4"),
    produce(SMALL, "all", "lz4"),
    library(KIB),
    library(SMALL),
    Scenario("requests.64", ("requests.64",), (*ALL, "floor"), requests.closed_loop(64)),
    Scenario("requests.1", ("requests.1",), (*ALL, "floor"), requests.closed_loop(1)),
    Scenario("latency", ("latency",), (*ALL, "floor"), requests.fixed_rate),
    Scenario("group", ("group",), BOTH, members.join_and_leave, rounds_max=3),
]

# These start brokers of their own, one at a time.
ALONE = [
    Scenario("idle", ("idle",), BOTH, lifecycle.idle, rounds_max=2),
    Scenario("start", ("start",), BOTH, lifecycle.start, rounds_max=3),
    Scenario("recovery", ("recovery",), BOTH, lifecycle.recovery, rounds_max=1),
]


def alone(sizes):
    counted = [Scenario(f"partitions.{count}", (f"partitions.{count}",), BOTH, lifecycle.partitions(count), rounds_max=1)
               for count in sizes.partitions]
    return ALONE + counted


def chosen(scenarios, wanted):
    """Those whose name, or a line of theirs, begins with one of `wanted`; all when nothing is wanted."""
    return [one for one in scenarios
            if not wanted or any(name.startswith(start) for start in wanted for name in (one.name, *one.lines))]


def turn(systems, number):
    """Who goes first changes from round to round."""
    return systems if number % 2 == 0 else tuple(reversed(systems))
