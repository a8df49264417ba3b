"""What Moldau is meant to reach on one node, and how far it is from that."""

import dataclasses

from .stats import ratio, short, spread


@dataclasses.dataclass(frozen=True)
class Figure:
    """Where a figure stands in the results; less is better unless `more` says so."""

    line: str
    key: str
    label: str
    unit: str
    more: bool = False


@dataclasses.dataclass(frozen=True)
class Against:
    """So many times better than Kafka."""

    figure: Figure
    times: float
    ours: str = "moldau"
    theirs: str = "kafka"

    def words(self):
        return f"{self.times:g} × better than Kafka" + (" with `flush.messages=1`" if self.theirs == "kafka-flush" else "")

    def reached(self, results):
        return better(results, self.figure, self.ours, self.theirs)

    def shown(self, reached):
        return f"{short(reached)} ×"

    def met(self, reached):
        return reached >= self.times


@dataclasses.dataclass(frozen=True)
class AtMost:
    """No more than a fixed figure."""

    figure: Figure
    most: float
    ours: str = "moldau"

    def words(self):
        return f"at most {self.most:g} {self.figure.unit}"

    def reached(self, results):
        return results.median(self.figure.line, self.ours, self.figure.key)

    def shown(self, reached):
        return f"{short(reached)} {self.figure.unit}"

    def met(self, reached):
        return reached <= self.most


@dataclasses.dataclass(frozen=True)
class NearFloor:
    """No more than so many times what the bare loop takes."""

    figure: Figure
    times: float

    def words(self):
        return f"at most {self.times:g} × the floor"

    def reached(self, results):
        return ratio(results.median(self.figure.line, "moldau", self.figure.key), floor(results, "produce"))

    def shown(self, reached):
        return f"{short(reached)} ×"

    def met(self, reached):
        return reached <= self.times


def better(results, figure, ours="moldau", theirs="kafka"):
    """How many times better ours is than theirs, None where one was not measured."""
    mine, other = (results.median(figure.line, system, figure.key) for system in (ours, theirs))
    return ratio(mine, other) if figure.more else ratio(other, mine)


def floor(results, key):
    """Of both sizes of buffers, the cheaper one: processor seconds per GB."""
    found = [value for value in (results.median(line, "floor", key) for line in ("floor.64k", "floor.256k")) if value]
    return min(found, default=None)


def has_floor(line):
    """A compressed line moves fewer bytes than the floor's."""
    return not line.endswith("lz4")


def cpu(line, label):
    return Figure(line, "cpu_s_per_gb", label, "cpu-s/GB")


PRODUCE_1K = cpu("produce.1k.1.none", "produce, 1 KiB records: processor time")
TARGETS = [
    Against(PRODUCE_1K, 3),
    NearFloor(PRODUCE_1K, 1.5),
    Against(cpu("produce.100b.1.none", "produce, 100 B records: processor time"), 4),
    Against(cpu("fetch.1k.hot", "fetch, hot: processor time"), 1.5),
    Against(cpu("fetch.1k.cold", "fetch, cold: processor time"), 1),
    Against(Figure("requests.64", "cpu_us", "one-record requests, 64 connections: processor time", "µs"), 3),
    Against(Figure("requests.1", "cpu_us", "one-record requests, one connection: processor time", "µs"), 3.5),
    Against(Figure("latency", "p99_ms", "produce latency at 2,000 records/s, p99", "ms"), 3),
    Against(Figure("latency", "p999_ms", "produce latency at 2,000 records/s, p99.9", "ms"), 3),
    Against(Figure("requests.64", "requests_per_s", "`synced`, 64 connections: requests a second", "1/s", more=True), 10,
            "moldau-synced", "kafka-flush"),
    Against(Figure("latency", "p99_ms", "`synced`, latency at 2,000 records/s, p99", "ms"), 10, "moldau-synced",
            "kafka-flush"),
    AtMost(Figure("start", "clean_s", "start to first acknowledged record", "s"), 0.1),
    AtMost(Figure("recovery", "killed_s", "the same after kill -9 with 10 GB", "s"), 0.5),
    AtMost(Figure("idle", "rss_mib", "idle memory", "MiB"), 40),
    AtMost(Figure("idle", "cpu_percent", "idle processor time", "% of a core"), 0.5),
    AtMost(Figure("partitions.5000", "writable_s", "5,000 partitions created and writable", "s"), 2.5),
    AtMost(Figure("partitions.5000", "killed_s", "5,000 partitions writable after kill -9", "s"), 1),
    AtMost(Figure("partitions.5000", "kib_each", "memory a partition, of 5,000", "KiB"), 20),
    AtMost(Figure("group", "leave_ms", "group of 12 over 48 partitions: a member leaves (heartbeats of 100 ms)", "ms"), 500),
]

