"""Prints the pods of docs/kubernetes-mail-servers.md for podman, one JSON object per line:
`python mail_server_pods.py HELM KUBECTL [CHARTS]`.

Each has the form of the mail server's log (`form`), the log's path (`log`) and the pod: the mail server's container, the
exporter, and the volumes that they share. With CHARTS, the pod is that of the real chart (mail_servers.py).
"""

import json
import pathlib
import sys

import cluster
import mail_servers
import render

# The form of the log by mail server: rsyslog's file format, or that of Postfix's postlogd.
FORMS = {"docker-mailserver": "plain", "mailu": "traditional", "docker-postfix": "plain", "mta": "traditional"}
SHARED = ("mail-log", "maillog-state")


def reduced(name, spec, mail):
    """The pod without what is not shared with the exporter. Claims become directories of the pod."""
    containers = {container["name"]: container for container in cluster.containers({"spec": spec})}
    exporter = containers["maillog-exporter"]
    log = exporter["args"][0].replace("*", "mail")
    shared = [mount for mount in containers[mail]["volumeMounts"] if mount["name"] in SHARED]
    kept = [{"name": mail, "image": containers[mail]["image"], "volumeMounts": shared}, exporter]
    exporter.pop("restartPolicy", None)
    volumes = [volume for volume in spec["volumes"] if volume["name"] in SHARED]
    volumes = [
        {"name": volume["name"], "emptyDir": {}} if "persistentVolumeClaim" in volume else volume for volume in volumes
    ]
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": kept, "volumes": volumes},
    }
    return {"form": FORMS[name], "log": log, "pod": made}


def documented(name, values):
    """The pod of the documented values, whose mail server mounts the log where the exporter reads it."""
    containers, init, volumes = mail_servers.parts(values)
    mount = {"name": "mail-log", "mountPath": "/var/log/mail"}
    mail = {"name": "mail", "image": "mail", "volumeMounts": [mount]}
    spec = {"containers": [mail, *containers], "initContainers": init, "volumes": volumes}
    return reduced(name, spec, "mail")


def main():
    helm, kubectl = sys.argv[1:3]
    charts = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None
    examples = mail_servers.blocks()
    for name in FORMS:
        values = examples.get(f"{name}.values.yaml")
        if charts:
            if name == "mta":
                things = mail_servers.kustomized(kubectl, charts, examples["kustomization.yaml"])
            else:
                things = mail_servers.rendered(name, helm, charts, values)[1]
            workload, mail = mail_servers.SERVERS[name]
            spec = mail_servers.named(things, workload)["spec"]["template"]["spec"]
            print(json.dumps(reduced(name, spec, mail)))
        elif name == "mta":
            things = render.objects(render.run(kubectl, "kustomize", mail_servers.ROOT / "kubernetes/example"))
            print(json.dumps(reduced(name, cluster.workload(things)[1]["spec"], "postfix")))
        else:
            print(json.dumps(documented(name, values)))


if __name__ == "__main__":
    main()
