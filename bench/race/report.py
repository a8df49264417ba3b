"""The document: tables of medians with their range, what differs, the pictures, how to repeat it."""

from . import plots, targets
from .stats import ratio, short, spread, with_range

HOW = """\
# Benchmarks

Made by `bench/run` (`make bench`), which also draws the pictures; do not edit. Apache Kafka {kafka} and Moldau in one
run: same machine, same client, same topic settings. Rounds are interleaved, {rounds} of them, and their order
alternates; figures are medians with the lowest and the highest round in brackets. All rounds are kept, none was
selected.

Machine: {processors} processors ({model}), {memory_gib} GiB of memory, Linux {kernel}, {file_system}. Measured on
{day}.
"""

FAIR = """\
## How it is measured

- The broker's process is pinned to one processor, the client's to another. Processor time is the broker's whole
  process, user and system apart, from /proc; what all others used meanwhile is recorded with every figure. GB are
  those of the records, before compression.
- Kafka: its shipped `config/server.properties`, one node in KRaft mode, the heap and collector flags of its start
  script, no JMX, logging off (in its favour). It is warmed first, until its compiler has seen {warm} and a minute of
  requests. Moldau gets the same.
- Differs from shipped, in both: files of deleted topics go after a second instead of sixty, so that rounds do not
  fill the disk. Moldau runs with `moldau.cores=1`, as it has one processor.
- Both brokers of the shared rounds stay up; only one is under load. Kafka's idle processor time counts as used by
  others.
- "Moldau, replicated" is a topic with `moldau.durability=replicated`, which promises what Kafka's default does:
  written, not yet synced. "synced" (Moldau's default) stands beside Kafka with `flush.messages=1`: both have an
  acknowledged record on the disk.
- Produce: the same batch of 64 KiB (before compression; text that lz4 makes about half as long) again and again over one
  bare socket, five in flight. Fetch: one bare socket that asks for 1 MiB at a time and looks at no more than where the
  next batch begins. So the broker is the limit, not the client. Requests: bare sockets, one record of 100 B each,
  acks=all, one in flight a connection. Latency: 1 KiB, acks=all, 16 connections, counted from when a request was due.
- librdkafka is given and asked for 1,000 records a call, `batch.size=65536`, `linger.ms=20`. Where its processor is the
  limit, MB/s say little of the broker.
- Cold fetch: the kernel's page cache is dropped first; Moldau's own tail of 4 MiB a partition stays.
- "Behind" is every figure whose median is worse than Kafka's; each round is also held against Kafka's of the same
  round. The limit of the client is 90 % of its processor, with both brokers.
- Kill with 10 GB: ten partitions of 1 GB, written by librdkafka, kill -9 at once; the kernel writes back what it
  holds (off the clock), then the broker starts and one record is acknowledged. Many partitions: 20 of them get a
  record each.
- Groups: librdkafka, heartbeats every 100 ms; all members but one leave, one after another, and the figure is the
  mean. With the client's default of three seconds the time until the next heartbeat is all that one would measure.
- Lines that take long have fewer rounds: starts and groups three, idle two, the kill with 10 GB and the partitions one.
- Floor: a bare loop with the same system calls (receive, CRC-32C, write, answer; sendfile for fetch; an epoll loop
  for requests), with buffers of 64 or 256 KiB, whichever is cheaper.
"""

REPEAT = """\
## To repeat it

```
make bench                               # everything, a good half hour, then this document
bench/run --lines produce,latency        # only these lines
bench/run --resume build/bench/FILE      # goes on where a race was interrupted
bench/run --render build/bench/FILE      # this document from a file of results
bench/quick                              # the core of it in three minutes, no document
```

Every figure of every round is one line of JSON in `build/bench/`.
"""

ALL = ("moldau", "moldau-synced", "kafka", "kafka-flush", "floor")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def times(value):
    return "–" if value is None else f"{short(value)} ×"


def target_table(results):
    rows = []
    for one in targets.TARGETS:
        reached = one.reached(results)
        if reached is None:
            continue
        rows.append([one.figure.label, one.words(), one.shown(reached), "yes" if one.met(reached) else "**no**"])
    return table(["what", "target", "reached", "met"], rows)


def behind_text(results):
    found = [f"{figure.label} ({short(times)} × as good, worse in {worse} of {rounds} rounds)"
             for figure, times, worse, rounds in targets.behind(results)]
    lines = ["Behind Kafka: " + "; ".join(found) + "." if found else "No line is behind Kafka's."]
    bound = [f"{label} ({100 * share:.0f} %)" for line, label in targets.STREAM_LINES
             if (share := targets.client_share(results, line)) and share >= targets.CLIENT_BOUND]
    if bound:
        lines.append("The client's processor was the limit for both brokers in: " +
                     "; ".join(bound) + ".")
    return "\n\n".join(lines) + "\n"


def stream_table(results, lines, floor_key=None):
    """With the floor's share where `floor_key` names the bare loop that does the same."""
    floor = targets.floor(results, floor_key) if floor_key else None
    rows = [stream_row(results, line, label, floor) for line, label in lines
            if results.values(line, "moldau", "cpu_s_per_gb")]
    head = ["", "Kafka cpu-s/GB", "Moldau cpu-s/GB", "better", "Kafka MB/s", "Moldau MB/s"]
    return table(head + ([f"of the floor ({short(floor)})"] if floor else []), rows)


