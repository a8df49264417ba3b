"""moldau's commands that change and judge a cluster: topic alter and trim, group reset and delete, cluster, config."""

import json
import subprocess
import time

import pytest

from broker import free_port
from test_cli import ANSWER_S, TOOL, cli, rows  # noqa: F401 (the last two are fixtures)

NUMBERS = b"".join(b"%d\n" % at for at in range(20))


def settles(question, wanted):
    """Kafka's brokers learn of a change a moment after it was answered."""
    until = time.monotonic() + 30
    while (found := question()) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert found == wanted


def make(cli, rows, topic, *words):
    cli("topic", "create", topic, *words)
    settles(lambda: topic in [one["topic"] for one in rows("topic", "list")], True)


def setting(rows, topic, name):
    return rows("config", "get", "topic", topic, name)[0]["value"]


def offsets(rows, topic):
    return [(one["earliest"], one["latest"]) for one in rows("topic", "describe", topic)[0]["partitions"]]


def committed(rows, group):
    return {one["partition"]: one["committed"] for one in rows("group", "describe", group)[0]["partitions"]}


def failure(cli, *words, status=1):
    """The JSON of an error."""
    return json.loads(cli(*words, "--output", "json", status=status))


@pytest.fixture
def read_group(cli, rows, topic):
    """A topic of one partition with twenty records, and a group that has read ten of them."""
    group = f"{topic}-group"
    make(cli, rows, topic, "-p", "1")
    cli("produce", topic, stdin=NUMBERS)
    assert len(cli("consume", topic, "--group", group, "--count", "10").split()) == 10
    return group


def test_many_topics_are_created_at_once(cli, rows, topic):
    names = [f"{topic}-{at}" for at in range(120)]
    assert len(cli("topic", "create", "-p", "1", *names).splitlines()) == 120
    settles(lambda: set(names) <= {one["topic"] for one in rows("topic", "list")}, True)
    cli("topic", "delete", *names)


def test_topic_gets_partitions_and_settings(cli, rows, topic):
    make(cli, rows, topic, "-p", "2", "-c", "segment.bytes=2000000")
    assert cli("topic", "alter", topic, "-p", "5", "-c", "retention.ms=86400000", "-d", "segment.bytes", "--dry-run") \
        == f"can alter topic {topic}\n".encode()
    assert len(offsets(rows, topic)) == 2
    assert rows("topic", "alter", topic, "-p", "5", "-c", "retention.ms=86400000", "-d", "segment.bytes") \
        == [{"topic": topic, "altered": True}]
    settles(lambda: len(offsets(rows, topic)), 5)
    settles(lambda: setting(rows, topic, "retention.ms"), "86400000")
    settles(lambda: rows("config", "get", "topic", topic, "segment.bytes")[0]["source"] == "DYNAMIC_TOPIC_CONFIG", False)


def test_wrong_alteration_changes_nothing(cli, rows, topic):
    make(cli, rows, topic, "-p", "3")
    before = setting(rows, topic, "retention.ms")
    for words in (["-p", "2"], ["-p", "4", "-c", "retention.ms=soon"], ["-p", "4", "-c", "no.such.setting=1"]):
        said = failure(cli, "topic", "alter", topic, *words)
        assert topic in said["messages"][0]
    assert f"there is no topic {topic}-none" in cli("topic", "alter", topic, f"{topic}-none", "-p", "4", status=1)
    assert "say what to alter" in cli("topic", "alter", topic, status=2)
    assert len(offsets(rows, topic)) == 3
    assert setting(rows, topic, "retention.ms") == before


