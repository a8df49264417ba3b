"""Goes through the rounds: every line, every system, in turn; what a file of results has already is not done again."""

import time

from . import lines, proc, streams, wire
from .programs import Failed


SAID = ("cpu_s_per_gb", "mb_per_s", "cpu_us", "requests_per_s", "p50_ms", "p99_ms", "p999_ms", "produce", "fetch",
        "sendfile", "join_ms", "leave_ms", "clean_s", "killed_s", "again_s", "created_s", "rss_mib", "kib_each",
        "cpu_percent", "others_s")


class Race:
    def __init__(self, session, results, rounds, wanted=(), say=print):
        self.session, self.results, self.rounds, self.wanted, self.say = session, results, rounds, wanted, say
        self.failures = 0

    def run(self):
        shared = self.left(lines.chosen(lines.SHARED, self.wanted))
        if shared:
            self.session.start_shared()
            if any(one.systems != ("floor",) for one in shared):
                self.warm_up()
            self.go_round(shared)
            for kind, broker in self.session.running.items():
                self.results.add("loaded", kind, 0, {"rss_mib": proc.rss_mib(broker.pid)})
            self.session.stop_shared()
        self.go_round(self.left(lines.chosen(lines.alone(self.session.sizes), self.wanted)))
        return self.failures == 0

    def left(self, scenarios):
        return [one for one in scenarios if any(self.is_left(one, system, number) for number in range(self.rounds)
                                                for system in one.systems)]

    def is_left(self, scenario, system, number):
        if number >= min(self.rounds, scenario.rounds_max) or not self.session.races(system):
            return False
        return not all(self.results.has(line, system, number) for line in scenario.lines)

    def warm_up(self):
        for kind, broker in self.session.running.items():
            self.say(f"warming {kind}: {self.session.sizes.warm_gigabytes} GB and {self.session.sizes.warm_s} s of requests")
            topic = f"warm-{kind}"
            wire.create_topic(broker, topic)
            wire.wait_until_led(broker, topic, 1)
            self.results.add("warm", kind, 0, streams.warm_up(self.session, broker, topic, self.say))
            wire.delete_topic(broker, topic)

    def go_round(self, scenarios):
        for number in range(self.rounds):
            for scenario in scenarios:
                for system in lines.turn(scenario.systems, number):
                    if self.is_left(scenario, system, number):
                        self.measure(scenario, system, number)

    def measure(self, scenario, system, number):
        start = time.monotonic()
        try:
            for line, values in scenario.measure(self.session, system, number):
                self.results.add(line, system, number, values)
                self.say(f"round {number + 1} {line:22} {system:14} {summary(values)} [{time.monotonic() - start:.1f} s]")
        except (Failed, RuntimeError, OSError) as fault:
            self.failures += 1
            self.say(f"round {number + 1} {scenario.name} {system} FAILED: {fault}")


def summary(values):
    return " ".join(f"{key}={values[key]:.2f}" for key in SAID if key in values)
