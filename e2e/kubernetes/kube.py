"""A Kubernetes cluster as the tests see it: objects by kind and name, as plain dictionaries, and waiting for changes.

Works against any cluster; what only the lab can do (power cuts and the like) is in faults.py.
"""

import contextlib
import json
import os
import subprocess
import time

import kubernetes
from kubernetes.dynamic.exceptions import ApiException, ConflictError, NotFoundError  # noqa: F401 (tests name them)

GROUP = "moldau.dev/v1beta1"
MANAGER = "e2e"
API_VERSIONS = {
    "Cluster": GROUP, "Topic": GROUP, "StatefulSet": "apps/v1", "Deployment": "apps/v1", "Lease": "coordination.k8s.io/v1",
    "PodDisruptionBudget": "policy/v1", "NetworkPolicy": "networking.k8s.io/v1", "StorageClass": "storage.k8s.io/v1",
    "CustomResourceDefinition": "apiextensions.k8s.io/v1", "ClusterRole": "rbac.authorization.k8s.io/v1",
    "ClusterRoleBinding": "rbac.authorization.k8s.io/v1", "Job": "batch/v1",
}


def eventually(what, condition, seconds=60, pause=0.2):
    """Waits until condition() is true and returns its value. Until then it may raise what a cluster in trouble raises."""
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except (ApiException, OSError, AssertionError) as error:
            last = error
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last seen: {str(last)[:2000]}")
        time.sleep(pause)


def always(what, condition, seconds, pause=0.2):
    """Fails as soon as condition() is false within the given time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(pause)


class Kube:
    def __init__(self):
        kubernetes.config.load_kube_config(os.environ.get("E2E_KUBECONFIG") or os.environ["KUBECONFIG"])
        self.api = kubernetes.client.ApiClient()
        self.api.configuration.retries = 3
        self.core = kubernetes.client.CoreV1Api(self.api)
        self._dynamic = None

    def resource(self, kind):
        if self._dynamic is None:
            self._dynamic = kubernetes.dynamic.DynamicClient(self.api)
        return self._dynamic.resources.get(api_version=API_VERSIONS.get(kind, "v1"), kind=kind)

    def get(self, kind, name, namespace=None):
        return self.resource(kind).get(name=name, namespace=namespace, _request_timeout=20).to_dict()

    def find(self, kind, name, namespace=None):
        """As get, but None where there is nothing of that name."""
        with contextlib.suppress(NotFoundError):
            return self.get(kind, name, namespace)
        return None

    def list(self, kind, namespace=None, selector=None):
        return self.resource(kind).get(namespace=namespace, label_selector=selector, _request_timeout=60).to_dict()["items"]

    def create(self, body, dry_run=False):
        options = {"dry_run": "All"} if dry_run else {}
        namespace = body["metadata"].get("namespace")
        return self.resource(body["kind"]).create(body=body, namespace=namespace, **options).to_dict()

    def apply(self, body, manager=MANAGER, force=True):
        return self.resource(body["kind"]).server_side_apply(
            body=body, name=body["metadata"]["name"], namespace=body["metadata"].get("namespace"), field_manager=manager,
            force_conflicts=force).to_dict()

    def patch(self, kind, name, patch, namespace=None):
        return self.resource(kind).patch(name=name, namespace=namespace, body=patch,
                                         content_type="application/merge-patch+json").to_dict()

    def delete(self, kind, name, namespace=None, **options):
        with contextlib.suppress(NotFoundError):
            self.resource(kind).delete(name=name, namespace=namespace, body=options or None)

    def delete_and_wait(self, kind, name, namespace=None, seconds=90):
        self.delete(kind, name, namespace)
        eventually(f"{kind} {name} is gone", lambda: self.find(kind, name, namespace) is None, seconds)

    def events(self, namespace, name=None):
        found = self.core.list_namespaced_event(namespace).items
        return [event for event in found if name is None or event.involved_object.name == name]

    def logs(self, pod, namespace, **options):
        try:
            return self.core.read_namespaced_pod_log(pod, namespace, **options)
        except kubernetes.client.ApiException as error:
            return f"(no log: {error.reason})"


def condition(item, kind):
    """The condition of that type in an object's status, or an empty one."""
    conditions = (item.get("status") or {}).get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), {"status": None, "reason": None, "message": ""})


def is_ready(pod):
    return pod is not None and condition(pod, "Ready")["status"] == "True" and not pod["metadata"].get("deletionTimestamp")


def environment():
    return os.environ | {"KUBECONFIG": os.environ.get("E2E_KUBECONFIG") or os.environ["KUBECONFIG"]}


def kubectl(*words, stdin=None, check=True):
    done = subprocess.run(["kubectl", *map(str, words)], input=stdin, text=True, capture_output=True, check=False,
                          timeout=300, env=environment())
    if check:
        assert done.returncode == 0, f"kubectl {' '.join(map(str, words))}: {done.stderr}"
    return done


def helm(*words, check=True):
    done = subprocess.run(["helm", *map(str, words)], text=True, capture_output=True, check=False, timeout=600,
                          env=environment())
    if check:
        assert done.returncode == 0, f"helm {' '.join(map(str, words))}: {done.stdout}{done.stderr}"
    return done


def dump(value):
    return json.dumps(value, indent=1, default=str)
