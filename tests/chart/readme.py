"""Generates the README of the chart from the comments in values.yaml: `python tests/chart/readme.py > helm/…/README.md`."""

import pathlib
import re
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parents[2] / "helm/maillog-exporter"

HEAD = """\
# maillog-exporter

Helm chart of maillog_exporter, a Prometheus exporter for mail logs with alert rules and Grafana dashboards.
docs/kubernetes.md describes the installation in each of the three modes.

Generated from the comments in `values.yaml` by `tests/chart/readme.py`.

## Values

| Value | Default | Description |
|---|---|---|
"""


def rows(text):
    """Key, default and comment of every value with a comment."""
    values = yaml.safe_load(text)
    path, comment = [], []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("# -- "):
            comment = [stripped.removeprefix("# -- ")]
        elif stripped.startswith("# ") and comment:
            comment.append(stripped.removeprefix("# "))
        elif match := re.match(r"( *)([A-Za-z_]+):", line):
            path = path[: len(match.group(1)) // 2] + [match.group(2)]
            if comment:
                value = values
                for key in path:
                    value = value[key]
                shown = yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("...\n")
                yield ".".join(path), shown.strip(), " ".join(comment)
            comment = []


def readme():
    text = (CHART / "values.yaml").read_text("utf-8")
    lines = (f"| `{key}` | `{value}` | {comment} |\n" for key, value, comment in rows(text))
    return HEAD + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(readme())
