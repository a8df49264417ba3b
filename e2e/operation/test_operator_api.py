"""The operator API of a real broker, asked through the command line tool. Moldau only."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

import broker as brokers

TOOL = brokers.MoldauBroker.binary().with_name("moldau")
ANSWER_S = 30


@pytest.fixture(autouse=True)
def moldau_only(request):
    if request.config.getoption("--broker") != "moldau":
        pytest.skip("about Moldau only")
    if not TOOL.exists():
        pytest.skip(f"no {TOOL}")


def ask(broker, *words, status=0):
    """The object that the tool prints, or what it says when it ends with another status."""
    command = [TOOL, "-b", broker.address, *words, "--operator-api", f"127.0.0.1:{broker.internal_port}", "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S)
    assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return json.loads(done.stdout) if done.stdout.strip() else json.loads(done.stderr)


def make(broker, *words):
    subprocess.run([TOOL, "-b", broker.address, "topic", *words], check=True, capture_output=True, timeout=ANSWER_S)


class Watch:
    """`moldau topic watch` and what it has printed so far."""

    def __init__(self, broker):
        self.process = subprocess.Popen(
            [TOOL, "topic", "watch", "--operator-api", f"127.0.0.1:{broker.internal_port}", "--output", "json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def until(self, **wanted):
        """Reads on to the first change that has these values."""
        for line in self.process.stdout:
            change = json.loads(line)
            if all(change.get(key) == value for key, value in wanted.items()):
                return change
        raise AssertionError(f"the feed ended: {self.process.stderr.read()}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(ANSWER_S)


def test_state_is_ready_and_healthy(broker):
    state = ask(broker, "cluster", "status")
    assert state["ready"] and state["health"] == "healthy" and not state["reasons"]
    assert state["brokers"][0]["endpoints"][0]["port"] == broker.port
    assert state["disks"][0]["path"] == str(broker.data) and state["disks"][0]["freeBytes"] > 0


def test_a_listener_hears_of_every_change_and_leaves_with_ctrl_c(broker):
    make(broker, "create", "watched-before", "-p", "2")
    watch = Watch(broker)
    assert watch.until(topic="watched-before")["partitions"] == 2
    watch.until(change="whole")
    make(broker, "create", "watched", "-p", "3", "-c", "retention.ms=86400000")
    made = watch.until(topic="watched")
    assert made["change"] == "is" and made["configs"] == {"retention.ms": "86400000"}
    make(broker, "alter", "watched", "-p", "5")
    assert watch.until(topic="watched", partitions=5)["id"] == made["id"]
    make(broker, "delete", "watched")
    assert watch.until(topic="watched")["change"] == "gone"
    assert watch.interrupt() == 0


def test_a_broker_says_that_it_may_stop_and_gets_ready(broker):
    make(broker, "create", "stopping", "-p", "4")
    verdict = ask(broker, "broker", "may-stop")
    assert verdict["mayStop"] and verdict["partitionsUnavailable"] >= 4
    progress = ask(broker, "broker", "prepare-stop", "--wait")
    assert progress["state"] == "prepared" and progress["partitionsLeft"] == 0
    assert ask(broker, "broker", "stop-progress")["state"] == "prepared"
    assert ask(broker, "broker", "may-stop", "77", status=1)["error"] == "BROKER_ID_NOT_REGISTERED"


def test_nobody_there_is_said_so(broker):
    command = [TOOL, "cluster", "status", "--operator-api", f"127.0.0.1:{brokers.free_port()}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S)
    assert done.returncode == 1 and "moldau.internal.listen" in done.stderr


def test_stops_at_once_while_somebody_listens(make_broker, cores):
    broker = make_broker(cores)
    watch = Watch(broker)
    watch.until(change="whole")
    started = time.monotonic()
    broker.stop()
    assert time.monotonic() - started < 5
    assert watch.process.wait(ANSWER_S) == 1


def answer_of(broker, path):
    """Status and text of an admin page; None while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{broker.admin_port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode().strip()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode().strip()
    except OSError:
        return None


def test_says_that_it_recovers_and_is_alive_until_it_is_ready(make_broker):
    broker = make_broker(1)
    make(broker, "create", *(f"many-{at}" for at in range(3000)))
    broker.kill()
    broker.start_only()
    began = time.monotonic()
    while not (ready := answer_of(broker, "/readyz")):
        assert time.monotonic() - began < 10
    seen = []
    while ready != (200, "ok"):
        assert ready == (503, "recovering") and answer_of(broker, "/livez") == (200, "ok")
        if not seen:
            command = [TOOL, "cluster", "status", "--operator-api", f"127.0.0.1:{broker.internal_port}", "--output", "json"]
            said = subprocess.run(command, capture_output=True, text=True, timeout=ANSWER_S)
            seen = [reason["code"] for reason in json.loads(said.stdout)["reasons"]]
        assert time.monotonic() - began < 30
        ready = answer_of(broker, "/readyz")
    assert seen in (["RECOVERING"], []), seen
    assert ask(broker, "cluster", "status")["topics"] == 3000


def test_calls_are_counted(broker):
    ask(broker, "cluster", "status")
    with urllib.request.urlopen(f"http://127.0.0.1:{broker.admin_port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    assert re.search(r'moldau_operator_api_requests_total\{method="DescribeCluster",code="OK"\} [1-9]', text)


def test_a_broker_is_configured_by_its_pods_environment(tmp_path):
    """What a StatefulSet gives its pods: a name with a number, addresses in the environment, one file for all."""
    file = tmp_path / "broker.properties"
    inside, outside, internal = brokers.free_port(), brokers.free_port(), brokers.free_port()
    file.write_text(f"""
listeners=INTERNAL://127.0.0.1:{inside},EXTERNAL://127.0.0.1:{outside}
advertised.listeners=INTERNAL://${{env:POD_NAME}}.brokers:{inside},EXTERNAL://${{env:NODE_IP}}:30092
listener.security.protocol.map=INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT
log.dirs={tmp_path}/data
moldau.admin.listen=
moldau.internal.listen=127.0.0.1:{internal}
node.id=${{env:POD_INDEX}}
""")
    environment = os.environ | {"POD_NAME": "events-brokers-2", "POD_INDEX": "2", "NODE_IP": "10.1.2.3"}
    process = subprocess.Popen([brokers.MoldauBroker.binary(), "--config", file], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    try:
        assert "Moldau serves" in next(line for line in process.stdout if "serves" in line)
        state = json.loads(subprocess.run(
            [TOOL, "cluster", "status", "--operator-api", f"127.0.0.1:{internal}", "--output", "json"],
            capture_output=True, text=True, timeout=ANSWER_S, check=True).stdout)
        assert state["broker"] == 2
        assert state["brokers"][0]["endpoints"] == [
            {"listener": "INTERNAL", "host": "events-brokers-2.brokers", "port": inside},
            {"listener": "EXTERNAL", "host": "10.1.2.3", "port": 30092}]
        # Each listener tells its clients its own address.
        for port, host in ((inside, "events-brokers-2.brokers"), (outside, "10.1.2.3")):
            answer = subprocess.run([TOOL, "-b", f"127.0.0.1:{port}", "cluster", "info", "--output", "json"],
                                    capture_output=True, text=True, timeout=ANSWER_S)
            assert json.loads(answer.stdout)["brokers"][0]["host"] == host, answer
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
