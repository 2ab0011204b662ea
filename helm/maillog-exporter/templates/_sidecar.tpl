{{/*
The container of the exporter, for this chart and for charts of mail servers.

In another chart: add this chart as a dependency, set `sidecar.workload: false` and `selectorLabels` below the key
maillog-exporter of the values, and include in the pod

  containers:
    - name: postfix
      volumeMounts:
        - {name: mail-log, mountPath: /var/log/mail}
    {{- include "maillog-exporter.sidecar.container" (index .Subcharts "maillog-exporter") | nindent 4 }}
  volumes:
    {{- include "maillog-exporter.sidecar.volumes" (index .Subcharts "maillog-exporter") | nindent 4 }}

The pod needs `securityContext.fsGroup` (sidecar.fsGroup), so that both containers can use the volume.
docs/kubernetes.md has the complete example, also with a native sidecar.
*/}}
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
  ports:
    - {name: metrics, containerPort: {{ .Values.port }}, protocol: TCP}
    {{- if eq .Values.mode "standalone" }}
    - {name: syslog-tcp, containerPort: {{ .Values.standalone.tcp }}, protocol: TCP}
    - {name: syslog-udp, containerPort: {{ .Values.standalone.udp }}, protocol: UDP}
    {{- end }}
  {{- if .Values.web.configSecret }}
  livenessProbe:
    tcpSocket: {port: metrics}
  {{- else }}
  livenessProbe:
    httpGet: {path: /-/healthy, port: metrics}
  {{- end }}
  {{- if eq .Values.mode "sidecar" }}
  # No readiness probe: it would keep mail from the pod while the exporter is not ready.
  {{- else if .Values.web.configSecret }}
  readinessProbe:
    tcpSocket: {port: metrics}
  {{- else }}
  readinessProbe:
    httpGet: {path: /-/ready, port: metrics}
  {{- end }}
  resources: {{- toYaml .Values.resources | nindent 4 }}
  securityContext:
    {{- $user := ternary (int .Values.sidecar.user) 65532 (eq .Values.mode "sidecar") }}
    {{- if eq .Values.mode "daemonset" }}
    # Pod logs are readable by root only.
    {{- $user = 0 }}
    {{- end }}
    runAsNonRoot: {{ ne $user 0 }}
    runAsUser: {{ $user }}
    runAsGroup: {{ $user }}
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  volumeMounts:
    {{- include "maillog-exporter.sidecar.volumeMounts" . | nindent 4 }}
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
  {{- toYaml (default (dict "emptyDir" dict) .Values.sidecar.logs.volume) | nindent 2 }}
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