def test_settings_are_set_listed_and_deleted(cli, rows, topic):
    make(cli, rows, topic)
    default = setting(rows, topic, "retention.ms")
    cli("config", "set", "topic", topic, "retention.ms=123456", "max.message.bytes=5000", "--dry-run")
    assert setting(rows, topic, "retention.ms") == default
    cli("config", "set", "topic", topic, "retention.ms=123456", "max.message.bytes=5000")
    settles(lambda: setting(rows, topic, "retention.ms"), "123456")
    listed = {one["name"]: one for one in rows("config", "list", "topic", topic)}
    assert listed["max.message.bytes"]["value"] == "5000"
    assert listed["max.message.bytes"]["source"] == "DYNAMIC_TOPIC_CONFIG"
    assert listed["max.message.bytes"]["type"] == "INT" and "synonyms" in listed["max.message.bytes"]
    assert len(rows("config", "list", "topic", topic, "--all")) > len(listed)
    assert b"retention.ms=123456\n" == cli("config", "get", "topic", topic, "retention.ms")
    cli("config", "delete", "topic", topic, "retention.ms")
    settles(lambda: setting(rows, topic, "retention.ms"), default)
    settles(lambda: setting(rows, topic, "max.message.bytes"), "5000")


def test_setting_errors_say_what_is_wrong(cli, rows, topic):
    make(cli, rows, topic)
    assert f"there is no topic {topic}-none" in cli("config", "list", "topic", f"{topic}-none", status=1)
    assert "no.such.setting" in cli("config", "get", "topic", topic, "no.such.setting", status=1)
    assert "retention.ms" in cli("config", "set", "topic", topic, "retention.ms=soon", status=1)
    assert "there is no broker 77: there are" in cli("config", "list", "broker", "77", status=2)
    assert "'x' is no broker" in cli("config", "list", "broker", "x", status=2)
    assert "is given twice" in cli("config", "set", "topic", topic, "a=1", "a=2", status=2)


def test_broker_settings_are_listed(rows):
    broker = rows("cluster", "info")[0]["brokers"][0]["broker"]
    listed = {one["name"] for one in rows("config", "list", "broker", str(broker), "--all")}
    assert "log.dirs" in listed


def test_records_before_an_offset_are_removed(cli, rows, topic):
    cli("topic", "create", topic, "-p", "1")
    cli("produce", topic, stdin=NUMBERS)
    assert b"nothing removed yet" in cli("topic", "trim", topic, "--before", "5")
    assert offsets(rows, topic) == [(0, 20)]
    assert rows("topic", "trim", f"{topic}:0", "--before", "-15", "--execute") == [
        {"topic": topic, "partition": 0, "earliest": 0, "before": 5, "latest": 20, "executed": True}]
    assert offsets(rows, topic) == [(5, 20)]
    cli("topic", "trim", topic, "--before", "end", "--execute")
    assert cli("consume", topic, "-e") == b""
    assert "has no partition 9" in cli("topic", "trim", f"{topic}:9", "--before", "end", "--execute", status=1)
    assert "names no topic" in cli("topic", "trim", f"{topic}:x", "--before", "end", status=2)


def test_group_is_reset_in_every_way(cli, rows, topic, read_group):
    def reset(*words):
        row, = rows("group", "reset", read_group, *words)
        return row["committed"], row["offset"]
    assert reset("--topic", topic, "--to", "beginning") == (10, 0)
    assert committed(rows, read_group) == {0: 10}
    assert b"nothing changed yet" in cli("group", "reset", read_group, "--all-topics", "--to", "0")
    assert reset("--topic", f"{topic}:0", "--to", "beginning", "--execute") == (10, 0)
    assert committed(rows, read_group) == {0: 0}
    assert reset("--all-topics", "--to", "7", "--execute") == (0, 7)
    assert reset("--all-topics", "--shift", "5", "--execute") == (7, 12)
    assert reset("--all-topics", "--shift=-100", "--execute") == (12, 0)
    assert reset("--all-topics", "--to", "1000", "--execute") == (0, 20)
    assert reset("--all-topics", "--to", "ago:1h", "--execute") == (20, 0)
    assert reset("--all-topics", "--to", "timestamp:2100-01-01T00:00:00Z", "--execute") == (0, 20)
    assert reset("--all-topics", "--to", "-3", "--execute") == (20, 17)
    assert cli("consume", topic, "--group", read_group, "-e") == b"17\n18\n19\n"


