"""The monitoring mixin renders to the committed alert rules and dashboards, and its settings change them as those of a policy do.

check.py PROGRAM FOLDER: PROGRAM is maillog_exporter. The rules with all settings are written to FOLDER, for promtool.
"""

import json
import pathlib
import re
import subprocess
import sys

import _jsonnet
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIXIN = ROOT / "mixin" / "mixin.libsonnet"


def render(field, config="{}"):
    """A field of the mixin with settings."""
    source = f"((import '{MIXIN}') + {{ _config+:: {config} }}).{field}"
    return json.loads(_jsonnet.evaluate_snippet("check", source))


def load(path):
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what} differs from the mixin's rendering")


def rules(document):
    return [rule for group in document["groups"] for rule in group["rules"]]


same("alerts/alerts.yaml", render("prometheusAlerts"), load("alerts/alerts.yaml"))
same("alerts/zh/alerts.yaml", render("prometheusAlerts", "{ language: 'zh' }"), load("alerts/zh/alerts.yaml"))
same("prometheusRules", render("prometheusRules"), {"groups": []})
inhibitions = load("alerts/alertmanager/inhibit_rules.yaml")["inhibit_rules"]
same("inhibit_rules.yaml", render("alertmanagerInhibitRules"), inhibitions)
dashboards = {
    path.name: json.loads(path.read_text(encoding="utf-8")) for path in (ROOT / "dashboards").glob("*.json")
}
same("dashboards", render("grafanaDashboards"), dashboards)

# The settings that a policy has too must have the same effect.
program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
policy = folder / "mixin-policy.yml"
policy.write_text(
    """job: mail
runbook_url: https://runbooks.example.com/mail
rules:
  MaillogTlsFailing: {enabled: false}
""",
    encoding="utf-8",
)
subprocess.run([program, "generate", "--policy", policy, folder / "generated"], check=True, stdout=subprocess.DEVNULL)
generated = yaml.safe_load((folder / "generated/alerts/alerts.yaml").read_text(encoding="utf-8"))
common = "job: 'mail', runbookURL: 'https://runbooks.example.com/mail', disabledAlerts: ['MaillogTlsFailing']"
same("the rules with a policy", render("prometheusAlerts", "{" + common + "}"), generated)

changed = render("prometheusAlerts", "{" + common + """, selector: 'cluster="a"', alertLabels: { team: 'mail' } }""")
for rule in rules(changed):
    name, expr = rule["alert"], rule["expr"]
    if re.search(r'maillog_[a-z0-9_]+(?!\{cluster="a"[,}]|[a-z0-9_])', expr):
        sys.exit(f"{name}: a metric is not selected in {expr}")
    same(f"{name}: team", rule["labels"]["team"], "mail")
(folder / "mixin.yaml").write_text(yaml.safe_dump(changed, allow_unicode=True), encoding="utf-8")

overview = render(
    "grafanaDashboards['overview.json']",
    "{ dashboardPrefix: 'Post: ', dashboardTags: ['eu'], dashboardRefresh: '5m', dashboardFrom: 'now-1d' }",
)
same("the title", overview["title"], "Post: overview")
same("the tags", overview["tags"], ["maillog", "mail", "eu"])
same("the times", (overview["refresh"], overview["time"]), ("5m", {"from": "now-1d", "to": "now"}))
