{{/* Names and labels that several templates share. */}}

{{/* Services are named after the Cluster: at most 40 characters, beginning with a letter. */}}
{{- define "moldau.cluster" -}}
{{- .Values.nameOverride | default .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "moldau.labels" -}}
app.kubernetes.io/name: moldau
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: moldau
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/*
topicResource (dict "cluster" C "topic" NAME): the name of the resource of a topic: C-NAME. Where NAME has what resources
may not have (capital letters, underscores) or is too long, what is left of it with eight digits of its hash.
*/}}
{{- define "moldau.topicResource" -}}
{{- $plain := printf "%s-%s" .cluster .topic }}
{{- $part := "[a-z0-9]([-a-z0-9]*[a-z0-9])?" }}
{{- if and (regexMatch (printf "^%s(\\.%s)*$" $part $part) $plain) (le (len $plain) 253) }}{{ $plain }}
{{- else }}
{{- $kept := regexReplaceAll "[^a-z0-9]+" (lower .topic) "-" | trunc 180 | trimAll "-" | default "topic" }}
{{- printf "%s-%s-%s" .cluster $kept (sha256sum .topic | trunc 8) }}
{{- end }}
{{- end }}
