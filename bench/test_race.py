"""The race's own tests: its arithmetic, its documents, and one whole race of sizes that measure nothing."""

import os
import pathlib
import struct
import subprocess
import sys
import types
import xml.etree.ElementTree as xml

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from race import ROOT, brokers, lines, plots, proc, programs, report, stats, svg, targets, wire  # noqa: E402
from race.results import Results  # noqa: E402
from race.runner import Race  # noqa: E402
from race.session import TINY  # noqa: E402

BINARIES = pathlib.Path(os.environ.get("MOLDAU_BIN_DIR", ROOT / "build/dev/bin"))


def results_with(path, *runs):
    results = Results(path / "race.jsonl")
    for line, system, number, values in runs:
        results.add(line, system, number, values)
    return results


def test_spread_keeps_all_rounds():
    assert stats.spread([3, 1, 2, 10]) == stats.Spread(2.5, 1, 10, 4)
    assert stats.spread([]) is None


@pytest.mark.parametrize("number, words", [(0.4123, "0.412"), (4.123, "4.12"), (41.23, "41.2"), (4123.4, "4,123"),
                                           (None, "–")])
def test_figures_have_three_digits_that_count(number, words):
    assert stats.short(number) == words


def test_a_range_is_told_only_where_rounds_differ():
    assert stats.with_range(stats.spread([1, 2, 3])) == "2.00 (1.00–3.00)"
    assert stats.with_range(stats.spread([2, 2.0001])) == "2.00"
    assert stats.with_range(None) == "–"


def test_no_ratio_without_both_sides():
    assert stats.ratio(6, 3) == 2
    assert stats.ratio(6, 0) is None
    assert stats.ratio(None, 3) is None


def test_a_processs_name_may_hold_anything():
    text = "77 (a) b (c) S " + " ".join(str(number) for number in range(1, 40))
    assert proc.parse_process_stat(text) == (11 / proc.TICKS, 12 / proc.TICKS)


def test_waiting_is_not_being_busy():
    busy, steal = proc.parse_machine_stat("cpu  100 200 300 9000 8000 10 20 30 0 0\ncpu0 1 1 1\n")
    assert (busy, steal) == (630 / proc.TICKS, 30 / proc.TICKS)


def test_a_window_charges_others_with_what_is_left(monkeypatch):
    readings = iter([(10.0, 0.0), (15.0, 1.0)])
    monkeypatch.setattr(proc, "machine_cpu", lambda: next(readings))
    cpu = iter([(1.0, 1.0), (2.0, 3.0)])
    monkeypatch.setattr(proc, "process_cpu", lambda pid: next(cpu))
    used = iter([0.0, 0.0, 0.5, 1.0])  # this process, then its children; at the begin, then at the end
    monkeypatch.setattr(proc.resource, "getrusage", lambda who: types.SimpleNamespace(ru_utime=next(used), ru_stime=0.0))
    told = proc.Window(1).end()
    assert (told["user_s"], told["system_s"], told["cpu_s"], told["steal_s"]) == (1, 2, 3, 1)
    assert (told["client_s"], told["others_s"]) == (1.5, 0.5)


def test_results_survive_a_line_that_was_cut(tmp_path):
    results = results_with(tmp_path, ("start", "kafka", 0, {"clean_s": 3.0}))
    with open(results.path, "a", encoding="utf-8") as file:
        file.write('{"line": "start", "syst')
    again = Results(results.path)
    again.add("start", "kafka", 1, {"clean_s": 5.0})
    again = Results(results.path)
    assert again.values("start", "kafka", "clean_s") == [3.0, 5.0]
    assert again.has("start", "kafka", 1) and not again.has("start", "moldau", 1)


def test_every_line_is_measured_once_and_every_target_has_its_line():
    names = [name for one in lines.SHARED + lines.alone(lines_sizes()) for name in one.lines]
    assert len(names) == len(set(names))
    shown = {one.figure.line for one in targets.TARGETS} | {figure.line for figure in targets.compared()}
    assert shown - set(names) == {"loaded"}  # weighed by the runner after the rounds


def lines_sizes():
    sizes = TINY.__class__()
    assert sizes.partitions == (1, 1000, 5000)
    return sizes


def test_lines_are_chosen_by_their_beginning():
    assert [one.name for one in lines.chosen(lines.SHARED, ["requests", "fetch.1k.cold"])] == [
        "produce.1k.1.none", "requests.64", "requests.1"]
    assert lines.chosen(lines.SHARED, []) == lines.SHARED


