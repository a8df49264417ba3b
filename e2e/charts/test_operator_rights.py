"""The operator itself, with no more rights than the chart gives, against the lone API server: it is never refused.

No pod runs here, so a Cluster gets no further than starting; what counts is every object made, the status written, and that
the log speaks of no missing right.
"""

import json
import os
import pathlib
import subprocess
import time
import urllib.request

import pytest

from apiserver import free_port
from crds import ROOT, cluster, topic

BINARY = pathlib.Path(os.environ.get("MOLDAU_BIN_DIR", ROOT / "build/dev/bin")) / "moldau-operator"
WAIT_S = 30
OWNED = {"apis/apps/v1": ["statefulsets"], "api/v1": ["services", "configmaps", "serviceaccounts"],
         "apis/policy/v1": ["poddisruptionbudgets"], "apis/networking.k8s.io/v1": ["networkpolicies"]}


def until(what, condition):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {WAIT_S} s: {what}")


class Operator:
    """A release of the chart, and the program that runs as its ServiceAccount."""

    def __init__(self, api, helm, folder, namespace, watch=""):
        self.api, self.namespace, self.log = api, namespace, folder / "operator.log"
        for name in {namespace, watch} - {""}:
            assert api.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})[0] == 201
        done = helm("install", "own", "charts/moldau-operator", "--namespace", namespace, "--take-ownership", "--set",
                    f"watchNamespace={watch}", env={"KUBECONFIG": str(api.kubeconfig())})
        assert done.returncode == 0, done.stderr
        account = f"/api/v1/namespaces/{namespace}/serviceaccounts/own-moldau-operator"
        code, answer = api.request("POST", f"{account}/token", {"spec": {}})
        assert code == 201, answer
        config = json.loads(api.kubeconfig().read_text())
        config["users"][0]["user"]["token"] = answer["status"]["token"]
        (folder / "kubeconfig").write_text(json.dumps(config))
        self.health = free_port()
        output = open(self.log, "wb")
        self.process = subprocess.Popen(
            [BINARY, "--kubeconfig", folder / "kubeconfig", "--namespace", namespace, "--name", "own-0", "--lease",
             "own-moldau-operator", "--metrics-address", "", "--health-address", f"127.0.0.1:{self.health}",
             "--watch-namespace", watch], stdout=output, stderr=output)

    def is_ready(self):
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(15)
        finally:
            self.process.kill()


@pytest.fixture(params=["", "rights-watched"], ids=["all-namespaces", "one-namespace"])
def operator(api, helm, tmp_path, request):
    if not BINARY.exists():
        pytest.skip(f"no {BINARY}")
    namespace = f"rights-{'all' if not request.param else 'one'}"
    made = Operator(api, helm, tmp_path, namespace, request.param)
    made.works_in = request.param or namespace
    try:
        until("ready", made.is_ready)
        yield made
    finally:
        made.process.kill()
        made.process.wait()
        helm("uninstall", "own", "--namespace", namespace, env={"KUBECONFIG": str(api.kubeconfig())})


def listed(api, place, plural, namespace):
    items = api.request("GET", f"/{place}/namespaces/{namespace}/{plural}")[1]["items"]
    return [one for one in items if one["metadata"].get("labels", {}).get("moldau.dev/cluster") == "demo"]


def condition(resource, kind="Ready"):
    conditions = resource.get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == kind), None)


def test_does_its_work_with_the_rights_of_the_chart(operator, api):
    group = f"/apis/moldau.dev/v1beta1/namespaces/{operator.works_in}"
    assert api.request("POST", f"{group}/clusters", cluster(storage={"deletionPolicy": "Delete"}))[0] == 201
    assert api.request("POST", f"{group}/topics", topic(clusterRef={"name": "nowhere"}))[0] == 201
    for place, plurals in OWNED.items():
        for plural in plurals:
            until(f"{plural} of the Cluster", lambda: listed(api, place, plural, operator.works_in))  # pylint: disable=W0640

    found = until("a condition", lambda: condition(api.request("GET", f"{group}/clusters/demo")[1]))
    assert found["status"] == "False"
    assert condition(api.request("GET", f"{group}/clusters/demo")[1], "Accepted")["status"] == "True"
    until("the finalizer", lambda: api.request("GET", f"{group}/clusters/demo")[1]["metadata"].get("finalizers"))
    found = until("a topic's condition", lambda: condition(api.request("GET", f"{group}/topics/orders")[1]))
    assert found["reason"] == "ClusterNotFound"
    events = f"/apis/events.k8s.io/v1/namespaces/{operator.works_in}/events"
    until("an event", lambda: [one for one in api.request("GET", events)[1]["items"] if one["regarding"]["name"] == "demo"])

    for name in ("topics/orders", "clusters/demo"):  # finalizers let go
        assert api.request("DELETE", f"{group}/{name}")[0] == 200
        until(f"{name} gone", lambda: api.request("GET", f"{group}/{name}")[0] == 404)  # pylint: disable=W0640
    assert operator.stop() == 0, operator.log.read_text()[-3000:]
    lines = [line for line in operator.log.read_text().splitlines() if "forbidden" in line.lower() or "[error]" in line]
    # What it may not see in one namespace it says once, and goes on.
    allowed = ("nodes", "persistentvolumes") if operator.works_in == "rights-watched" else ()
    assert [line for line in lines if not any(name in line for name in allowed)] == []
