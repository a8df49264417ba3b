"""A Prometheus (Debian's package) scrapes operator and broker and evaluates the chart's rules on what they really say.

Debian's build cannot discover pods, so the test writes the targets that the chart's monitors select.
"""

import json
import os
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request

import pytest

from broker_ports import free_port
from kube import eventually
from moldau import CHART

CONFIG = """global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
scrape_configs:
- job_name: moldau
  static_configs: [{{targets: ["{broker}:9644"], labels: {{namespace: {namespace}, pod: {pod}}}}}]
- job_name: moldau-operator
  static_configs: [{{targets: ["{operator}:8080"]}}]
"""


class Prometheus:
    def __init__(self, folder, config):
        self.port = free_port()
        path = folder / "prometheus.yml"
        path.write_text(config)
        with open(folder / "prometheus.log", "wb") as log:
            self.process = subprocess.Popen(["prometheus", f"--config.file={path}", f"--storage.tsdb.path={folder}/data",
                                             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=5) as answer:
            return json.load(answer)["data"]

    def value(self, expression):
        """The sum of what the expression yields, or None when it yields nothing."""
        result = self.ask("query", query=expression)["result"]
        return sum(float(one["value"][1]) for one in result) if result else None

    def rules(self):
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def prometheus(cluster, operator, lab, tmp_path):
    if not shutil.which("prometheus"):
        pytest.skip("no prometheus: tools/setup installs it")
    running = Prometheus(tmp_path, CONFIG.format(
        rules=CHART / "files/rules.yaml", broker=cluster.pod()["status"]["podIP"], namespace=cluster.namespace,
        pod=cluster.pod_name, operator=operator.pod()["status"]["podIP"]))
    yield running
    running.stop()


def test_prometheus_scrapes_operator_and_broker_and_the_charts_rules_are_sound(prometheus, cluster, lab):
    load = cluster.workload()
    cluster.topic("measured").wait_until_ready()
    eventually("both are scraped", lambda: prometheus.value("up") == 2, 30)
    eventually("the load is seen", lambda: prometheus.value("rate(moldau_produce_batches_total[10s])"), 30)
    eventually("reconciliations are seen", lambda: prometheus.value("controller_runtime_reconcile_total"), 30)
    assert prometheus.value("leader_election_master_status") == 1

    rules = eventually("the rules were evaluated", lambda: prometheus.rules() and
                       all(rule["health"] == "ok" for rule in prometheus.rules()) and prometheus.rules(), 30)
    assert len(rules) > 10
    firing = [rule["name"] for rule in rules if rule.get("state") == "firing"]
    assert not firing, "a healthy cluster raises no alert"

    lab.kill_process(cluster.pod(), signal.SIGSTOP)
    try:
        eventually("the alert is pending", lambda: {rule["name"]: rule.get("state") for rule in prometheus.rules()}
                   ["MoldauBrokerDown"] in ("pending", "firing"), 40)
    finally:
        lab.kill_process(cluster.pod(), signal.SIGCONT)
    load.wait_for_more(60)
    load.check()


def test_every_metric_that_a_rule_or_dashboard_names_is_one_that_is_scraped(prometheus, cluster, operator):
    import re
    cluster.topic("named").wait_until_ready()
    cluster.workload().check()  # some metrics are there from their first request on
    eventually("both are scraped", lambda: prometheus.value("up") == 2, 30)
    eventually("requests are seen", lambda: prometheus.value("moldau_request_duration_seconds_count"), 30)
    texts = [path.read_text() for path in (CHART / "files").rglob("*") if path.suffix in (".yaml", ".json")
             and "crds" not in path.parts]
    pattern = r"\b((?:moldau|controller_runtime|workqueue|rest_client|leader_election)_[a-z_]+)"
    named = {name for text in texts for name in re.findall(pattern, text)}
    known = set(prometheus.ask("label/__name__/values"))
    families = known | {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in known}
    never_yet = {name for name in named if name not in families and name not in operator.metrics()}
    assert not never_yet, sorted(never_yet)
    assert os.path.exists(CHART / "files/rules.yaml")
