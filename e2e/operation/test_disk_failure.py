"""One of two data directories fails, is missing, comes back; the metadata folder is lost."""

import re
import shutil
import signal
import subprocess
import time
import urllib.request

import pytest

import broker as brokers
from disks import small_disk

confluent_kafka = pytest.importorskip("confluent_kafka")
admin = pytest.importorskip("confluent_kafka.admin")

PARTITIONS = 8
ALLOWED = ["data directory", "cannot open the log", "cannot remove the files", "checkpoint", "was not clean"]


@pytest.fixture(autouse=True)
def moldau_only(request):
    if request.config.getoption("--broker") != "moldau":
        pytest.skip("about Moldau only")


def produce(broker, topic, text, timeout_ms=8000):
    """One record to each partition, never retried: the error code of each, 0 for none."""
    codes = {}
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.address, "acks": "all", "retries": 0,
                                         "message.timeout.ms": timeout_ms})
    for partition in range(PARTITIONS):
        producer.produce(topic, text, partition=partition,
                         on_delivery=lambda error, _, at=partition: codes.update({at: error.code() if error else 0}))
    producer.flush(30)
    return codes


def read(broker, topic, partition):
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker.address, "group.id": "reader",
                                         "enable.auto.commit": False})
    at = confluent_kafka.TopicPartition(topic, partition, 0)
    _, end = consumer.get_watermark_offsets(at, timeout=10)
    consumer.assign([at])
    values = []
    deadline = time.monotonic() + 30
    while len(values) < end:
        assert time.monotonic() < deadline
        values += [message.value().decode() for message in consumer.consume(100, 1) if message.error() is None]
    consumer.close()
    return values


def metric(broker, name, folder):
    with urllib.request.urlopen(f"http://127.0.0.1:{broker.admin_port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    return float(re.search(rf'^{name}{{dir="{re.escape(str(folder))}"}} (\S+)$', text, re.MULTILINE).group(1))


def create(broker, topic):
    client = admin.AdminClient({"bootstrap.servers": broker.address})
    client.create_topics([admin.NewTopic(topic, PARTITIONS, 1)])[topic].result(30)


def partitions_in(folder, topic):
    return {int(entry.name.rsplit("-", 1)[1]) for entry in folder.glob(f"{topic}-*") if re.search(r"-\d+$", entry.name)}


def end_with(broker, status):
    process, broker.process = broker.process, None
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == status, broker.tail()


def test_a_failing_directory_takes_only_its_own_partitions(make_broker, cores, tmp_path):
    with small_disk(tmp_path, "second", 100) as disk:
        first, second = tmp_path / "first", disk.path / "data"
        broker = make_broker(cores, {"log.dirs": f"{first},{second}", "moldau.wal.file.bytes": str(4 << 20)})
        broker.allowed_errors = ALLOWED
        create(broker, "orders")
        there = partitions_in(second, "orders")
        assert len(there) == PARTITIONS // 2
        assert set(produce(broker, "orders", "before").values()) == {0}

        disk.fail()
        failed = time.monotonic()
        while metric(broker, "moldau_disk_failed", second) == 0:
            produce(broker, "orders", "noticed")
            assert time.monotonic() - failed < 30
        time.sleep(2)
        codes = produce(broker, "orders", "during")
        assert {partition for partition, code in codes.items() if code != 0} == there, codes
        assert all(codes[partition] == 56 for partition in there), codes
        here = next(iter(set(range(PARTITIONS)) - there))
        assert "during" in read(broker, "orders", here)
        create(broker, "placed")
        assert partitions_in(first, "placed") == set(range(PARTITIONS))
        assert broker.ready()
        assert metric(broker, "moldau_disk_failed", first) == 0

        end_with(broker, 1)
        assert (first / ".kafka_cleanshutdown").exists()
        disk.unmount()
        broker.start()  # the mount point is an empty folder now
        codes = produce(broker, "orders", "without")
        assert {partition for partition, code in codes.items() if code != 0} == there, codes
        assert not (disk.path / "data").exists(), "nothing may be made below a mount point"
        end_with(broker, 1)

        disk.repair()
        disk.mount()
        broker.start()
        assert set(produce(broker, "orders", "after").values()) == {0}
        for partition in range(PARTITIONS):
            values = read(broker, "orders", partition)
            assert values[0] == "before" and values[-1] == "after" and values.count("before") == 1
        broker.stop()
        print(f"\n{len(there)} of {PARTITIONS} partitions offline and back")


def test_the_directory_of_the_metadata_ends_the_broker(make_broker, cores, tmp_path):
    with small_disk(tmp_path, "only", 100) as disk:
        broker = make_broker(cores, {"log.dirs": str(disk.path / "data"), "moldau.wal.file.bytes": str(4 << 20)})
        create(broker, "orders")
        assert set(produce(broker, "orders", "before").values()) == {0}
        disk.fail()
        process = broker.process
        started = time.monotonic()
        while process.poll() is None:
            produce(broker, "orders", "during", timeout_ms=1000)
            assert time.monotonic() - started < 40, broker.tail()
        assert process.returncode == 1
        broker.process = None
        assert "the data directory that holds the metadata failed, the broker ends" in broker.tail()
        disk.unmount()
        disk.repair()
        disk.mount()
        broker.start()
        for partition in range(PARTITIONS):
            assert read(broker, "orders", partition)[0] == "before"
        broker.allowed_errors = [".*"]
        broker.stop()


def test_lost_metadata_is_no_first_start(make_broker, tmp_path):
    data = tmp_path / "data"
    broker = make_broker(1, {"log.dirs": str(data)})
    broker.allowed_errors = ["cannot start"]
    create(broker, "orders")
    assert set(produce(broker, "orders", "kept").values()) == {0}
    broker.stop()
    shutil.move(data / "__cluster_metadata-0", tmp_path / "lost")

    done = subprocess.run(broker.command(), capture_output=True, text=True, timeout=20)
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "__cluster_metadata-0 is gone" in said and "moldau.start.after.loss=true" in said
    assert (data / "orders-0").exists() and not list(data.glob("*-stray"))

    shutil.move(tmp_path / "lost", data / "__cluster_metadata-0")
    broker.start()
    assert read(broker, "orders", 0) == ["kept"]
    broker.stop()
    shutil.rmtree(data / "__cluster_metadata-0")
    broker.settings["moldau.start.after.loss"] = "true"
    broker.start()
    assert (data / "orders-0-stray").exists()
    broker.stop()
