"""Every figure of every round, a line of JSON each, written as it comes: an interrupted race can go on, or be rendered."""

import json
import pathlib

from .stats import spread


class Results:
    """The file may hold several runs' machine facts (it was continued); the last counts."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.machine, self.runs = {}, []
        if self.path.exists():
            for line in self.path.read_text().split("\n"):
                self._take(line)

    def _take(self, line):
        try:
            entry = json.loads(line)
        except ValueError:
            return  # an empty line, or one that was cut when the race was
        if "machine" in entry:
            self.machine = entry["machine"]
        elif "line" in entry:
            self.runs.append(entry)

    def _append(self, entry):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = self.path.exists() and self.path.stat().st_size and not self.path.read_bytes().endswith(b"\n")
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(("\n" if whole else "") + json.dumps(entry) + "\n")

    def set_machine(self, facts):
        self.machine = facts
        self._append({"machine": facts})

    def add(self, line, system, number, values):
        entry = {"line": line, "system": system, "round": number, "values": values}
        self.runs.append(entry)
        self._append(entry)

    def has(self, line, system, number):
        return any((run["line"], run["system"], run["round"]) == (line, system, number) for run in self.runs)

    def values(self, line, system, key):
        return [run["values"][key] for run in self.runs
                if (run["line"], run["system"]) == (line, system) and key in run["values"]]

    def spread(self, line, system, key):
        return spread(self.values(line, system, key))

    def median(self, line, system, key):
        found = self.spread(line, system, key)
        return found.median if found else None