def test_group_is_reset_by_a_plan(cli, rows, topic, read_group, tmp_path):
    plan = tmp_path / "plan"
    plan.write_bytes(cli("group", "reset", read_group, "--all-topics", "--to", "3", "--output", "json"))
    cli("group", "reset", read_group, "--plan", str(plan), "--execute")
    assert committed(rows, read_group) == {0: 3}
    cli("group", "reset", read_group, "--plan", "-", "--execute", stdin=f"{topic},0,4\n".encode())
    assert committed(rows, read_group) == {0: 4}
    plan.write_text(f"{topic},0,5\n{topic},zero,5\n")
    assert "line 2 of the plan" in cli("group", "reset", read_group, "--plan", str(plan), "--execute", status=2)
    assert "cannot open" in cli("group", "reset", read_group, "--plan", str(plan) + "x", "--execute", status=2)
    assert committed(rows, read_group) == {0: 4}


def test_group_without_commits_gets_some(cli, rows, topic):
    cli("topic", "create", topic, "-p", "2")
    cli("produce", topic, "--partition", "1", stdin=NUMBERS)
    group = f"{topic}-group"
    cli("group", "reset", group, "--topic", topic, "--to", "end", "--execute")
    assert committed(rows, group) == {0: 0, 1: 20}
    assert "there is no group" in cli("group", "reset", f"{group}-none", "--all-topics", "--to", "end", status=1)
    assert "to shift" in cli("group", "reset", f"{group}-none", "--topic", topic, "--shift", "1", status=2)


def test_active_group_is_left_alone(cli, rows, broker, topic, read_group):
    command = [TOOL, "-b", broker.address, "consume", topic, "--group", read_group]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        assert reader.stdout.readline() == b"10\n"
        said = failure(cli, "group", "reset", read_group, "--all-topics", "--to", "0", "--execute")
        assert said["error"] == "NON_EMPTY_GROUP" and "is active (Stable, 1 member): stop" in said["messages"][0]
        assert "is active" in cli("group", "delete", read_group, status=1)
        assert "stop its members first" in cli("group", "delete", read_group, "--topic", topic, status=1)
        reader.terminate()
        assert reader.wait(ANSWER_S) == 0
    assert committed(rows, read_group) == {0: 20}


def test_group_forgets_a_topic_and_is_deleted(cli, rows, topic, read_group):
    other = f"{topic}-other"
    cli("topic", "create", other, "-p", "1")
    cli("group", "reset", read_group, "--topic", other, "--to", "end", "--execute")
    assert "has not committed for all of" in cli("group", "delete", read_group, "--topic", f"{topic}:0,7", status=1)
    assert rows("group", "delete", read_group, "--topic", topic) == [
        {"group": read_group, "topic": topic, "partition": 0, "deleted": True}]
    assert [one["topic"] for one in rows("group", "describe", read_group)[0]["partitions"]] == [other]
    said = cli("group", "delete", read_group, f"{read_group}-none", status=1)
    assert f"there is no group {read_group}-none" in said
    assert read_group not in [one["group"] for one in rows("group", "list")]


def test_cluster_is_described(cli, rows, topic):
    cli("topic", "create", topic, "-p", "3")
    info, = rows("cluster", "info")
    assert info["clusterId"] and info["apis"] > 20 and info["topics"] >= 1 and info["partitions"] >= 3
    brokers = [one["broker"] for one in info["brokers"]]
    assert len(brokers) == 1 and info["controller"] in brokers
    assert info["clusterId"].encode() in cli("cluster", "info")


def test_cluster_health_is_a_status(cli, rows, broker, topic):
    cli("topic", "create", topic, "-p", "3")
    health, = rows("cluster", "health", "--disk-free-min", "0")
    assert health["healthy"] and health["problems"] == [] and health["brokers"] == 1 and health["partitions"] >= 3
    assert cli("cluster", "health", "--disk-free-min", "0").startswith(b"healthy: 1 broker, ")
    address = f"127.0.0.1:{free_port()}"
    assert "not healthy" in cli("cluster", "health", "--disk-free-min", "0", "--admin", address, status=1)
    if type(broker).__name__ == "MoldauBroker":
        cli("cluster", "health", "--disk-free-min", "0", "--admin", f"127.0.0.1:{broker.admin_port}")


def test_topic_below_min_insync_replicas_is_no_health(cli, rows, topic):
    make(cli, rows, topic, "-p", "1", "-c", "min.insync.replicas=2")
    said = cli("cluster", "health", "--disk-free-min", "0", status=1)
    assert "not healthy" in said
    cli("topic", "delete", topic)


