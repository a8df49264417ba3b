"""One record a request: how many the broker answers, what each costs it, and how long each takes at a fixed rate."""

import contextlib
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


@contextlib.contextmanager
def target(session, system):
    """What the requests go to: (process, port, topic); the bare loop is started for it, a broker gets a fresh topic."""
    if system == "floor":
        with programs.Floor(session.binaries, session.folder, "race") as floor:
            yield floor.pid, floor.port, "race"
    else:
        with session.topic(system) as (broker, topic):
            yield broker.pid, broker.port, topic


def closed_loop(connections):
    """Each connection sends its next request when the last was answered."""

    def measure(session, system, _number):
        with target(session, system) as (pid, port, topic):
            os.sync()
            told = session.measured(pid, "requests", port=port, topic=topic, bytes=SMALL, connections=connections,
                                    seconds=session.sizes.seconds)
        yield f"requests.{connections}", per_million(told)

    return measure


def fixed_rate(session, system, _number):
    """Requests fall due every half millisecond, whether or not those before were answered."""
    with target(session, system) as (pid, port, topic):
        os.sync()
        yield "latency", session.measured(pid, "rate", port=port, topic=topic, bytes=KIB, rate=RATE,
                                          connections=RATE_CONNECTIONS, seconds=session.sizes.latency_s)