PRODUCE_LINES = [(f"produce.{size}.{acks}.{codec}", f"produce, {name}, acks={acks}, {codec}")
                 for size, name in (("1k", "1 KiB"), ("100b", "100 B"))
                 for acks in ("1", "all") for codec in ("none", "lz4")]
FETCH_LINES = [("fetch.1k.hot", "fetch, 1 KiB, hot"), ("fetch.1k.cold", "fetch, 1 KiB, cold"),
               ("fetch.100b.hot", "fetch, 100 B, hot")]
LIBRARY_LINES = [(f"library.{what}.{size}", f"librdkafka: {what}, {name}")
                 for what in ("produce", "fetch") for size, name in (("1k", "1 KiB"), ("100b", "100 B"))]
STREAM_LINES = PRODUCE_LINES + FETCH_LINES + LIBRARY_LINES
REQUEST_LINES = [("requests.64", "64 connections"), ("requests.1", "one connection")]
LATENCIES = [("p50_ms", "p50"), ("p99_ms", "p99"), ("p999_ms", "p99.9")]
LIFE = [
    Figure("start", "clean_s", "start to first acknowledged record", "s"),
    Figure("start", "killed_s", "the same after kill -9, no data", "s"),
    Figure("recovery", "killed_s", "the same after kill -9 with 10 GB just written", "s"),
    Figure("recovery", "again_s", "the same, killed again at once", "s"),
    *(figure for count, words in ((1, "1 partition"), (1000, "1,000 partitions"), (5000, "5,000 partitions")) for figure in (
        Figure(f"partitions.{count}", "writable_s", f"{words} created and writable", "s"),
        Figure(f"partitions.{count}", "killed_s", f"{words} writable after kill -9", "s"))),
    Figure("partitions.5000", "kib_each", "memory a partition, of 5,000", "KiB"),
    Figure("idle", "rss_mib", "memory, idle", "MiB"),
    Figure("loaded", "rss_mib", "memory after the rounds", "MiB"),
    Figure("idle", "cpu_percent", "processor time, idle", "% of a core"),
    Figure("group", "join_ms", "group of 12 over 48 partitions: join to all assigned", "ms"),
    Figure("group", "leave_ms", "a member leaves, until the others have its partitions (heartbeats of 100 ms)", "ms"),
]


def compared():
    """Every figure in which Moldau must not be behind Kafka."""
    yield from (cpu(line, f"{label}: processor time") for line, label in STREAM_LINES)
    yield from (Figure(line, "mb_per_s", f"{label}: throughput", "MB/s", more=True) for line, label in STREAM_LINES)
    for line, label in REQUEST_LINES:
        yield Figure(line, "cpu_us", f"requests, {label}: processor time", "µs")
        yield Figure(line, "requests_per_s", f"requests, {label}: a second", "1/s", more=True)
    yield from (Figure("latency", key, f"latency, {label}", "ms") for key, label in LATENCIES)
    yield from LIFE


def is_worse(figure, ours, theirs):
    return ours < theirs if figure.more else ours > theirs


def rounds_worse(results, figure):
    """(in how many rounds ours was worse, of how many that both ran), round against round."""
    ours, theirs = (results.values(figure.line, system, figure.key) for system in ("moldau", "kafka"))
    pairs = list(zip(ours, theirs))
    return sum(is_worse(figure, *pair) for pair in pairs), len(pairs)


def behind(results):
    """(figure, how many times as good as Kafka, in how many rounds worse, of how many) where the median is worse.

    Every such figure counts as behind; the rounds, each of ours against Kafka's of the same one, tell how steady that is."""
    for figure in compared():
        times = better(results, figure)
        if times is not None and times < 1:
            yield figure, times, *rounds_worse(results, figure)


CLIENT_BOUND = 0.9  # of its processor


def client_share(results, line):
    """How much of its processor the client used, of both brokers the one where it used less; None where nobody says."""
    shares = []
    for system in ("moldau", "kafka"):
        pairs = zip(results.values(line, system, "client_s"), results.values(line, system, "seconds"))
        share = spread(client / seconds for client, seconds in pairs if seconds)
        if share is None:
            return None
        shares.append(share.median)
    return min(shares)
