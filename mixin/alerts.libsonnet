// The alert rules of ../alerts, changed as the configuration says.
local rules = {
  en: std.parseYaml(importstr '../alerts/alerts.yaml'),
  zh: std.parseYaml(importstr '../alerts/zh/alerts.yaml'),
};

local isNameCharacter(c) =
  (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';

// Number of characters at the beginning of `text` that belong to a metric's name.
local nameLength(text, from=0) =
  if from < std.length(text) && isNameCharacter(text[from]) then nameLength(text, from + 1) else from;

// Adds the matchers to each metric of the exporter.
local select(expr, matchers) =
  local parts = std.split(expr, 'maillog_');
  local withMatchers(part) =
    local length = nameLength(part);
    local name = part[:length];
    local rest = part[length:];
    'maillog_' + name + (
      if std.startsWith(rest, '{') then '{' + matchers + ',' + rest[1:]
      else '{' + matchers + '}' + rest
    );
  if matchers == '' then expr
  else parts[0] + std.join('', std.map(withMatchers, parts[1:]));

// What the links of alerts begin with, if no base URL is set: the address of the exporter.
local exporterURL = std.stripChars(importstr '../helm/maillog-exporter/files/alerts/runbook-base.txt', '\n');

{
  local config = $._config,

  local changed(rule) = rule {
    expr: select(std.strReplace(rule.expr, '.*maillog.*', config.job), config.selector),
    labels+: config.alertLabels,
    annotations+:
      if config.runbookURL == null then {}
      else {
        [name]: std.strReplace(rule.annotations[name], exporterURL, config.runbookURL)
        for name in ['runbook_url', 'image_url']
        if std.objectHas(rule.annotations, name)
      },
  },

  prometheusAlerts+:: {
    groups+: [
      group {
        rules: [
          changed(rule)
          for rule in group.rules
          if !std.member(config.disabledAlerts, rule.alert)
        ],
      }
      for group in rules[config.language].groups
    ],
  },

  // The exporter computes what the alerts compare: there are no recording rules.
  prometheusRules+:: { groups+: [] },

  // `inhibit_rules` for the configuration of Alertmanager: without them, one cause is several alerts.
  alertmanagerInhibitRules:: std.parseYaml(importstr '../alerts/alertmanager/inhibit_rules.yaml').inhibit_rules,
}
