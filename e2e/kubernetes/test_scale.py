"""Amounts: a thousand Topics beside others, ten thousand for the project's targets of speed and memory."""

import concurrent.futures
import os
import time

import kubernetes
import pytest

import workload
from kube import GROUP, condition, eventually
from moldau import Cluster

MANY = int(os.environ.get("E2E_TOPICS", "10000"))
EDITS = 200
PLURAL = {"group": "moldau.dev", "version": "v1beta1", "plural": "topics"}


def bodies(cluster, count):
    for number in range(count):
        yield {"apiVersion": GROUP, "kind": "Topic",
               "metadata": {"name": f"topic-{number:05}", "namespace": cluster.namespace},
               "spec": {"clusterRef": {"name": cluster.name}, "partitions": 1, "config": {"retention.ms": 3_600_000}}}


def create_topics(cluster, count):
    custom = kubernetes.client.CustomObjectsApi(cluster.kube.api)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda body: custom.create_namespaced_custom_object(namespace=cluster.namespace, body=body, **PLURAL),
                      bodies(cluster, count)))


def count_ready(cluster):
    """Ready Topics, read in pages from the API server's cache."""
    custom, ready, token = kubernetes.client.CustomObjectsApi(cluster.kube.api), 0, None
    while True:
        page = custom.list_namespaced_custom_object(namespace=cluster.namespace, limit=2000, _continue=token, **PLURAL)
        ready += sum(condition(item, "Ready")["status"] == "True" for item in page["items"])
        token = page["metadata"].get("continue")
        if not token:
            return ready


class StatusWrites:
    """Topics whose status was written, by the API server's audit log: a watch of ten thousand would be a load of its own."""

    def __init__(self, audit, user, namespace):
        self.audit, self.user, self.namespace, self.names = audit, user, namespace, set()

    def wait_for(self, count, seconds):
        eventually(f"{count} Topics have a status", lambda: self._read() >= count, seconds, 0.2)

    def _read(self):
        for event in self.audit.news():
            about = event.get("objectRef", {})
            if event["user"]["username"] == self.user and about.get("subresource") == "status" and \
                    is_about_topics_of(event, self.namespace):
                self.names.add(about["name"])
        return len(self.names)


def resident_mib(lab, pod):
    with open(f"/proc/{lab.main_pid(pod)}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024


def test_a_thousand_topics_become_ready_while_others_produce(cluster, figures):
    load = cluster.workload()
    begin = time.monotonic()
    create_topics(cluster, 1000)
    created = time.monotonic() - begin
    eventually("1,000 Topics are Ready", lambda: count_ready(cluster) == 1000, 120, 0.5)
    figures.add("1,000 Topics, created and Ready", time.monotonic() - begin, 30, "s")
    print(f"creating them took {created:.1f} s")
    assert len(workload.topics(cluster.bootstrap())) == 1001
    assert load.check() > 0


@pytest.fixture
def many(kube, operator, namespace):
    """A Cluster with ten thousand Topics that no operator has seen yet: it is started by the test."""
    eventually("nothing of other tests is being deleted", lambda: all(
        item["status"]["phase"] == "Active" for item in kube.list("Namespace")), 300)
    cluster = Cluster(kube, namespace)
    cluster.apply(resources={"requests": {"cpu": "50m", "memory": "256Mi"}, "limits": {"memory": "4Gi"}},
                  storage={"size": "20Gi", "deletionPolicy": "Delete"})
    cluster.wait_until_ready()
    kube.patch("Deployment", operator.release, {"spec": {"replicas": 0}}, operator.namespace)
    eventually("no operator runs", lambda: not operator.pods(), 60)
    create_topics(cluster, MANY)
    yield cluster
    kube.patch("Deployment", operator.release, {"spec": {"replicas": 1}}, operator.namespace)
    operator.wait_until_available(120)
    # Without their Cluster the Topics let go at once, and the namespace need not wait for ten thousand deletions.
    kube.delete_and_wait("Cluster", cluster.name, namespace, 300)


def start_operator(kube, operator):
    kube.patch("Deployment", operator.release, {"spec": {"replicas": 1}}, operator.namespace)
    eventually("its process runs", lambda: runs(operator), 60, 0.02)
    return time.monotonic()


def runs(operator):
    statuses = [one for pod in operator.pods() for one in pod["status"].get("containerStatuses") or []]
    return any(one["state"].get("running") for one in statuses)


def is_about_topics_of(event, namespace):
    about = event.get("objectRef", {})
    return (about.get("resource"), about.get("namespace")) == ("topics", namespace)


@pytest.mark.large
def test_ten_thousand_topics_meet_the_targets(many, kube, operator, lab, figures, audit):
    written = StatusWrites(audit, operator.user, many.namespace)
    begin = start_operator(kube, operator)
    written.wait_for(MANY, 600)
    took = time.monotonic() - begin
    assert count_ready(many) == MANY
    figures.add(f"{MANY} existing Topics, operator start to last Ready", took, 60, "s")
    writes = [event for event in audit.since(operator.user) if is_about_topics_of(event, many.namespace)]
    figures.add("writes for each Topic", len(writes) / MANY, 2, "")
    figures.add(f"operator RSS with {MANY} Topics", resident_mib(lab, operator.pod()), 64, "MiB")
    figures.add("one Topic edit to applied, p99", edit_p99(many), 0.5, "s")
    figures.add(f"operator start to synced with {MANY} Topics", restart_to_synced(operator, lab), 3, "s")
    assert len(writes) <= 2 * MANY
    assert took < 60


def edit_p99(cluster):
    """From the answer to the edit until the status says that this generation is applied."""
    times = []
    for number in range(EDITS):
        name = f"topic-{number * 7 % MANY:05}"
        generation = cluster.kube.patch("Topic", name, {"spec": {"config": {"retention.ms": 4_000_000 + number}}},
                                        cluster.namespace)["metadata"]["generation"]
        begin = time.monotonic()

        def applied(name=name, generation=generation):
            item = cluster.kube.get("Topic", name, cluster.namespace)
            return item["status"].get("observedGeneration") == generation and condition(item, "Ready")["status"] == "True"
        eventually("the edit is applied", applied, 30, 0.01)
        times.append(time.monotonic() - begin)
    return sorted(times)[int(len(times) * 0.99) - 1]


def restart_to_synced(operator, lab):
    """From the start of a new process to all informers synced, as its own metrics tell."""
    def synced():
        lines = [line for line in operator.metrics().splitlines() if line.startswith("moldau_operator_informer_synced")
                 and "monitors" not in line]  # whose API need not be there
        return lines and all(line.endswith(" 1") for line in lines)
    lab.kill_process(operator.pod())
    eventually("the process ended", lambda: not operator.pod()["status"]["containerStatuses"][0].get("ready"), 30, 0.02)
    eventually("another runs", lambda: operator.pod()["status"]["containerStatuses"][0]["state"].get("running"), 60, 0.02)
    begin = time.monotonic()
    eventually("its informers are synced", synced, 60, 0.05)
    return time.monotonic() - begin
