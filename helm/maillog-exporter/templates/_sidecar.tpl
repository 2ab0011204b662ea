{{/*
The containers of the exporter, for this chart and for charts of mail servers.

In another chart: add this chart as a dependency, set `sidecar.workload: false` and `selectorLabels` below the key
maillog-exporter of the values, and include in the pod

  initContainers:
    {{- include "maillog-exporter.sidecar.initContainers" (index .Subcharts "maillog-exporter") | nindent 4 }}
  containers:
    - name: postfix
      volumeMounts:
        - {name: mail-log, mountPath: /var/log/mail}
    {{- include "maillog-exporter.sidecar.containers" (index .Subcharts "maillog-exporter") | nindent 4 }}
  volumes:
    {{- include "maillog-exporter.sidecar.volumes" (index .Subcharts "maillog-exporter") | nindent 4 }}

The pod needs `securityContext.fsGroup` (sidecar.fsGroup), so that both containers can use the volume.
docs/kubernetes.md has the complete example.
*/}}

{{/* The native sidecars, which begin before the mail server and end after it. */}}
{{- define "maillog-exporter.sidecar.initContainers" -}}
{{- if eq (include "maillog-exporter.sidecar.native" .) "true" -}}
{{ include "maillog-exporter.sidecar.container" . }}
  restartPolicy: Always
{{- with include "maillog-exporter.sidecar.rotation" . }}
{{ . }}
  restartPolicy: Always
{{- end }}
{{- else -}}
[]
{{- end -}}
{{- end -}}

