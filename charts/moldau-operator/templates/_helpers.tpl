{{/* Names, labels and image references that several templates share. */}}

{{- define "moldau-operator.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* The pods' own labels. Brokers' NetworkPolicies let pods with the first one connect. */}}
{{- define "moldau-operator.selector" -}}
app.kubernetes.io/name: moldau-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "moldau-operator.labels" -}}
{{ include "moldau-operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: moldau
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "moldau-operator.serviceAccount" -}}
{{- $made := .Values.serviceAccount.create | ternary (include "moldau-operator.fullname" .) "default" }}
{{- .Values.serviceAccount.name | default $made }}
{{- end }}

{{/* image (dict "root" $ "image" .Values.image): REGISTRY/REPOSITORY:TAG, or @DIGEST. */}}
{{- define "moldau-operator.image" -}}
{{- with .root.Values.registry }}{{ . | trimSuffix "/" }}/{{ end }}{{ .image.repository -}}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ .image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* What the "restricted" level of Pod Security asks of each container. */}}
{{- define "moldau-operator.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
{{- define "moldau-operator.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Where `helm test` makes its Cluster: somewhere the operator looks. */}}
{{- define "moldau-operator.testNamespace" -}}
{{ .Values.watchNamespace | default .Release.Namespace }}
{{- end }}
