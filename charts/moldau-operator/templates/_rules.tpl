{{/*
Every right of the operator, with its reason: the comment above a rule says what each verb is for (e2e/charts/test_rbac.py
checks that). There are no wildcards, no Secrets, no rights to make roles or to enter pods.
*/}}

{{/* In the namespaces that are looked after. */}}
{{- define "moldau-operator.rules" -}}
# get, list, watch: what is wanted. patch: the finalizer that keeps claims and topics until they are dealt with.
- apiGroups: [moldau.dev]
  resources: [clusters, topics]
  verbs: [get, list, watch, patch]
# patch: what is so, written by server-side apply under a field manager of its own.
- apiGroups: [moldau.dev]
  resources: [clusters/status, topics/status]
  verbs: [patch]
# update: owner references that block deletion, where the API server asks for this right
# (OwnerReferencesPermissionEnforcement).
- apiGroups: [moldau.dev]
  resources: [clusters/finalizers]
  verbs: [update]
# get, list, watch: the brokers' StatefulSets as they are. create, patch: server-side apply. delete: to make one anew around
# its running pods, when a field changes that cannot be changed.
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch, delete]
# get, list, watch: Services, settings and identities of the brokers. create, patch: server-side apply. delete: those of a
# listener or broker that is no longer wanted.
- apiGroups: [""]
  resources: [services, configmaps, serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
# get, list, watch: how the brokers' pods do. delete: a restart that the broker granted, and replacing a pod that is stuck.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
# get, list, watch: what is stored where. patch: to grow a volume. delete: only for a deleted Cluster whose
# spec.storage.deletionPolicy is Delete.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, patch, delete]
# create, patch: what happened, for `kubectl describe`; a repeated event is counted up.
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# get, list, watch: as they are. create, patch: server-side apply. delete: when the Cluster no longer wants one.
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
# get, list, watch: as they are. create, patch: server-side apply. delete: when the Cluster no longer wants one.
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
# get, list, watch: as they are, where this API exists. create, patch: server-side apply. delete: monitoring was turned off.
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, list, watch, create, patch, delete]
{{- end }}

{{/* Of the whole Kubernetes; only when all namespaces are looked after. */}}
{{- define "moldau-operator.clusterRules" -}}
# list, watch: whether a pod's node is lost, and known to be off, before a pod is removed from it by force. get: that a Node
# which is not seen is really deleted.
- apiGroups: [""]
  resources: [nodes]
  verbs: [get, list, watch]
# list, watch: whether a volume is bound to a node that is lost.
- apiGroups: [""]
  resources: [persistentvolumes]
  verbs: [list, watch]
{{- end }}

{{/* In the operator's own namespace. */}}
{{- define "moldau-operator.leaseRules" -}}
# get, update: the lease that says which replica works.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ include "moldau-operator.fullname" . }}]
  verbs: [get, update]
# create: the same, when it is not there yet; this right cannot be bound to a name.
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}
