"""Fixtures and options for every test against a running broker: see README.md beside this file."""

import itertools
import os
import re

import pytest

import broker as brokers


def pytest_addoption(parser):
    parser.addoption("--broker", choices=["moldau", "kafka"], default="moldau", help="what to test against")
    parser.addoption("--cores", default="1,4", help="values of moldau.cores to test with, separated by commas")


def pytest_generate_tests(metafunc):
    if "cores" in metafunc.fixturenames:
        kafka = metafunc.config.getoption("--broker") == "kafka"
        cores = ["1"] if kafka else metafunc.config.getoption("--cores").split(",")
        metafunc.parametrize("cores", [int(count) for count in cores], indirect=True, ids=lambda count: f"cores{count}")


@pytest.fixture(scope="session")
def cores(request):
    """The value of moldau.cores: a test that uses it runs once with each."""
    return request.param


def fail_if_skipped(report):
    """In CI nothing may be missing: a skipped test is a failed one."""
    if report.skipped and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    fail_if_skipped((yield).get_result())


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector):
    fail_if_skipped((yield).get_result())


@pytest.fixture(scope="session")
def make_broker(request, tmp_path_factory):
    """make_broker(cores, settings) → a started broker, stopped and checked at the end of the session at the latest."""
    made = []

    def make(cores=1, settings=None):
        kafka = request.config.getoption("--broker") == "kafka"
        kind = brokers.KafkaBroker if kafka else brokers.MoldauBroker
        if not kafka and not kind.binary().exists():
            pytest.skip(f"no {kind.binary()}")
        made.append(kind(tmp_path_factory.mktemp("broker"), cores, settings))
        return made[-1].start()

    yield make
    for one in made:
        if one.process:
            one.kill()


@pytest.fixture(scope="session")
def broker(make_broker, cores):
    """The broker that most tests share; it is stopped and checked after the last of them."""
    shared = make_broker(cores)
    yield shared
    shared.stop()


@pytest.fixture(autouse=True)
def broker_still_clean(request):
    yield
    if "broker" in request.fixturenames:
        request.getfixturevalue("broker").check_output()


@pytest.fixture
def topic(request, counter=itertools.count()):
    """A topic name that no other test has, and that tells which test has it."""
    return re.sub(r"[\W_]+", "-", request.node.name).strip("-") + f"-{next(counter)}"
