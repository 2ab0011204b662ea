{{/* The targets that the alert rules are about, as matchers of a selector: those of `prometheusRule.job`, or those of the
monitor of this release, or, with neither, nothing: all targets with "maillog" in their job. */}}
{{- define "maillog-exporter.ruleSelector" -}}
{{- if .Values.prometheusRule.job -}}
{{- $_ := mustRegexMatch .Values.prometheusRule.job "" -}}
job=~{{ .Values.prometheusRule.job | quote }}
{{- else if .Values.serviceMonitor.enabled -}}
job={{ include "maillog-exporter.fullname" . | quote }},namespace={{ include "maillog-exporter.namespace" . | quote }}
{{- else if .Values.podMonitor.enabled -}}
{{- $namespace := default (include "maillog-exporter.namespace" .) .Values.podMonitor.namespace -}}
job={{ printf "%s/%s" $namespace (include "maillog-exporter.fullname" .) | quote }},namespace={{ include "maillog-exporter.namespace" . | quote }}
{{- end -}}
{{- end -}}

{{/* An expression with these matchers in the selector of every metric. */}}
{{- define "maillog-exporter.scoped" -}}
{{- $matchers := replace "$" "$$" .selector -}}
{{- $expr := replace `job=~".*maillog.*"` .selector .expr -}}
{{- $expr = regexReplaceAll `\b(maillog_[a-z0-9_]+|ALERTS)\{` $expr (printf "${1}{%s," $matchers) -}}
{{- regexReplaceAll `\b(maillog_[a-z0-9_]+)([^a-z0-9_{]|$)` $expr (printf "${1}{%s}${2}" $matchers) -}}
{{- end -}}
