"""Moldau on Kubernetes as the tests handle it: the installed operator, a Cluster, its Topics."""

import contextlib
import json
import os
import pathlib
import re
import subprocess

import workload
from kube import GROUP, condition, eventually, helm, is_ready, kubectl

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts/moldau-operator"
REGISTRY = os.environ.get("E2E_REGISTRY", "localhost")
TAG = os.environ.get("E2E_TAG", "0.1.0")
NEXT_TAG = os.environ.get("E2E_NEXT_TAG", "0.1.1")
ON_LAB = not os.environ.get("E2E_KUBECONFIG")
READY_S = 60
# Small, so that many fit on a small machine at once.
RESOURCES = {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}
# Made for tests: fewer partitions of internal topics, and groups that start at once.
CONFIG = {"group.initial.rebalance.delay.ms": 100, "offsets.topic.num.partitions": 4}


def image(target, tag=TAG):
    return f"{REGISTRY}/moldau/{target}:{tag}"


class Operator:
    """The operator as `helm install` leaves it. Release and namespace can be chosen, so that several stand side by side."""

    def __init__(self, kube, release="moldau-operator", namespace="moldau-system"):
        self.kube, self.release, self.namespace = kube, release, namespace
        self.user = f"system:serviceaccount:{namespace}:{release}"

    def values(self, settings):
        chosen = {"registry": REGISTRY, "image.tag": TAG, "broker.image.tag": TAG, "cli.image.tag": TAG,
                  "test.storageSize": "1Gi"} | settings
        return [word for key, value in chosen.items() for word in ("--set", f"{key}={value}")]

    def install(self, **settings):
        """Installs or upgrades, and waits until the operator says that it is ready."""
        helm("upgrade", "--install", self.release, CHART, "--namespace", self.namespace, "--create-namespace", "--wait",
             "--timeout", "2m", *self.values({key.replace("__", "."): value for key, value in settings.items()}))
        self.wait_until_available()

    def uninstall(self):
        helm("uninstall", self.release, "--namespace", self.namespace, "--wait", "--timeout", "2m")

    def pods(self):
        selector = f"app.kubernetes.io/name=moldau-operator,app.kubernetes.io/instance={self.release}"
        ended = ("Succeeded", "Failed")
        return [pod for pod in self.kube.list("Pod", self.namespace, selector)
                if pod["status"].get("phase") not in ended and not pod["metadata"].get("deletionTimestamp")]

    def pod(self):
        """The only one, or the one that holds the lease."""
        pods, holder = self.pods(), self.lease_holder() or ""
        leading = [pod for pod in pods if holder.startswith(pod["metadata"]["name"])]
        return next(iter(leading + pods), None)

    def lease_holder(self):
        leases = [lease for lease in self.kube.list("Lease", self.namespace) if "moldau" in lease["metadata"]["name"]]
        return leases[0]["spec"].get("holderIdentity") if leases else None

    def wait_until_available(self, seconds=READY_S):
        def available():
            deployment = self.kube.get("Deployment", self.release, self.namespace)
            seen = deployment["status"].get("observedGeneration") == deployment["metadata"]["generation"]
            updated = deployment["status"].get("updatedReplicas") or 0
            ready = [pod for pod in self.pods() if is_ready(pod)]
            return seen and len(ready) == len(self.pods()) == updated == deployment["spec"]["replicas"]
        eventually("the operator is available", available, seconds)

    def move_off(self, node):
        """Scenarios about a node that dies are about a broker's: the operator works from another one."""
        if all(pod["spec"].get("nodeName") != node for pod in self.pods()):
            return
        kubectl("cordon", node)
        try:
            for pod in self.pods():
                self.kube.delete("Pod", pod["metadata"]["name"], self.namespace)
            eventually("the operator is elsewhere", lambda: self.pods() and all(
                pod["spec"].get("nodeName") not in (node, None) for pod in self.pods()), 60)
            self.wait_until_available()
        finally:
            kubectl("uncordon", node)

    def renew(self):
        """Another pod: a container that ended often is started later and later, which would be the next test's trouble."""
        for pod in self.pods():
            self.kube.delete("Pod", pod["metadata"]["name"], self.namespace, gracePeriodSeconds=1)
        self.wait_until_available()

    def metrics(self):
        """Its metrics in Prometheus' text format."""
        pod = self.pod()["metadata"]["name"]
        return kubectl("get", "--raw", f"/api/v1/namespaces/{self.namespace}/pods/{pod}:8080/proxy/metrics").stdout

    def total(self, metric, *labels):
        """The sum of a metric over all its series that have all of these labels, each as 'name="value"'."""
        return sum(float(line.split()[-1]) for line in self.metrics().splitlines()
                   if re.match(metric + "[ {]", line) and all(label in line for label in labels))

    def looks(self, controller):
        """How many reconciliations of this controller have ended, once none waits."""
        self.wait_until_at_rest()
        return self.total("controller_runtime_reconcile_total", f'controller="{controller}"')

    def wait_until_at_rest(self):
        eventually("nothing waits or is under way", lambda: self.total("workqueue_depth") == 0 and
                   self.total("controller_runtime_active_workers") == 0, 60)


