"""What bench/run and bench/quick share: building, processors, Kafka if it can be had, the race itself."""

import os
import signal
import subprocess
import sys
import time

from . import ROOT, brokers, proc
from .results import Results
from .runner import Race
from .session import Session


def build():
    """The release preset's programs; their folder."""
    subprocess.run([ROOT / "tools/build", "release", "moldau-broker", "bench_client", "floor"], check=True)
    return ROOT / "build/release/bin"


def kinds_with_kafka(say=print):
    """Installs Kafka where it is not; who can race."""
    subprocess.run([ROOT / "e2e/clients/install"], check=False)
    why = brokers.kafka_missing()
    if why:
        say(f"Kafka does not race: {why}")
    return ("moldau",) if why else ("kafka", "moldau")


def results_path(name):
    return ROOT / "build/bench" / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.jsonl"


def race(path, binaries, kinds, sizes, rounds, wanted):  # the two commands, each with all of its own options
    """(results, whether every line came to an end). The folder with the brokers' data goes, whatever happens."""
    os.sched_setaffinity(0, {brokers.processors()[1]})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the brokers end with it
    results = Results(path)
    folder = ROOT / "build/bench" / f"data-{os.getpid()}"
    session = Session(binaries, folder, kinds, sizes)
    results.set_machine(proc.machine_facts(folder) | {"kafka": brokers.kafka_version(), "rounds": rounds,
                                                      "day": time.strftime("%Y-%m-%d")})
    print(f"results: {path}", flush=True)
    try:
        good = Race(session, results, rounds, wanted, lambda text: print(text, flush=True)).run()
    finally:
        session.close()
    return results, good
