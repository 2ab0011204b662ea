"""The values of docs/kubernetes-mail-servers.md: `python mail_servers.py CHART HELM KUBECTL [CHARTS]`.

The containers in them must be valid in a pod, and the values for this project's chart must render. With CHARTS, a folder with the charts of the mail servers, which cannot be committed, they are rendered
too: the exporter must be in the pod of the mail server, both must mount the volume of the log, and the selectors and the
patterns of this project's release must match that pod. CHARTS has the folders docker-mailserver, mailu,
docker-postfix, smtp-relay and mail-relay (charts), and mta (jeboehm/docker-mailserver, deploy/kustomize/mta).
"""

import fnmatch
import pathlib
import re
import shutil
import sys
import tempfile

import yaml

import cluster
import render
import schemas

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/kubernetes-mail-servers.md"

# What the charts require, by folder.
REQUIRED = {
    "mailu": {"domain": "example.com", "hostnames": ["mail.example.com"]},
    "mail-relay": {"mail": {"hostname": "mail.example.com"}},
}

# The workload of each mail server and its container.
SERVERS = {
    "docker-mailserver": ("mail-docker-mailserver", "docker-mailserver"),
    "mailu": ("mail-mailu-postfix", "postfix"),
    "docker-postfix": ("mail", "mail"),
    "smtp-relay": ("mail-smtp-relay", "postfix"),
    "mail-relay": ("mail-mail-relay", "haraka"),
    "mta": ("mta", "postfix"),
}


def blocks():
    """The examples of the page by their name."""
    found = re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return {name: yaml.safe_load(text) for name, text in found}


def parts(values):
    """The additions to a pod in values: containers, init containers, volumes."""
    values = values.get("deployment", values.get("postfix", values))
    containers = values.get("extraContainers", [])
    init = values.get("initContainers", [])
    volumes = list(values.get("extraVolumes", []))
    # Volumes that the chart creates from claims.
    named = {volume["name"] for volume in volumes}
    for container in containers + init:
        for mount in container["volumeMounts"]:
            if mount["name"] not in named:
                named.add(mount["name"])
                volumes.append({"name": mount["name"], "persistentVolumeClaim": {"claimName": mount["name"]}})
    return containers, init, volumes


def supported(pod, versions):
    """The versions on which a pod can run: native sidecars exist from 1.29 on."""
    native = any(container.get("restartPolicy") for container in pod["spec"].get("initContainers") or [])
    return [version for version in versions if int(version.split(".")[1]) >= (29 if native else 27)]


def in_a_pod(name, values, versions):
    """Problems of the additions in a pod of their own."""
    containers, init, volumes = parts(values)
    mail = {"name": "mail", "image": "mail"}
    spec = {"containers": [mail, *containers], "initContainers": init, "volumes": volumes}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
    return [what for version in supported(pod, versions) for what in schemas.problems([pod], version)]


def exporter_of(pod):
    return next((container for container in cluster.containers(pod) if container["name"] == "maillog-exporter"), None)


def pod_problems(name, pod):
    """The exporter is beside the mail server, and both mount the log at the directory that is read."""
    exporter = exporter_of(pod)
    mail = next((it for it in pod["spec"]["containers"] if it["name"] == SERVERS[name][1]), None)
    if not exporter or not mail:
        return [f"{name}: the pod has the containers {[it['name'] for it in cluster.containers(pod)]}"]
    found = []
    directory = exporter["args"][0].rpartition("/")[0]
    read = {mount["name"] for mount in exporter["volumeMounts"] if mount["mountPath"] == directory}
    written = {mount["name"] for mount in mail["volumeMounts"] if mount["mountPath"] == directory}
    if len(read) != 1 or read != written:
        found.append(f"{name}: {directory} is {read} for the exporter and {written} for the mail server")
    if exporter["securityContext"]["capabilities"] != {"drop": ["ALL"]} or "readinessProbe" in exporter:
        found.append(f"{name}: the exporter has too many rights, or a readiness probe")
    there = {volume["name"] for volume in pod["spec"]["volumes"]}
    mounted = {mount["name"] for it in cluster.containers(pod) for mount in it.get("volumeMounts", [])}
    return found + [f"{name}: no volume {missing}" for missing in sorted({"mail-log", "maillog-state"} & (mounted - there))]