def stream_row(results, line, label, floor):
    kafka, moldau = (results.spread(line, system, "cpu_s_per_gb") for system in ("kafka", "moldau"))
    row = [label, with_range(kafka), with_range(moldau), times(ratio(kafka.median if kafka else None, moldau.median)),
           *(with_range(results.spread(line, system, "mb_per_s")) for system in ("kafka", "moldau"))]
    return row + ([times(ratio(moldau.median, floor)) if targets.has_floor(line) else "–"] if floor else [])


def durability_table(results):
    """What it costs to have every acknowledged record on the disk."""
    rows = [[label, plots.NAMES[system], with_range(results.spread(line, system, "cpu_s_per_gb")),
             with_range(results.spread(line, system, "mb_per_s"))]
            for line, label in targets.STREAM_LINES for system in ALL
            if results.values(line, "moldau-synced", "mb_per_s") and results.values(line, system, "mb_per_s")]
    return table(["", "", "cpu-s/GB", "MB/s"], rows)


def split_table(results):
    """User and system apart."""
    rows = [split_row(results, f"{label}, cpu-s/GB", line, "s_per_gb") for line, label in targets.STREAM_LINES]
    rows += [split_row(results, f"requests, {label}, µs", line, "us") for line, label in targets.REQUEST_LINES]
    return table(["user + system", "Kafka", "Moldau"], [row for row in rows if row])


def split_row(results, label, line, unit):
    if not results.values(line, "moldau", f"user_{unit}"):
        return None
    return [label] + [" + ".join(short(results.median(line, system, f"{kind}_{unit}")) for kind in ("user", "system"))
                      for system in ("kafka", "moldau")]


def request_table(results):
    rows = [[label, plots.NAMES[system], with_range(results.spread(line, system, "requests_per_s")),
             with_range(results.spread(line, system, "cpu_us"))]
            for line, label in targets.REQUEST_LINES for system in ALL if results.values(line, system, "cpu_us")]
    return table(["", "", "requests a second", "cpu-s per million requests (µs each)"], rows)


def latency_table(results):
    rows = [[plots.NAMES[system], *(with_range(results.spread("latency", system, key)) for key, _ in targets.LATENCIES),
             with_range(results.spread("latency", system, "unanswered"))] for system in ALL
            if results.values("latency", system, "p50_ms")]
    return table(["", "p50 ms", "p99 ms", "p99.9 ms", "not answered 5 s after the end"], rows)


def life_table(results):
    rows = [[f"{figure.label}, {figure.unit}", with_range(results.spread(figure.line, "kafka", figure.key)),
             with_range(results.spread(figure.line, "moldau", figure.key)), times(targets.better(results, figure))]
            for figure in targets.LIFE if results.values(figure.line, "moldau", figure.key)]
    return table(["", "Kafka", "Moldau", "better"], rows)


def others_text(results):
    windows = [run["values"] for run in results.runs if "others_s" in run["values"]]
    if not windows:
        return ""
    share = spread(100 * one["others_s"] / one["window_s"] for one in windows)
    return (f"While a line was measured, all other processes and the kernel's own threads used {share.median:.0f} % of one "
            f"processor in the median and {share.high:.0f} % in the worst round.\n")


def warm_words(results):
    found = results.values("warm", "kafka", "first_cpu_s_per_gb"), results.values("warm", "kafka", "last_cpu_s_per_gb")
    if not all(found):
        return "some GB"
    return f"some GB (the first cost it {short(found[0][-1])} cpu-s, the last {short(found[1][-1])})"


FACTS = ("kafka", "rounds", "processors", "model", "memory_gib", "kernel", "file_system", "day")


def document(results, pictures):
    facts = dict.fromkeys(FACTS, "–") | results.machine

    def show(name, words):
        return f"![{words}](benchmarks/{name}.svg)\n" if name in pictures else ""

    parts = [
        HOW.format(**facts),
        "## Against the targets\n", target_table(results), behind_text(results),
        "## Produce\n", show("produce-cpu", "Processor time of produce"),
        stream_table(results, targets.PRODUCE_LINES, "produce"),
        show("produce-throughput", "Throughput of produce"),
        "On the disk before it is acknowledged, beside what is not:\n", durability_table(results),
        "## Fetch\n", show("fetch-cpu", "Processor time of fetch"), stream_table(results, targets.FETCH_LINES, "sendfile"),
        "With librdkafka at both ends, one partition, acks=1:\n", stream_table(results, targets.LIBRARY_LINES),
        show("library-throughput", "Throughput with librdkafka"),
        "## Requests\n", show("requests-cpu", "Processor time of a request"), request_table(results),
        show("requests-rate", "Requests a second"),
        "## Latency\n", show("latency", "Latency"), latency_table(results),
        "## Starts, partitions, memory, groups\n", show("life", "Starts"), life_table(results), show("memory", "Memory"),
        "## User and system time\n", split_table(results), others_text(results),
        FAIR.format(warm=warm_words(results)), REPEAT,
    ]
    return "\n".join(part for part in parts if part)


def write(results, docs):
    pictures = plots.write(results, docs / "benchmarks")
    path = docs / "benchmarks.md"
    path.write_text(document(results, pictures), encoding="utf-8")
    print(f"written: {path}")
