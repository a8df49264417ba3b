"""A broker without the operator: a StatefulSet written by hand, to show what the image alone does."""

from kube import eventually, is_ready
from moldau import RESOURCES, image

NAME = "plain"


def objects(namespace):
    labels = {"app": NAME}
    host = f"{NAME}-0.{NAME}.{namespace}.svc.cluster.local"
    settings = {"listeners": "PLAINTEXT://0.0.0.0:9092", "advertised.listeners": f"PLAINTEXT://{host}:9092", "node.id": "0",
                "log.dirs": "/var/lib/moldau/data", "moldau.admin.listen": "0.0.0.0:9644",
                "offsets.topic.num.partitions": "4"}
    container = {
        "name": "broker",
        "image": image("broker"),
        "args": [word for key, value in settings.items() for word in ("-o", f"{key}={value}")],
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 9644}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": 9644}},
        "resources": RESOURCES,
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/moldau"}],
        "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                            "capabilities": {"drop": ["ALL"]}},
    }
    pod = {"metadata": {"labels": labels}, "spec": {
        "securityContext": {"runAsNonRoot": True, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 30, "containers": [container]}}
    claim = {"metadata": {"name": "data"},
             "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    metadata = {"name": NAME, "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "Service", "metadata": metadata,
         "spec": {"clusterIP": "None", "selector": labels, "publishNotReadyAddresses": True, "ports": [{"port": 9092}]}},
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": metadata,
         "spec": {"serviceName": NAME, "replicas": 1, "selector": {"matchLabels": labels}, "template": pod,
                  "volumeClaimTemplates": [claim]}},
    ]


class PlainBroker:
    def __init__(self, kube, namespace):
        self.kube, self.namespace = kube, namespace
        self.address = f"{NAME}-0.{NAME}.{namespace}.svc.cluster.local:9092"
        for body in objects(namespace):
            kube.create(body)
        self.wait_until_ready()

    def pod(self):
        return self.kube.find("Pod", f"{NAME}-0", self.namespace)

    def restarts(self):
        return self.pod()["status"]["containerStatuses"][0]["restartCount"]

    def wait_until_ready(self, seconds=60):
        eventually("the plain broker is ready", lambda: is_ready(self.pod()), seconds)
