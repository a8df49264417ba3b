"""Topics follow their resources: made, grown, changed, deleted, adopted; conflicts said; drift put right."""

import time

import pytest

import workload
from kube import GROUP, condition, eventually


@pytest.mark.smoke
def test_topic_is_made_grown_changed_and_deleted(cluster):
    address = cluster.bootstrap()
    topic = cluster.topic("orders", partitions=2, config={"retention.ms": 3_600_000})
    topic.wait_until_ready()
    assert workload.topics(address)["orders"] == 2
    assert workload.topic_config(address, "orders") == {"retention.ms": "3600000"}
    workload.produce(address, "orders", [b"kept"], partition=1)

    topic.apply(partitions=5, config={"retention.ms": 7_200_000, "cleanup.policy": "compact,delete"})
    topic.wait_until_ready()
    assert workload.topics(address)["orders"] == 5
    assert workload.topic_config(address, "orders") == {"retention.ms": "7200000", "cleanup.policy": "compact,delete"}
    assert workload.read_all(address, "orders")[1] == [b"kept"]
    assert topic.get()["status"]["partitions"] == 5

    topic.delete()
    assert "orders" not in workload.topics(address)


def test_setting_that_is_taken_out_goes_back_to_the_default(cluster):
    topic = cluster.topic("back", config={"retention.ms": 3_600_000, "segment.bytes": 1_048_576}).wait_until_ready()
    topic.apply(config={"segment.bytes": 1_048_576})
    eventually("the setting is gone",
               lambda: workload.topic_config(cluster.bootstrap(), "back") == {"segment.bytes": "1048576"}, 30)


@pytest.mark.smoke
def test_foreign_topic_is_left_alone_until_adoption_is_asked_for(cluster):
    address = cluster.bootstrap()
    workload.create_topic(address, "foreign", 3)
    workload.produce(address, "foreign", [b"a", b"b"])

    topic = cluster.topic("foreign", partitions=4, config={"retention.ms": 3_600_000})
    topic.wait_for_reason("NotAdopted")
    assert workload.topics(address)["foreign"] == 3
    assert workload.topic_config(address, "foreign") == {}

    topic.apply(adopt=True, partitions=4, config={"retention.ms": 3_600_000})
    topic.wait_until_ready()
    assert workload.topics(address)["foreign"] == 4
    assert workload.topic_config(address, "foreign") == {"retention.ms": "3600000"}
    assert workload.read_all(address, "foreign")[0] == [b"a", b"b"]


def test_foreign_topic_survives_the_deletion_of_a_resource_that_never_had_it(cluster):
    workload.create_topic(cluster.bootstrap(), "alien", 1)
    topic = cluster.topic("alien")
    topic.wait_for_reason("NotAdopted")
    topic.delete()
    assert "alien" in workload.topics(cluster.bootstrap())


def test_younger_of_two_resources_for_one_topic_says_so(cluster):
    older = cluster.topic("older", name="shared", partitions=2).wait_until_ready()
    time.sleep(1.1)  # creation times are whole seconds
    younger = cluster.topic("younger", name="shared", partitions=6)
    younger.wait_for_reason("Conflict")
    assert workload.topics(cluster.bootstrap())["shared"] == 2
    assert condition(older.get(), "Ready")["status"] == "True"

    younger.delete()
    assert workload.topics(cluster.bootstrap())["shared"] == 2, "the one that lost takes nothing along"


@pytest.mark.smoke
def test_drift_is_put_right(cluster):
    address = cluster.bootstrap()
    cluster.topic("drifting", partitions=1, config={"retention.ms": 3_600_000}).wait_until_ready()

    workload.set_topic_config(address, "drifting", {"retention.ms": "1"})
    eventually("the setting is put right",
               lambda: workload.topic_config(address, "drifting") == {"retention.ms": "3600000"}, 10)

    workload.delete_topic(address, "drifting")
    eventually("the topic is made again", lambda: workload.topics(address).get("drifting") == 1, 15)


def test_unmanaged_topic_is_only_watched(cluster):
    address = cluster.bootstrap()
    topic = cluster.topic("watched", managed=False)
    topic.wait_for_reason("Missing")
    workload.create_topic(address, "watched", 4)
    eventually("its partitions are seen", lambda: (topic.get()["status"] or {}).get("partitions") == 4, 20)
    topic.delete()
    assert workload.topics(address)["watched"] == 4


def test_retained_topic_outlives_its_resource(cluster):
    topic = cluster.topic("retained", deletionPolicy="Retain").wait_until_ready()
    workload.produce(cluster.bootstrap(), "retained", [b"x"])
    topic.delete()
    assert workload.read_all(cluster.bootstrap(), "retained")[0] == [b"x"]


@pytest.mark.smoke
def test_bad_setting_is_told_in_the_brokers_words_and_the_rest_applies(cluster):
    topic = cluster.topic("faulty", partitions=2, config={"retention.ms": "soon", "segment.bytes": 1_048_576})
    eventually("the condition says so", lambda: condition(topic.get(), "ConfigApplied")["reason"] == "ConfigRejected", 30)
    assert "retention.ms" in condition(topic.get(), "ConfigApplied")["message"]
    assert workload.topics(cluster.bootstrap())["faulty"] == 2
    assert workload.topic_config(cluster.bootstrap(), "faulty") == {"segment.bytes": "1048576"}

    topic.apply(partitions=2, config={"retention.ms": 60_000, "segment.bytes": 1_048_576})
    topic.wait_until_ready()


def test_topic_before_its_cluster_waits_and_becomes_ready(kube, operator, namespace):
    from moldau import Cluster
    cluster = Cluster(kube, namespace)
    topic = cluster.topic("early")
    topic.wait_for_reason("ClusterNotFound")
    cluster.apply()
    cluster.wait_until_ready()
    topic.wait_until_ready()


def test_topics_last_edit_wins_over_many_quick_ones(cluster, kube):
    topic = cluster.topic("busy", partitions=1).wait_until_ready()
    for number in range(50):
        kube.patch("Topic", "busy", {"spec": {"config": {"retention.ms": 1_000_000 + number}}}, cluster.namespace)
    topic.wait_until_ready()
    assert workload.topic_config(cluster.bootstrap(), "busy") == {"retention.ms": "1000049"}
    assert topic.get()["apiVersion"] == GROUP
