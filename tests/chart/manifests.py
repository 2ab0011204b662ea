"""Generates the plain manifests from the chart: `python tests/chart/manifests.py HELM kubernetes`."""

import pathlib
import sys

import yaml

import readme
import render

HEAD = """\
# {what}
#
#   kubectl create namespace mail
#   kubectl apply -f kubernetes/{name}
#
# Change the image's name{change} first.
#
# Generated from the Helm chart by tests/chart/manifests.py.
"""

# By file: what it is, what else must be changed, and the values.
MANIFESTS = {
    "daemonset.yaml": (
        "The exporter on every node, for mail servers whose pods write their log to standard output.",
        " and the pattern of the pods in config.yml",
        {"mode": "daemonset", "daemonset": {"pods": ["mail_*/*"]}},
    ),
    "standalone.yaml": (
        "The exporter as a syslog receiver. Mail servers send to maillog-exporter-syslog.mail.svc, port 601 (TCP) or 514 (UDP).",
        "",
        {"mode": "standalone"},
    ),
}


class Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def text(dumper, value):
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


Dumper.add_representer(str, text)


def plain(thing):
    """Without the labels that only Helm uses."""
    for metadata in (thing["metadata"], thing.get("spec", {}).get("template", {}).get("metadata", {})):
        for label in ("app.kubernetes.io/managed-by", "helm.sh/chart"):
            metadata.get("labels", {}).pop(label, None)
    return thing


def manifests(helm):
    """Texts by file name."""
    chart = render.Chart(helm, readme.CHART)
    for name, (what, change, values) in MANIFESTS.items():
        things = chart.template("--no-hooks", values=values | {"fullnameOverride": "maillog-exporter"})
        body = yaml.dump_all(map(plain, things), Dumper=Dumper, sort_keys=False, width=120)
        yield name, HEAD.format(what=what, name=name, change=change) + body


if __name__ == "__main__":
    for name, made in manifests(sys.argv[1]):
        (pathlib.Path(sys.argv[2]) / name).write_text(made, "utf-8")
