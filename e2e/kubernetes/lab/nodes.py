"""Nodes: containerd, kubelet and kube-proxy of each, in namespaces of its own. To end its first process is a power cut."""

import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess

from . import certificates, network, places, processes

READY_S = 120
ZONE = "topology.kubernetes.io/zone"

CONTAINERD = """version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true  # lowering it takes a capability that containers of the machine itself may lack
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/var/lib/node/cni"
"""


def _pod_network(index):
    # ptp, not a bridge: the node routes every packet of a pod, so that services work between pods of one node too.
    addresses = {"type": "host-local", "ranges": [[{"subnet": places.pod_range(index)}]], "routes": [{"dst": "0.0.0.0/0"}]}
    plugins = [{"type": "ptp", "mtu": 1500, "ipam": addresses}, {"type": "portmap", "capabilities": {"portMappings": True}}]
    return {"cniVersion": "1.0.0", "name": places.NAME, "plugins": plugins}


def _kubelet():
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                           "x509": {"clientCAFile": "/var/lib/node/ca.crt"}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": "/var/lib/node/node.crt",
        "tlsPrivateKeyFile": "/var/lib/node/node.key",
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [places.DNS_SERVICE_ADDRESS],
        "clusterDomain": "cluster.local",
        "resolvConf": "/var/lib/node/resolv.conf",
        "imageGCHighThresholdPercent": 100,  # an image that was collected could not be pulled again
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1Gi", "imagefs.available": "1Gi"},
    }


def _kube_proxy(node):
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": "/var/lib/node/kube-proxy.kubeconfig"},
        "mode": "nftables",
        "clusterCIDR": places.PODS,
        "hostnameOverride": node,
        # Zeros: leave the machine's own limits of connection tracking alone.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def _make_folders(folder):
    for path in ("lib/node/bin", "lib/node/cni", "lib/kubelet", "lib/containerd", "lib/cni", "lib/volumes", "log/pods",
                 "log/containers", "tmp"):
        (folder / "var" / path).mkdir(parents=True, exist_ok=True)
    run = folder / "var/run"
    if not run.is_symlink():
        run.symlink_to("/run")


def _write_configuration(index, settings):
    node = places.node_name(index)
    certificates.make(node, f"/O=system:nodes/CN=system:node:{node}", [f"IP:{places.node_address(index)}", f"DNS:{node}"])
    for source, target in (("ca.crt", "ca.crt"), (f"{node}.crt", "node.crt"), (f"{node}.key", "node.key")):
        shutil.copy(certificates.path(source), settings / target)
    certificates.write_kubeconfig(settings / "kubelet.kubeconfig", node, f"/O=system:nodes/CN=system:node:{node}")
    shutil.copy(places.STATE / "kube-proxy.kubeconfig", settings)
    (settings / "resolv.conf").touch()
    (settings / "containerd.toml").write_text(CONTAINERD)
    (settings / "cni/10-lab.conflist").write_text(json.dumps(_pod_network(index)))
    (settings / "kubelet.json").write_text(json.dumps(_kubelet()))
    (settings / "kube-proxy.json").write_text(json.dumps(_kube_proxy(node)))


def _make_groups(node):
    """Control groups of the node; a new cpuset is empty until it is given its parent's processors and memory."""
    for group in map(pathlib.Path, processes.groups(node)):
        group.mkdir(parents=True, exist_ok=True)
        if group.parent.parent.name == "cpuset":
            for name in ("cpuset.cpus", "cpuset.mems"):
                inherited = (group.parent.parent / name).read_text()
                (group.parent / name).write_text(inherited)
                (group / name).write_text(inherited)


def _boot(index):
    node, folder = places.node_name(index), places.node_folder(index)
    _make_folders(folder)
    network.add_node(index)
    _make_groups(node)
    _write_configuration(index, folder / "var/lib/node")
    processes.start_node(node, places.HERE / "node_init.sh", node, folder, places.BIN, *places.CONTROLLERS)


def _answers(node):
    return subprocess.run(processes.into_node(node, "ctr", "version"), env=processes.node_environment(node),
                          capture_output=True, check=False).returncode == 0


def _images(node):
    return processes.in_node(node, "ctr", "-n", "k8s.io", "images", "ls", "-q", text=True).split()


def load(node, archive):
    """Imports an image archive (OCI or docker) into a node."""
    with open(archive, "rb") as content:
        processes.in_node(node, "ctr", "-n", "k8s.io", "images", "import", "-", stdin=content)


def load_everywhere(archive):
    names = map(places.node_name, places.present_nodes())
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: load(node, archive), names))


def remove_image(node, name):
    processes.in_node(node, "ctr", "-n", "k8s.io", "images", "rm", name)


def start_kubelet(index):
    node = places.node_name(index)
    processes.start_in_node(f"{node}-kubelet", node, "/var/lib/node/bin/kubelet", "--config=/var/lib/node/kubelet.json",
                            "--kubeconfig=/var/lib/node/kubelet.kubeconfig", f"--hostname-override={node}",
                            f"--node-ip={places.node_address(index)}", f"--node-labels={ZONE}=rack{index}")


def start(index):
    """Starts the node, or whatever of it does not run."""
    node = places.node_name(index)
    if not processes.pid(node):
        _boot(index)
    processes.start_in_node(f"{node}-containerd", node, "containerd", "--config", "/var/lib/node/containerd.toml",
                            "--log-level", "warn")
    processes.wait_until(f"containerd of {node} answers", lambda: _answers(node), 30, 0.1)
    present = _images(node)
    for name in ("pause", "tools"):
        if f"localhost/{name}:1" not in present:
            load(node, places.BIN / f"{name}.tar")
    start_kubelet(index)
    processes.start_in_node(f"{node}-kube-proxy", node, "/var/lib/node/bin/kube-proxy",
                            "--config=/var/lib/node/kube-proxy.json")


def cut_power(node):
    """All processes of the node die at once; what the kernel had in its page cache is not lost."""
    processes.stop(node, signal.SIGKILL)


def stop_kubelet(node):
    processes.stop(f"{node}-kubelet", signal.SIGKILL)


def kill_container(node, container, number=signal.SIGKILL):
    """Sends a signal to the first process of a container (its id without the scheme)."""
    processes.in_node(node, "ctr", "-n", "k8s.io", "task", "kill", "-s", str(int(number)), container)


def _kubectl_get(*words):
    return processes.in_lab(places.BIN / "kubectl", "get", *words)


def _is_usable(index):
    """Ready, and without the taints that are taken off a little later: until then no pod is placed there."""
    try:
        node = json.loads(_kubectl_get("node", places.node_name(index), "-o", "json"))
    except subprocess.CalledProcessError:
        return False
    conditions = {condition["type"]: condition["status"] for condition in node["status"].get("conditions", [])}
    taints = [taint["key"] for taint in node["spec"].get("taints", [])]
    return conditions.get("Ready") == "True" and not any("not-ready" in taint or "unreachable" in taint for taint in taints)


def wait_until_usable(index):
    processes.wait_until(f"node {places.node_name(index)} is ready", lambda: _is_usable(index), READY_S, 0.3)


def remove_groups():
    for controller in places.CONTROLLERS:
        top = f"/sys/fs/cgroup/{controller}/{places.NAME}"
        for folder, _, _ in os.walk(top, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                pass  # a process that is ending still holds it; the next `down` removes it
