"""The lab's command line: `e2e/kubernetes/lab/lab` says what it can do."""

import argparse
import os
import subprocess
import sys

from . import binaries, cluster, nodes, places, processes

def enter(words):
    """Becomes a command in the lab's network, with its DNS, its kubeconfig and its kubectl and helm."""
    resolver = places.STATE / "resolv.conf"
    # As in a pod: names that end in .svc are meant to be looked up below the cluster's domain first.
    resolver.write_text(f"nameserver {places.CONTROL_ADDRESS}\nsearch svc.cluster.local cluster.local\noptions ndots:5\n")
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
    if command in ("in", "node", "image", "cut") and not processes.running():
        raise cluster.CannotRun("it is down; `lab up` brings it up")
    if command == "build":
        binaries.build()
    elif command == "up":
        cluster.up(options.nodes)
    elif command == "down":
        cluster.down(options.wipe)
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
    except (cluster.CannotRun, binaries.CannotBuild, TimeoutError) as error:
        print(f"lab: {error}", file=sys.stderr)
        sys.exit(1)
    except subprocess.CalledProcessError as error:
        print(f"lab: {error}\n{error.stderr}", file=sys.stderr)
        sys.exit(1)
