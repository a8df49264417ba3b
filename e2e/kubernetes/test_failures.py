"""What happens to pods and nodes, under load: deleted, killed, drained, without kubelet, without power."""

import time

import pytest

from kube import eventually, is_ready, kubectl


@pytest.mark.smoke
def test_deleted_pod_comes_back_with_its_data(cluster, kube):
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    kube.delete("Pod", cluster.pod_name, cluster.namespace)
    cluster.wait_for_another_pod(uid)
    cluster.wait_until_ready()
    load.wait_for_more()
    load.check()


@pytest.mark.smoke
def test_broker_killed_with_signal_9_produces_again_within_seconds(cluster, lab, figures):
    load = cluster.workload()
    begin = time.monotonic()
    lab.kill_process(cluster.pod())
    load.wait_for_more(60)
    eventually("another process runs",
               lambda: cluster.pod()["status"]["containerStatuses"][0]["restartCount"] == 1 and is_ready(cluster.pod()), 60)
    load.wait_for_more(60)
    figures.add("pod killed -9 to producing again", load.gap_since(begin), 3, "s")
    cluster.wait_until_ready()
    load.check()


def test_broker_killed_again_and_again_loses_nothing(cluster, lab):
    load = cluster.workload()
    for kills in range(1, 4):
        lab.kill_process(cluster.pod())
        eventually("the kubelet started it again",
                   lambda count=kills: cluster.pod()["status"]["containerStatuses"][0]["restartCount"] == count and
                   is_ready(cluster.pod()), 120)
        load.wait_for_more(60)
    cluster.wait_until_ready(90)
    load.check()


@pytest.mark.smoke
def test_node_without_kubelet_goes_on_serving_and_comes_back(cluster, operator, kube, lab):
    load = cluster.workload()
    node = cluster.node()
    operator.move_off(node)
    with lab.kubelet_dead(node):
        eventually("the node is NotReady",
                   lambda: next(one for one in kube.get("Node", node)["status"]["conditions"] if one["type"] == "Ready")
                   ["status"] == "Unknown", 60)
        load.wait_for_more(10)
        told = cluster.wait_for_reason("BrokersReady", "NodeLost", 60)
        assert node in told["message"]
    cluster.wait_until_ready(120)
    load.wait_for_more(60)
    load.check()


@pytest.mark.smoke
def test_power_cut_of_the_node_is_told_and_when_it_is_back_nothing_is_lost(cluster, operator, lab, kube):
    load = cluster.workload()
    node = cluster.node()
    claim = kube.get("PersistentVolumeClaim", "data-demo-brokers-0", cluster.namespace)["metadata"]["uid"]
    operator.move_off(node)
    with lab.power_cut(node):
        def told():
            found = cluster.condition("BrokersReady")
            return found["reason"] in ("NodeLost", "NodeLostVolumeBound") and node in found["message"]
        eventually("the condition names the lost node", told, 90)
    cluster.wait_until_ready(180)
    load.wait_for_more(120)
    assert kube.get("PersistentVolumeClaim", "data-demo-brokers-0", cluster.namespace)["metadata"]["uid"] == claim
    load.check()


def test_node_that_a_person_declares_off_lets_its_pod_go(cluster, operator, lab, kube):
    """The out-of-service taint says that nothing runs there: the pod is removed, and waits for its node-bound volume."""
    load = cluster.workload()
    node, uid = cluster.node(), cluster.pod()["metadata"]["uid"]
    operator.move_off(node)
    with lab.power_cut(node):
        eventually("the node is NotReady",
                   lambda: next(one for one in kube.get("Node", node)["status"]["conditions"] if one["type"] == "Ready")
                   ["status"] == "Unknown", 60)
        kubectl("taint", "node", node, "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute")
        try:
            eventually("the old pod is gone", lambda: not cluster.pod() or cluster.pod()["metadata"]["uid"] != uid, 90)
            cluster.wait_for_reason("BrokersReady", "NodeLostVolumeBound", 60)
            assert kube.find("PersistentVolumeClaim", "data-demo-brokers-0", cluster.namespace)
        finally:
            kubectl("taint", "node", node, "node.kubernetes.io/out-of-service-")
    cluster.wait_until_ready(180)
    load.wait_for_more(120)
    load.check()


@pytest.mark.smoke
def test_drained_node_gives_its_broker_up_and_takes_it_back(cluster):
    """The volume is bound to its node, so the broker waits until the node may be used again."""
    load = cluster.workload()
    node, uid = cluster.node(), cluster.pod()["metadata"]["uid"]
    try:
        kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=90s",
                f"--pod-selector=moldau.dev/cluster={cluster.name}")
        eventually("the pod is another one", lambda: cluster.pod() and cluster.pod()["metadata"]["uid"] != uid, 60)
        cluster.wait_for_reason("BrokersReady", "Unschedulable", 60)
    finally:
        kubectl("uncordon", node)
    cluster.wait_until_ready(120)
    load.wait_for_more(60)
    load.check()


def test_evicted_pod_is_replaced(cluster, kube):
    """Over its memory limit the container dies; failed for good, the pod is replaced."""
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    kubectl("patch", "pod", cluster.pod_name, "-n", cluster.namespace, "--subresource=status", "--type=merge", "-p",
            '{"status": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory."}}')
    cluster.wait_for_another_pod(uid, 120)
    cluster.wait_until_ready(120)
    load.wait_for_more(60)
    load.check()
