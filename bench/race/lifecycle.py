"""A broker's life: idle, started, killed, with much data, with many partitions. Each line has brokers of its own."""

import os
import time

from . import proc, wire
from .session import SYSTEMS

SAMPLED_PARTITIONS = 20
RECOVERY_PARTITIONS = 10
SETTLE_S = 5
TOPIC = "life"


def timed(action):
    start = time.monotonic()
    action()
    return round(time.monotonic() - start, 4)


def start_to_ack(broker, topic=TOPIC, partitions=(0,)):
    def action():
        broker.start_only()
        wire.first_acked(broker, topic, partitions)

    return timed(action)


def make_topic(broker, system, partitions=1):
    wire.create_topic(broker, TOPIC, partitions, SYSTEMS[system][1])
    wire.wait_until_led(broker, TOPIC, partitions)


def idle(session, system, _number):
    """Memory and processor time of a fresh broker that nobody talks to."""
    with session.own_broker(SYSTEMS[system][0]) as broker:
        broker.start()
        make_topic(broker, system)
        time.sleep(min(SETTLE_S, session.sizes.idle_s))
        window = proc.Window(broker.pid)
        time.sleep(session.sizes.idle_s)
        told = window.end()
        yield "idle", told | {"rss_mib": proc.rss_mib(broker.pid), "cpu_percent": 100 * told["cpu_s"] / told["window_s"]}


def start(session, system, _number):
    """From the start of the process to the first acknowledged record: after a stop, and after kill -9."""
    with session.own_broker(SYSTEMS[system][0]) as broker:
        broker.start()
        make_topic(broker, system)
        wire.first_acked(broker, TOPIC)
        broker.stop()
        clean = start_to_ack(broker)
        broker.kill()
        yield "start", {"clean_s": clean, "killed_s": start_to_ack(broker)}


def recovery(session, system, _number):
    """Killed with much data, most of it younger than the last sync."""
    gigabytes = session.sizes.recovery_gigabytes
    records = max(1, int(gigabytes * 1e9 / 1024 / RECOVERY_PARTITIONS))
    with session.own_broker(SYSTEMS[system][0]) as broker:
        broker.start()
        make_topic(broker, system)
        for part in range(RECOVERY_PARTITIONS):
            wire.create_topic(broker, f"filled-{part}", configs=SYSTEMS[system][1])
            wire.wait_until_led(broker, f"filled-{part}", 1)
            session.client("produce", brokers=broker.address, topic=f"filled-{part}", records=records, bytes=1024, acks="1")
        broker.kill()
        os.sync()
        killed = start_to_ack(broker)
        broker.kill()
        yield "recovery", {"gigabytes": gigabytes, "killed_s": killed, "again_s": start_to_ack(broker)}


def partitions(count):
    """One topic of many partitions: made, weighed, killed, started."""

    def measure(session, system, _number):
        sampled = sorted({index * (count - 1) // max(1, SAMPLED_PARTITIONS - 1) for index in range(SAMPLED_PARTITIONS)})
        with session.own_broker(SYSTEMS[system][0]) as broker:
            broker.start()
            wire.create_topic(broker, "before")
            wire.first_acked(broker, "before")
            time.sleep(1)
            empty = proc.rss_mib(broker.pid)
            created = timed(lambda: make_topic(broker, system, count))
            writable = timed(lambda: wire.first_acked(broker, TOPIC, sampled))
            time.sleep(1)
            full = proc.rss_mib(broker.pid)
            broker.kill()
            yield f"partitions.{count}", {"created_s": created, "writable_s": created + writable, "rss_mib": full,
                                          "kib_each": max(0.0, full - empty) * 1024 / count,
                                          "killed_s": start_to_ack(broker, TOPIC, sampled),
                                          "restarted_rss_mib": proc.rss_mib(broker.pid)}

    return measure
