"""Memory stays below its limit whatever clients ask for at once. Moldau only; measured by the kernel: VmHWM.

Where the kernel lets us make a control group, the broker lives in one with that limit too, as in a container: with its page
cache, and with what its connections hold in the kernel. Above it the kernel would kill it.
"""

import contextlib
import os
import pathlib
import re
import resource
import socket
import struct
import threading
import time
import zlib

import pytest

ck = pytest.importorskip("confluent_kafka", reason="no confluent-kafka: tools/setup --clients installs it")
admin_api = pytest.importorskip("confluent_kafka.admin")

MIB = 1 << 20
LIMIT_BYTES = 256 * MIB  # what a container would have; the broker takes its default share of that
IDLE_CONNECTIONS = 1000
CLIENTS = 64
FETCH_BYTES = 50 * MIB
HOT_PARTITIONS = 16
VALUE_BYTES = 100_000
WAIT_S = 300


@pytest.fixture(autouse=True)
def moldau_only(request):
    if request.config.getoption("--broker") != "moldau":
        pytest.skip("about Moldau only")


class ControlGroup:
    """A group with the limit, of either version of the kernel's interface; none where we may not."""

    KINDS = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.kmem.tcp.max_usage_in_bytes"),
             ("/sys/fs/cgroup", "memory.max", None)]

    def __init__(self, pid):
        self.folder = self.sockets = None
        for parent, limit, sockets in self.KINDS:
            folder = pathlib.Path(parent) / f"moldau-memory-limit-{pid}"
            try:
                folder.mkdir()
                (folder / limit).write_text(str(LIMIT_BYTES))
                if sockets:  # counted only below a limit
                    (folder / "memory.kmem.tcp.limit_in_bytes").write_text(str(LIMIT_BYTES))
                (folder / "cgroup.procs").write_text(str(pid))
            except OSError:
                self.remove(folder)
                continue
            self.folder, self.sockets = folder, sockets
            return

    def figures(self):
        if not self.folder:
            return ["no control group"]
        if not self.sockets:
            return ["in a control group"]
        return [f"in a control group, its sockets {int((self.folder / self.sockets).read_text()) / MIB:.0f} MiB"]

    @staticmethod
    def remove(folder):
        with contextlib.suppress(OSError):
            folder.rmdir()


@pytest.fixture
def limited(make_broker, cores):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    broker = make_broker(cores, {"moldau.memory.bytes": str(LIMIT_BYTES // 4)})
    broker.control_group = ControlGroup(broker.process.pid)
    yield broker
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    broker.stop()
    if broker.control_group.folder:
        ControlGroup.remove(broker.control_group.folder)


def peak_bytes(broker):
    status = pathlib.Path(f"/proc/{broker.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) * 1024


def fill(broker, topic, partitions, bytes_each):
    admin = admin_api.AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([admin_api.NewTopic(topic, partitions, 1)])[topic].result(30)
    producer = ck.Producer({"bootstrap.servers": broker.address, "batch.size": 900_000, "linger.ms": 20,
                            "queue.buffering.max.kbytes": 32_768})
    value = os.urandom(VALUE_BYTES)
    for _ in range(bytes_each // VALUE_BYTES + 1):
        for partition in range(partitions):
            while True:
                try:
                    producer.produce(topic, value, partition=partition)
                    break
                except BufferError:
                    producer.poll(0.1)
    assert producer.flush(120) == 0


def frame(api_key, version, body):
    head = struct.pack(">hhih", api_key, version, 1, 4) + b"test"
    return struct.pack(">i", len(head) + len(body)) + head + body


def fetch_request(topic, partitions, partition_bytes):
    """Fetch version 4: everything from offset 0."""
    rows = b"".join(struct.pack(">iqi", partition, 0, partition_bytes) for partition in range(partitions))
    name = topic.encode()
    return frame(1, 4, struct.pack(">iiiib", -1, 500, 1, FETCH_BYTES, 0) + struct.pack(">ih", 1, len(name)) + name +
                 struct.pack(">i", partitions) + rows)


def connect(broker):
    return socket.create_connection(("127.0.0.1", broker.port), timeout=WAIT_S)


def receive(connection, count, pause_s=0.0):
    """The checksum of the next `count` bytes, read slowly."""
    checksum, left = 0, count
    while left > 0:
        piece = connection.recv(min(left, 256 << 10))
        assert piece, "the broker closed the connection"
        checksum = zlib.crc32(piece, checksum)
        left -= len(piece)
        time.sleep(pause_s)
    return checksum


def idle_connections(broker, count):
    """Connections that asked once for the versions and then for nothing."""
    all_of_them = [connect(broker) for _ in range(count)]
    for connection in all_of_them:
        connection.sendall(frame(18, 0, b""))
    for connection in all_of_them:
        receive(connection, struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))[0])
    return all_of_them


def fetch_at_once(broker, request):
    """(length, checksum) of every client's answer."""
    answers, start = [], threading.Barrier(CLIENTS)

    def client():
        with connect(broker) as connection:
            start.wait(WAIT_S)
            connection.sendall(request)
            length = struct.unpack(">i", connection.recv(4, socket.MSG_WAITALL))[0]
            answers.append((length, receive(connection, length, 0.001)))

    threads = [threading.Thread(target=client, daemon=True) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    return answers


def test_large_fetches_of_many_clients_stay_below_the_limit(limited, cores, record_property):
    # One answer may take twice the broker's share of the memory, divided by the cores.
    least = 0.8 * min(FETCH_BYTES, 2 * (LIMIT_BYTES // 4) // cores)
    fill(limited, "cold", 1, FETCH_BYTES + 8 * MIB)
    fill(limited, "hot", HOT_PARTITIONS, 4 * MIB)
    idle = idle_connections(limited, IDLE_CONNECTIONS)
    started, figures = time.monotonic(), [f"filled {peak_bytes(limited) / MIB:.0f} MiB"]
    for topic, partitions in (("cold", 1), ("hot", HOT_PARTITIONS)):
        answers = fetch_at_once(limited, fetch_request(topic, partitions, FETCH_BYTES // partitions))
        figures.append(f"{topic} {peak_bytes(limited) / MIB:.0f} MiB {time.monotonic() - started:.0f} s")
        assert len(answers) == CLIENTS, figures
        assert len(set(answers)) == 1, "the answers differ"
        assert answers[0][0] > least, answers[0]
    figures += limited.control_group.figures()
    print("peak:", ", ".join(figures))
    record_property("peak", figures)
    assert peak_bytes(limited) < LIMIT_BYTES, figures
    for connection in idle:
        connection.close()
