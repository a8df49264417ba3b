"""Keys, certificates and kubeconfig files, made with openssl the first time and kept in the lab's state."""

import base64
import json
import secrets
import subprocess

from . import places

DAYS = "3650"
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def _openssl(*words, **options):
    return subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, **options).stdout


def path(name):
    return places.PKI / name


def make_authority():
    places.PKI.mkdir(parents=True, exist_ok=True)
    if not path("ca.crt").exists():
        _openssl("req", "-x509", *KEY, "-days", DAYS, "-subj", f"/CN={places.NAME}", "-keyout", path("ca.key"),
                 "-out", path("ca.crt"))
    if not path("accounts.pub").exists():
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path("accounts.key"))
        _openssl("ec", "-in", path("accounts.key"), "-pubout", "-out", path("accounts.pub"))


def make(name, subject, alternatives=()):
    """A key and a certificate for `subject`, which serves under the names in `alternatives`."""
    if path(f"{name}.crt").exists():
        return
    request = _openssl("req", *KEY, "-keyout", path(f"{name}.key"), "-subj", subject)
    extensions = path(f"{name}.extensions")
    lines = ["extendedKeyUsage=clientAuth,serverAuth"]
    if alternatives:
        lines.append("subjectAltName=" + ",".join(alternatives))
    extensions.write_text("\n".join(lines) + "\n")
    _openssl("x509", "-req", "-days", DAYS, "-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-extfile", extensions,
             "-set_serial", f"0x{secrets.token_hex(8)}", "-out", path(f"{name}.crt"), input=request)


def _base64(name):
    return base64.b64encode(path(name).read_bytes()).decode()


def write_kubeconfig(file, name, subject):
    """A kubeconfig file (JSON, which is YAML) that signs in as `subject`."""
    make(name, subject)
    server = {"server": f"https://{places.CONTROL_ADDRESS}:6443", "certificate-authority-data": _base64("ca.crt")}
    user = {"client-certificate-data": _base64(f"{name}.crt"), "client-key-data": _base64(f"{name}.key")}
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": server}],
        "users": [{"name": "lab", "user": user}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
    }))