class Cluster:
    """One Cluster resource and what stands behind it."""

    def __init__(self, kube, namespace, name="demo"):
        self.kube, self.namespace, self.name = kube, namespace, name

    def body(self, spec):
        metadata = {"name": self.name, "namespace": self.namespace}
        return {"apiVersion": GROUP, "kind": "Cluster", "metadata": metadata, "spec": spec}

    @staticmethod
    def small(**fields):
        """A spec for tests, with more fields or others."""
        spec = {"storage": {"size": "1Gi"}, "resources": RESOURCES, "config": dict(CONFIG)}
        if not ON_LAB:
            spec["listeners"] = [{"name": "outside", "type": "NodePort", "port": 9094}]
        return spec | fields

    def apply(self, **fields):
        return self.kube.apply(self.body(self.small(**fields)))

    def patch(self, **fields):
        return self.kube.patch("Cluster", self.name, {"spec": fields}, self.namespace)

    def get(self):
        return self.kube.get("Cluster", self.name, self.namespace)

    def condition(self, kind="Ready"):
        return condition(self.get(), kind)

    def is_settled(self):
        """Ready for the spec as it is now."""
        item = self.get()
        seen = (item.get("status") or {}).get("observedGeneration") == item["metadata"]["generation"]
        return seen and condition(item, "Ready")["status"] == "True"

    def wait_until_ready(self, seconds=READY_S):
        try:
            eventually(f"Cluster {self.name} is Ready", self.is_settled, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{json.dumps(self.get().get('status'), indent=1)}") from None

    def wait_for_reason(self, kind, reason, seconds=READY_S):
        """Waits for a condition with that reason and returns it."""
        def found():
            now = self.condition(kind)
            assert now["reason"] == reason, f"{kind} is {now}"
            return now
        return eventually(f"Cluster {self.name} has {kind} with reason {reason}", found, seconds)

    @property
    def pod_name(self):
        return f"{self.name}-brokers-0"

    def pod(self):
        return self.kube.find("Pod", self.pod_name, self.namespace)

    def node(self):
        return self.pod()["spec"]["nodeName"]

    def wait_for_another_pod(self, uid, seconds=READY_S):
        def renewed():
            pod = self.pod()
            return pod and pod["metadata"]["uid"] != uid and is_ready(pod)
        eventually(f"{self.pod_name} is another pod, and ready", renewed, seconds)

    def bootstrap(self):
        """Where the tests' clients connect: in the lab they reach pods (but no service addresses), elsewhere node ports."""
        if ON_LAB:
            return f"{self.name}-brokers.{self.namespace}.svc.cluster.local:9092"
        listeners = {one["name"]: one for one in self.get()["status"]["listeners"]}
        return listeners["outside"]["bootstrap"]

    def workload(self, topic="load", partitions=3, **options):
        """A topic with a producer that has begun."""
        workload.create_topic(self.bootstrap(), topic, partitions)
        return workload.Workload(self.bootstrap(), topic, partitions, **options).start()

    def topic(self, name, /, **spec):
        return Topic(self, name, spec)


class Topic:
    """One Topic resource of a Cluster, applied when it is made."""

    def __init__(self, cluster, name, spec):
        self.cluster, self.name, self.kube = cluster, name, cluster.kube
        self.namespace = cluster.namespace
        self.apply(**spec)

    def apply(self, **spec):
        body = {"apiVersion": GROUP, "kind": "Topic", "metadata": {"name": self.name, "namespace": self.namespace},
                "spec": {"clusterRef": {"name": self.cluster.name}} | spec}
        return self.kube.apply(body)

    def get(self):
        return self.kube.get("Topic", self.name, self.namespace)

    def wait_until_ready(self, seconds=30):
        def settled():
            item = self.get()
            now = condition(item, "Ready")
            assert now["status"] == "True", now
            return (item.get("status") or {}).get("observedGeneration") == item["metadata"]["generation"]
        eventually(f"Topic {self.name} is Ready", settled, seconds)
        return self

    def wait_for_reason(self, reason, seconds=30):
        def found():
            now = condition(self.get(), "Ready")
            assert now["reason"] == reason, now
            return now
        return eventually(f"Topic {self.name} has reason {reason}", found, seconds)

    def delete(self, seconds=30):
        self.kube.delete_and_wait("Topic", self.name, self.namespace, seconds)


@contextlib.contextmanager
def dead_pod(kube, name, namespace):
    """The pod is deleted at once, as if its container had never been asked to stop."""
    uid = kube.get("Pod", name, namespace)["metadata"]["uid"]
    kube.delete("Pod", name, namespace, gracePeriodSeconds=0)
    yield uid


def diagnose(kube, namespace):
    """What a person would look at first when a test failed."""
    words = [("get", "clusters,topics,pods,pvc,statefulsets", "-o", "wide"), ("describe", "clusters"),
             ("get", "events", "--sort-by=.lastTimestamp")]
    texts = [f"===== namespace {namespace}"]
    for one in words:
        texts.append(f"--- kubectl {' '.join(one)}\n{kubectl('-n', namespace, *one, check=False).stdout[-6000:]}")
    for pod in kube.list("Pod", namespace):
        name = pod["metadata"]["name"]
        texts.append(f"--- log of {name}\n{kube.logs(name, namespace, tail_lines=40)}")
    texts.append("--- log of the operator\n" + subprocess.run(
        ["kubectl", "-n", "moldau-system", "logs", "-l", "app.kubernetes.io/name=moldau-operator", "--tail=60", "--prefix"],
        text=True, capture_output=True, check=False).stdout)
    return "\n".join(texts)
