"""What a real API server refuses of Clusters and Topics, with the sentence that says what to write instead."""

import copy
import json

import pytest

from crds import cluster, topic

CLUSTERS = "/apis/moldau.dev/v1beta1/namespaces/default/clusters"
TOPICS = "/apis/moldau.dev/v1beta1/namespaces/default/topics"
DRY = "?dryRun=All&fieldValidation=Strict"
INTERNAL = {"name": "internal", "type": "Internal", "port": 9092}
EXTERNAL = {"name": "outside", "type": "NodePort", "port": 9094}


def external(**fields):
    return cluster(listeners=[EXTERNAL | fields])


def template(**fields):
    return cluster(template=fields)


REFUSED_CLUSTERS = {
    "name begins with a digit": (cluster("1st"), "beginning with a letter"),
    "name has dots": (cluster("a.b"), "write a-z, 0-9 and -"),
    "name is too long": (cluster("a" * 41), "40"),
    "three brokers": (cluster(replicas=3), "write replicas: 1, or replicas: 0"),
    "negative replicas": (cluster(replicas=-1), "greater than or equal to 0"),
    "image and version": (cluster(image="a/b:1", version="2"), "write either image or version"),
    "image without a tag": (cluster(image="localhost:5000/moldau"), "write an image with a tag or a digest"),
    "image with a short digest": (cluster(image="a/b@sha256:12"), "write an image with a tag or a digest"),
    "version with an image": (cluster(version="a/b:1"), "write a tag alone"),
    "size is no quantity": (cluster(storage={"size": "ten"}), "write a quantity, such as 100Gi"),
    "size is too small": (cluster(storage={"size": "1Mi"}), "write at least 256Mi"),
    "size is a number": (cluster(storage={"size": 10}), "must be of type string"),
    "unknown deletion policy": (cluster(storage={"deletionPolicy": "Keep"}), 'supported values: "Retain", "Delete"'),
    "unknown field": (cluster(storages={}), 'unknown field "spec.storages"'),
    "bad memory": (cluster(resources={"limits": {"memory": "1GB"}}), "spec.resources.limits.memory"),
    "no listener": (cluster(listeners=[]), "should have at least 1 items"),
    "two internal listeners": (cluster(listeners=[INTERNAL, INTERNAL | {"name": "b", "port": 9093}]),
                               "one listener of type Internal"),
    "one port twice": (cluster(listeners=[EXTERNAL, EXTERNAL | {"name": "b"}]), "write another port for each listener"),
    "one name twice": (cluster(listeners=[EXTERNAL, EXTERNAL | {"port": 9095}]), "Duplicate value"),
    "the internal listener's name": (external(name="internal"), "those of the internal listener"),
    "the internal listener's port": (external(port=9092), "those of the internal listener"),
    "the admin port": (external(port=9644), "9190 and 9644 are the broker's own ports"),
    "the admin port's name": (external(name="admin"), "the Cluster's own ports and Services"),
    "the bootstrap Service's name": (external(name="bootstrap"), "the Cluster's own ports and Services"),
    "the name of another listener's broker": (external(name="outside-0"), "the Cluster's own ports and Services"),
    "capital letters": (external(name="Outside"), "ports of Services are named so"),
    "unknown listener type": (external(type="Ingress"), 'supported values: "Internal", "ClusterIP", "NodePort"'),
    "node ports of a ClusterIP": (external(type="ClusterIP", nodePorts={"bootstrap": 30000}), "leave them out"),
    "load balancer of a NodePort": (external(loadBalancer={"class": "x"}), "goes with the type LoadBalancer"),
    "traffic policy of a ClusterIP": (external(type="ClusterIP", externalTrafficPolicy="Local"),
                                      "externalTrafficPolicy goes with"),
    "internal listener advertised": (cluster(listeners=[INTERNAL | {"advertised": {"host": "x"}}]),
                                     "advertises the pods' own names"),
    "unknown placeholder": (external(advertised={"host": "broker-{ordinal}.example.com"}), "in braces only {id}"),
    "host with a scheme": (external(advertised={"host": "http://x"}), "write a host name or address"),
    "listeners in config": (cluster(config={"advertised.listeners": "x"}), "write them there"),
    "log.dirs in config": (cluster(config={"log.dirs": "/data"}), "leave log.dir and log.dirs out"),
    "node.id in config": (cluster(config={"node.id": 3}), "ordinal of its pod"),
    "admin listener in config": (cluster(config={"moldau.admin.listen": "0.0.0.0:1"}), "leave them out"),
    "internal listener in config": (cluster(config={"moldau.internal.listen": "0.0.0.0:1"}), "leave them out"),
    "host names as ids in config": (cluster(config={"moldau.node.id.from.hostname": "true"}), "ordinal of its pod"),
    "durability in config": (cluster(config={"moldau.durability": "synced"}), "write spec.durability instead"),
    "setting in capitals": (cluster(config={"LOG_RETENTION": 1}), "such as log.retention.ms"),
    "boolean setting": (cluster(config={"delete.topic.enable": True}), "spec.config.delete.topic.enable"),
    "unknown durability": (cluster(durability="fast"), 'supported values: "synced", "replicated"'),
    "the operator's label": (template(metadata={"labels": {"moldau.dev/pool": "x"}}), "the operator's labels"),
    "the operator's name label": (template(metadata={"labels": {"app.kubernetes.io/name": "x"}}), "the operator's labels"),
    "the operator's annotation": (template(metadata={"annotations": {"moldau.dev/x": "x"}}), "write others"),
    "setting as a variable": (template(env=[{"name": "MOLDAU_CONFIG_X", "value": "1"}]), "write settings into spec.config"),
    "the data volume": (template(volumes=[{"name": "data", "emptyDir": {}}]), "write another name"),
    "mount over /tmp": (template(volumeMounts=[{"name": "x", "mountPath": "/tmp"}]), "mount it elsewhere"),
    "mount over the data": (template(volumeMounts=[{"name": "x", "mountPath": "/var/lib/moldau/y"}]), "mount it elsewhere"),
    "misspelt template": (template(affinty={}), 'unknown field "spec.template.affinty"'),
    "interval without a unit": (cluster(monitoring={"interval": "30"}), "write a time such as 30s or 1m"),
}