def named(things, name):
    workloads = [it for it in things if it["kind"] in ("Deployment", "StatefulSet") and it["metadata"]["name"] == name]
    return workloads[0] if len(workloads) == 1 else None


def rendered(name, helm, charts, values):
    """The objects of a third-party chart, without its dependencies, which are not needed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / name
        shutil.copytree(charts / name, copy)
        meta = yaml.safe_load((copy / "Chart.yaml").read_text("utf-8"))
        meta.pop("dependencies", None)
        (copy / "Chart.yaml").write_text(yaml.safe_dump(meta), "utf-8")
        chart = render.Chart(helm, copy)
        return meta["version"], chart.template(version=schemas.versions()[-1], values=REQUIRED.get(name, {}) | values)


def main():
    chart, helm, kubectl = sys.argv[1:4]
    charts = pathlib.Path(sys.argv[4]) if len(sys.argv) > 4 else None
    versions = schemas.versions()
    own = render.Chart(helm, chart)
    found = []
    examples = blocks()
    releases = {
        name.removesuffix(".maillog.yaml"): own.template(version=versions[-1], values=values)
        for name, values in examples.items()
        if name.endswith(".maillog.yaml")
    }
    for name, things in releases.items():
        found += [f"{name}: {what}" for what in schemas.problems(things, versions[-1])]
    values = {
        name.removesuffix(".values.yaml"): value for name, value in examples.items() if name.endswith(".values.yaml")
    }
    for name, value in values.items():
        found += [f"{name}: {what}" for what in in_a_pod(name, value, versions)]
    config = cluster.of(releases["standard-output"], "ConfigMap")[0]["data"]["config.yml"]
    patterns = yaml.safe_load(config)["sources"][0]["containers"]

    for name, (workload, container) in SERVERS.items():
        if charts is None:
            break
        if not (charts / name).is_dir():
            found.append(f"{charts} has no folder {name}")
            continue
        if name == "mta":
            version, things = "", kustomized(kubectl, charts, examples["kustomization.yaml"])
        else:
            version, things = rendered(name, helm, charts, values.get(name, {}))
        owner = named(things, workload)
        if owner is None:
            found.append(f"{name}: there is no workload {workload}")
            continue
        pod = owner["spec"]["template"]
        print(f"{name} {version}: {len(things)} objects, {[it['name'] for it in cluster.containers(pod)]}")
        if name in values or name == "mta":
            found += pod_problems(name, pod)
            whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": pod["spec"]}
            found += [f"{name}: {what}" for minor in supported(pod, versions) for what in schemas.problems([whole], minor)]
        if name in values:
            release = releases[name]
            mismatches = cluster.selectors(release, pod) + cluster.ports(release, pod) + cluster.policies(release, pod)
            found += [f"{name}: {what}" for what in mismatches]
        suffix = "-0" if owner["kind"] == "StatefulSet" else "-7d9f-x2x"
        log = f"/var/log/pods/mail_{workload}{suffix}_uid/{container}/0.log"
        if name != "docker-mailserver" and not any(fnmatch.fnmatch(log, pattern) for pattern in patterns):
            found.append(f"{name}: no pattern of the DaemonSet matches {log}")
    print("\n".join(found) or "the values of docs/kubernetes-mail-servers.md are valid")
    sys.exit(1 if found else 0)


def kustomized(kubectl, charts, kustomization):
    """The objects of the Kustomize example."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shutil.copytree(charts / "mta", folder / "mta")
        shutil.copytree(ROOT / "kubernetes/sidecar", folder / "sidecar")
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")
        return render.objects(render.run(kubectl, "kustomize", folder))


if __name__ == "__main__":
    main()
