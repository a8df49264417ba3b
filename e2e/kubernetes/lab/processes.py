"""The lab's processes: started once, kept running by `hold`, found again by the next command, ended by their own id.

A process is recorded as pid and start time, so that a pid which the system gave to somebody else is never taken for ours.
Each runs in the network namespace beside the nodes, or inside a node: in all of its namespaces and control groups.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

from . import places

STOP_S = 10
START_S = 20
# The shell joins the control groups first: once inside the node's namespaces their files are out of sight.
JOIN = 'for group in $GROUPS_TO_JOIN; do echo $$ >"$group/cgroup.procs" || exit 1; done; exec "$@"'


def started_at(pid):
    """The start time of a process in clock ticks, or None when it is gone (a zombie is gone)."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _record(name):
    return places.STATE / "run" / name


def pid(name):
    """The pid of the process called `name`, or None when it does not run."""
    try:
        written = json.loads(_record(name).read_text())
    except FileNotFoundError:
        return None
    return written["pid"] if started_at(written["pid"]) == written["started"] else None


def running():
    return sorted(path.name for path in (places.STATE / "run").glob("*") if pid(path.name))


def _remember(name, number):
    _record(name).write_text(json.dumps({"pid": number, "started": started_at(number)}))


def groups(node):
    return [f"/sys/fs/cgroup/{controller}/{places.NAME}/{node}" for controller in places.CONTROLLERS]


def into_node(node, *command):
    """The command that runs `command` inside a node, to be given `node_environment(node)`."""
    return ["sh", "-c", JOIN, "join", "nsenter", "--target", str(pid(node)), "--mount", "--uts", "--ipc", "--net", "--pid",
            "--cgroup", "--wd=/", "--", *map(str, command)]


def node_environment(node):
    return os.environ | {"GROUPS_TO_JOIN": " ".join(groups(node))}


def into_lab(*command):
    return ["nsenter", f"--net={places.namespace_file()}", *map(str, command)]


def in_node(node, *command, **options):
    """Runs a command inside a node and returns what it printed."""
    options = {"check": True, "capture_output": True, "env": node_environment(node)} | options
    return subprocess.run(into_node(node, *command), **options).stdout


def in_lab(*command, **options):
    """Runs a command beside the nodes and returns what it printed."""
    environment = os.environ | {"KUBECONFIG": str(places.KUBECONFIG), "PATH": f"{places.BIN}:{os.environ['PATH']}"}
    options = {"check": True, "capture_output": True, "text": True, "env": environment} | options
    return subprocess.run(into_lab(*command), **options).stdout


def children(number):
    """Pids of the processes that `number` started and that still are."""
    try:
        return [int(word) for word in pathlib.Path(f"/proc/{number}/task/{number}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def wait_until(what, condition, seconds, pause=0.05):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(pause)
    return value


def _launch(name, command, environment=None):
    (places.STATE / "run").mkdir(parents=True, exist_ok=True)
    places.LOGS.mkdir(parents=True, exist_ok=True)
    with open(places.LOGS / f"{name}.log", "ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                start_new_session=True)


def _child_named(parent, comm):
    """The child of `parent` that became a program called `comm`, once it did."""
    def found():
        for child in children(parent.pid):
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == comm:
                    return child
        if parent.poll() is not None:
            raise RuntimeError(f"{parent.args} ended with {parent.returncode}")
        return None
    return wait_until(f"{comm} started", found, START_S, 0.02)


def start_in_lab(name, *command):
    if not pid(name):
        process = _launch(name, into_lab(places.BIN / "hold", *command))
        _remember(name, process.pid)


def start_in_node(name, node, *command):
    if not pid(name):
        process = _launch(name, into_node(node, "/var/lib/node/bin/hold", *command), node_environment(node))
        _remember(name, _child_named(process, "hold"))


def start_node(node, *command):
    """The first process of a node, in namespaces of its own: with its end all of the node ends."""
    entry = ["sh", "-c", JOIN, "join", "nsenter", f"--net={places.namespace_file(node)}", "unshare", "--mount", "--uts",
             "--ipc", "--pid", "--cgroup", "--fork", *map(str, command)]
    process = _launch(node, entry, node_environment(node))
    _remember(node, _child_named(process, "hold"))


def signal_process(name, number):
    """Sends a signal to what `name` keeps running, not to its keeper: it will be started again a second later."""
    for child in children(pid(name)):
        os.kill(child, number)


def stop(name, number=signal.SIGTERM):
    """Ends a process with its keeper and waits until it is gone."""
    target = pid(name)
    if target is None:
        return
    os.kill(target, number)
    with contextlib.suppress(TimeoutError):
        wait_until(f"{name} ended", lambda: pid(name) is None, STOP_S)
    if pid(name):
        os.kill(target, signal.SIGKILL)
        wait_until(f"{name} killed", lambda: pid(name) is None, STOP_S)
