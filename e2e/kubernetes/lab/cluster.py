"""The whole lab: brought up from whatever runs, and taken down to nothing."""

import concurrent.futures
import os
import pathlib
import shutil
import time

from . import binaries, control_plane, network, nodes, places, processes

# kubelet sets these for the whole machine; `down` gives them back.
SYSCTLS = ["vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
           "kernel/keys/root_maxbytes"]
NEEDED = ["containerd", "runc", "ctr", "nft", "iptables", "conntrack", "busybox", "socat", "openssl", "ip", "nsenter", "gcc"]


class CannotRun(Exception):
    """Said to the person who runs this, without a trace."""


def _check_machine():
    if os.geteuid() != 0:
        raise CannotRun("needs root: nodes are made of namespaces and control groups")
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing or not pathlib.Path("/usr/lib/cni/ptp").exists():
        raise CannotRun(f"tools/setup --kube installs what is missing: {' '.join(missing) or '/usr/lib/cni'}")
    if not pathlib.Path("/sys/fs/cgroup/cpuset/cpuset.cpus").exists():
        raise CannotRun("needs control groups of version 1: a lab on version 2 is not written yet; "
                        "E2E_KUBECONFIG takes any cluster")


def _save_sysctls():
    saved = places.STATE / "sysctl"
    if not saved.exists():
        lines = [f"{name}={pathlib.Path('/proc/sys', name).read_text().strip()}" for name in SYSCTLS]
        saved.write_text("\n".join(lines) + "\n")


def _restore_sysctls():
    saved = places.STATE / "sysctl"
    if saved.exists():
        for line in saved.read_text().splitlines():
            name, _, value = line.partition("=")
            pathlib.Path("/proc/sys", name).write_text(value)
        saved.unlink()


def up(count):
    """Brings up the cluster, or starts whatever of it does not run."""
    _check_machine()
    binaries.build()
    started = time.monotonic()
    places.STATE.mkdir(parents=True, exist_ok=True)
    _save_sysctls()
    network.add_control()
    control_plane.start_api()
    indexes = sorted(set(range(1, count + 1)) | set(places.present_nodes()))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        starting = [pool.submit(nodes.start, index) for index in indexes]
        control_plane.wait_for_api()
        control_plane.start_controllers()
        for one in starting:
            one.result()
    for index in indexes:
        nodes.wait_until_usable(index)
    print(f"lab: {len(indexes)} nodes up in {time.monotonic() - started:.0f} s")


def down(wipe):
    """Ends the cluster and removes its namespaces and control groups, and with `wipe` its state."""
    for index in places.present_nodes():
        nodes.cut_power(places.node_name(index))
    control_plane.stop()
    for name in processes.running():
        processes.stop(name)
    nodes.remove_groups()
    network.remove()
    _restore_sysctls()
    shutil.rmtree(places.STATE / "run", ignore_errors=True)
    if wipe:
        shutil.rmtree(places.STATE, ignore_errors=True)
