"""The images by themselves: process 1 of a container, read-only, without rights, and nothing acknowledged is lost."""

import pathlib
import signal
import time

import pytest

import workload
from kube import eventually, kubectl
from moldau import ON_LAB, image
from plain import PlainBroker


@pytest.fixture
def broker(kube, make_namespace):
    if not ON_LAB:
        pytest.skip("its clients are inside the cluster's network: unset E2E_KUBECONFIG")
    return PlainBroker(kube, make_namespace({"pod-security.kubernetes.io/enforce": "restricted"}))


@pytest.fixture
def load(broker):
    workload.create_topic(broker.address, "load")
    return workload.Workload(broker.address, "load").start()


@pytest.mark.smoke
def test_image_serves_as_another_user_than_root_on_a_root_file_system_that_cannot_be_written(broker, load, lab):
    pid = lab.main_pid(broker.pod())
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(line.rstrip("\n").split(":", 1) for line in status)
    with open(f"/proc/{pid}/mountinfo", encoding="utf-8") as mounts:
        root = next(line for line in mounts if line.split()[4] == "/")

    assert fields["NSpid"].split()[-1] == "1", "the broker is the first process of its container"
    assert set(fields["Uid"].split()) == {"65532"}
    assert int(fields["CapEff"], 16) == 0
    assert "ro" in root.split()[5].split(",")
    assert load.check() > 0


@pytest.mark.smoke
def test_broker_killed_with_signal_9_has_all_that_it_acknowledged(broker, load, lab):
    before = broker.restarts()

    begin = time.monotonic()
    lab.kill_process(broker.pod())
    eventually("the kubelet started it again", lambda: broker.restarts() == before + 1, 30)
    load.wait_for_more(60)

    print(f"producing again after {load.gap_since(begin):.2f} s")
    load.check()


def test_sigterm_stops_the_broker_cleanly_within_its_grace(broker, load, lab):
    pod = broker.pod()
    lab.kill_process(pod, signal.SIGTERM)

    def ended():
        state = broker.pod()["status"]["containerStatuses"][0]["lastState"].get("terminated")
        return state or None
    assert eventually("the container ended", ended, 30)["exitCode"] == 0
    broker.wait_until_ready()
    load.wait_for_more()
    load.check()


def test_process_one_leaves_no_zombies_of_orphans(broker, lab):
    """A process that is started beside the broker and loses its parent becomes the broker's child."""
    pid = lab.main_pid(broker.pod())
    kubectl("exec", "plain-0", "-n", broker.namespace, "--", "sh", "-c", "(sleep 3 >&- 2>&- &)")
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    eventually("the orphan is the broker's child", lambda: children.read_text().split(), 3, 0.01)
    eventually("the orphan is gone, reaped", lambda: not children.read_text().split(), 10)


def test_deleted_pod_comes_back_with_its_volume(broker, load, kube):
    uid = broker.pod()["metadata"]["uid"]
    kube.delete("Pod", "plain-0", broker.namespace)

    eventually("another pod runs", lambda: broker.pod() and broker.pod()["metadata"]["uid"] != uid, 60)
    broker.wait_until_ready()
    load.wait_for_more()
    load.check()


def test_power_cut_of_its_node_loses_nothing(broker, load, lab):
    node = broker.pod()["spec"]["nodeName"]
    with lab.power_cut(node):
        time.sleep(2)  # that much load meets a broker that is gone
    broker.wait_until_ready(120)
    load.wait_for_more(120)
    load.check()


@pytest.mark.parametrize("target", ["broker", "operator", "cli"])
def test_image_says_what_it_is_and_needs_no_shell(target, namespace, kube):
    """Runs `--version` of each image under the strictest security context."""
    container = {"name": "version", "image": image(target), "args": ["--version"],
                 "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                     "runAsNonRoot": True, "capabilities": {"drop": ["ALL"]}}}
    kube.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "version", "namespace": namespace},
                 "spec": {"restartPolicy": "Never", "containers": [container]}})
    eventually("it ended well", lambda: kube.get("Pod", "version", namespace)["status"].get("phase") == "Succeeded", 60)
    assert "0.1" in kubectl("-n", namespace, "logs", "version").stdout
