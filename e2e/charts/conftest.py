"""Fixtures of the tests of CRDs and charts: the API server alone, helm, and where things are."""

import subprocess
import time

import pytest

import crds
from apiserver import ApiServer, binary


@pytest.fixture(scope="session")
def api(tmp_path_factory):
    """An API server with the CRDs in force."""
    for name in ("etcd", "kube-apiserver"):
        if not binary(name):
            pytest.skip(f"no {name}: e2e/kubernetes/lab/lab build")
    server = ApiServer(tmp_path_factory.mktemp("apiserver"))
    try:
        server.start()
        for kind in crds.KINDS:
            path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
            code, answer = server.request("POST", path, crds.read(kind))
            assert code == 201, answer["message"]
            wait_until_served(server, f"{path}/{kind}.moldau.dev")
        yield server
    finally:
        server.stop()


def wait_until_served(server, path):
    """The condition comes before the handler: both must be there."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        code, answer = server.request("GET", path)
        conditions = {one["type"]: one for one in answer["status"].get("conditions") or []}
        if conditions.get("Established", {}).get("status") == "True":
            assert conditions.get("NonStructuralSchema") is None
            group = f"/apis/moldau.dev/v1beta1/namespaces/default/{answer['spec']['names']['plural']}"
            if server.request("GET", group)[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{path} is not established")


@pytest.fixture(scope="session")
def helm(tmp_path_factory):
    """helm(*arguments) → the finished process. It has a home of its own and finds no cluster."""
    program = binary("helm")
    if not program:
        pytest.skip("no helm: e2e/kubernetes/lab/lab build")
    home = tmp_path_factory.mktemp("helm")
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "KUBECONFIG": str(home / "none")}

    def run(*arguments, **options):
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60,
                              cwd=crds.ROOT, env=environment | options.pop("env", {}), **options)

    return run


@pytest.fixture(scope="session")
def kubectl(api):
    """kubectl(*arguments) → the finished process, against the lone API server."""
    program = binary("kubectl")
    if not program:
        pytest.skip("no kubectl: e2e/kubernetes/lab/lab build")
    config = api.kubeconfig()

    def run(*arguments, **options):
        return subprocess.run([program, "--kubeconfig", config, *map(str, arguments)], capture_output=True, text=True,
                              check=False, timeout=60, cwd=crds.ROOT, **options)

    return run
