"""Builds what the lab runs from Go modules, once: Kubernetes, etcd, CoreDNS, Helm, the volume provisioner.

The versions are those of go/*/go.mod. What is built stays in places.BIN; a new version in go.mod is built anew because the
name of the stamp beside each binary carries it. MOLDAU_LAB_COMPILE may name a command that each compilation is run under,
for machines that are shared.
"""

import hashlib
import os
import pathlib
import shlex
import shutil
import subprocess
import time

from . import archive, places

KUBERNETES = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"]
GO_MINOR_MIN = 25


class CannotBuild(Exception):
    """Said to the person who runs this, without a trace."""


def _go(folder, *words):
    done = subprocess.run(["go", *words], cwd=places.HERE / "go" / folder, text=True, capture_output=True, check=False,
                          env=os.environ | {"CGO_ENABLED": "0"})
    if done.returncode != 0:
        raise CannotBuild(f"go {' '.join(words)} in {folder}:\n{done.stderr[-3000:]}")
    return done.stdout.strip()


def _check_go():
    if not shutil.which("go"):
        raise CannotBuild(f"needs Go 1.{GO_MINOR_MIN} or newer in PATH")
    version = subprocess.run(["go", "env", "GOVERSION"], text=True, capture_output=True, check=True).stdout.strip()
    major, minor = version.removeprefix("go").split(".")[:2]
    if (int(major), int("".join(filter(str.isdigit, minor[:3])))) < (1, GO_MINOR_MIN):
        raise CannotBuild(f"needs Go 1.{GO_MINOR_MIN} or newer, and go is {version}")


def _kubernetes_version():
    version = _go("kubernetes", "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
    return version, *version.removeprefix("v").split(".")[:2]


def _link_flags(version, major, minor):
    """A server that is not told its version calls itself v0.0.0, which clients refuse."""
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    packages = ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]
    return [f"-X {package}.{name}={value}" for package in packages for name, value in values.items()]


def _helm_flags(major, minor):
    version = _go("addons", "list", "-m", "-f", "{{.Version}}", "helm.sh/helm/v3")
    chart = "helm.sh/helm/v3/pkg/chartutil"
    return [f"-X helm.sh/helm/v3/internal/version.version={version}",
            f"-X {chart}.k8sVersionMajor={major}", f"-X {chart}.k8sVersionMinor={minor}"]


def programs():
    """(name, module folder, package, link flags) of each."""
    version, major, minor = _kubernetes_version()
    flags = _link_flags(version, major, minor)
    yield from ((name, "kubernetes", f"k8s.io/kubernetes/cmd/{name}", flags) for name in KUBERNETES)
    yield "etcd", "kubernetes", "go.etcd.io/etcd/server/v3", []
    yield "helm", "addons", "helm.sh/helm/v3/cmd/helm", _helm_flags(major, minor)
    yield "coredns", "addons", "./coredns", []
    yield "local-path-provisioner", "addons", "github.com/rancher/local-path-provisioner", []


def _digest(*parts):
    return hashlib.sha256(b" ".join(parts)).hexdigest()[:16]


def _stamp(folder, package, flags):
    """Changes with the modules and with how they are built."""
    sources = sorted((places.HERE / "go" / folder).rglob("*.go"))
    modules = [(places.HERE / "go" / folder / name).read_bytes() for name in ("go.mod", "go.sum")]
    return _digest(*modules, *(source.read_bytes() for source in sources), package.encode(), " ".join(flags).encode())


def _is_fresh(name, stamp):
    return (places.BIN / name).exists() and (places.BIN / f".{name}.{stamp}").exists()


def _mark_fresh(name, stamp):
    for old in places.BIN.glob(f".{name}.*"):
        old.unlink()
    (places.BIN / f".{name}.{stamp}").touch()


def _compile(name, folder, package, flags, say):
    stamp = _stamp(folder, package, flags)
    if _is_fresh(name, stamp):
        return
    started = time.monotonic()
    under = shlex.split(os.environ.get("MOLDAU_LAB_COMPILE", ""))
    command = [*under, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", " ".join(["-s -w", *flags]),
               "-o", places.BIN / name, package]
    done = subprocess.run(command, cwd=places.HERE / "go" / folder, env=os.environ | {"CGO_ENABLED": "0"}, check=False)
    if done.returncode != 0:
        raise CannotBuild(f"{name}: go build ended with status {done.returncode}")
    _mark_fresh(name, stamp)
    mib = (places.BIN / name).stat().st_size >> 20
    say(f"built {name} in {time.monotonic() - started:.0f} s, {mib} MiB")


def _images():
    stamp = _digest(*((places.HERE / name).read_bytes() for name in ("hold.c", "archive.py")))
    if not _is_fresh("hold", stamp):
        subprocess.run(["gcc", "-Os", "-static", "-Wall", "-o", places.BIN / "hold", places.HERE / "hold.c"], check=True)
        archive.write(places.BIN / "pause.tar", "localhost/pause:1", {"hold": places.BIN / "hold"}, entrypoint=["/hold"])
        _mark_fresh("hold", stamp)
    if not _is_fresh("tools.tar", stamp):
        busybox = shutil.which("busybox")
        applets = subprocess.run([busybox, "--list"], text=True, capture_output=True, check=True).stdout.split()
        from_outside = {"bin/busybox": pathlib.Path(busybox), "bin/kubectl": places.BIN / "kubectl"}
        links = {f"bin/{applet}": "busybox" for applet in applets if applet != "busybox"}
        archive.write(places.BIN / "tools.tar", "localhost/tools:1", from_outside, links)
        _mark_fresh("tools.tar", stamp)


def build(say=print):
    """Builds whatever is missing or of another version."""
    _check_go()
    places.BIN.mkdir(parents=True, exist_ok=True)
    for program in programs():
        _compile(*program, say)
    _images()
