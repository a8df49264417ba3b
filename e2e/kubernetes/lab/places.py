"""Names and places of the lab: where its binaries and its state are, and which addresses it uses.

Nothing here is on a network of the machine: every address below exists in the lab's own network namespaces only.
"""

import os
import pathlib
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent

_CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
# What was built is kept for the next time; what a cluster stores goes with it.
BIN = pathlib.Path(os.environ.get("MOLDAU_LAB_BIN") or _CACHE / "moldau/kubernetes")
STATE = pathlib.Path(os.environ.get("MOLDAU_LAB_DIR") or pathlib.Path(tempfile.gettempdir()) / "moldau-lab")

NAME = "moldau-lab"            # of the network namespace beside the nodes, and of the control groups
NODES_MAX = 9
CONTROL_ADDRESS = "172.31.0.1"  # the control plane's
SERVICES = "10.96.0.0/16"
API_SERVICE_ADDRESS = "10.96.0.1"
DNS_SERVICE_ADDRESS = "10.96.0.10"
PODS = "10.244.0.0/16"
CONTROLLERS = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd"]

PKI = STATE / "pki"
LOGS = STATE / "log"
AUDIT_LOG = LOGS / "audit.log"
KUBECONFIG = STATE / "admin.kubeconfig"


def node_name(index):
    return f"n{index}"


def node_index(name):
    return int(name.removeprefix("n"))


def node_address(index):
    return f"172.31.0.{10 + index}"


def pod_range(index):
    return f"10.244.{index}.0/24"


def node_folder(index):
    return STATE / "nodes" / node_name(index)


def namespace_file(node=None):
    """The network namespace of a node, or that of the control plane."""
    return f"/run/netns/{NAME}-{node}" if node else f"/run/netns/{NAME}"


def present_nodes():
    """The indexes of the nodes that this lab was brought up with."""
    return sorted(node_index(path.name) for path in (STATE / "nodes").glob("n*"))