def test_who_goes_first_changes():
    assert lines.turn(("a", "b"), 0) == ("a", "b")
    assert lines.turn(("a", "b"), 1) == ("b", "a")


class FakeSession:
    """Starts nothing; `asked` is what was measured."""

    sizes = TINY
    running = {}

    def __init__(self):
        self.asked = []

    def races(self, system):
        return system != "kafka-flush"


def scenario_of(session, fails=()):
    def measure(_session, system, number):
        session.asked.append((system, number))
        if (system, number) in fails:
            raise programs.Failed("on purpose")
        yield "line", {"cpu_us": number}

    return lines.Scenario("line", ("line",), ("kafka", "moldau", "kafka-flush"), measure, rounds_max=2)


def test_a_race_goes_on_where_it_stopped(tmp_path):
    session = FakeSession()
    results = results_with(tmp_path, ("line", "kafka", 0, {"cpu_us": 1}))
    Race(session, results, 5, say=lambda text: None).go_round([scenario_of(session)])
    assert session.asked == [("moldau", 0), ("moldau", 1), ("kafka", 1)]


def test_a_line_that_fails_is_counted_and_the_others_go_on(tmp_path):
    session, said = FakeSession(), []
    race = Race(session, results_with(tmp_path), 1, say=said.append)
    race.go_round([scenario_of(session, fails=[("kafka", 0)])])
    assert race.failures == 1
    assert "on purpose" in said[0]
    assert race.results.has("line", "moldau", 0) and not race.results.has("line", "kafka", 0)


def test_a_target_knows_which_way_is_better(tmp_path):
    results = results_with(tmp_path, ("requests.64", "kafka", 0, {"cpu_us": 30, "requests_per_s": 100}),
                           ("requests.64", "moldau", 0, {"cpu_us": 20, "requests_per_s": 50}))
    cpu = targets.Against(targets.Figure("requests.64", "cpu_us", "", ""), 2)
    assert cpu.reached(results) == 1.5 and not cpu.met(1.5) and cpu.met(2)
    assert [(figure.key, *rest) for figure, *rest in targets.behind(results)] == [("requests_per_s", 0.5, 1, 1)]


def test_behind_is_every_worse_median_and_says_in_how_many_rounds(tmp_path):
    def rounds(name, values):
        return [("requests.64", name, number, {"cpu_us": value}) for number, value in enumerate(values)]

    results = results_with(tmp_path, *rounds("kafka", [10, 20, 30, 10, 20]), *rounds("moldau", [21, 19, 29, 22, 21]))
    assert [rest for _, *rest in targets.behind(results)] == [[20 / 21, 3, 5]]
    assert "Behind Kafka: requests, 64 connections" in report.behind_text(results)
    assert "worse in 3 of 5 rounds" in report.behind_text(results)


def test_a_client_at_its_limit_is_named(tmp_path):
    line = "produce.1k.1.lz4"
    told = {"mb_per_s": 5, "client_s": 0.95, "seconds": 1}
    results = results_with(tmp_path / "both", (line, "kafka", 0, told), (line, "moldau", 0, told))
    assert "produce, 1 KiB, acks=1, lz4 (95 %)" in report.behind_text(results)
    idle = results_with(tmp_path / "one", (line, "kafka", 0, told), (line, "moldau", 0, told | {"client_s": 0.5}))
    assert "limit" not in report.behind_text(idle)


def test_the_floor_is_the_cheaper_one(tmp_path):
    results = results_with(tmp_path, ("floor.64k", "floor", 0, {"produce": 0.5}),
                           ("floor.256k", "floor", 0, {"produce": 0.4}),
                           ("produce.1k.1.none", "moldau", 0, {"cpu_s_per_gb": 0.8}))
    near = targets.NearFloor(targets.PRODUCE_1K, 1.5)
    assert near.reached(results) == 2 and not near.met(2)


