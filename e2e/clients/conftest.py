"""Fixtures for the clients that are not Python modules: each skips, with the reason, where its client is missing."""

import base64
import pathlib
import select
import subprocess

import pytest

from broker import ROOT

CLIENTS = ROOT / "build/clients"
ANSWER_S = 90


def need(client):
    """Skips the test unless tools/setup --clients could install `client`."""
    missing = CLIENTS / "missing" / client
    if missing.exists():
        pytest.skip(f"no {client} client: {missing.read_text().strip()}")
    if not (CLIENTS / f"done-{client}").exists():
        pytest.skip(f"no {client} client: tools/setup --clients installs it")


def java_command(jars, *arguments):
    path = f"{CLIENTS}/java/{jars}-program:{CLIENTS}/java/{jars}/*"
    options = ["-Xmx384m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
    return ["java", *options, "-cp", path, *map(str, arguments)]


class JavaServer:
    """A JVM that takes requests line by line, because starting one takes longer than most tests."""

    def __init__(self, jars, main, log):
        self.log = log
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(java_command(jars, main), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=errors)

    def ask(self, *words):
        self.process.stdin.write(("\t".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], ANSWER_S)[0]:
            self.process.kill()
            raise AssertionError(f"no answer to {words} within {ANSWER_S} s")
        answer = self.process.stdout.readline().decode().rstrip("\n").split("\t")
        assert answer != [""], f"the JVM ended: {pathlib.Path(self.log).read_text()[-2000:]}"
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait()


def java_server(name, main):
    @pytest.fixture(scope="session")
    def start(tmp_path_factory):
        need(name)
        server = JavaServer("client" if name == "java" else name, main, tmp_path_factory.mktemp(name) / "stderr")
        yield server
        server.close()
    return start


java_scenarios = java_server("java", "Scenarios")
tool_server = java_server("tools", "ToolServer")


@pytest.fixture
def java(java_scenarios, broker):
    """java(scenario, topic, arguments...) runs one scenario of the Java client."""
    def run(scenario, topic, *arguments):
        answer = java_scenarios.ask(scenario, broker.address, topic, *arguments)
        assert answer[0] == "ok", "\n".join(answer)
    return run


@pytest.fixture
def tool(tool_server, tmp_path):
    """tool(main class, arguments..., stdin=text) → its output and, unless `quiet`, its errors.

    `fails=True` expects another status than 0."""
    def run(main, *arguments, stdin=None, fails=False, quiet=False):
        given = "-"
        if stdin is not None:
            given = tmp_path / "stdin"
            given.write_text(stdin)
        answer = tool_server.ask(main, given, *arguments)
        status, printed, errors = int(answer[0]), *(base64.b64decode(part).decode(errors="replace") for part in answer[1:])
        assert (status != 0) == fails, f"{main} ended with {status}:\n{printed}\n{errors}"
        return printed if quiet else printed + errors
    return run


@pytest.fixture
def tool_alone():
    """tool_alone(main class, arguments...) → standard output; for tools that do their last work in the JVM's own end."""
    need("tools")

    def run(main, *arguments):
        done = subprocess.run(java_command("tools", main, *arguments), capture_output=True, text=True, timeout=ANSWER_S)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
    return run


@pytest.fixture
def go(broker):
    """go(scenario, topic, arguments...) runs one scenario of the Go client."""
    need("go")

    def run(scenario, topic, *arguments):
        done = subprocess.run([CLIENTS / "go_client", scenario, broker.address, topic, *arguments],
                              capture_output=True, text=True, timeout=ANSWER_S)
        assert done.returncode == 0, done.stdout + done.stderr
    return run


@pytest.fixture
def kcat(broker):
    """kcat(arguments..., stdin=bytes) → what it printed, in bytes; `fails=True` expects another status than 0."""
    need("kcat")

    def run(*arguments, stdin=b"", fails=False):
        done = subprocess.run(["kcat", "-b", broker.address, *arguments], input=stdin, capture_output=True, timeout=ANSWER_S)
        assert (done.returncode != 0) == fails, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done.stdout + (done.stderr if fails else b"")
    return run