{{/* The same as ordinary containers, where native sidecars are not supported or not wanted. */}}
{{- define "maillog-exporter.sidecar.containers" -}}
{{- if ne (include "maillog-exporter.sidecar.native" .) "true" -}}
{{ include "maillog-exporter.sidecar.container" . }}
{{- with include "maillog-exporter.sidecar.rotation" . }}
{{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{- define "maillog-exporter.sidecar.container" -}}
- name: maillog-exporter
  image: {{ include "maillog-exporter.image" . }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  args:
    - --config.file=/etc/maillog_exporter/config.yml
    - --web.listen-address=:{{ .Values.port }}
    {{- if .Values.web.configSecret }}
    - --web.config.file=/etc/maillog_exporter/web/web-config.yml
    {{- end }}
    {{- with .Values.extraArgs }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- with .Values.extraEnv }}
  env: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.extraEnvFrom }}
  envFrom: {{- toYaml . | nindent 4 }}
  {{- end }}
  ports:
    - {name: metrics, containerPort: {{ .Values.port }}, protocol: TCP}
    {{- if eq .Values.mode "standalone" }}
    - {name: syslog-tcp, containerPort: {{ .Values.standalone.tcp }}, protocol: TCP}
    - {name: syslog-udp, containerPort: {{ .Values.standalone.udp }}, protocol: UDP}
    {{- end }}
  livenessProbe: {{- include "maillog-exporter.probe" (dict "root" . "probe" .Values.livenessProbe "path" "/-/healthy") | nindent 4 }}
  {{- if ne .Values.mode "sidecar" }}
  readinessProbe: {{- include "maillog-exporter.probe" (dict "root" . "probe" .Values.readinessProbe "path" "/-/ready") | nindent 4 }}
  {{- end }}
  resources: {{- toYaml .Values.resources | nindent 4 }}
  {{- with include "maillog-exporter.securityContext" . | fromYaml }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    {{- include "maillog-exporter.sidecar.volumeMounts" . | nindent 4 }}
{{- end -}}

{{/* A probe. With TLS or passwords, whether the port is open. A sidecar has no readiness probe: it would keep mail from
the pod while the exporter is not ready. */}}
{{- define "maillog-exporter.probe" -}}
{{- $action := dict "tcpSocket" (dict "port" "metrics") -}}
{{- if not .root.Values.web.configSecret -}}
{{- $path := print (include "maillog-exporter.prefix" .root) .path -}}
{{- $action = dict "httpGet" (dict "path" $path "port" "metrics") -}}
{{- end -}}
{{- merge (dict) $action .probe | toYaml -}}
{{- end -}}

{{/* The container that rotates the log files, which nobody else does by default. */}}
{{- define "maillog-exporter.sidecar.rotation" -}}
{{- $rotation := .Values.sidecar.logs.rotation -}}
{{- if and (eq .Values.mode "sidecar") (eq .Values.sidecar.transport "files") $rotation.enabled -}}
- name: log-rotation
  image: {{ include "maillog-exporter.imageName" (dict "root" . "image" $rotation.image) }}
  imagePullPolicy: {{ .Values.image.pullPolicy }}
  command: [/bin/sh, /etc/maillog_exporter/rotate.sh]
  env:
    - {name: LOG_DIRECTORY, value: {{ .Values.sidecar.logs.mountPath | quote }}}
    - {name: LOG_PATTERN, value: {{ .Values.sidecar.logs.pattern | quote }}}
    - {name: MAX_MEBIBYTES, value: {{ $rotation.maxMebibytes | quote }}}
    - {name: KEEP, value: {{ $rotation.keep | quote }}}
    - {name: INTERVAL_SECONDS, value: {{ $rotation.intervalSeconds | quote }}}
  resources: {{- toYaml $rotation.resources | nindent 4 }}
  {{- with include "maillog-exporter.sidecar.rotationContext" . | fromYaml }}
  securityContext: {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    - {name: maillog-config, mountPath: /etc/maillog_exporter, readOnly: true}
    - {name: mail-log, mountPath: {{ .Values.sidecar.logs.mountPath }}}
{{- end -}}
{{- end -}}

{{/* As the exporter's, with the user that may write to the log. */}}
{{- define "maillog-exporter.sidecar.rotationContext" -}}
{{- $context := include "maillog-exporter.securityContext" . | fromYaml -}}
{{- $user := int .Values.sidecar.logs.rotation.user -}}
{{- range $key := list "runAsUser" "runAsGroup" -}}
{{- if hasKey $context $key }}{{ $_ := set $context $key $user }}{{ end -}}
{{- end -}}
{{- if and (hasKey $context "runAsNonRoot") (hasKey $context "runAsUser") -}}
{{- $_ := set $context "runAsNonRoot" (ne $user 0) -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{/* Volume mounts of the exporter. */}}
{{- define "maillog-exporter.sidecar.volumeMounts" -}}
- {name: maillog-config, mountPath: /etc/maillog_exporter, readOnly: true}
{{- if .Values.web.configSecret }}
- {name: maillog-web, mountPath: /etc/maillog_exporter/web, readOnly: true}
{{- end }}
{{- if .Values.alerting.secret }}
- {name: maillog-alerting, mountPath: /etc/maillog_exporter/alerting, readOnly: true}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
- {name: mail-log, mountPath: {{ .Values.sidecar.logs.mountPath }}}
{{- else }}
- {name: maillog-state, mountPath: /var/lib/maillog_exporter}
{{- end }}
{{- if eq .Values.mode "daemonset" }}
- {name: pods, mountPath: {{ .Values.daemonset.path }}, readOnly: true}
{{- range $index, $path := .Values.daemonset.linked }}
- {name: linked-{{ $index }}, mountPath: {{ $path }}, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Volumes of these mounts. */}}
{{- define "maillog-exporter.sidecar.volumes" -}}
- name: maillog-config
  configMap: {name: {{ include "maillog-exporter.fullname" . }}}
{{- with .Values.web.configSecret }}
- name: maillog-web
  secret: {secretName: {{ . }}}
{{- end }}
{{- with .Values.alerting.secret }}
- name: maillog-alerting
  secret: {secretName: {{ . }}}
{{- end }}
{{- if and (eq .Values.mode "sidecar") (ne (include "maillog-exporter.sidecar.claimed" .) "true") }}
- name: mail-log
  {{- $default := dict "emptyDir" (dict "sizeLimit" (include "maillog-exporter.sidecar.sizeLimit" .)) }}
  {{- toYaml (default $default .Values.sidecar.logs.volume) | nindent 2 }}
{{- end }}
{{- if and (eq .Values.mode "standalone") (not .Values.standalone.persistence.enabled) }}
- name: maillog-state
  emptyDir: {sizeLimit: 64Mi}
{{- end }}
{{- if eq .Values.mode "daemonset" }}
- name: maillog-state
  hostPath: {path: {{ .Values.daemonset.statePath }}, type: DirectoryOrCreate}
- name: pods
  hostPath: {path: {{ .Values.daemonset.path }}}
{{- range $index, $path := .Values.daemonset.linked }}
- name: linked-{{ $index }}
  hostPath: {path: {{ $path }}}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Size of the default volume: the log, its copies, a copy that is being made, and what is written between two checks. */}}
{{- define "maillog-exporter.sidecar.sizeLimit" -}}
{{- $logs := .Values.sidecar.logs -}}
{{- if $logs.sizeLimit -}}
{{ $logs.sizeLimit }}
{{- else if eq .Values.sidecar.transport "syslog" -}}
64Mi
{{- else -}}
{{ add (mul (add (int $logs.rotation.keep) 2) (int $logs.rotation.maxMebibytes)) 256 }}Mi
{{- end -}}
{{- end -}}

{{/* Whether each pod has its own claim for the shared volume. */}}
{{- define "maillog-exporter.sidecar.claimed" -}}
{{- range .Values.sidecar.volumeClaimTemplates -}}
{{- if eq .metadata.name "mail-log" }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* Whether the exporter is a native sidecar. */}}
{{- define "maillog-exporter.sidecar.native" -}}
{{- $native := toString .Values.sidecar.native -}}
{{- if eq $native "auto" -}}
{{- if semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version }}true{{ end -}}
{{- else if eq $native "true" -}}
true
{{- end -}}
{{- end -}}
