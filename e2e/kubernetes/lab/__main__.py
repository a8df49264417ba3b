"""The lab's command line: `e2e/kubernetes/lab/lab` says what it can do."""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
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


def enter(words):
    """Becomes a command in the lab's network, with its DNS, its kubeconfig and its kubectl and helm."""
    resolver = places.STATE / "resolv.conf"
    resolver.write_text(f"nameserver {places.CONTROL_ADDRESS}\n")
    environment = os.environ | {"KUBECONFIG": str(places.KUBECONFIG), "PATH": f"{places.BIN}:{os.environ['PATH']}"}
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    command = processes.into_lab("unshare", "--mount", "sh", "-c", script, resolver, *words)
    os.execvpe(command[0], command, environment)


def status():
    for name in processes.running():
        print(f"{name} pid {processes.pid(name)}")
    if not processes.running():
        print("lab: down")


def _parser():
    parser = argparse.ArgumentParser(prog="lab", description="A real Kubernetes in network namespaces of this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="build Kubernetes and what else runs, where missing")
    commands.add_parser("up", help="bring up what does not run").add_argument("nodes", type=int, nargs="?", default=3)
    commands.add_parser("down", help="end it").add_argument("--wipe", action="store_true", help="remove its state too")
    commands.add_parser("status", help="list its processes")
    commands.add_parser("in", help="run a command in its network").add_argument("words", nargs=argparse.REMAINDER)
    inside = commands.add_parser("node", help="run a command inside a node")
    inside.add_argument("node")
    inside.add_argument("words", nargs=argparse.REMAINDER)
    commands.add_parser("image", help="load image archives into every node").add_argument("archives", nargs="+")
    commands.add_parser("cut", help="cut a node's power; `up` gives it back").add_argument("node")
    return parser


def main():
    options = _parser().parse_args()
    command = options.command
    if command == "build":
        binaries.build()
    elif command == "up":
        up(options.nodes)
    elif command == "down":
        down(options.wipe)
    elif command == "status":
        status()
    elif command == "in":
        enter(options.words)
    elif command == "node":
        os.execvpe("sh", processes.into_node(options.node, *options.words), processes.node_environment(options.node))
    elif command == "image":
        for archive in options.archives:
            nodes.load_everywhere(archive)
    else:
        nodes.cut_power(options.node)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CannotRun, binaries.CannotBuild, TimeoutError) as error:
        print(f"lab: {error}", file=sys.stderr)
        sys.exit(1)
    except subprocess.CalledProcessError as error:
        print(f"lab: {error}\n{error.stderr}", file=sys.stderr)
        sys.exit(1)
