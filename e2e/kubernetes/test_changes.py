"""Changes of a running Cluster under load: settings, image, resources; and edits that cannot work and are then corrected."""

import time

import pytest

import workload
from kube import eventually, is_ready
from moldau import CONFIG, NEXT_TAG, TAG, Cluster, image


@pytest.mark.smoke
def test_dynamic_setting_is_applied_without_a_restart(cluster):
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    cluster.patch(config={"log.retention.ms": 7_200_000})

    eventually("the broker has it",
               lambda: workload.broker_config(cluster.bootstrap())["log.retention.ms"] == "7200000", 30)
    cluster.wait_until_ready()
    assert cluster.pod()["metadata"]["uid"] == uid
    assert cluster.pod()["status"]["containerStatuses"][0]["restartCount"] == 0
    load.check()


@pytest.mark.smoke
def test_static_setting_is_applied_by_a_granted_restart(cluster):
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    begin = time.monotonic()
    cluster.patch(config={"moldau.io.threads": 2})

    cluster.wait_for_another_pod(uid, 120)
    cluster.wait_until_ready()
    assert workload.broker_config(cluster.bootstrap())["moldau.io.threads"] == "2"
    load.wait_for_more()
    print(f"not producing for {load.gap_since(begin):.2f} s")
    load.check()


@pytest.mark.smoke
def test_image_upgrade_restarts_the_broker_and_keeps_all(cluster):
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    cluster.patch(version=NEXT_TAG)

    cluster.wait_for_another_pod(uid, 120)
    cluster.wait_until_ready()
    assert cluster.pod()["spec"]["containers"][0]["image"] == image("broker", NEXT_TAG)
    assert cluster.get()["status"]["image"] == image("broker", NEXT_TAG)
    load.wait_for_more()

    cluster.patch(version=TAG)
    eventually("it is back on the first", lambda: is_ready(cluster.pod()) and
               cluster.pod()["spec"]["containers"][0]["image"] == image("broker", TAG), 120)
    load.wait_for_more()
    load.check()


@pytest.mark.smoke
def test_bad_image_is_told_and_the_next_edit_mends_it(cluster):
    load = cluster.workload()
    cluster.patch(image=image("broker", "no-such-version"))
    told = cluster.wait_for_reason("BrokersReady", "ImagePullFailed", 90)
    assert "no-such-version" in told["message"]

    cluster.patch(image=None)
    cluster.wait_until_ready(120)
    load.wait_for_more()
    load.check()


@pytest.mark.smoke
def test_bad_static_setting_is_told_in_the_brokers_words_and_the_next_edit_mends_it(cluster):
    load = cluster.workload()
    cluster.patch(config={"moldau.io.threads": "many"})

    def told():
        conditions = cluster.get()["status"]["conditions"]
        return next((one for one in conditions if "moldau.io.threads" in one["message"] and one["status"] != "True"), None)
    found = eventually("a condition names the setting", told, 90)
    assert found["reason"] in ("ConfigRefused", "ConfigRejected", "ConfigKeyRefused"), found

    cluster.patch(config={"moldau.io.threads": None})
    cluster.wait_until_ready(120)
    load.wait_for_more()
    load.check()


def test_unknown_setting_is_told_and_the_rest_applies(cluster):
    cluster.patch(config={"log.retenton.ms": 1, "log.retention.ms": 7_200_000})

    def told():
        conditions = cluster.get()["status"]["conditions"]
        return any("log.retenton.ms" in one["message"] and one["status"] != "True" for one in conditions)
    eventually("a condition names the setting", told, 60)
    eventually("the good one applies",
               lambda: workload.broker_config(cluster.bootstrap())["log.retention.ms"] == "7200000", 60)
    assert is_ready(cluster.pod())


@pytest.mark.smoke
def test_unschedulable_pod_is_told_and_the_next_edit_mends_it(kube, operator, namespace):
    cluster = Cluster(kube, namespace)
    cluster.apply(resources={"requests": {"cpu": "1000", "memory": "128Mi"}, "limits": {"memory": "512Mi"}})
    told = cluster.wait_for_reason("BrokersReady", "Unschedulable", 60)
    assert "Insufficient cpu" in told["message"]

    cluster.apply()
    cluster.wait_until_ready(90)
    assert cluster.workload().check() > 0


def test_missing_secret_is_told_and_its_coming_mends_it(kube, operator, namespace):
    cluster = Cluster(kube, namespace)
    cluster.apply(template={"env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "token"}}}]})
    told = cluster.wait_for_reason("BrokersReady", "ContainerConfigError", 60)
    assert "absent" in told["message"]

    kube.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "absent", "namespace": namespace},
                 "stringData": {"token": "x"}})
    cluster.wait_until_ready(120)


def test_template_that_the_api_server_refuses_is_told_and_nothing_else_suffers(cluster):
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    terms = [{"matchExpressions": [{"key": "zone", "operator": "Near"}]}]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    cluster.patch(template={"affinity": {"nodeAffinity": required}})
    told = cluster.wait_for_reason("Accepted", "TemplateRefused", 30)
    assert "operator" in told["message"]
    assert cluster.pod()["metadata"]["uid"] == uid
    load.wait_for_more()

    cluster.patch(template=None)
    cluster.wait_until_ready()
    load.check()


def test_volume_that_cannot_grow_is_told_and_the_broker_goes_on(cluster):
    cluster.patch(storage={"size": "2Gi"})
    cluster.wait_for_reason("StorageReady", "ResizeRefused", 60)
    assert cluster.workload().check() > 0
    assert cluster.get()["spec"]["config"]["group.initial.rebalance.delay.ms"] == CONFIG["group.initial.rebalance.delay.ms"]
