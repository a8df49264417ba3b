"""Runs the bench client and the floor, which print a line of JSON each."""

import json
import subprocess

PATIENCE_S = 600


class Failed(Exception):
    """A run that did not come to its end: its figures would mean nothing."""


def run(command):
    words = " ".join(str(word) for word in command[:2])
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                              timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise Failed(f"{words} did not end within {PATIENCE_S} s") from None
    if done.returncode != 0 or not done.stdout.strip():
        raise Failed(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


def client(binaries, mode, **arguments):
    return run([binaries / "bench_client", mode, *(f"{key}={value}" for key, value in arguments.items())])


class Floor:
    """The bare loop as a server of one-record requests, with what the measuring code wants of a broker."""

    def __init__(self, binaries, folder, topic):
        self.process = subprocess.Popen([binaries / "floor", "serve", f"path={folder / 'floor'}", f"topic={topic}"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid, self.port = self.process.pid, int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate("")
