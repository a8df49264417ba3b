"""Fixtures of the tests against Kubernetes: a namespace for each test, the installed operator, measured figures."""

import itertools
import json
import os
import pathlib
import re
import time

import pytest

import moldau
from kube import Kube, eventually

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FIGURES = ROOT / "build/kubernetes/figures.json"
NAMESPACE_NAME_MAX = 50


@pytest.fixture(scope="session")
def kube():
    return Kube()


@pytest.fixture(scope="session")
def lab():
    """For scenarios that cut power or kill processes of a node: skipped where the cluster is not the lab."""
    if os.environ.get("E2E_KUBECONFIG"):
        pytest.skip("only the lab can do this to a cluster: unset E2E_KUBECONFIG")
    import faults
    return faults.Lab()


@pytest.fixture
def audit(lab):
    import faults
    return faults.Audit()


@pytest.fixture
def make_namespace(kube, request, counter=itertools.count()):
    """make_namespace(labels) → the name of a new namespace of this test; removed afterwards, without waiting for its end."""
    made = []

    def make(labels=None):
        claim = re.sub(r"[^a-z0-9]+", "-", request.node.name.removeprefix("test_").lower()).strip("-")
        name = f"{claim[:NAMESPACE_NAME_MAX].strip('-')}-{os.getpid() % 1000}-{next(counter)}"
        kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels or {}}})
        made.append(name)
        eventually("the namespace has its account", lambda: kube.find("ServiceAccount", "default", name))
        return name

    yield make
    if request.node.stash.get(FAILED, False):
        for name in made:
            print(moldau.diagnose(kube, name))
    for name in made:
        kube.delete("Namespace", name)


@pytest.fixture
def namespace(make_namespace):
    return make_namespace()


@pytest.fixture(scope="session")
def operator(kube):
    """The operator, installed by the chart for all namespaces; every test finds it healthy."""
    installed = moldau.Operator(kube)
    installed.install()
    return installed


@pytest.fixture
def cluster(kube, namespace, operator):
    """A small Cluster that is Ready."""
    operator.wait_until_available()
    made = moldau.Cluster(kube, namespace)
    made.apply()
    made.wait_until_ready()
    return made


class Figures:
    """What was measured, with its target: printed at the end of the run and kept in build/kubernetes/figures.json."""

    def __init__(self):
        self.rows = {}

    def add(self, name, value, target, unit):
        self.rows[name] = {"measured": round(value, 3), "target": target, "unit": unit}

    def save(self):
        if self.rows:
            FIGURES.parent.mkdir(parents=True, exist_ok=True)
            before = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
            FIGURES.write_text(json.dumps(before | self.rows, indent=1) + "\n")


_figures = Figures()
_outcomes = {}
FAILED = pytest.StashKey()


@pytest.fixture(scope="session")
def figures():
    return _figures


@pytest.fixture
def stopwatch():
    """stopwatch() → seconds since the test asked for it first."""
    begin = time.monotonic()
    return lambda: time.monotonic() - begin


def pytest_runtest_logstart(nodeid):
    print(f"\nalone: e2e/kubernetes/run {nodeid}", flush=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"
    if report.failed:
        item.stash[FAILED] = True
    if report.when == "call" or report.outcome != "passed":
        _outcomes[item.nodeid] = (report.outcome, call.duration + item.stash.get(SETUP_S, 0.0))
    elif report.when == "setup":
        item.stash[SETUP_S] = call.duration


SETUP_S = pytest.StashKey()


def pytest_terminal_summary(terminalreporter):
    if _outcomes:
        terminalreporter.section("scenarios")
    for name, (outcome, seconds) in _outcomes.items():
        terminalreporter.write_line(f"{outcome:8} {seconds:7.1f} s  {name}")
    if _figures.rows:
        terminalreporter.section("figures")
    for name, row in _figures.rows.items():
        terminalreporter.write_line(f"{row['measured']:>10} {row['unit']:4} (target {row['target']} {row['unit']})  {name}")
    _figures.save()
