"""The chart's life: upgraded, uninstalled, installed again, doubled; Clusters and their data do not notice.

(Last by its name: it takes the operator away that the other tests share.)
"""

import pytest

from kube import ApiException, helm, is_ready, kubectl
from moldau import CHART, Cluster, Operator


@pytest.mark.smoke
def test_upgrade_of_the_chart_does_not_disturb_a_broker(cluster, operator):
    load = cluster.workload()
    uid = cluster.pod()["metadata"]["uid"]
    operator.install(log__level="debug")
    cluster.topic("after-upgrade").wait_until_ready()
    operator.install()
    cluster.wait_until_ready()
    assert cluster.pod()["metadata"]["uid"] == uid
    assert cluster.pod()["status"]["containerStatuses"][0]["restartCount"] == 0
    load.check()


@pytest.mark.smoke
def test_uninstalled_chart_keeps_clusters_and_data_and_a_new_install_finds_them(cluster, kube, operator):
    load = cluster.workload()
    cluster.topic("stays", partitions=2).wait_until_ready()
    uid = cluster.pod()["metadata"]["uid"]
    operator.uninstall()
    try:
        assert kube.find("CustomResourceDefinition", "clusters.moldau.dev")
        assert kube.find("Cluster", cluster.name, cluster.namespace)
        load.wait_for_more()
    finally:
        operator.install()
    cluster.wait_until_ready()
    cluster.topic("stays", partitions=3).wait_until_ready()
    assert cluster.pod()["metadata"]["uid"] == uid and is_ready(cluster.pod())
    load.check()


def test_operator_of_one_namespace_needs_no_rights_elsewhere(kube, operator, make_namespace):
    """Installed with watchNamespace while the other one is away: a Role there, and its Cluster becomes Ready."""
    namespace = make_namespace()
    operator.uninstall()
    narrow = Operator(kube, "narrow-moldau-operator", namespace)
    try:
        narrow.install(watchNamespace=namespace, crds__install="false")  # they are there, and the other release's
        assert not [item for item in kube.list("ClusterRole") if "narrow" in item["metadata"]["name"]]
        cluster = Cluster(kube, namespace)
        cluster.apply()
        cluster.wait_until_ready()
        cluster.topic("narrow").wait_until_ready()
        assert cluster.workload().check() > 0
    finally:
        kube.delete_and_wait("Cluster", "demo", namespace, 120)
        narrow.uninstall()
        operator.install()


def test_operator_may_do_nothing_that_it_does_not_need(kube, operator):
    def may(verb, resource, namespace="default"):
        answer = kubectl("auth", "can-i", verb, resource, "--as", operator.user, "-n", namespace, check=False)
        return answer.stdout.strip() == "yes"
    assert may("create", "statefulsets.apps")
    for verb, resource in (("get", "secrets"), ("list", "secrets"), ("create", "pods"), ("create", "pods/exec"),
                           ("create", "roles.rbac.authorization.k8s.io"),
                           ("create", "clusterrolebindings.rbac.authorization.k8s.io"),
                           ("delete", "nodes"), ("patch", "nodes"), ("delete", "namespaces"), ("impersonate", "users")):
        assert not may(verb, resource), f"{verb} {resource}"


def test_unknown_value_of_the_chart_is_refused():
    refusal = helm("template", "x", CHART, "--set", "replicaCount=2", check=False)
    assert refusal.returncode != 0
    assert "replicaCount" in refusal.stderr


def test_examples_are_accepted_by_the_api_server(kube, operator, namespace):
    """Every example under docs/ and charts/, by a dry run on the server."""
    from moldau import ROOT
    examples = sorted([*ROOT.glob("docs/**/examples/*.yaml"), *ROOT.glob("charts/*/examples/*.yaml")])
    assert examples, "there are examples"
    for path in examples:
        done = kubectl("apply", "--dry-run=server", "-n", namespace, "-f", path, check=False)
        assert done.returncode == 0, f"{path}: {done.stderr}"
    with pytest.raises(ApiException):
        kube.create({"apiVersion": "moldau.dev/v1beta1", "kind": "Topic", "metadata": {"name": "x", "namespace": namespace},
                     "spec": {}}, dry_run=True)
