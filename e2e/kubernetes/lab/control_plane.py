"""What runs beside the nodes: etcd, API server, controller manager, scheduler, DNS and the provisioner of volumes.

DNS and volumes are served from here, not from pods, so that the death of a node takes neither along.
"""

import json
import signal
import subprocess

from . import certificates, places, processes

READY_S = 90
# Other components sign in as this user, whose rights come with Kubernetes or from manifests/.
COMPONENTS = ["kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns", "local-path-provisioner"]
# A silent node counts as lost after this: 50 s by default, in which every test about nodes would only wait.
NODE_GRACE = "20s"

COREFILE = """.:53 {{
    errors
    bind {address}
    kubernetes cluster.local in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 2
    }}
    cache 2
}}
"""

# Who changed what: every mutating request, without bodies. Reading is not recorded: it would be most of the file.
AUDIT_POLICY = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- {level: Metadata, verbs: [create, update, patch, delete, deletecollection]}
- {level: None}
"""


def _kubeconfig(component):
    return places.STATE / f"{component}.kubeconfig"


def _make_credentials():
    certificates.make_authority()
    suffixes = ("", ".default", ".default.svc", ".default.svc.cluster.local")
    names = ["localhost"] + [f"kubernetes{suffix}" for suffix in suffixes]
    addresses = [places.CONTROL_ADDRESS, places.API_SERVICE_ADDRESS, "127.0.0.1"]
    certificates.make("apiserver", "/CN=kube-apiserver",
                      [f"IP:{address}" for address in addresses] + [f"DNS:{name}" for name in names])
    certificates.make("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    certificates.make("front-proxy", "/CN=front-proxy")
    certificates.write_kubeconfig(places.KUBECONFIG, "admin", "/O=system:masters/CN=admin")
    for component in COMPONENTS:
        certificates.write_kubeconfig(_kubeconfig(component), component, f"/CN=system:{component}")


def _api_server_options():
    pki = certificates.path
    return {
        "etcd-servers": "http://127.0.0.1:2379",
        "advertise-address": places.CONTROL_ADDRESS,
        "service-cluster-ip-range": places.SERVICES,
        "allow-privileged": "true",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "client-ca-file": pki("ca.crt"),
        "tls-cert-file": pki("apiserver.crt"),
        "tls-private-key-file": pki("apiserver.key"),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": pki("accounts.pub"),
        "service-account-signing-key-file": pki("accounts.key"),
        "kubelet-client-certificate": pki("kubelet-client.crt"),
        "kubelet-client-key": pki("kubelet-client.key"),
        "kubelet-certificate-authority": pki("ca.crt"),
        "kubelet-preferred-address-types": "InternalIP",
        "requestheader-client-ca-file": pki("ca.crt"),
        "requestheader-allowed-names": "front-proxy",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": pki("front-proxy.crt"),
        "proxy-client-key-file": pki("front-proxy.key"),
        # No kube-proxy runs beside the API server: webhooks are called at the address of their pod.
        "enable-aggregator-routing": "true",
        "audit-policy-file": places.STATE / "audit-policy.yaml",
        "audit-log-path": places.AUDIT_LOG,
        "audit-log-mode": "blocking",
        "audit-log-maxsize": "1000",
    }


def _flags(options):
    return [f"--{name}={value}" for name, value in options.items()]


def _program(name):
    return places.BIN / name


def start_api():
    """Starts etcd and the API server; they are ready when api_is_ready() says so."""
    (places.STATE / "etcd").mkdir(parents=True, exist_ok=True)
    places.LOGS.mkdir(parents=True, exist_ok=True)
    _make_credentials()
    (places.STATE / "audit-policy.yaml").write_text(AUDIT_POLICY)
    # Without fsync: this etcd need not outlive the machine, and its disk is busy with brokers.
    processes.start_in_lab("etcd", _program("etcd"), "--data-dir", places.STATE / "etcd", "--unsafe-no-fsync",
                           "--log-level", "warn", "--quota-backend-bytes", str(4 << 30))
    processes.start_in_lab("kube-apiserver", _program("kube-apiserver"), *_flags(_api_server_options()))


def api_is_ready():
    try:
        return processes.in_lab(_program("kubectl"), "get", "--raw", "/readyz", timeout=10).strip() == "ok"
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False


def wait_for_api():
    processes.wait_until("the API server is ready", api_is_ready, READY_S, 0.2)


def kill_api_server():
    """kill -9: its keeper starts it again a second later."""
    processes.signal_process("kube-apiserver", signal.SIGKILL)


def start_controllers():
    """Starts the rest, which needs an API server that is ready."""
    config = _kubeconfig("kube-controller-manager")
    processes.start_in_lab("kube-controller-manager", _program("kube-controller-manager"), *_flags({
        "kubeconfig": config, "authentication-kubeconfig": config, "authorization-kubeconfig": config,
        "use-service-account-credentials": "true", "root-ca-file": certificates.path("ca.crt"),
        "service-account-private-key-file": certificates.path("accounts.key"), "node-monitor-grace-period": NODE_GRACE}))
    config = _kubeconfig("kube-scheduler")
    processes.start_in_lab("kube-scheduler", _program("kube-scheduler"), *_flags({
        "kubeconfig": config, "authentication-kubeconfig": config, "authorization-kubeconfig": config}))
    processes.in_lab(_program("kubectl"), "apply", "--server-side", "-f", places.HERE / "manifests")
    corefile = places.STATE / "Corefile"
    corefile.write_text(COREFILE.format(address=places.CONTROL_ADDRESS, kubeconfig=_kubeconfig("coredns")))
    processes.start_in_lab("coredns", _program("coredns"), "-conf", corefile)
    volumes = places.STATE / "volumes.json"
    every_node = {"node": "DEFAULT_PATH_FOR_NON_LISTED_NODES", "paths": ["/var/lib/volumes"]}
    volumes.write_text(json.dumps({"nodePathMap": [every_node]}))
    processes.start_in_lab("local-path-provisioner", _program("local-path-provisioner"), "start", *_flags({
        "config": volumes, "kubeconfig": _kubeconfig("local-path-provisioner"), "namespace": "lab-volumes",
        "configmap-name": "helper-pod", "service-account-name": "default", "helper-image": "localhost/tools:1"}))


def stop():
    for name in ("local-path-provisioner", "coredns", "kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
        processes.stop(name, signal.SIGKILL)
