"""Renders the chart with every values file in ci/ for every Kubernetes version with a schema.

Arguments: the chart, helm, maillog_exporter, and a folder for results, in which `secret` has the files of the
secret that everything-values.yaml refers to. Every object must be valid against the schemas of Kubernetes and
consistent with the others (cluster.py). Objects of the Prometheus operator are written to FOLDER/operator.jsonl,
rule groups to FOLDER/NAME.rules.yaml. With default values, the rules must equal those in alerts/.
"""

import json
import pathlib
import re
import shutil
import sys

import yaml

import cluster
import readme
import render
import schemas
import values

folder_of_chart, helm, exporter, folder = map(pathlib.Path, sys.argv[1:])
root = folder_of_chart.parent.parent
chart = render.Chart(helm, folder_of_chart)
problems = []


def template(name, *arguments, version, of=chart):
    """The rendered objects; none, and a problem, if they cannot be rendered."""
    try:
        return of.template(*arguments, version=version)
    except render.Failed as failure:
        problems.append(f"{name}: {version}: {failure}")
        return []


def every_version(name, *arguments, of=chart):
    """Each version with the objects for it. They are rendered on both sides of 1.29, the only version that the templates
    look at, and at both ends."""
    things = []
    for version in known:
        if version in (known[0], "1.28", "1.29", known[-1]):
            things = template(name, *arguments, version=version, of=of)
        yield version, things


def configuration(things, name):
    """Checks the configuration with the exporter; the files of the secret are in FOLDER/secret."""
    text = cluster.of(things, "ConfigMap")[0]["data"]["config.yml"]
    path = folder / "config.yml"
    path.write_text(text.replace("/etc/maillog_exporter/alerting", str(folder / "secret")), "utf-8")
    try:
        render.run(exporter, "check", path)
    except render.Failed as failure:
        problems.append(f"{name}: {failure}")


def write_rules(thing, name):
    """Writes the groups of a PrometheusRule to FOLDER/NAME.rules.yaml, for promtool."""
    if thing["kind"] == "PrometheusRule":
        text = yaml.safe_dump(thing["spec"], allow_unicode=True)
        (folder / f"{name}.rules.yaml").write_text(text, "utf-8")


def groups(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]


known = schemas.versions()
values_files = sorted((folder_of_chart / "ci").glob("*.yaml"))
checked = 0
with open(folder / "operator.jsonl", "w", encoding="utf-8") as operator:
    for path in values_files:
        try:
            render.run(helm, "lint", "--strict", folder_of_chart, "-f", path)
        except render.Failed as failure:
            problems.append(f"{path}: {failure}")
        configuration(template(path.name, "-f", path, version=known[-1]), path.name)
        for version, things in every_version(path.name, "-f", path):
            found = cluster.problems(things) + schemas.problems(things, version)
            problems += [f"{path.name}: {version}: {what}" for what in found]
            checked += len(things)
            for thing in filter(schemas.of_operator, things):
                operator.write(json.dumps(thing) + "\n")
                write_rules(thing, path.stem)

    # What each value does.
    rendered = [chart.template(version=known[-1], values=case) for case, _ in values.CASES]
    problems += values.problems(rendered, [yaml.safe_load(path.read_text("utf-8")) for path in values_files])
    for number, things in enumerate(rendered):
        problems += [f"values {number}: {what}" for what in schemas.problems(things, known[-1])]
        for thing in filter(schemas.of_operator, things):
            operator.write(json.dumps(thing) + "\n")
            write_rules(thing, f"values-{number}")

# The example chart of docs/kubernetes.md, which includes the containers.
own = folder / "own"
shutil.copytree(folder_of_chart, own / "charts/maillog-exporter")
(own / "templates").mkdir()
shown = (root / "docs/kubernetes.md").read_text("utf-8").split("### In a chart of your own")[1].split("\n## ")[0]
for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", shown, re.DOTALL):
    (own / name).write_text(text, "utf-8")
for version, things in every_version("own chart", of=render.Chart(helm, own)):
    if not cluster.workload(things)[0]:
        problems.append(f"own chart: {version}: no workload")
    problems += [f"own chart: {what}" for what in cluster.problems(things) + schemas.problems(things, version)]

