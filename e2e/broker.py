"""Brokers on free ports in a folder of their own: Moldau, or Apache Kafka, to prove a test against the original."""

import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
KAFKA_JARS = ROOT / "build/clients/java/kafka"
ERROR_LINES = re.compile(r'\[(error|critical)\]|"level":\s*"(error|critical)"|\blevel=(error|critical)\b|'
                         r"ERROR: \w+Sanitizer|runtime error:|CHECK failed")


def free_port():
    """A port that nothing uses, below the range from which the system takes ports for outgoing connections."""
    for port in random.sample(range(20000, 32000), 200):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise RuntimeError("no free port")


class Broker:
    """One process: start, stop, kill and start again on the same data and ports."""

    ready_s = 30
    stop_s = 10

    def __init__(self, folder, settings=None):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.output = self.folder / "broker.log"
        self.port, self.admin_port, self.internal_port = free_port(), free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.settings = {"group.initial.rebalance.delay.ms": "100"} | (settings or {})
        self.process = None
        self.allowed_errors = []  # regular expressions: a test that provokes an error line declares it here

    def start_only(self):
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output)

    def start(self):
        """Starts it and waits until it is ready."""
        started = time.monotonic()
        self.start_only()
        while not self.ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"the broker ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() - started > self.ready_s:
                self.kill()
                raise RuntimeError(f"the broker was not ready within {self.ready_s} s:\n{self.tail()}")
            time.sleep(0.005)
        return self

    def stop(self):
        """Stops it as a service manager does and checks that it left nothing to complain about."""
        if self.process is None:
            return
        process, self.process = self.process, None
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(self.stop_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the broker did not stop within {self.stop_s} s:\n{self.tail()}") from None
        assert status in self.good_statuses(), f"the broker stopped with status {status}:\n{self.tail()}"
        self.check_output()

    def kill(self):
        process, self.process = self.process, None
        process.kill()
        process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def check_output(self):
        errors = [line for line in self.output.read_text(errors="replace").splitlines()
                  if ERROR_LINES.search(line) and not any(re.search(allowed, line) for allowed in self.allowed_errors)]
        assert not errors, "the broker logged:\n" + "\n".join(errors[:20])

    def tail(self):
        return self.output.read_text(errors="replace")[-4000:]

    def rss_bytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) * 1024

    def good_statuses(self):
        return (0,)


class MoldauBroker(Broker):
    def __init__(self, folder, cores=1, settings=None):
        super().__init__(folder, {"moldau.cores": str(cores)} | (settings or {}))

    @staticmethod
    def binary():
        return pathlib.Path(os.environ.get("MOLDAU_BIN_DIR", ROOT / "build/dev/bin")) / "moldau-broker"

    def command(self):
        settings = {
            "listeners": f"PLAINTEXT://{self.address}",
            "log.dirs": str(self.data),
            "moldau.admin.listen": f"127.0.0.1:{self.admin_port}",
            "moldau.internal.listen": f"127.0.0.1:{self.internal_port}",
        } | self.settings
        return [str(self.binary())] + [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}/readyz", timeout=1) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False


class KafkaBroker(Broker):
    """Apache Kafka, one node that is broker and controller."""

    ready_s = 120  # a JVM on a busy machine
    stop_s = 30

    def __init__(self, folder, cores=1, settings=None):
        super().__init__(folder, settings)
        self.process_options = ["java", "-Xmx512m", "-Xms256m", "-XX:TieredStopAtLevel=1", "-cp", f"{KAFKA_JARS}/*"]
        self.config = self.folder / "server.properties"
        own = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.admin_port}",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.admin_port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.data),
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "offsets.topic.num.partitions": "4",
        }
        own |= {key: value for key, value in self.settings.items() if not key.startswith("moldau.")}
        self.config.write_text("".join(f"{key}={value}\n" for key, value in own.items()))
        self.format()

    def format(self):
        subprocess.run(self.process_options + ["kafka.tools.StorageTool", "format", "-t", "AAAAAAAAQACAAAAAAAAAAQ", "-c",
                                               str(self.config)], check=True, capture_output=True)

    def command(self):
        return self.process_options + ["kafka.Kafka", str(self.config)]

    def ready(self):
        # A controller that has caught up lets the broker open its listener.
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        except OSError:
            return False

    def good_statuses(self):
        return (0, 143)  # a JVM that ends by SIGTERM says 143

    def check_output(self):
        pass
