{{- define "maillog-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "maillog-exporter.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "maillog-exporter.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "maillog-exporter.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Labels of all objects, also used in selectors. */}}
{{- define "maillog-exporter.own" -}}
app.kubernetes.io/name: {{ include "maillog-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Selector of the pods of this chart, without the pod of `helm test`. */}}
{{- define "maillog-exporter.pods" -}}
{{ include "maillog-exporter.own" . }}
app.kubernetes.io/component: {{ .Values.mode }}
{{- end -}}

{{- define "maillog-exporter.testPod" -}}
{{ include "maillog-exporter.own" . }}
app.kubernetes.io/component: test
{{- end -}}

{{/* Selector of the pods of the exporter, also of another chart. */}}
{{- define "maillog-exporter.selector" -}}
{{- if .Values.selectorLabels -}}
{{- toYaml .Values.selectorLabels -}}
{{- else -}}
{{- include "maillog-exporter.pods" . -}}
{{- end -}}
{{- end -}}

{{- define "maillog-exporter.labels" -}}
{{ include "maillog-exporter.own" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: {{ .Values.mode }}
app.kubernetes.io/part-of: maillog-exporter
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "maillog-exporter.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Path of the state. In a sidecar it is in the shared volume, beside the log. */}}
{{- define "maillog-exporter.statePath" -}}
{{- if eq .Values.mode "sidecar" -}}
{{ .Values.sidecar.logs.mountPath }}/.maillog_exporter
{{- else -}}
/var/lib/maillog_exporter
{{- end -}}
{{- end -}}

{{/* Configuration of the exporter: that of the mode, merged with `config`. */}}
{{- define "maillog-exporter.config" -}}
{{- $config := dict "log" (dict "level" .Values.logLevel "format" .Values.logFormat) -}}
{{- $source := dict "name" "mail" -}}
{{- if eq .Values.mode "sidecar" -}}
  {{- $logs := .Values.sidecar.logs -}}
  {{- if eq .Values.sidecar.transport "syslog" -}}
    {{- $_ := set $source "syslog" (list (printf "unix://%s/%s" $logs.mountPath .Values.sidecar.syslog.socket)) -}}
  {{- else -}}
    {{- $_ := set $source "files" (list (printf "%s/%s" $logs.mountPath $logs.pattern)) -}}
  {{- end -}}
{{- else if eq .Values.mode "daemonset" -}}
  {{- $patterns := list -}}
  {{- range .Values.daemonset.pods -}}
    {{- $patterns = append $patterns (printf "%s/%s/*.log" $.Values.daemonset.path .) -}}
  {{- end -}}
  {{- $_ := set $source "containers" $patterns -}}
{{- else -}}
  {{- $tcp := printf "tcp://:%d" (int .Values.standalone.tcp) -}}
  {{- $udp := printf "udp://:%d" (int .Values.standalone.udp) -}}
  {{- $_ := set $source "syslog" (list $tcp $udp) -}}
{{- end -}}
{{- $_ := set $config "sources" (list $source) -}}
{{- $_ := set $config "state" (dict "path" (printf "%s/state" (include "maillog-exporter.statePath" .))) -}}
{{- if .Values.alerting.alertmanagers -}}
  {{- $_ := set $config "alerting" (dict "alertmanagers" .Values.alerting.alertmanagers) -}}
{{- end -}}
{{- mergeOverwrite $config (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{/* Annotations that trigger a rollout when the configuration changes. */}}
{{- define "maillog-exporter.podMetadata" -}}
labels:
  {{- include "maillog-exporter.labels" . | nindent 2 }}
  {{- with .Values.podLabels }}{{ toYaml . | nindent 2 }}{{ end }}
annotations:
  {{- $mail := and (eq .Values.mode "sidecar") (default "mail" .Values.sidecar.mail.name) }}
  kubectl.kubernetes.io/default-container: {{ default "maillog-exporter" $mail }}
  checksum/config: {{ include "maillog-exporter.config" . | sha256sum | trunc 63 }}
  {{- with .Values.podAnnotations }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}

{{/* Common part of all pod specs. */}}
{{- define "maillog-exporter.podSpec" -}}
serviceAccountName: {{ include "maillog-exporter.fullname" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}
