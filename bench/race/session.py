"""What a measuring function is given: the work folder, sizes, running brokers, and how to run the client against them."""

import contextlib
import dataclasses
import itertools
import pathlib
import shutil
import time

from . import brokers, programs, wire
from .proc import Window

# What races: which broker, with which topic settings. The same broker process serves both kinds of durability.
SYSTEMS = {
    "kafka": ("kafka", {}),
    "kafka-flush": ("kafka", {"flush.messages": "1"}),
    "moldau": ("moldau", {"moldau.durability": "replicated"}),
    "moldau-synced": ("moldau", {"moldau.durability": "synced"}),
}
BEHIND_S = 0.3  # what a broker does behind its answers is its cost too


@dataclasses.dataclass
class Sizes:
    """How much a round moves. The defaults keep a whole race below forty minutes on two processors."""

    gigabytes: float = 2
    seconds: int = 3
    latency_s: int = 8
    warm_gigabytes: float = 6
    warm_s: int = 60
    idle_s: int = 15
    recovery_gigabytes: float = 10
    partitions: tuple = (1, 1000, 5000)
    members: int = 12
    member_partitions: int = 48


FULL = Sizes(gigabytes=6, seconds=10, latency_s=30, warm_gigabytes=10, idle_s=60)
TINY = Sizes(gigabytes=0.004, seconds=1, latency_s=1, warm_gigabytes=0.002, warm_s=1, idle_s=1, recovery_gigabytes=0.004,
             partitions=(1, 20), members=2, member_partitions=4)


class Session:
    """Lifetime: one race. `running` are the brokers that the rounds share; others come and go with their line."""

    def __init__(self, binaries, folder, kinds, sizes):
        self.binaries, self.folder, self.sizes = pathlib.Path(binaries), pathlib.Path(folder), sizes
        self.kinds = kinds
        self.running = {}
        self.counter = itertools.count()
        self.folder.mkdir(parents=True, exist_ok=True)

    def races(self, system):
        return system == "floor" or SYSTEMS[system][0] in self.kinds

    def start_shared(self):
        for kind in self.kinds:
            self.running[kind] = self.new_broker(kind).start()

    def stop_shared(self):
        while self.running:
            self.running.popitem()[1].remove()

    def close(self):
        self.stop_shared()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_broker(self, kind):
        return brokers.KINDS[kind](self.folder / f"{kind}-{next(self.counter)}", self.binaries)

    @contextlib.contextmanager
    def own_broker(self, kind):
        """A broker for one line alone, not started yet."""
        one = self.new_broker(kind)
        try:
            yield one
        finally:
            one.remove()

    @contextlib.contextmanager
    def topic(self, system):
        """A fresh topic on the shared broker: (broker, name)."""
        kind, configs = SYSTEMS[system]
        name = f"race-{next(self.counter)}"
        wire.create_topic(self.running[kind], name, configs=configs)
        wire.wait_until_led(self.running[kind], name, 1)
        try:
            yield self.running[kind], name
        finally:
            wire.delete_topic(self.running[kind], name)

    def client(self, mode, **arguments):
        return programs.client(self.binaries, mode, **arguments)

    def measured(self, pid, mode, **arguments):
        """The client's figures and the processor time that went by meanwhile."""
        window = Window(pid)
        told = self.client(mode, **arguments)
        time.sleep(BEHIND_S)
        return told | window.end()