@pytest.mark.parametrize("log", [False, True])
def test_a_picture_is_sound_and_shows_every_round(log):
    chart = svg.Chart("a < b", "ms", [("group & co", [("kafka", [3, 1, 2]), ("moldau", [0.01, 0.02])])], log)
    root = xml.fromstring(svg.draw(chart))
    circles = [float(one.get("cx")) for one in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert len(circles) == 5
    assert circles == sorted(circles[:3]) + sorted(circles[3:])
    assert all(svg.LEFT <= column <= svg.WIDTH for column in circles)


def test_a_scale_of_one_value_or_none_holds():
    for values in ([], [0], [5], [5, 5]):
        for log in (False, True):
            scale = svg.Scale(values, log)
            assert all(svg.LEFT <= scale.at(value) <= svg.WIDTH for value in values)
            assert len(list(scale.marks())) < 20


def test_a_document_of_nothing_is_a_document(tmp_path):
    report.write(Results(tmp_path / "none.jsonl"), tmp_path)
    assert "No line is behind" in (tmp_path / "benchmarks.md").read_text()
    assert plots.charts(Results(tmp_path / "none.jsonl")) == []


def test_partitions_with_a_leader_are_counted():
    def partition(error, leader):
        return struct.pack(">hii", error, 0, leader) + struct.pack(">ii", 1, 1) + struct.pack(">i", 0)

    answer = struct.pack(">ii", 0, 1) + struct.pack(">ih", 1, 4) + b"host" + struct.pack(">ih", 9092, -1)
    answer += struct.pack(">h", -1) + struct.pack(">i", 1) + struct.pack(">i", 1)
    answer += struct.pack(">hh", 0, 1) + b"t" + b"\0" + struct.pack(">i", 4)
    answer += partition(0, 1) + partition(5, 1) + partition(0, -1) + partition(0, 2)
    assert wire.led_partitions(answer) == 2


def needs_programs():
    for name in ("moldau-broker", "bench_client", "floor"):
        if not (BINARIES / name).exists():
            pytest.skip(f"no {BINARIES / name}")


@pytest.mark.parametrize("words", [[], ["fly"], ["requests", "port"], ["requests", "port=1", "topic=t", "bytes=-1"],
                                   ["requests", "port=1", "topic=t", "bytes=1", "codec=rar"]])
def test_the_client_refuses_what_it_does_not_understand(words):
    needs_programs()
    done = subprocess.run([BINARIES / "bench_client", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stderr


@pytest.mark.parametrize("mode, options", [("requests", {"bytes": 10, "connections": 1, "seconds": 1}),
                                           ("fetch", {"records": 1})])
def test_a_client_without_a_broker_says_so(mode, options):
    needs_programs()
    with pytest.raises(programs.Failed, match="connect"):
        programs.client(BINARIES, mode, port=1, topic="t", **options)


@pytest.mark.parametrize("topic, records, why", [("none", 1, "fetch at 0: error 3"), ("there", 2, '"records": 1')])
def test_a_fetch_of_what_is_not_there_ends(tmp_path, topic, records, why):
    needs_programs()
    broker = brokers.Moldau(tmp_path, BINARIES).start()
    try:
        wire.create_topic(broker, "there")
        wire.first_acked(broker, "there")
        with pytest.raises(programs.Failed, match=why):
            programs.client(BINARIES, "fetch", port=broker.port, topic=topic, records=records)
    finally:
        broker.remove()


def test_a_tiny_race_comes_to_its_end(tmp_path):
    needs_programs()
    done = subprocess.run([ROOT / "bench/run", "--tiny", "--no-kafka", "--rounds", "1", "--binaries", BINARIES,
                           "--docs", tmp_path, "--resume", tmp_path / "race.jsonl", "--lines",
                           "floor,produce.1k.1,library.100b,requests,latency,group,start,recovery,partitions"],
                          capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    results = Results(tmp_path / "race.jsonl")
    for line, system, key in (("produce.1k.1.none", "moldau", "mb_per_s"), ("fetch.1k.cold", "moldau", "mb_per_s"),
                              ("produce.1k.1.lz4", "moldau", "mb_per_s"), ("library.fetch.100b", "moldau", "mb_per_s"),
                              ("requests.64", "moldau-synced", "requests"), ("requests.1", "floor", "requests"),
                              ("latency", "moldau", "p99_ms"), ("latency", "floor", "p99_ms"),
                              ("group", "moldau", "leave_ms"),
                              ("start", "moldau", "killed_s"), ("recovery", "moldau", "killed_s"),
                              ("partitions.20", "moldau", "created_s")):
        assert results.values(line, system, key)[0] > 0, line
    assert results.values("produce.1k.1.none", "moldau", "failed") == [0]
    plain, packed = (results.values(f"produce.1k.1.{codec}", "moldau", "frame")[0] for codec in ("none", "lz4"))
    assert plain / 4 < packed < plain / 1.5  # as records of people do
    document = (tmp_path / "benchmarks.md").read_text()
    for picture in plots.charts(results):
        assert f"benchmarks/{picture[0]}.svg" in document
        xml.parse(tmp_path / "benchmarks" / f"{picture[0]}.svg")
