"""From nothing to a serving Cluster: the chart, a Cluster of three lines, topics, clients inside and outside, `helm test`.

(First by its name: nothing has been installed before it.)
"""

import time

import pytest

import workload
from kube import GROUP, ApiException, condition, eventually, helm, is_ready
from moldau import ON_LAB, Cluster, diagnose


@pytest.mark.smoke
def test_chart_installs_and_a_cluster_of_three_lines_becomes_ready_and_serves(kube, operator, namespace, figures):
    begin = time.monotonic()
    kube.create({"apiVersion": GROUP, "kind": "Cluster", "metadata": {"name": "demo", "namespace": namespace}})
    cluster = Cluster(kube, namespace)
    cluster.wait_until_ready()
    figures.add("Cluster created to Ready", time.monotonic() - begin, 10, "s")

    status = cluster.get()["status"]
    if not ON_LAB:  # whose services this machine does not reach
        cluster.patch(listeners=[{"name": "outside", "type": "NodePort", "port": 9094}])
        cluster.wait_until_ready()
    load = cluster.workload()
    assert load.check() > 0
    assert status["readyReplicas"] == 1
    assert status["bootstrap"] == f"demo-bootstrap.{namespace}.svc:9092" or status["bootstrap"].endswith(":9092")
    assert all(one["status"] == "True" for one in status["conditions"] if one["type"] != "Paused"), diagnose(kube, namespace)


@pytest.mark.smoke
def test_what_the_cluster_is_made_of_belongs_to_it(cluster, kube):
    owner = cluster.get()["metadata"]["uid"]
    for kind, name in (("StatefulSet", "demo-brokers"), ("Service", "demo-brokers"), ("Service", "demo-bootstrap"),
                       ("ConfigMap", "demo-config"), ("ServiceAccount", "demo"), ("PodDisruptionBudget", "demo"),
                       ("NetworkPolicy", "demo")):
        item = kube.get(kind, name, cluster.namespace)
        assert item["metadata"]["ownerReferences"][0]["uid"] == owner, f"{kind} {name}"
        assert item["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "moldau-operator", f"{kind} {name}"
    sts = kube.get("StatefulSet", "demo-brokers", cluster.namespace)["spec"]
    assert sts["updateStrategy"]["type"] == "OnDelete"
    assert sts["podManagementPolicy"] == "Parallel"
    assert sts["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_helm_test_produces_and_consumes(operator):
    assert "Succeeded" in helm("test", operator.release, "--namespace", operator.namespace, "--timeout", "5m").stdout


@pytest.mark.parametrize("spec, sentence", [
    ({"replicas": 3}, "this version runs one broker"),
    ({"image": "moldau/broker"}, "write an image with a tag or a digest"),
    ({"storage": {"size": "1Mi"}}, "write at least 256Mi"),
    ({"config": {"log.dirs": "/elsewhere"}}, "leave log.dir and log.dirs out"),
    ({"listeners": [{"name": "admin", "type": "Internal", "port": 9644}]}, "broker's own ports"),
])
@pytest.mark.smoke
def test_api_server_refuses_a_bad_spec_and_says_what_to_write(kube, operator, namespace, spec, sentence):
    body = Cluster(kube, namespace).body(spec)
    with pytest.raises(ApiException) as refusal:
        kube.create(body, dry_run=True)
    assert refusal.value.status == 422
    assert sentence in str(refusal.value.body)


def test_fields_that_cannot_change_are_refused(cluster, kube):
    topic = cluster.topic("fixed", partitions=3).wait_until_ready()
    for change, sentence in (({"partitions": 2}, "partitions cannot shrink"),
                             ({"partitions": None}, "partitions cannot shrink"),
                             ({"clusterRef": {"name": "other"}}, "cannot move"), ({"name": "renamed"}, "cannot be renamed")):
        with pytest.raises(ApiException) as refusal:
            kube.patch("Topic", topic.name, {"spec": change}, cluster.namespace)
        assert sentence in str(refusal.value.body), change


def test_restricted_pod_security_admits_the_cluster(kube, operator, make_namespace):
    cluster = Cluster(kube, make_namespace({"pod-security.kubernetes.io/enforce": "restricted"}))
    cluster.apply()
    cluster.wait_until_ready()
    assert cluster.workload().check() > 0


@pytest.mark.smoke
def test_client_from_outside_comes_through_a_node_port(kube, operator, namespace):
    cluster = Cluster(kube, namespace)
    cluster.apply(listeners=[{"name": "internal", "type": "Internal", "port": 9092},
                             {"name": "outside", "type": "NodePort", "port": 9094}])
    cluster.wait_until_ready()
    listener = {one["name"]: one for one in cluster.get()["status"]["listeners"]}["outside"]

    address = listener["bootstrap"]
    workload.create_topic(address, "outside")
    load = workload.Workload(address, "outside").start()
    told = {f"{broker.host}:{broker.port}" for broker in workload.metadata(address).brokers.values()}
    assert told == set(listener["addresses"]), "clients are told addresses that they can reach"
    assert load.check() > 0


def test_paused_cluster_is_left_alone(cluster, kube, operator):
    cluster.patch(paused=True)
    cluster.wait_for_reason("Paused", "Paused")
    cluster.patch(config={"log.retention.ms": 7_200_000})
    looks = operator.looks("cluster")
    kube.delete("Service", "demo-bootstrap", cluster.namespace)
    eventually("the operator has looked at it", lambda: operator.looks("cluster") > looks, 30)
    assert kube.find("Service", "demo-bootstrap", cluster.namespace) is None

    cluster.patch(paused=False)
    eventually("the Service is back", lambda: kube.find("Service", "demo-bootstrap", cluster.namespace), 30)
    cluster.wait_until_ready()


def test_cluster_at_zero_replicas_stops_and_comes_back_with_its_data(cluster, kube):
    load = cluster.workload()
    load.wait_for_more()
    cluster.patch(replicas=0)
    eventually("the pod is gone", lambda: cluster.pod() is None, 90)
    cluster.wait_for_reason("BrokersReady", "Stopped")

    cluster.patch(replicas=1)
    eventually("the pod is ready", lambda: is_ready(cluster.pod()), 90)
    cluster.wait_until_ready()
    load.wait_for_more()
    load.check()


def test_object_that_somebody_deletes_or_changes_is_put_right(cluster, kube):
    namespace = cluster.namespace
    kube.delete("Service", "demo-bootstrap", namespace)
    kube.patch("PodDisruptionBudget", "demo", {"spec": {"maxUnavailable": 7, "minAvailable": None}}, namespace)
    eventually("the Service is back", lambda: kube.find("Service", "demo-bootstrap", namespace), 30)
    eventually("the budget is put right",
               lambda: kube.get("PodDisruptionBudget", "demo", namespace)["spec"].get("maxUnavailable") != 7, 30)
    assert condition(cluster.get(), "Ready")["status"] == "True"