REFUSED_TOPICS = {
    "no cluster": (topic() | {"spec": {}}, "clusterRef: Required"),
    "no spec": ({"apiVersion": "moldau.dev/v1beta1", "kind": "Topic", "metadata": {"name": "a"}}, "spec: Required"),
    "name with a slash": (topic(name="a/b"), "write letters, digits"),
    "name is a dot": (topic(name=".."), "write letters, digits"),
    "name is too long": (topic("a" * 250), "write spec.name, or a shorter metadata.name"),
    "no partition": (topic(partitions=0), "greater than or equal to 1"),
    "an internal topic": (topic(name="__consumer_offsets"), "write managed: false to watch it"),
    "adopted and not managed": (topic(adopt=True, managed=False), "write only one of them"),
    "unknown field": (topic(replicas=3), 'unknown field "spec.replicas"'),
    "setting in capitals": (topic(config={"Retention.Ms": 1}), "such as retention.ms"),
    "unknown deletion policy": (topic(deletionPolicy="Orphan"), 'supported values: "Delete", "Retain"'),
}

ACCEPTED = [
    cluster(),
    cluster("a" * 40),
    cluster(replicas=0),
    cluster(image="localhost:5000/moldau/broker:0.1.0"),
    cluster(image="a/b@sha256:" + "0" * 64),
    cluster(version="0.1.0"),
    cluster(config={"log.retention.ms": 86400000, "auto.create.topics.enable": "false", "moldau.hot.tail.bytes": "1048576"}),
    cluster(listeners=[EXTERNAL | {"advertised": {"host": "b{id}.{namespace}.example.com", "port": 31000},
                                   "nodePorts": {"bootstrap": 31999, "firstBroker": 31000}, "annotations": {"a": "b"}}]),
    cluster(listeners=[INTERNAL, EXTERNAL | {"advertised": {"host": "{hostIP}"}}]),
    cluster(listeners=[EXTERNAL | {"type": "LoadBalancer", "loadBalancer": {"class": "x", "sourceRanges": ["10.0.0.0/8"]},
                                   "externalTrafficPolicy": "Local"}]),
    template(affinity={"podAntiAffinity": {"anything": [1]}}, tolerations=[{"key": "a", "operator": "Exists"}]),
    template(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
             volumes=[{"name": "x", "emptyDir": {}}], volumeMounts=[{"name": "x", "mountPath": "/x"}]),
    topic(),
    topic("a" * 249),
    topic("b" * 253, name="Orders_2.x"),
    topic(partitions=6, replicationFactor=1, config={"retention.ms": -1, "min.cleanable.dirty.ratio": "0.5"}),
    topic(managed=False, name="__consumer_offsets"),
]


def collection(resource):
    return CLUSTERS if resource["kind"] == "Cluster" else TOPICS


REFUSED = REFUSED_CLUSTERS | {f"topic: {name}": case for name, case in REFUSED_TOPICS.items()}


@pytest.mark.parametrize("resource, sentence", REFUSED.values(), ids=REFUSED.keys())
def test_refuses_with_a_sentence(api, resource, sentence):
    code, answer = api.request("POST", collection(resource) + DRY, resource)
    assert code in (400, 422), answer
    assert sentence in answer["message"]


@pytest.mark.parametrize("resource", ACCEPTED, ids=lambda one: json.dumps(one.get("spec", "no spec"))[:60])
def test_accepts(api, resource):
    code, answer = api.request("POST", collection(resource) + DRY, resource)
    assert code == 201, answer["message"]


@pytest.fixture
def stored(api):
    """stored(resource) → it, made; all of them are deleted afterwards."""
    made = []

    def store(resource):
        code, answer = api.request("POST", collection(resource) + "?fieldValidation=Strict", resource)
        assert code == 201, answer["message"]
        made.append(f"{collection(resource)}/{answer['metadata']['name']}")
        return answer

    yield store
    for path in made:
        assert api.request("DELETE", path)[0] == 200


