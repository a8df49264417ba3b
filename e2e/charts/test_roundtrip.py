"""The script that `helm test` runs in its pod, run here against a broker: it waits, produces, consumes, and can fail."""

import os
import subprocess

import pytest
import yaml

CHARTS = ["charts/moldau-operator", "charts/moldau"]


def script(helm, chart):
    """Command and arguments of the test's pod."""
    pods = [one for one in yaml.safe_load_all(helm("template", "demo", chart).stdout) if one and one["kind"] == "Pod"]
    assert len(pods) == 1
    container = pods[0]["spec"]["containers"][0]
    return container["command"] + container["args"]


@pytest.fixture(scope="module")
def cli(make_broker):
    """cli(words, topic's broker) with the command line tool on the PATH."""
    broker = make_broker()
    folder = broker.binary().parent
    if not (folder / "moldau").exists():
        pytest.skip(f"no {folder / 'moldau'}")
    environment = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "MOLDAU_BROKERS": broker.address}

    def run(*words, **options):
        return subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60, **options)

    yield run
    broker.stop()


@pytest.mark.parametrize("chart", CHARTS)
def test_reads_back_what_it_sent(helm, cli, chart):
    cli("moldau", "topic", "create", "helm-test", "--partitions", "1")
    for _ in range(2):  # `helm test` may be run again
        done = cli(*script(helm, chart))
        assert done.returncode == 0, done.stdout + done.stderr
        sent = done.stdout.split("sent ")[1].split(",")[0]
        assert sent.startswith("helm-test-") and f"got {sent}" in done.stdout


def test_fails_when_nothing_comes_back(helm, cli, tmp_path):
    """A tool that loses what it is given makes the script fail."""
    loser = tmp_path / "moldau"
    loser.write_text('#!/bin/sh\ncase "$1" in produce) cat >/dev/null;; consume) echo other;; esac\n')
    loser.chmod(0o755)
    words = script(helm, CHARTS[0])
    assert cli(*words[:-1], f"PATH={tmp_path}:$PATH\n{words[-1]}").returncode != 0
