"""Alerts and dashboards: valid, tested, and about metrics that broker and operator really have."""

import json
import re
import shutil
import subprocess

import pytest
import yaml

from crds import ROOT

FILES = ROOT / "charts/moldau-operator/files"
HERE = ROOT / "e2e/charts"
# What Prometheus itself makes.
OTHERS = {"up", "ALERTS"}
KEYWORDS = {"by", "on", "and", "or", "unless", "group_left", "without", "ignoring", "offset", "bool"}


def known():
    """Every series of broker and operator, from their tables of metrics."""
    names = dict(re.findall(r"^\| `(\w+)` \| (\w+) ", (ROOT / "docs/metrics.md").read_text(), re.M))
    table = (ROOT / "operator/metrics/metrics_table.cc").read_text()
    names |= {name: kind.lower() for name, kind in re.findall(r'"(\w+)",\s*k(Counter|Gauge|Histogram),', table)}
    series = set(names)
    for name, kind in names.items():
        if kind == "histogram":
            series |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"}
    return series


def used(expression):
    """The names of series in a PromQL expression."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left)\s*\([^)]*\)", " ", bare)
    return {name for name, call in re.findall(r"\b([a-z_][\w:]*)\b(\s*\()?", bare, re.I) if not call} - KEYWORDS


def test_names_are_found_in_expressions():
    assert used('sum by (a, b) (rate(x_total{l="v"}[5m])) > 0.05 * on (i) group_left () y_info') == {"x_total", "y_info"}
    assert {"moldau_partitions", "workqueue_depth", "moldau_request_duration_seconds_bucket"} <= known()


def alerts():
    return [rule for group in yaml.safe_load((FILES / "rules.yaml").read_text())["groups"] for rule in group["rules"]]


def test_alerts_name_metrics_that_exist():
    found = set().union(*(used(rule["expr"]) for rule in alerts()))
    assert len(found) > 10 and found - OTHERS - known() == set()


def test_alerts_say_what_to_do():
    for rule in alerts():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert all(rule["annotations"][name] for name in ("summary", "description", "runbook")), rule["alert"]


@pytest.mark.parametrize("path", sorted(FILES.glob("dashboards/*.json")), ids=lambda path: path.stem)
def test_dashboards_name_metrics_that_exist(path):
    board = json.loads(path.read_text())
    queries = [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]
    queries += [re.search(r"label_values\((\w+)", one["query"]["query"]).group(1)
                for one in board["templating"]["list"] if one["type"] == "query"]
    found = set().union(*map(used, queries))
    assert len(found) > 10 and found - known() == set()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.fixture
def promtool():
    program = shutil.which("promtool")
    if not program:
        pytest.skip("no promtool: tools/setup installs it")
    return lambda *arguments: subprocess.run([program, *arguments], capture_output=True, text=True, check=False, timeout=60,
                                             cwd=HERE)


def test_alerts_fire_when_they_should(promtool):
    checked = promtool("check", "rules", FILES / "rules.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", "rules_test.yaml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_page_lists_every_alert():
    page = (ROOT / "docs/operator/monitoring.md").read_text()
    for rule in alerts():
        after, summary = rule.get("for", "at once"), rule["annotations"]["summary"]
        assert f"| `{rule['alert']}` | {rule['labels']['severity']} | {after} | {summary} |" in page


def test_the_configuration_for_prometheus_alone_is_valid(promtool, tmp_path):
    page = (ROOT / "docs/operator/monitoring.md").read_text()
    config = tmp_path / "prometheus.yml"
    text = re.search(r"```prometheus\n(.*?)```", page, re.S).group(1)
    discovery = "kubernetes_sd_configs: [{role: pod}]"
    assert text.count(discovery) == 2
    text = text.replace(discovery, "static_configs: [{targets: [a]}]")  # Debian's Prometheus is built without the former
    config.write_text(text.replace("[charts/", f"[{ROOT}/charts/"))
    checked = promtool("check", "config", config)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(alerts())} rules found" in checked.stdout


def test_every_alert_has_a_unit_test():
    text = (HERE / "rules_test.yaml").read_text()
    assert [rule["alert"] for rule in alerts() if rule["alert"] not in text] == []


def test_every_query_is_promql(promtool, tmp_path):
    """promtool 2.42 checks expressions as rules: each query of the dashboards becomes one."""
    boards = [json.loads(path.read_text()) for path in FILES.glob("dashboards/*.json")]
    queries = [target["expr"] for board in boards for panel in board["panels"] for target in panel.get("targets", [])]
    rules = [{"record": f"query:{number}", "expr": query.replace("$__rate_interval", "5m")}
             for number, query in enumerate(queries)]
    path = tmp_path / "queries.yaml"
    path.write_text(json.dumps({"groups": [{"name": "queries", "rules": rules}]}))
    checked = promtool("check", "rules", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
