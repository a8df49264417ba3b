"""The objects that the operator makes of Clusters are taken by a real API server, under Pod Security `restricted`.

operator/specs keeps them as goldens; here each is applied by a dry run, as the operator applies it.
"""

import json

import pytest

from crds import ROOT

GOLDENS = sorted((ROOT / "operator/specs/testdata").glob("*.json"))
NAMESPACE = "shop"
# Kind → group, version and plural, for what the lone API server knows.
PLACES = {"StatefulSet": "apis/apps/v1", "Service": "api/v1", "ConfigMap": "api/v1", "ServiceAccount": "api/v1",
          "PodDisruptionBudget": "apis/policy/v1", "NetworkPolicy": "apis/networking.k8s.io/v1"}
PLURALS = {"NetworkPolicy": "networkpolicies"}
UNKNOWN = {"PodMonitor"}


@pytest.fixture(scope="module")
def restricted(api):
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    code, answer = api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE, "labels": labels}})
    assert code == 201, answer
    return api


def apply(api, one):
    plural = PLURALS.get(one["kind"], one["kind"].lower() + "s")
    path = f"/{PLACES[one['kind']]}/namespaces/{NAMESPACE}/{plural}/{one['metadata']['name']}"
    query = "?dryRun=All&fieldValidation=Strict&fieldManager=moldau-operator&force=true"
    return api.request("PATCH", path + query, one, "application/apply-patch+yaml")


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_every_object_is_taken(restricted, path):
    objects = json.loads(path.read_text())
    assert {"StatefulSet", "Service", "ConfigMap", "NetworkPolicy"} <= {one["kind"] for one in objects}
    for one in objects:
        if one["kind"] not in UNKNOWN:
            code, answer = apply(restricted, one)
            assert code == 201, f"{one['kind']} {one['metadata']['name']}: {answer['message']}"


@pytest.mark.parametrize("path", GOLDENS, ids=lambda path: path.stem)
def test_every_pod_may_run_under_the_restricted_level(restricted, path):
    objects = json.loads(path.read_text())
    for one in objects:
        if one["kind"] != "StatefulSet":
            continue
        spec = json.loads(json.dumps(one["spec"]["template"]["spec"]))
        spec["volumes"].append({"name": "data", "emptyDir": {}})
        for name in ("priorityClassName", "runtimeClassName"):
            spec.pop(name, None)  # they would have to exist
        pod = {"metadata": {"name": "broker"}, "spec": spec}
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All&fieldValidation=Strict"
        code, answer = restricted.request("POST", path, pod)
        assert code == 201, answer["message"]


def test_there_are_goldens():
    assert GOLDENS