def edit(api, old, change):
    new = copy.deepcopy(old)
    change(new["spec"])
    return api.request("PUT", f"{collection(old)}/{old['metadata']['name']}{DRY}", new)


def put(value, *path):
    def change(spec):
        for name in path[:-1]:
            spec = spec[name]
        spec[path[-1]] = value
    return change


def drop(*path):
    def change(spec):
        for name in path[:-1]:
            spec = spec[name]
        del spec[path[-1]]
    return change


CLASS = {"name": "lb", "type": "LoadBalancer", "port": 9094, "loadBalancer": {"class": "a"}}
SIZED, CLASSED = cluster(storage={"size": "20Gi"}), cluster(storage={"class": "a"})
BALANCED, NAMED, SIX = cluster(listeners=[CLASS]), topic(name="a"), topic(partitions=6)
CLASS_REFUSED, PARTITIONS_REFUSED = "cannot change its class", "partitions cannot shrink"
EDITS = {
    "shrink the volume": (SIZED, put("19Gi", "storage", "size"), "write 20Gi or more"),
    "grow the volume": (SIZED, put("0.1Ti", "storage", "size"), None),
    "same size in other words": (SIZED, put("20480Mi", "storage", "size"), None),
    "drop the size": (SIZED, drop("storage", "size"), "write 20Gi or more"),
    "drop the storage": (SIZED, drop("storage"), "write 20Gi or more"),
    "change the class": (CLASSED, put("b", "storage", "class"), CLASS_REFUSED),
    "drop the class": (CLASSED, drop("storage", "class"), CLASS_REFUSED),
    "add a class": (cluster(), put("b", "storage", "class"), CLASS_REFUSED),
    "stop the cluster": (cluster(), put(0, "replicas"), None),
    "change the load balancer's class": (BALANCED, put("b", "listeners", 0, "loadBalancer", "class"), CLASS_REFUSED),
    "drop the load balancer's class": (BALANCED, drop("listeners", 0, "loadBalancer"), CLASS_REFUSED),
    "shrink partitions": (SIX, put(5, "partitions"), PARTITIONS_REFUSED),
    "drop partitions": (SIX, drop("partitions"), PARTITIONS_REFUSED),
    "grow partitions": (SIX, put(12, "partitions"), None),
    "write partitions later": (topic(), put(12, "partitions"), None),
    "rename the topic": (NAMED, put("b", "name"), "write a, or make another Topic"),
    "drop the topic's name": (NAMED, drop("name"), "write a, or make another Topic"),
    "add another name": (topic(), put("b", "name"), "write orders, or make another Topic"),
    "write out the same name": (topic(), put("orders", "name"), None),
    "move to another cluster": (topic(), put("b", "clusterRef", "name"), "write demo, or make another Topic"),
    "stop managing": (topic(), put(False, "managed"), None),
}


@pytest.mark.parametrize("resource, change, sentence", EDITS.values(), ids=EDITS.keys())
def test_edits(api, stored, resource, change, sentence):
    if resource["kind"] == "Topic" and "name" in resource["spec"]:
        resource = resource | {"metadata": {"name": "other"}}
    code, answer = edit(api, stored(resource), change)
    assert code == (422 if sentence else 200), answer.get("message")
    if sentence:
        assert sentence in answer["message"]


def test_three_lines_get_every_default(api, stored):
    spec = stored(cluster())["spec"]
    assert spec["replicas"] == 1 and spec["storage"] == {"size": "10Gi", "deletionPolicy": "Retain"}
    assert spec["listeners"] == [{"name": "internal", "type": "Internal", "port": 9092}]
    assert spec["durability"] == "synced" and spec["paused"] is False and spec["monitoring"]["enabled"] is True
    assert spec["resources"]["limits"] == {"memory": "2Gi"}


def test_status_is_a_subresource_and_scale_works(api, stored):
    stored(cluster())
    status = {"status": {"replicas": 1, "readyReplicas": 1, "selector": "moldau.dev/cluster=demo"}}
    code, _ = api.request("PATCH", f"{CLUSTERS}/demo", status, "application/merge-patch+json")
    assert code == 200 and "status" not in api.request("GET", f"{CLUSTERS}/demo")[1]
    assert api.request("PATCH", f"{CLUSTERS}/demo/status", status, "application/merge-patch+json")[0] == 200
    scale = api.request("GET", f"{CLUSTERS}/demo/scale")[1]
    assert scale["spec"]["replicas"] == 1 and scale["status"] == {"replicas": 1, "selector": "moldau.dev/cluster=demo"}
    code, answer = api.request("PATCH", f"{CLUSTERS}/demo/scale", {"spec": {"replicas": 2}}, "application/merge-patch+json")
    assert code == 422 and "write replicas: 1, or replicas: 0" in answer["message"]


def test_a_status_can_be_written_whatever_the_topic_became(api, stored):
    """Rules on the spec must never keep the operator from saying what is wrong."""
    stored(topic(partitions=6))
    status = {"status": {"partitions": 12, "topicId": "x", "conditions": []}}
    assert api.request("PATCH", f"{TOPICS}/orders/status", status, "application/merge-patch+json")[0] == 200
