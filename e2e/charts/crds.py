"""Where the repository is, and the CRDs and resources that tests begin with."""

import copy
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["clusters", "topics"]


def read(kind):
    return yaml.safe_load((ROOT / f"crds/moldau.dev_{kind}.yaml").read_text())


def schema(kind):
    return read(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def cluster(name="demo", /, **spec):
    made = {"apiVersion": "moldau.dev/v1beta1", "kind": "Cluster", "metadata": {"name": name}}
    return made | ({"spec": copy.deepcopy(spec)} if spec else {})


def topic(name="orders", /, **spec):
    return {"apiVersion": "moldau.dev/v1beta1", "kind": "Topic", "metadata": {"name": name},
            "spec": {"clusterRef": {"name": "demo"}} | copy.deepcopy(spec)}
