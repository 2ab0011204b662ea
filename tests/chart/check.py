"""Renders the chart with every values file in ci/ for every Kubernetes there is a schema of.

Arguments: the chart, helm, a folder for results. Every object must be valid against Kubernetes' own
schemas; those of the Prometheus operator go to FOLDER/operator.jsonl, the groups of rules to
FOLDER/NAME.rules.yaml. With the figures as they are, the rules must be those in alerts/.
"""

import json
import pathlib
import re
import subprocess
import sys

import kubernetes_validate
import yaml

import readme

chart, helm, folder = map(pathlib.Path, sys.argv[1:])
root = chart.parent.parent
problems = []


def versions():
    """Every minor version from 1.25 on that kubernetes-validate knows."""
    schemas = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    found = {re.match(r"v1\.(\d+)\.", path.name) for path in schemas.iterdir()}
    minors = sorted({int(match.group(1)) for match in found if match})
    return [f"1.{minor}" for minor in minors if minor >= 25]


def render(values, version, *more):
    command = [helm, "template", "mail", chart, "--kube-version", f"{version}.0", *more]
    if values:
        command += ["-f", values]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        problems.append(f"{values}: {version}: {done.stderr.strip()}")
        return []
    return [thing for thing in yaml.safe_load_all(done.stdout) if thing]


def groups(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]


known = versions()
values_files = sorted((chart / "ci").glob("*.yaml"))
checked = 0
with open(folder / "operator.jsonl", "w", encoding="utf-8") as operator:
    for values in values_files:
        for version in known:
            for thing in render(values, version):
                name = f"{values.name}: {version}: {thing['kind']} {thing['metadata']['name']}"
                if thing["apiVersion"].startswith("monitoring.coreos.com/"):
                    operator.write(json.dumps(thing) + "\n")
                    if thing["kind"] == "PrometheusRule":
                        rules = folder / f"{values.stem}.rules.yaml"
                        rules.write_text(yaml.safe_dump(thing["spec"], allow_unicode=True), "utf-8")
                    continue
                try:
                    kubernetes_validate.validate(thing, version, strict=True)
                    checked += 1
                except kubernetes_validate.ValidationError as error:
                    where = ".".join(map(str, error.path))
                    problems.append(f"{name}: {where}: {error.message}")

# Rules with the figures as they are.
for thing in render(None, known[-1], "--set", "mode=standalone,prometheusRule.enabled=true"):
    if thing["kind"] == "PrometheusRule":
        committed = groups(root / "alerts/recording.yaml") + groups(root / "alerts/alerts.yaml")
        if thing["spec"]["groups"] != committed:
            problems.append("the rules of the chart are not those in alerts/")
        (folder / "default.rules.yaml").write_text(
            yaml.safe_dump(thing["spec"], allow_unicode=True), "utf-8"
        )

# And with others.
rules = {}
for group in groups(folder / "everything-values.rules.yaml"):
    rules |= {rule["alert"]: rule for rule in group["rules"] if "alert" in rule}
spike = rules["MaillogSmtp421Spike"]
if "> 50" not in spike["expr"] or "> 0.1 *" not in spike["expr"] or "> 3 *" not in spike["expr"]:
    problems.append(f"the figures of the values are not in the rule: {spike['expr']}")
if (spike["for"], spike["labels"]["severity"]) != ("5m", "warning"):
    problems.append("for and severity of the values are not in the rule")
if spike["annotations"]["runbook_url"] != "https://runbooks.example.com/maillog/codes/421":
    problems.append(f"the runbook is at {spike['annotations']['runbook_url']}")
if "> 33554432" not in rules["MaillogSourceLagging"]["expr"]:
    problems.append("the threshold of the values is not in the rule")
if "MaillogTlsFailing" in rules:
    problems.append("a rule that is switched off is there")

# Wrong values are refused, by the name of the field.
for wrong, expected in [
    ("mode=sidecat", "mode"),
    ("sidecar.mial.image=x", "mial"),
    ("port=99999", "port"),
    ("image.digest=latest", "image.digest"),
    ("mode=standalone,standalone.persistence.size=much", "standalone.persistence.size"),
    ("mode=standalone,standalone.tcp=601", "standalone.tcp"),
    ("mode=daemonset,daemonset.path=var/log", "daemonset.path"),
    ("alerting.alertmanagers[0].url=alertmanager", "alerting.alertmanagers.0.url"),
    ("prometheusRule.rules.MaillogSmtp421Spike.share=5", "MaillogSmtp421Spike.share"),
    ("prometheusRule.rules.MaillogSmtp421Spike.for=soon", "MaillogSmtp421Spike.for"),
    ("mode=standalone,prometheusRule.enabled=true,prometheusRule.rules.MaillogSpike.count=5", "there is no such rule"),
    (
        "mode=standalone,prometheusRule.enabled=true,prometheusRule.rules.MaillogSmtp421Spike.threshold=5",
        "this rule has none",
    ),
    ("mode=sidecar", "sidecar.mail"),
    ("mode=standalone,serviceMonitor.enabled=true,podMonitor.enabled=true", "scraped twice"),
]:
    command = [helm, "template", "mail", chart, "--set", wrong]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 or expected not in done.stderr:
        problems.append(f"{wrong}: not refused with {expected!r}: {done.stderr.strip()}")

if (chart / "README.md").read_text("utf-8") != readme.readme():
    problems.append("README.md lags behind values.yaml: tests/chart/readme.py makes it")

print(f"{checked} objects valid on Kubernetes {known[0]} to {known[-1]}")
print("\n".join(problems))
sys.exit(1 if problems or not checked else 0)
