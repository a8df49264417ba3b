"""The lab's network: a bridge in a namespace of its own, a namespace per node on it, and no way out of any of them."""

import os
import subprocess

from . import places


def _ip(*words):
    subprocess.run(["ip", *map(str, words)], check=True, capture_output=True)


def _exists(node=None):
    return os.path.exists(places.namespace_file(node))


def add_control():
    if _exists():
        return
    space = ["-n", places.NAME]
    _ip("netns", "add", places.NAME)
    _ip(*space, "link", "set", "lo", "up")
    _ip(*space, "link", "add", "nodes", "type", "bridge")
    _ip(*space, "addr", "add", f"{places.CONTROL_ADDRESS}/24", "dev", "nodes")
    _ip(*space, "link", "set", "nodes", "up")
    for index in range(1, places.NODES_MAX + 1):
        _ip(*space, "route", "add", places.pod_range(index), "via", places.node_address(index))


def add_node(index):
    node = places.node_name(index)
    if _exists(node):
        return
    name = f"{places.NAME}-{node}"
    space = ["-n", name]
    _ip("netns", "add", name)
    _ip("-n", places.NAME, "link", "add", node, "type", "veth", "peer", "name", "eth0", "netns", name)
    _ip("-n", places.NAME, "link", "set", node, "master", "nodes", "up")
    _ip(*space, "link", "set", "lo", "up")
    _ip(*space, "addr", "add", f"{places.node_address(index)}/24", "dev", "eth0")
    _ip(*space, "link", "set", "eth0", "up")
    # A route to the services, or the kernel refuses the node's own packets before their addresses are translated.
    _ip(*space, "route", "add", places.SERVICES, "dev", "eth0")
    for other in range(1, places.NODES_MAX + 1):
        if other != index:
            _ip(*space, "route", "add", places.pod_range(other), "via", places.node_address(other))
    # nsenter, not `ip netns exec`: the latter mounts another /sys, without control groups.
    subprocess.run(["nsenter", f"--net={places.namespace_file(node)}", "sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"],
                   check=True)


def remove():
    """Deletes every namespace of the lab, and with them all interfaces."""
    names = [f"{places.NAME}-n{index}" for index in range(1, places.NODES_MAX + 1)] + [places.NAME]
    for name in names:
        if os.path.exists(f"/run/netns/{name}"):
            _ip("netns", "del", name)
