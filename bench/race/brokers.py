"""The two that race, each pinned to the first processor, with data in a folder of its own.

Kafka runs with the values of its shipped config/server.properties, its start script's heap and collector flags, and no JMX.
What differs from shipped: addresses, folders, the voter's address, and files of deleted topics that go after a second (in
both brokers).
"""

import os
import pathlib
import shutil
import subprocess

import broker as e2e

DELETE_DELAY = {"log.segment.delete.delay.ms": "1000"}
PROCESSORS = os.sched_getaffinity(0)  # as they are before the client is pinned
KAFKA_JVM = ["-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
             "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-Djava.awt.headless=true"]
KAFKA_SHIPPED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "num.network.threads": "3",
    "num.io.threads": "8",
    "socket.send.buffer.bytes": "102400",
    "socket.receive.buffer.bytes": "102400",
    "socket.request.max.bytes": "104857600",
    "num.partitions": "1",
    "num.recovery.threads.per.data.dir": "1",
    "offsets.topic.replication.factor": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "log.retention.hours": "168",
    "log.segment.bytes": "1073741824",
    "log.retention.check.interval.ms": "300000",
}


def processors():
    """(the broker's, the client's): the first two that this process may use."""
    ours = sorted(PROCESSORS)
    return ours[0], ours[1 if len(ours) > 1 else 0]


def pinned():
    return ["taskset", "-c", str(processors()[0])]


class RacingBroker(e2e.Broker):
    """A broker of the tests, with its own settings only and pinned."""

    ready_s, stop_s = 60, 60

    def __init__(self, folder, binaries):
        super().__init__(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.binaries = pathlib.Path(binaries)
        self.settings = dict(DELETE_DELAY)

    @property
    def pid(self):
        return self.process.pid

    def remove(self):
        if self.process:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def check_output(self):
        """The race measures; errors are what the tests look for."""


class Moldau(RacingBroker):
    def command(self):
        settings = {"listeners": f"PLAINTEXT://{self.address}", "log.dirs": str(self.data), "moldau.cores": "1",
                    "moldau.admin.listen": f"127.0.0.1:{self.admin_port}",
                    "moldau.internal.listen": f"127.0.0.1:{self.internal_port}"} | self.settings
        words = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        return pinned() + [str(self.binaries / "moldau-broker")] + words

    ready = e2e.MoldauBroker.ready


class Kafka(RacingBroker):
    def __init__(self, folder, binaries):
        super().__init__(folder, binaries)
        self.config = self.folder / "server.properties"
        voter = f"127.0.0.1:{self.admin_port}"
        values = KAFKA_SHIPPED | {
            "controller.quorum.bootstrap.servers": voter,
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://{voter}",
            "advertised.listeners": f"PLAINTEXT://{self.address},CONTROLLER://{voter}",
            "log.dirs": str(self.data),
        } | self.settings
        self.config.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        self.java = ["java", *KAFKA_JVM, "-cp", f"{e2e.KAFKA_JARS}/*"]
        subprocess.run([*self.java, "kafka.tools.StorageTool", "format", "--standalone", "-t", "AAAAAAAAQACAAAAAAAAAAQ",
                        "-c", str(self.config)], check=True, capture_output=True)

    def command(self):
        return pinned() + self.java + ["kafka.Kafka", str(self.config)]

    ready = e2e.KafkaBroker.ready

    def good_statuses(self):
        return (0, 143)


KINDS = {"kafka": Kafka, "moldau": Moldau}


def kafka_missing():
    """Why Kafka cannot race, or None."""
    if not list(e2e.KAFKA_JARS.glob("kafka_2.13-*.jar")):
        return "its jars are not installed: e2e/clients/install"
    return None if shutil.which("java") else "there is no java"


def kafka_version():
    jars = list(e2e.KAFKA_JARS.glob("kafka_2.13-*.jar"))
    return jars[0].stem.split("-", 1)[1] if jars else "none"