# Dashboards are unchanged.
things = template("dashboards", "--set", "mode=standalone,dashboards.enabled=true", version=known[-1])
carried = {}
for thing in cluster.of(things, "ConfigMap"):
    if thing["metadata"]["labels"].get("grafana_dashboard") == "1":
        carried |= thing["data"]
committed = {f"maillog-{path.name}": path.read_text("utf-8") for path in (root / "dashboards").glob("*.json")}
if carried != committed or not carried:
    problems.append(f"the dashboards {sorted(carried)} differ from the repository, {sorted(committed)}")

# Rules with default figures.
for thing in template("rules", "--set", "mode=standalone,prometheusRule.enabled=true", version=known[-1]):
    if thing["kind"] == "PrometheusRule":
        committed = groups(root / "alerts/alerts.yaml")
        if thing["spec"]["groups"] != committed:
            problems.append("the rules of the chart differ from alerts/")
        write_rules(thing, "default")

# Rules with overrides.
rules = {}
for group in groups(folder / "everything-values.rules.yaml"):
    rules |= {rule["alert"]: rule for rule in group["rules"] if "alert" in rule}
spike = rules["MaillogSmtp421Spike"]
if ", 0.1)" not in spike["expr"] or "clamp_min(5 *" not in spike["expr"]:
    problems.append(f"the overrides are not in the rule: {spike['expr']}")
if (spike["for"], spike["labels"]["severity"]) != ("5m", "warning"):
    problems.append("the overrides of for and severity are not in the rule")
if spike["annotations"]["runbook_url"] != "https://runbooks.example.com/maillog/codes/421":
    problems.append(f"wrong runbook_url {spike['annotations']['runbook_url']}")
if "> 33554432" not in rules["MaillogSourceLagging"]["expr"]:
    problems.append("the override of the threshold is not in the rule")
if "MaillogTlsFailing" in rules:
    problems.append("a disabled rule is present")

# Invalid values are rejected with the name of the field.
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
        "this rule does not have it",
    ),
    ("mode=sidecar", "sidecar.mail"),
    ("sidecar.mail.image=x,sidecar.logs.rotation.keep=0", "sidecar.logs.rotation.keep"),
    ("mode=standalone,web.externalUrl=maillog.example.com", "web.externalUrl"),
    ("mode=standalone,image.registry=https://example.com", "image.registry"),
    ("mode=standalone,serviceAccount.crate=true", "crate"),
    ("mode=standalone,securityContext.runAsUserr=1", "runAsUserr"),
    ("mode=standalone,serviceMonitor.scrapeTimeout=soon", "serviceMonitor.scrapeTimeout"),
    ("mode=standalone,extraArgs[0]=x", "extraArgs.0"),
    ("sidecar.mail.image=x,networkPolicy.enabled=true", "the mail server would be unreachable"),
    ("sidecar.mail.image=x,sidecar.replicas=2,sidecar.logs.volume.persistentVolumeClaim.claimName=x", "each other"),
    ("sidecar.logs.volume.emptyDir.medium=Memory,sidecar.logs.volume.hostPath.path=/x", "sidecar.logs.volume"),
    ("sidecar.logs.mountPath=/", "sidecar.logs.mountPath"),
    ("mode=standalone,podLabels.app\\.kubernetes\\.io/name=x", "podLabels"),
    ("mode=standalone,podDisruptionBudget.maxUnavailable=many", "podDisruptionBudget.maxUnavailable"),
    ("mode=standalone,prometheusRule.enabled=true,prometheusRule.job=a(", "missing closing )"),
    ("mode=standalone,alerting.alertmanagers[0].url=http://a,alerting.alertmanagers[0].tsl.ca_file=x", "tsl"),
    ("mode=standalone,serviceMonitor.enabled=true,podMonitor.enabled=true", "scraped twice"),
]:
    try:
        chart.template("--set", wrong)
        problems.append(f"{wrong}: not rejected")
    except render.Failed as failure:
        if expected not in str(failure):
            problems.append(f"{wrong}: not rejected with {expected!r}: {failure}")

if (folder_of_chart / "README.md").read_text("utf-8") != readme.readme():
    problems.append("README.md is outdated: run tests/chart/readme.py")

print(f"{checked} objects valid on Kubernetes {known[0]} to {known[-1]}")
print("\n".join(problems))
sys.exit(1 if problems or not checked else 0)
