"""One record a request: how many the broker answers, what each costs it, and how long each takes at a fixed rate."""

import os

from . import programs
from .streams import KIB, SMALL

RATE = 2000
RATE_CONNECTIONS = 16


def per_million(told):
    """Adds requests a second and processor seconds per million requests, which are microseconds a request."""
    millions = told["requests"] / 1e6
    return told | {"requests_per_s": told["requests"] / told["seconds"], "cpu_us": told["cpu_s"] / millions,
                   "user_us": told["user_s"] / millions, "system_us": told["system_s"] / millions}


def closed_loop(connections):
    """Each connection sends its next request when the last was answered."""

    def measure(session, system, _number):
        options = {"bytes": SMALL, "connections": connections, "seconds": session.sizes.seconds}
        os.sync()
        if system == "floor":
            with programs.Floor(session.binaries, session.folder, "race") as floor:
                told = session.measured(floor.pid, "requests", port=floor.port, topic="race", **options)
        else:
            with session.topic(system) as (broker, topic):
                told = session.measured(broker.pid, "requests", port=broker.port, topic=topic, **options)
        yield f"requests.{connections}", per_million(told)

    return measure


def fixed_rate(session, system, _number):
    """Requests fall due every half millisecond, whether or not those before were answered."""
    with session.topic(system) as (broker, topic):
        os.sync()
        yield "latency", session.measured(broker.pid, "rate", port=broker.port, topic=topic, bytes=KIB, rate=RATE,
                                          connections=RATE_CONNECTIONS, seconds=session.sizes.latency_s)
