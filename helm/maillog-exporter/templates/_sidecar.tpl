{{/*
The exporter's container, for this chart and for any other that has a mail server.

In a chart of your own: name this chart as a dependency with the alias-free name maillog-exporter, set its
values below that key, and write into your pod

  containers:
    - name: postfix
      volumeMounts:
        - {name: mail-log, mountPath: /var/log/mail}
    {{- include "maillog-exporter.sidecar.container" (index .Subcharts "maillog-exporter") | nindent 4 }}
  volumes:
    {{- include "maillog-exporter.sidecar.volumes" (index .Subcharts "maillog-exporter") | nindent 4 }}

The pod needs `securityContext.fsGroup` (sidecar.fsGroup), so that both containers can use the volume.
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
  readinessProbe:
    tcpSocket: {port: metrics}
  {{- else }}
  livenessProbe:
    httpGet: {path: /-/healthy, port: metrics}
  readinessProbe:
    httpGet: {path: /-/ready, port: metrics}
  {{- end }}
  resources: {{- toYaml .Values.resources | nindent 4 }}
  securityContext:
    {{- if eq .Values.mode "daemonset" }}
    # The logs of pods belong to root, and nobody else may read them.
    runAsUser: 0
    runAsGroup: 0
    {{- else }}
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    {{- end }}
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
    seccompProfile: {type: RuntimeDefault}
  volumeMounts:
    {{- include "maillog-exporter.sidecar.volumeMounts" . | nindent 4 }}
{{- end -}}

{{/* What the exporter mounts. */}}
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

{{/* The volumes behind that. */}}
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
{{- if eq .Values.mode "sidecar" }}
- name: mail-log
  {{- toYaml .Values.sidecar.logs.volume | nindent 2 }}
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

{{/* Whether the exporter is a native sidecar here. */}}
{{- define "maillog-exporter.sidecar.native" -}}
{{- $native := toString .Values.sidecar.native -}}
{{- if eq $native "auto" -}}
{{- if semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version }}true{{ end -}}
{{- else if eq $native "true" -}}
true
{{- end -}}
{{- end -}}
