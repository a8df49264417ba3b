"""A lone kube-apiserver with its etcd on loopback, for tests of what the API server itself decides: schemas, rules, rights.

Both listen on free ports and keep their files in a folder of the test; no controller, node or network is there.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

START_SECONDS_MAX = 60
TOKEN = "only-for-this-test"


def binary(name):
    """The program's path, or None: first what e2e/kubernetes/lab built, then what the PATH has."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    folder = pathlib.Path(os.environ.get("MOLDAU_LAB_BIN") or cache / "moldau/kubernetes")
    return str(folder / name) if (folder / name).exists() else shutil.which(name)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class ApiServer:
    """Lifetime: started by start(), ended by stop(), which a test's fixture always calls."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.processes = []
        self.url = None
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it made its certificate itself, a moment ago
        https = urllib.request.HTTPSHandler(context=context)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), https)

    def run(self, name, *arguments):
        log = open(self.folder / f"{name}.log", "wb")
        self.processes.append(subprocess.Popen([binary(name), *arguments], stdout=log, stderr=log, cwd=self.folder))

    def start(self):
        client, peer, secure = free_port(), free_port(), free_port()
        key = self.folder / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        (self.folder / "tokens.csv").write_text(f'{TOKEN},admin,1,"system:masters"\n')
        clients, peers = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
        self.run("etcd", "--data-dir", "etcd", "--unsafe-no-fsync", "--log-level", "warn",
                 "--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peers,
                 "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}")
        self.run("kube-apiserver", "--etcd-servers", clients, "--bind-address", "127.0.0.1", "--secure-port", str(secure),
                 "--cert-dir", "certs", "--token-auth-file", "tokens.csv", "--authorization-mode", "RBAC",
                 "--endpoint-reconciler-type", "none", "--service-cluster-ip-range", "10.0.0.0/24",
                 "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", key,
                 "--service-account-signing-key-file", key, "--disable-admission-plugins", "ServiceAccount")
        self.url = f"https://127.0.0.1:{secure}"
        end = time.monotonic() + START_SECONDS_MAX
        while not self.ready():
            if time.monotonic() > end or any(process.poll() is not None for process in self.processes):
                log = (self.folder / "kube-apiserver.log").read_text()
                raise RuntimeError(f"kube-apiserver did not start: {log[-2000:]}")
            time.sleep(0.1)
        return self

    def ready(self):
        try:
            return self.request("GET", "/readyz")[0] == 200
        except OSError:
            return False

    def request(self, method, path, body=None, kind="application/json", user=None):
        """(status code, the answer: JSON where it is JSON)."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind, "Accept": "application/json"}
        headers |= {"Impersonate-User": user} if user else {}
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method, headers=headers)
        try:
            with self.opener.open(request, timeout=30) as answer:
                code, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            code, text = error.code, error.read()
        try:
            return code, json.loads(text)
        except ValueError:
            return code, text.decode(errors="replace")

    def kubeconfig(self):
        """A file for kubectl and helm."""
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url, "insecure-skip-tls-verify": True}}],
            "users": [{"name": "test", "user": {"token": TOKEN}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))
        return path

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
