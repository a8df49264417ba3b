"""What goes when a Cluster, a Topic or a namespace is deleted, and what is kept: data, unless it was said otherwise."""

import pytest

import workload
from kube import eventually
from moldau import Cluster, image

OWNED = ["StatefulSet", "Service", "ConfigMap", "PodDisruptionBudget", "NetworkPolicy", "Pod"]


def leftovers(kube, cluster):
    selector = f"moldau.dev/cluster={cluster.name}"
    return [f"{kind} {item['metadata']['name']}" for kind in OWNED for item in kube.list(kind, cluster.namespace, selector)]


@pytest.mark.smoke
def test_recreated_cluster_finds_its_kept_volume_and_its_data(cluster, kube):
    load = cluster.workload()
    identity = eventually("the id is told", lambda: cluster.get()["status"].get("clusterId"), 30)
    load.wait_for_more()
    kube.delete_and_wait("Cluster", cluster.name, cluster.namespace, 120)
    eventually("its objects are gone", lambda: not leftovers(kube, cluster), 120)
    assert kube.find("PersistentVolumeClaim", "data-demo-brokers-0", cluster.namespace), "the claim is kept"

    cluster.apply()
    cluster.wait_until_ready(120)
    assert cluster.get()["status"]["clusterId"] == identity
    load.wait_for_more(120)
    load.check()


@pytest.mark.smoke
def test_deletion_policy_delete_takes_the_volume_along(kube, operator, namespace):
    cluster = Cluster(kube, namespace)
    cluster.apply(storage={"size": "1Gi", "deletionPolicy": "Delete"})
    cluster.wait_until_ready()
    kube.delete_and_wait("Cluster", cluster.name, namespace, 120)
    eventually("the claim is gone", lambda: not kube.list("PersistentVolumeClaim", namespace), 60)


def test_topics_let_go_when_their_cluster_is_gone_and_their_data_stays(cluster, kube):
    topic = cluster.topic("left", partitions=1).wait_until_ready()
    workload.produce(cluster.bootstrap(), "left", [b"1", b"2"])
    kube.delete_and_wait("Cluster", cluster.name, cluster.namespace, 120)
    topic.delete(60)

    cluster.apply()
    cluster.wait_until_ready(120)
    assert workload.read_all(cluster.bootstrap(), "left")[0] == [b"1", b"2"]


def test_topics_of_a_recreated_cluster_are_theirs_again(cluster, kube):
    topic = cluster.topic("again", partitions=1).wait_until_ready()
    workload.produce(cluster.bootstrap(), "again", [b"1"])
    kube.delete_and_wait("Cluster", cluster.name, cluster.namespace, 120)
    topic.wait_for_reason("ClusterNotFound", 60)

    cluster.apply()
    cluster.wait_until_ready(120)
    topic.apply(partitions=2)
    topic.wait_until_ready()
    assert workload.read_all(cluster.bootstrap(), "again") == {0: [b"1"], 1: []}


@pytest.mark.smoke
def test_namespace_deletion_ends(cluster, kube):
    for number in range(10):
        cluster.topic(f"t-{number}")
    kube.delete("Namespace", cluster.namespace)
    eventually("the namespace is gone", lambda: kube.find("Namespace", cluster.namespace) is None, 120)


def test_namespace_deletion_ends_when_the_broker_cannot_run(kube, operator, make_namespace):
    cluster = Cluster(kube, make_namespace())
    cluster.apply(image=image("broker", "no-such-version"))
    cluster.wait_for_reason("BrokersReady", "ImagePullFailed", 90)
    cluster.topic("never")
    kube.delete("Namespace", cluster.namespace)
    eventually("the namespace is gone", lambda: kube.find("Namespace", cluster.namespace) is None, 120)


def test_namespace_deletion_ends_when_it_begins_before_the_cluster_is_ready(kube, operator, make_namespace):
    cluster = Cluster(kube, make_namespace())
    cluster.apply()
    cluster.topic("early")
    kube.delete("Namespace", cluster.namespace)
    eventually("the namespace is gone", lambda: kube.find("Namespace", cluster.namespace) is None, 120)


def test_topic_of_a_stopped_cluster_waits_or_is_kept_by_policy(cluster, kube):
    topic = cluster.topic("waits", partitions=1).wait_until_ready()
    cluster.patch(replicas=0)
    eventually("the pod is gone", lambda: cluster.pod() is None, 90)
    kube.delete("Topic", "waits", cluster.namespace)
    topic.wait_for_reason("DeleteWaits", 30)

    cluster.patch(replicas=1)
    cluster.wait_until_ready(120)
    eventually("the resource is gone", lambda: kube.find("Topic", "waits", cluster.namespace) is None, 60)
    assert "waits" not in workload.topics(cluster.bootstrap())
