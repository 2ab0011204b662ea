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
import subprocess
import sys

import kubernetes_validate
import yaml

import cluster
import readme

chart, helm, exporter, folder = map(pathlib.Path, sys.argv[1:])
root = chart.parent.parent
problems = []


def versions():
    """Every minor version from 1.25 that kubernetes-validate knows."""
    schemas = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    found = {re.match(r"v1\.(\d+)\.", path.name) for path in schemas.iterdir()}
    minors = sorted({int(match.group(1)) for match in found if match})
    return [f"1.{minor}" for minor in minors if minor >= 25]


class Strict(yaml.SafeLoader):
    """A YAML loader that rejects duplicate keys, like a cluster."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False)


def render(values, version, *more, of=chart):
    command = [helm, "template", "mail", of, "--kube-version", f"{version}.0", *more]
    if values:
        command += ["-f", values]
    done = run(*command)
    if done.returncode:
        problems.append(f"{values}: {version}: {done.stderr.strip()}")
        return []
    return [thing for thing in yaml.load_all(done.stdout, Strict) if thing]


def configuration(things, name):
    """Checks the configuration with the exporter; the files of the secret are in FOLDER/secret."""
    text = cluster.of(things, "ConfigMap")[0]["data"]["config.yml"]
    path = folder / "config.yml"
    path.write_text(text.replace("/etc/maillog_exporter/alerting", str(folder / "secret")), "utf-8")
    done = run(exporter, "check", path)
    if done.returncode:
        problems.append(f"{name}: {done.stderr.strip()}")


def groups(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]


known = versions()
values_files = sorted((chart / "ci").glob("*.yaml"))
checked = 0
with open(folder / "operator.jsonl", "w", encoding="utf-8") as operator:
    for values in values_files:
        linted = run(helm, "lint", "--strict", chart, "-f", values)
        if linted.returncode:
            problems.append(f"{values}: {linted.stdout}")
        configuration(render(values, known[-1]), values.name)
        for version in known:
            things = render(values, version)
            problems += [f"{values.name}: {version}: {what}" for what in cluster.problems(things)]
            for thing in things:
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

# The example chart of docs/kubernetes.md, which includes the container.
own = folder / "own"
shutil.copytree(chart, own / "charts/maillog-exporter")
(own / "templates").mkdir()
shown = (root / "docs/kubernetes.md").read_text("utf-8").split("### In a chart of your own")[1].split("\n## ")[0]
for name, text in re.findall(r"```yaml\n# (\S+)\n(.*?)```", shown, re.DOTALL):
    (own / name).write_text(text, "utf-8")
for version in known:
    things = render(None, version, of=own)
    if not cluster.workload(things)[0]:
        problems.append(f"own chart: {version}: no workload")
    problems += [f"own chart: {version}: {what}" for what in cluster.problems(things)]
    for thing in things:
        if not thing["apiVersion"].startswith("monitoring.coreos.com/"):
            try:
                kubernetes_validate.validate(thing, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                problems.append(f"own chart: {version}: {thing['kind']}: {error.message}")

# The sidecar runs as root only if configured.
for thing in render(None, known[-1], "--set", "sidecar.mail.image=x,sidecar.user=0"):
    if thing["kind"] == "StatefulSet":
        rights = thing["spec"]["template"]["spec"]["initContainers"][0]["securityContext"]
        if (rights["runAsUser"], rights["runAsNonRoot"], rights["capabilities"]) != (0, False, {"drop": ["ALL"]}):
            problems.append(f"sidecar.user=0 makes {rights}")

# Dashboards are unchanged.
things = render(None, known[-1], "--set", "mode=standalone,dashboards.enabled=true")
carried = {}
for thing in cluster.of(things, "ConfigMap"):
    if thing["metadata"]["labels"].get("grafana_dashboard") == "1":
        carried |= thing["data"]
committed = {f"maillog-{path.name}": path.read_text("utf-8") for path in (root / "dashboards").glob("*.json")}
if carried != committed or not carried:
    problems.append(f"the dashboards {sorted(carried)} differ from the repository, {sorted(committed)}")

# Rules with default figures.
for thing in render(None, known[-1], "--set", "mode=standalone,prometheusRule.enabled=true"):
    if thing["kind"] == "PrometheusRule":
        committed = groups(root / "alerts/alerts.yaml")
        if thing["spec"]["groups"] != committed:
            problems.append("the rules of the chart differ from alerts/")
        (folder / "default.rules.yaml").write_text(
            yaml.safe_dump(thing["spec"], allow_unicode=True), "utf-8"
        )

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
    done = run(helm, "template", "mail", chart, "--set", wrong)
    if done.returncode == 0 or expected not in done.stderr:
        problems.append(f"{wrong}: not rejected with {expected!r}: {done.stderr.strip()}")

if (chart / "README.md").read_text("utf-8") != readme.readme():
    problems.append("README.md is outdated: run tests/chart/readme.py")

print(f"{checked} objects valid on Kubernetes {known[0]} to {known[-1]}")
print("\n".join(problems))
sys.exit(1 if problems or not checked else 0)
