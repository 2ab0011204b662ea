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

{{- define "maillog-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
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
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Metadata of an object. `root` is the context; optional are `suffix` of the name, `namespace`, and further
`labels` and `annotations`. */}}
{{- define "maillog-exporter.metadata" -}}
name: {{ include "maillog-exporter.fullname" .root }}{{ .suffix }}
namespace: {{ default (include "maillog-exporter.namespace" .root) .namespace }}
labels: {{- merge (dict) (default dict .labels) (include "maillog-exporter.labels" .root | fromYaml) | toYaml | nindent 2 }}
{{- with merge (dict) (default dict .annotations) .root.Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Name of an image with its registry. `root` is the context, `image` has registry, repository, tag and digest. */}}
{{- define "maillog-exporter.imageName" -}}
{{- $registry := default .image.registry .root.Values.global.imageRegistry -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{ .image.repository }}
{{- if .image.digest }}@{{ .image.digest }}{{ else }}:{{ default .root.Chart.AppVersion .image.tag }}{{ end -}}
{{- end -}}

{{- define "maillog-exporter.image" -}}
{{- include "maillog-exporter.imageName" (dict "root" . "image" .Values.image) -}}
{{- end -}}

{{/* Pull secrets of this chart and of `global`; names and objects with a name are accepted. */}}
{{- define "maillog-exporter.pullSecrets" -}}
{{- $names := list -}}
{{- range concat (default list .Values.global.imagePullSecrets) .Values.imagePullSecrets -}}
{{- $names = append $names (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with uniq $names }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "maillog-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "maillog-exporter.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
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

{{/* URL of the pages from outside the cluster: `web.externalUrl`, or the first host of the Ingress. */}}
{{- define "maillog-exporter.externalUrl" -}}
{{- if .Values.web.externalUrl -}}
{{- trimSuffix "/" .Values.web.externalUrl -}}
{{- else if .Values.ingress.enabled -}}
{{- $host := first .Values.ingress.hosts -}}
{{- printf "%s://%s%s" (ternary "https" "http" (not (empty .Values.ingress.tls))) $host.host (trimSuffix "/" (default "/" $host.path)) -}}
{{- end -}}
{{- end -}}

{{/* What every path begins with: the path of the external URL, without a final slash. */}}
{{- define "maillog-exporter.prefix" -}}
{{- with include "maillog-exporter.externalUrl" . }}{{ (urlParse .).path | trimSuffix "/" }}{{ end -}}
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
{{- with include "maillog-exporter.externalUrl" . -}}
  {{- $_ := set $config "web" (dict "external_url" .) -}}
{{- end -}}
{{- if .Values.alerting.alertmanagers -}}
  {{- $_ := set $config "alerting" (dict "alertmanagers" .Values.alerting.alertmanagers) -}}
{{- end -}}
{{- mergeOverwrite $config (deepCopy .Values.config) | toYaml -}}
{{- end -}}

{{/* Annotations that trigger a rollout when the configuration changes. */}}
{{- define "maillog-exporter.podMetadata" -}}
labels: {{- merge (dict) .Values.podLabels (include "maillog-exporter.labels" . | fromYaml) | toYaml | nindent 2 }}
annotations:
  {{- $mail := and (eq .Values.mode "sidecar") (default "mail" .Values.sidecar.mail.name) }}
  kubectl.kubernetes.io/default-container: {{ default "maillog-exporter" $mail }}
  checksum/config: {{ include "maillog-exporter.config" . | sha256sum | trunc 63 }}
  {{- with merge (dict) .Values.podAnnotations .Values.commonAnnotations }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end -}}

{{/* Common part of all pod specs. */}}
{{- define "maillog-exporter.podSpec" -}}
serviceAccountName: {{ include "maillog-exporter.serviceAccountName" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
{{- include "maillog-exporter.pullSecrets" . }}
{{- with include "maillog-exporter.podSecurityContext" . | fromYaml }}
securityContext: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with ternary .Values.daemonset.tolerations .Values.tolerations (eq .Values.mode "daemonset") }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $constraint := deepCopy . }}
  {{- if not (hasKey . "labelSelector") }}
  {{- $_ := set $constraint "labelSelector" (dict "matchLabels" (include "maillog-exporter.pods" $ | fromYaml)) }}
  {{- end }}
  - {{- toYaml $constraint | nindent 4 }}
  {{- end }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- with .Values.hostAliases }}
hostAliases: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .Values.dnsConfig }}
dnsConfig: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Security context of a pod. Keys that are null in the values are absent. */}}
{{- define "maillog-exporter.podSecurityContext" -}}
{{- $context := deepCopy (default dict .Values.podSecurityContext) -}}
{{- if eq .Values.mode "daemonset" -}}
{{- /* Its volumes are directories of the node, whose group stays. */ -}}
{{- $context = omit $context "fsGroup" "fsGroupChangePolicy" -}}
{{- else if and (eq .Values.mode "sidecar") (hasKey $context "fsGroup") -}}
{{- $_ := set $context "fsGroup" (int .Values.sidecar.fsGroup) -}}
{{- end -}}
{{- range $key, $value := $context -}}
{{- if kindIs "invalid" $value }}{{ $context = omit $context $key }}{{ end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{/* Security context of the exporter's container. */}}
{{- define "maillog-exporter.securityContext" -}}
{{- $context := deepCopy (default dict .Values.securityContext) -}}
{{- $user := 65532 -}}
{{- if eq .Values.mode "daemonset" -}}
{{- /* Pod logs are readable by root only. */ -}}
{{- $user = 0 -}}
{{- else if eq .Values.mode "sidecar" -}}
{{- $user = int .Values.sidecar.user -}}
{{- end -}}
{{- range $key, $value := $context -}}
{{- if kindIs "invalid" $value -}}
{{- $context = omit $context $key -}}
{{- else if and (ne $user 65532) (has $key (list "runAsUser" "runAsGroup")) -}}
{{- $_ := set $context $key $user -}}
{{- else if and (eq $user 0) (eq $key "runAsNonRoot") -}}
{{- $_ := set $context $key false -}}
{{- end -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}
