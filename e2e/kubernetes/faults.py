"""What only the lab can do to a cluster: power cuts, killed processes, a restarted API server, cut connections.

Each fault that lasts is a context manager that repairs it, whatever happens inside.
"""

import contextlib
import json
import os
import signal
import subprocess

from lab import control_plane, nodes, places, processes


class Lab:
    """The lab that this test runs in."""

    @contextlib.contextmanager
    def power_cut(self, node):
        """The node has no power inside of the block."""
        nodes.cut_power(node)
        try:
            yield
        finally:
            self.power_on(node)

    def power_on(self, node):
        index = places.node_index(node)
        nodes.start(index)
        nodes.wait_until_usable(index)

    @contextlib.contextmanager
    def kubelet_dead(self, node):
        """The node's kubelet does not run inside of the block; its pods do."""
        nodes.stop_kubelet(node)
        try:
            yield
        finally:
            nodes.start_kubelet(places.node_index(node))
            nodes.wait_until_usable(places.node_index(node))

    def kill_process(self, pod, number=signal.SIGKILL, container=0):
        """Sends a signal to the first process of a pod's container."""
        identity = pod["status"]["containerStatuses"][container]["containerID"].removeprefix("containerd://")
        nodes.kill_container(pod["spec"]["nodeName"], identity, number)

    def main_pid(self, pod, container=0):
        """The pid of that process as this machine counts."""
        identity = pod["status"]["containerStatuses"][container]["containerID"].removeprefix("containerd://")
        node = pod["spec"]["nodeName"]
        listed = processes.in_node(node, "ctr", "-n", "k8s.io", "task", "ls", text=True).splitlines()
        inside = next(int(line.split()[1]) for line in listed if line.startswith(identity))
        return self._outside(node, inside)

    @staticmethod
    def _outside(node, inside):
        """Pids of a node are counted in its own namespace: the one whose second number is `inside`."""
        space = os.readlink(f"/proc/{processes.pid(node)}/ns/pid")
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    with open(f"/proc/{entry}/status", encoding="ascii", errors="replace") as status:
                        numbers = next((line.split()[1:] for line in status if line.startswith("NSpid:")), [])
                    # A container has a pid namespace inside of the node's.
                    if len(numbers) >= 2 and int(numbers[1]) == inside and Lab._is_below(entry, space):
                        return int(entry)
        raise AssertionError(f"no process {inside} in {node}")

    @staticmethod
    def _is_below(entry, space):
        """Whether the process is a descendant of the node's first process, which lives in pid namespace `space`."""
        number = int(entry)
        while number > 1:
            if os.readlink(f"/proc/{number}/ns/pid") == space:
                return True
            with open(f"/proc/{number}/stat", encoding="ascii", errors="replace") as stat:
                number = int(stat.read().rpartition(")")[2].split()[1])
        return False

    def kill_api_server(self):
        """kill -9; back after a second or two. Returns when it is ready again."""
        before = processes.children(processes.pid("kube-apiserver"))
        control_plane.kill_api_server()
        processes.wait_until("another API server process",
                             lambda: processes.children(processes.pid("kube-apiserver")) not in ([], before), 20)
        control_plane.wait_for_api()

    @contextlib.contextmanager
    def api_connections(self, verdict, address):
        """Packets from `address` to the API server meet `verdict` ("drop", "reject with tcp reset") inside of the block."""
        rules = (f"table ip moldau_fault {{ chain input {{ type filter hook input priority -10; "
                 f"ip saddr {address} tcp dport 6443 {verdict}; }}; }}")
        subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
        try:
            yield
        finally:
            subprocess.run(["nft", "delete", "table", "ip", "moldau_fault"], check=True)

    def load_image(self, archive):
        nodes.load_everywhere(archive)

    def processors(self):
        return os.cpu_count()


class Audit:
    """The mutating requests that the API server answered from now on (`since()` → list of events)."""

    def __init__(self):
        self.begin = places.AUDIT_LOG.stat().st_size if places.AUDIT_LOG.exists() else 0
        self.told = self.begin

    def since(self, user=None, without_leases=True):
        with open(places.AUDIT_LOG, encoding="utf-8") as log:
            log.seek(self.begin)
            events = [json.loads(line) for line in log if line.endswith("\n")]
        return [event for event in events
                if (user is None or event["user"]["username"] == user)
                and not (without_leases and event.get("objectRef", {}).get("resource") == "leases")]

    def news(self):
        """What was written since the last call."""
        with open(places.AUDIT_LOG, encoding="utf-8") as log:
            log.seek(self.told)
            text = log.read()
        whole = text[:text.rfind("\n") + 1]
        self.told += len(whole.encode())
        return [json.loads(line) for line in whole.splitlines()]


def describe(events):
    """Audit events, a line each."""
    return [f"{event['verb']} {event['requestURI']} {event.get('responseStatus', {}).get('code')}" for event in events]
