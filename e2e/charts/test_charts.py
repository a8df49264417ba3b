"""The charts by themselves: they are clean, render what they rendered, and refuse values that they do not know."""

import os
import re

import pytest
import yaml

from crds import KINDS, ROOT, read

HERE = ROOT / "e2e/charts"
CHART = {"operator": "charts/moldau-operator", "moldau": "charts/moldau"}
CASES = sorted(path.stem for path in (HERE / "values").glob("*.yaml"))


def render(helm, case):
    rendered = helm("template", "demo", CHART[case.split("-")[0]], "--namespace", "moldau-system",
                    "--values", HERE / f"values/{case}.yaml")
    assert rendered.returncode == 0, rendered.stderr
    return rendered.stdout


def template(helm, chart, values):
    """The text that the chart renders with `values` set on the command line."""
    rendered = helm("template", "demo", CHART[chart], "--set", values)
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
    assert rendered == golden.read_text(), "look at the change; if it is meant: UPDATE_GOLDEN=1 (see README.md here)"


def objects(text, kind=None):
    return [one for one in yaml.safe_load_all(text) if one and kind in (None, one["kind"])]


def test_crds_are_templates_that_stay(helm):
    def crds(values):
        return objects(template(helm, "operator", values), "CustomResourceDefinition")

    assert [one["metadata"]["name"] for one in crds("replicas=1")] == ["clusters.moldau.dev", "topics.moldau.dev"]
    assert all(one["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep" for one in crds("replicas=1"))
    assert [one["spec"] for one in crds("replicas=1")] == [read(kind)["spec"] for kind in KINDS]
    assert all("annotations" not in one["metadata"] for one in crds("crds.keep=false"))
    assert crds("crds.install=false") == []


def images(text):
    """Of every pod, and what the operator gives its brokers."""
    pods = [one["spec"]["template"]["spec"] for one in objects(text, "Deployment")]
    pods += [one["spec"] for one in objects(text, "Pod")]
    containers = [container for pod in pods for container in pod["containers"]]
    environment = [variable for container in containers for variable in container["env"]]
    return ([container["image"] for container in containers] +
            [variable["value"] for variable in environment if variable["name"] == "MOLDAU_BROKER_IMAGE"])


def test_one_registry_holds_for_every_image(helm):
    for chart in CHART:
        found = images(template(helm, chart, "registry=localhost:5000"))
        assert found and all(image.startswith("localhost:5000/moldau/") for image in found)


def test_a_digest_wins_over_a_tag(helm):
    digest = "sha256:" + "a" * 64
    found = images(template(helm, "operator", f"image.digest={digest},image.tag=1.0.0,broker.image.tag=2.0.0"))
    assert f"moldau/operator@{digest}" in found and "moldau/broker:2.0.0" in found


def test_dashboards_come_as_config_maps(helm):
    maps = objects(template(helm, "operator", "monitoring.dashboards.enabled=true"), "ConfigMap")
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
    "an unknown log level": ("operator", "log.level=loud", "value must be one of 'debug', 'info'"),
    "a capital namespace": ("operator", "watchNamespace=Team", "does not match pattern"),
    "text where a switch is": ("operator", "crds.keep=maybe", "got string, want boolean"),
    "a Cluster's unknown field": ("moldau", "cluster.storage.sise=1Gi", "additional properties 'sise' not allowed"),
    "an unknown deletion policy": ("moldau", "cluster.storage.deletionPolicy=Keep", "one of 'Retain', 'Delete'"),
    "a Topic's unknown field": ("moldau", "topics.orders.replicas=3", "additional properties 'replicas' not allowed"),
    "no partitions": ("moldau", "topics.orders.partitions=0", "minimum: got 0, want 1"),
    "a topic's name with a slash": ("moldau", "topics.a/b.partitions=1", "does not match pattern"),
    "a topic that is nothing": ("moldau", "topics.orders=null,topics.orders=3", "got number, want object"),
    "spec fields at the top": ("moldau", "storage.size=1Gi", "additional properties 'storage' not allowed"),
}


@pytest.mark.parametrize("name, value, sentence", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_a_clear_message(helm, name, value, sentence):
    refused = helm("template", "demo", CHART[name], "--set", value)
    assert refused.returncode != 0 and sentence in refused.stderr, refused.stderr


@pytest.mark.parametrize("chart", CHART.values())
def test_every_documented_value_is_accepted(helm, chart):
    """values.yaml itself satisfies its schema."""
    rendered = helm("template", "demo", chart, "--values", f"{chart}/values.yaml")
    assert rendered.returncode == 0, rendered.stderr


def test_topics_never_share_a_name(helm):
    long = "x" * 249
    topics = ["a_b", "a-b", "A-b", "__", "_", long, long[:-1]]
    made = objects(template(helm, "moldau", ",".join(f"topics.{name}.partitions=1" for name in topics)), "Topic")
    names = {one["metadata"]["name"] for one in made}
    assert len(names) == len(made) == len(topics) + 1  # helm test's own is among them
    assert all(len(name) <= 253 for name in names)
    assert set(topics) < {one["spec"]["name"] for one in made}
