"""The CRDs are installed in each way that people use, and people see what they need with kubectl."""

import json

import pytest

from crds import KINDS, ROOT, cluster, topic


def run(kubectl, *arguments, **options):
    done = kubectl(*arguments, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("ways", [["--server-side", "--field-manager=a"], []], ids=["server-side", "client-side"])
def test_apply_installs_and_changes_nothing_the_second_time(kubectl, api, ways):
    """Client-side apply stores the whole CRD in an annotation, which may have 256 KiB at most."""
    apply = ["apply", *ways, *(["--force-conflicts"] if ways else []), "-f", "crds"]
    run(kubectl, *apply)
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    before = [one["metadata"]["generation"] for one in api.request("GET", path)[1]["items"]]
    run(kubectl, *apply)
    assert [one["metadata"]["generation"] for one in api.request("GET", path)[1]["items"]] == before


@pytest.fixture
def two_resources(kubectl):
    """A Cluster and a Topic with a status, as the operator writes it."""
    for resource in (cluster("seen"), topic("seen-orders", clusterRef={"name": "seen"}, partitions=6)):
        run(kubectl, "apply", "-f", "-", input=json.dumps(resource))
    ready = {"type": "Ready", "status": "False", "reason": "Unschedulable", "message": "no node takes the pod",
             "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status = {"conditions": [ready], "readyReplicas": 0, "topics": 1, "bootstrap": "seen-bootstrap.default.svc:9092",
              "version": "0.1.0", "image": "moldau/broker:0.1.0"}
    of_topic = {"conditions": [ready], "topicName": "orders", "partitions": 6}
    for name, value in (("cluster.moldau.dev/seen", status), ("topic.moldau.dev/seen-orders", of_topic)):
        run(kubectl, "patch", name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": value}))
    yield
    run(kubectl, "delete", "cluster.moldau.dev/seen", "topic.moldau.dev/seen-orders")


def test_columns_tell_state_reason_and_address(kubectl, two_resources):
    lines = run(kubectl, "get", "mcl", "seen").splitlines()
    assert lines[0].split() == ["NAME", "READY", "REASON", "BROKERS", "TOPICS", "BOOTSTRAP", "AGE"]
    assert lines[1].split()[:6] == ["seen", "False", "Unschedulable", "0", "1", "seen-bootstrap.default.svc:9092"]
    wide = run(kubectl, "get", "mcl", "seen", "-o", "wide")
    assert "no node takes the pod" in wide and "moldau/broker:0.1.0" in wide and "10Gi" in wide and "synced" in wide


def test_columns_of_topics(kubectl, two_resources):
    lines = run(kubectl, "get", "mt").splitlines()
    assert lines[0].split() == ["NAME", "CLUSTER", "TOPIC", "PARTITIONS", "READY", "REASON", "AGE"]
    assert lines[1].split()[:6] == ["seen-orders", "seen", "orders", "6", "False", "Unschedulable"]
    assert "no node takes the pod" in run(kubectl, "get", "mt", "-o", "wide")


def test_one_category_shows_both(kubectl, two_resources):
    shown = run(kubectl, "get", "moldau", "-o", "name").split()
    assert shown == ["cluster.moldau.dev/seen", "topic.moldau.dev/seen-orders"]


@pytest.mark.parametrize("field", ["cluster.spec.listeners.advertised.host", "cluster.spec.template.affinity",
                                   "topic.spec.adopt", "cluster.status.brokers.restartPending"])
def test_explain_describes(kubectl, field):
    kind, _, path = field.partition(".")
    text = run(kubectl, "explain", f"{kind}s.{path}", "--api-version=moldau.dev/v1beta1")
    assert "<no description>" not in text.split("FIELDS:")[0] and "DESCRIPTION" in text


def test_files_are_named_after_what_they_hold():
    assert sorted(path.name for path in (ROOT / "crds").glob("*.yaml")) == [f"moldau.dev_{kind}.yaml" for kind in KINDS]
