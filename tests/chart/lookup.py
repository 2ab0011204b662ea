"""Finds parts of rendered objects, for the cases of values.py."""

import re

from cluster import containers, of, workload


def at(thing, path):
    """The value at a path of keys and indices, such as spec.ports.0.port; None if there is none."""
    for key in path.split("."):
        if isinstance(thing, list):
            thing = thing[int(key)] if int(key) < len(thing) else None
        else:
            thing = (thing or {}).get(key.replace("~", "."))
    return thing


def pod(things):
    return workload(things)[1]


def exporter(things, name="maillog-exporter"):
    """The container of this name."""
    return next((container for container in containers(pod(things)) if container["name"] == name), {})


def one(things, kind, suffix=""):
    """The object of this kind whose name ends so."""
    return next((thing for thing in of(things, kind) if thing["metadata"]["name"].endswith(suffix)), {})


def config(things):
    return one(things, "ConfigMap")["data"]["config.yml"]


def images(things):
    pods = [pod(things), *of(things, "Pod")]
    return sorted({container["image"] for made in pods for container in containers(made)})


def expressions(things):
    return [rule["expr"] for group in at(one(things, "PrometheusRule"), "spec.groups") for rule in group["rules"]]


def unscoped(things, matcher):
    """Selectors in the rules without the matcher."""
    found = []
    for expression in expressions(things):
        for name, braces in re.findall(r"\b(maillog_[a-z0-9_]+|up|ALERTS)\b(\{[^}]*\})?", expression):
            if matcher not in braces:
                found.append(name + braces)
    return found
