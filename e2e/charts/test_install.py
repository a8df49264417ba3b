"""`helm install`, upgrade, uninstall and install again against a real API server: what is made, what stays, what is allowed.

No controller runs, so nothing starts; what a running operator does with it is tested in e2e/kubernetes.
"""

import json

import pytest
import yaml

from crds import cluster

NAMESPACE = "moldau-system"
STRICT = "?dryRun=All&fieldValidation=Strict"
OPERATOR = "system:serviceaccount:moldau-system:demo-moldau-operator"


@pytest.fixture(scope="module")
def release(helm, api):
    """release(*arguments) → helm's output; against the API server, in a namespace that is restricted."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    for name in (NAMESPACE, "team-a", "team-b"):
        code, answer = api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        assert code == 201, answer
    config = str(api.kubeconfig())

    def run(*arguments):
        done = helm(*arguments, "--namespace", NAMESPACE, env={"KUBECONFIG": config})
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def installed(release, api):
    """The operator's chart, installed. The CRDs of the other tests are taken over."""
    release("install", "demo", "charts/moldau-operator", "--take-ownership")
    yield release
    release("uninstall", "demo", "--ignore-not-found")


def test_uninstall_keeps_crds_and_clusters_and_install_finds_them(installed, api):
    path = f"/apis/moldau.dev/v1beta1/namespaces/{NAMESPACE}/clusters"
    code, made = api.request("POST", path, cluster("kept"))
    assert code == 201
    assert "clusters.moldau.dev" in installed("uninstall", "demo")  # helm names what it keeps
    installed("install", "demo", "charts/moldau-operator")  # without --take-ownership: it was this release's
    assert api.request("GET", f"{path}/kept")[1]["metadata"]["uid"] == made["metadata"]["uid"]
    assert api.request("DELETE", f"{path}/kept")[0] == 200


def test_upgrade_with_other_values_is_taken(installed):
    installed("upgrade", "demo", "charts/moldau-operator", "--set", "replicas=2,log.level=debug")
    installed("upgrade", "demo", "charts/moldau-operator", "--set", "watchNamespace=team-a")
    roles = [one for one in yaml.safe_load_all(installed("get", "manifest", "demo")) if one and one["kind"] == "ClusterRole"]
    assert roles == []


def test_notes_say_the_next_command_and_it_is_valid(installed, api):
    notes = installed("get", "notes", "demo")
    manifest = notes.split("<<END\n")[1].split("\nEND\n")[0]
    kinds = []
    for resource in yaml.safe_load_all(manifest):
        kinds.append(resource["kind"])
        path = f"/apis/moldau.dev/v1beta1/namespaces/{NAMESPACE}/{resource['kind'].lower()}s{STRICT}"
        code, answer = api.request("POST", path, resource)
        assert code == 201, answer["message"]
    assert kinds == ["Cluster", "Topic"] and "helm test demo -n moldau-system" in notes


def pods(text):
    for one in yaml.safe_load_all(text):
        if one and one["kind"] == "Pod":
            yield {"metadata": {"name": one["metadata"]["name"]}, "spec": one["spec"]}
        if one and one["kind"] == "Deployment":
            yield {"metadata": {"name": "from-deployment"}, "spec": one["spec"]["template"]["spec"]}


@pytest.mark.parametrize("chart, expected", [("charts/moldau-operator", 2), ("charts/moldau", 1)])
def test_every_pod_may_run_under_the_restricted_level(release, api, chart, expected):
    found = list(pods(release("template", "demo", chart)))
    assert len(found) == expected
    for pod in found:
        path = f"/api/v1/namespaces/{NAMESPACE}/pods{STRICT}"
        code, answer = api.request("POST", path, pod)
        assert code == 201, answer["message"]
        loose = json.loads(json.dumps(pod))
        del loose["spec"]["containers"][0]["securityContext"]
        assert api.request("POST", path, loose)[0] == 403  # the level is really enforced


def may(api, verb, group, resource, namespace="", name=""):
    attributes = {"verb": verb, "group": group, "resource": resource, "namespace": namespace, "name": name}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
              "spec": {"user": OPERATOR, "resourceAttributes": attributes}}
    code, answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    assert code == 201
    return answer["status"]["allowed"]


def test_operator_of_all_namespaces_has_its_rights_and_no_others(installed, api):
    assert may(api, "patch", "apps", "statefulsets", "team-a") and may(api, "watch", "moldau.dev", "clusters")
    assert may(api, "watch", "", "nodes") and may(api, "get", "", "nodes") and may(api, "list", "", "persistentvolumes")
    assert may(api, "update", "coordination.k8s.io", "leases", NAMESPACE, "demo-moldau-operator")
    assert not may(api, "update", "coordination.k8s.io", "leases", NAMESPACE, "another")
    assert not may(api, "get", "", "secrets", "team-a") and not may(api, "create", "", "pods/exec", "team-a")


def test_operator_of_one_namespace_has_no_right_elsewhere(installed, api):
    installed("upgrade", "demo", "charts/moldau-operator", "--set", "watchNamespace=team-a")
    assert may(api, "patch", "apps", "statefulsets", "team-a")
    assert not may(api, "get", "apps", "statefulsets", "team-b") and not may(api, "list", "moldau.dev", "clusters")
    assert not may(api, "list", "", "nodes")


def test_cluster_and_topics_are_installed_from_values(release, api):
    values = "topics.orders.partitions=6,topics.Big_One.config.retention\\.ms=604800000,cluster.storage.size=20Gi"
    notes = release("install", "shop", "charts/moldau", "--set", values)
    assert "shop-bootstrap.moldau-system.svc:9092" in notes
    path = f"/apis/moldau.dev/v1beta1/namespaces/{NAMESPACE}"
    assert api.request("GET", f"{path}/clusters/shop")[1]["spec"]["storage"] == {"size": "20Gi", "deletionPolicy": "Retain"}
    topics = {one["spec"]["name"]: one["spec"] for one in api.request("GET", f"{path}/topics")[1]["items"]}
    assert topics["orders"]["partitions"] == 6 and topics["Big_One"]["config"] == {"retention.ms": 604800000}
    assert all(one["deletionPolicy"] == "Retain" and one["adopt"] for one in topics.values())
    release("upgrade", "shop", "charts/moldau", "--set", values + ",topics.orders.partitions=12")
    release("uninstall", "shop")
    assert api.request("GET", f"{path}/clusters")[1]["items"] == []