def test_tombstones_are_sent(cli, rows, topic):
    cli("produce", topic, "--partition", "0", "-k", ":", "-Z", stdin=b"k:\n:v\nk:v\n")
    read = [(one["key"], one["value"]) for one in rows("consume", topic, "-e")]
    assert read == [("k", None), (None, "v"), ("k", "v")]


def test_what_is_consumed_as_json_is_produced_again(cli, rows, topic):
    cli("produce", topic, "--partition", "0", "-k", ":", "-Z", "-H", "a=b", stdin=b"k:\nk:v\n\xff:\xfe\n")
    printed = cli("consume", topic, "-e", "--output", "json")
    copy = f"{topic}-copy"
    cli("topic", "create", copy, "-p", "1")
    assert cli("produce", copy, "--input", "json", stdin=printed) == b"3 records acknowledged\n"
    assert [one | {"topic": topic} for one in rows("consume", copy, "-e")] == rows("consume", topic, "-e")
    said = cli("produce", copy, "--input", "json", stdin=b'{"value":"x"}\n{"valve":"y"}\n', status=1)
    assert "line 2 is no record" in said
    assert len(rows("consume", copy, "-e")) == 4


def test_members_that_come_and_go_leave_nothing_unread(cli, rows, broker, topic):
    """--exit-at-end ends when all partitions that a member has now are read, whatever it had before."""
    cli("topic", "create", topic, "-p", "4")
    group = f"{topic}-group"
    for partition in range(4):
        cli("produce", topic, "--partition", str(partition), stdin=b"%d\n" % partition * 50)
    command = [TOOL, "-b", broker.address, "consume", topic, "--group", group]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as staying:
        assert staying.stdout.readline()
        with subprocess.Popen(command + ["--exit-at-end"], stdout=subprocess.PIPE) as leaving:
            leaving.communicate(timeout=ANSWER_S)
            assert leaving.returncode == 0
        settles(lambda: sum(one or 0 for one in committed(rows, group).values()), 200)
        # librdkafka does not leave a group that it is just joining again.
        settles(lambda: [(one["state"], len(one["members"])) for one in rows("group", "describe", group)], [("Stable", 1)])
        staying.terminate()
        staying.communicate(timeout=ANSWER_S)
    assert cli("consume", topic, "--group", group, "--exit-at-end") == b""


def test_member_without_partitions_has_read_them_all(cli, broker, topic):
    cli("topic", "create", topic, "-p", "1")
    cli("produce", topic, stdin=NUMBERS)
    command = [TOOL, "-b", broker.address, "consume", topic, "--group", f"{topic}-group"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as staying:
        assert staying.stdout.readline()
        with subprocess.Popen(command + ["--exit-at-end"], stdout=subprocess.PIPE) as other:
            other.communicate(timeout=ANSWER_S)
            assert other.returncode == 0
        staying.terminate()
        staying.communicate(timeout=ANSWER_S)


def test_errors_are_json_too(cli, topic):
    said = failure(cli, "topic", "describe", f"{topic}-a", f"{topic}-b")
    assert said["error"] == "UNKNOWN_TOPIC_OR_PARTITION"
    assert [message.split(":")[0] for message in said["messages"]] == [f"there is no topic {topic}-{one}" for one in "ab"]
    assert failure(cli, "topic", "nonsense", status=2)["error"] == "kUsage"
    assert "-X security.protocol cannot be used" in failure(cli, "cluster", "info", "-X", "security.protocol=ssl",
                                                            status=2)["messages"][0]


def test_shell_completion_offers_names(cli, broker, topic):
    def offered(*words):
        return subprocess.run([TOOL, "__complete", *words], capture_output=True, timeout=ANSWER_S, check=True).stdout
    cli("topic", "create", topic)
    assert f"{topic}\t\n".encode() in offered("-b", broker.address, "topic", "describe", topic[:-1])
    assert offered("grou") == b"group\tList, describe, reset and delete consumer groups\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_scripts_are_printed(cli, shell):
    assert b"__complete" in cli("completion", shell)
