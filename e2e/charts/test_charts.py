"""The charts by themselves: they are clean, render what they rendered, and refuse values that they do not know."""

import os
import re

import pytest
import yaml

from crds import ROOT

HERE = ROOT / "e2e/charts"
CHART = {"operator": "charts/moldau-operator", "moldau": "charts/moldau"}
CASES = sorted(path.stem for path in (HERE / "values").glob("*.yaml"))


def render(helm, case, *arguments):
    chart = CHART[case.split("-")[0]]
    rendered = helm("template", "demo", chart, "--namespace", "moldau-system", "--values", HERE / f"values/{case}.yaml", *arguments)
    assert rendered.returncode == 0, rendered.stderr
    return rendered.stdout


@pytest.mark.parametrize("chart", CHART.values())
def test_lint_is_clean(helm, chart):
    linted = helm("lint", "--strict", chart)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert not re.search(r"\[(WARNING|ERROR)\]", linted.stdout)


@pytest.mark.parametrize("case", CASES)
def test_renders_what_it_rendered(helm, case):
    golden = HERE / f"golden/{case}.yaml"
    rendered = render(helm, case)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(rendered)
    assert rendered == golden.read_text(), f"look at the change; if it is meant: UPDATE_GOLDEN=1 (see {HERE.name}/README.md)"


def objects(text, kind=None):
    return [one for one in yaml.safe_load_all(text) if one and kind in (None, one["kind"])]


def test_crds_are_templates_that_stay(helm):
    made = objects(helm("template", "demo", CHART["operator"]).stdout, "CustomResourceDefinition")
    assert [one["metadata"]["name"] for one in made] == ["clusters.moldau.dev", "topics.moldau.dev"]
    assert all(one["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for one in made)
    source = [yaml.safe_load((ROOT / f"crds/moldau.dev_{kind}.yaml").read_text()) for kind in ("clusters", "topics")]
    assert [one["spec"] for one in made] == [one["spec"] for one in source]
    made = objects(helm("template", "demo", CHART["operator"], "--set", "crds.keep=false").stdout, "CustomResourceDefinition")
    assert all("annotations" not in one["metadata"] for one in made)
    assert not objects(helm("template", "demo", CHART["operator"], "--set", "crds.install=false").stdout, "CustomResourceDefinition")


def images(text):
    pods = [one["spec"]["template"]["spec"] for one in objects(text, "Deployment")] + [one["spec"] for one in objects(text, "Pod")]
    environment = {item["name"]: item.get("value") for pod in pods for item in pod["containers"][0]["env"]}
    return [pod["containers"][0]["image"] for pod in pods] + ([environment["MOLDAU_BROKER_IMAGE"]] if "WATCH_NAMESPACE" in environment else [])


def test_one_registry_holds_for_every_image(helm):
    for chart in CHART.values():
        found = images(helm("template", "demo", chart, "--set", "registry=localhost:5000").stdout)
        assert found and all(image.startswith("localhost:5000/moldau/") for image in found)


def test_a_digest_wins_over_a_tag(helm):
    digest = "sha256:" + "a" * 64
    text = helm("template", "demo", CHART["operator"], "--set", f"image.digest={digest},image.tag=1.0.0,broker.image.tag=2.0.0").stdout
    assert f"moldau/operator@{digest}" in images(text) and "moldau/broker:2.0.0" in images(text)


def test_dashboards_come_as_config_maps(helm):
    maps = objects(helm("template", "demo", CHART["operator"], "--set", "monitoring.dashboards.enabled=true").stdout, "ConfigMap")
    assert len(maps) == 2
    for one in maps:
        assert one["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert all(yaml.safe_load(text)["panels"] for text in one["data"].values())


REFUSED = {
    "a value that does not exist": ("operator", "replica=2", "additional properties 'replica' not allowed"),
    "a nested one": ("operator", "image.tags=2", "additional properties 'tags' not allowed"),
    "too many operators": ("operator", "replicas=9", "maximum: got 9, want 5"),
    "a tag with a colon": ("operator", "image.tag=a:b", "'a:b' does not match pattern"),
    "a short digest": ("operator", "image.digest=sha256:12", "does not match pattern"),
    "an unknown log level": ("operator", "log.level=loud", "value must be one of 'debug', 'info', 'warning', 'error'"),
    "a capital namespace": ("operator", "watchNamespace=Team", "does not match pattern"),
    "text where a switch is": ("operator", "crds.keep=maybe", "got string, want boolean"),
    "a Cluster's field that does not exist": ("moldau", "cluster.storage.sise=1Gi", "additional properties 'sise' not allowed"),
    "a deletion policy that does not exist": ("moldau", "cluster.storage.deletionPolicy=Keep", "value must be one of 'Retain', 'Delete'"),
    "a Topic's field that does not exist": ("moldau", "topics.orders.replicas=3", "additional properties 'replicas' not allowed"),
    "no partitions": ("moldau", "topics.orders.partitions=0", "minimum: got 0, want 1"),
    "a topic's name with a slash": ("moldau", "topics.a/b.partitions=1", "does not match pattern"),
    "a topic that is nothing": ("moldau", "topics.orders=null,topics.orders=3", "got number, want object"),
    "spec fields at the top": ("moldau", "storage.size=1Gi", "additional properties 'storage' not allowed"),
}


@pytest.mark.parametrize("name, value, sentence", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_a_clear_message(helm, name, value, sentence):
    refused = helm("template", "demo", CHART[name], "--set", value)
    assert refused.returncode != 0 and sentence in refused.stderr, refused.stderr


@pytest.mark.parametrize("case", CASES)
def test_every_value_that_is_documented_is_accepted(helm, case):
    """values.yaml itself satisfies its schema, with and without the case's changes."""
    chart = ROOT / CHART[case.split("-")[0]]
    assert helm("template", "demo", chart, "--values", chart / "values.yaml").returncode == 0


def test_topics_never_share_a_name(helm):
    names = "topics.a_b.partitions=1,topics.a-b.partitions=1,topics.A-b.partitions=1,topics.__.partitions=1,topics._.partitions=1"
    topics = objects(helm("template", "demo", CHART["moldau"], "--set", names).stdout, "Topic")
    assert len({one["metadata"]["name"] for one in topics}) == len(topics) == 6  # helm test's own among them
    long = "x" * 249
    made = objects(helm("template", "demo", CHART["moldau"], "--set", f"topics.{long}.partitions=1,topics.{long[:-1]}.partitions=1").stdout, "Topic")
    assert all(len(one["metadata"]["name"]) <= 253 for one in made) and len({one["metadata"]["name"] for one in made}) == 3
