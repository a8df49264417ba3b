"""Which pictures the document shows."""

from . import targets
from .svg import Chart, draw

NAMES = {"kafka": "Kafka", "kafka-flush": "Kafka, flush.messages=1", "moldau": "Moldau, replicated",
         "moldau-synced": "Moldau, synced", "floor": "floor"}
MEMORY = [("idle", "idle"), ("loaded", "after the rounds"), ("partitions.1000", "1,000 partitions"),
          ("partitions.5000", "5,000 partitions")]
FIRST = ("floor", "moldau", "moldau-synced", "kafka", "kafka-flush")


def group(results, line, key, label, floor_key=None):
    bars = [(system, results.values(line, system, key)) for system in FIRST]
    if floor_key and targets.has_floor(line):
        floor = targets.floor(results, floor_key)
        bars.insert(0, ("floor", [floor] if floor else []))
    return label, [(system, values) for system, values in bars if values]


def chart(title, unit, groups, log=False):
    return Chart(title, unit, [one for one in groups if one[1]], log, NAMES)


def charts(results):
    """(file name, chart) of all that has figures."""
    lines = targets.PRODUCE_LINES
    found = [
        ("produce-cpu", chart("Produce: processor time of the broker", "cpu-s/GB",
                              [group(results, line, "cpu_s_per_gb", label, "produce") for line, label in lines])),
        ("produce-throughput", chart("Produce: throughput", "MB/s", [group(results, line, "mb_per_s", label)
                                                                     for line, label in lines])),
        ("fetch-cpu", chart("Fetch: processor time of the broker", "cpu-s/GB",
                            [group(results, line, "cpu_s_per_gb", label, "sendfile")
                             for line, label in targets.FETCH_LINES])),
        ("library-throughput", chart("With librdkafka at both ends: throughput", "MB/s",
                                     [group(results, line, "mb_per_s", label) for line, label in targets.LIBRARY_LINES])),
        ("requests-cpu", chart("One-record requests: processor time of the broker", "µs a request",
                               [group(results, line, "cpu_us", label) for line, label in targets.REQUEST_LINES], log=True)),
        ("requests-rate", chart("One-record requests", "requests a second",
                                [group(results, line, "requests_per_s", label)
                                 for line, label in targets.REQUEST_LINES], log=True)),
        ("latency", chart("Produce latency at 2,000 records a second", "ms",
                          [group(results, "latency", key, label) for key, label in targets.LATENCIES], log=True)),
        ("life", chart("Starts and partitions", "s", [group(results, figure.line, figure.key, figure.label)
                                                      for figure in targets.LIFE if figure.unit == "s"], log=True)),
        ("memory", chart("Memory", "MiB", [group(results, line, "rss_mib", label) for line, label in MEMORY], log=True)),
    ]
    return [(name, one) for name, one in found if one.groups]


def write(results, folder):
    """The names of the pictures written."""
    folder.mkdir(parents=True, exist_ok=True)
    made = charts(results)
    for name, one in made:
        (folder / f"{name}.svg").write_text(draw(one), encoding="utf-8")
    return [name for name, _ in made]
