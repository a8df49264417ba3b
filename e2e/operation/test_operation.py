"""What an operator relies on: health, metrics, locks, faults in settings, a graceful stop. Moldau only."""

import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request

import pytest

import broker as brokers


@pytest.fixture(autouse=True)
def moldau_only(request):
    if request.config.getoption("--broker") != "moldau":
        pytest.skip("about Moldau only")


def get(broker, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{broker.admin_port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_health(broker):
    assert get(broker, "/livez")[0] == 200
    assert get(broker, "/readyz")[0] == 200
    assert get(broker, "/no-such-page")[0] == 404


def test_metrics_pass_promtool(broker):
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("no promtool")
    status, text = get(broker, "/metrics")
    assert status == 200 and text.count("# HELP") > 10
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0 and not checked.stderr, checked.stdout + checked.stderr


def fails_at_once(*settings):
    """What a broker that must not start says; its status must be 2."""
    command = [str(brokers.MoldauBroker.binary())] + [word for setting in settings for word in ("-o", setting)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    assert done.returncode == 2, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_a_second_broker_on_the_same_data_ends_with_status_2(broker):
    said = fails_at_once(f"log.dirs={broker.data}", f"listeners=PLAINTEXT://127.0.0.1:{brokers.free_port()}",
                         f"moldau.admin.listen=127.0.0.1:{brokers.free_port()}", "moldau.internal.listen=")
    assert str(broker.data) in said
    assert get(broker, "/readyz")[0] == 200


def test_all_faults_in_settings_are_listed_at_once_with_the_nearest_name(broker):
    said = fails_at_once("log.dir=x", "log.retention.mss=1", "num.partitions=none", "moldau.cores=-3")
    for part in ("log.retention.mss", "log.retention.ms", "num.partitions", "moldau.cores"):
        assert part in said, said


def test_version_and_help_say_something():
    binary = brokers.MoldauBroker.binary()
    if not binary.exists():
        pytest.skip(f"no {binary}")
    for option in ("--version", "--help"):
        done = subprocess.run([str(binary), option], capture_output=True, text=True, timeout=10)
        assert done.returncode == 0 and done.stdout


def test_stops_within_10_seconds_while_clients_are_connected(make_broker, cores):
    ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
    broker = make_broker(cores)
    producer = ck.Producer({"bootstrap.servers": broker.address, "log_level": 0})
    member = ck.Consumer({"bootstrap.servers": broker.address, "group.id": "g", "log_level": 0})
    member.subscribe(["stopping"])
    for at in range(1000):
        producer.produce("stopping", b"%d" % at)
        member.poll(0)
    started = time.monotonic()
    broker.stop()
    assert time.monotonic() - started < 10


def test_ctrl_c_stops_it_cleanly(make_broker, cores):
    broker = make_broker(cores)
    broker.process.send_signal(signal.SIGINT)
    assert broker.process.wait(10) == 0
    broker.check_output()
    broker.process = None


def test_the_broker_prints_what_to_try(broker):
    assert re.search(rf"(kcat|moldau) .*{broker.port}", broker.output.read_text())
