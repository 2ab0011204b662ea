"""Generates the README of the chart from the comments in values.yaml: `python tests/chart/readme.py > helm/…/README.md`."""

import pathlib
import re
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parents[2] / "helm/maillog-exporter"

HEAD = """\
# maillog-exporter

Helm chart of maillog_exporter: a Prometheus exporter that reads the logs of mail servers (Postfix, Exim and others), counts every
SMTP reply code, and has alert rules and Grafana dashboards for them.

## Install

Say what it reads:

```sh
# Mail servers that log to standard output, as pods of the namespace mail: one pod per node reads them.
helm install maillog ./maillog-exporter -n mail --set mode=daemonset --set 'daemonset.pods={mail_*/*}'

# Mail servers that send syslog, or are outside the cluster: one pod with a Service.
helm install maillog ./maillog-exporter -n mail --set mode=standalone

# A mail server that logs to a file: beside it, in one pod. The chart creates the pod.
helm install mail ./maillog-exporter -n mail --set sidecar.mail.name=postfix --set sidecar.mail.image=example.com/postfix:3.9
```

Set `image.registry` and `image.repository` to the image that you pushed, unless the chart comes from a release, which has them.
`helm test` checks that the exporter is ready. The documentation of the project describes each mode (docs/kubernetes.md), and has
values for docker-mailserver, Mailu, docker-postfix and others (docs/kubernetes-mail-servers.md).

With the Prometheus operator and Grafana's sidecar:

```yaml
podMonitor: {enabled: true}             # or serviceMonitor
prometheusRule: {enabled: true}         # alerts about the targets of this release
alertmanagerConfig: {enabled: true}     # one cause is one page
dashboards: {enabled: true}
ingress: {enabled: true, hosts: [{host: maillog.example.com}]}      # links in alerts lead there
```

## Upgrade

Counts and positions survive an upgrade, because the state is on a volume. `helm upgrade` restarts the pods only if the configuration
or the pod changes; in sidecar mode this restarts the mail server too, so do it when a restart of mail is acceptable.

| version | what to do |
|---|---|
| 0.1.0 | First version. |

## Uninstall

`helm uninstall` leaves the claims of StatefulSets (`maillog-state`, `mail-log`) and the state on the nodes
(`/var/lib/maillog_exporter`); delete them yourself.

## Values

Generated from the comments in `values.yaml` by `tests/chart/readme.py`.

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
