"""The manifests in kubernetes/: `python kustomize.py HELM KUBECTL`.

They are those of the chart (manifests.py), the component can be applied to the example, and everything is valid.
"""

import pathlib
import sys

import cluster
import manifests
import render
import schemas

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "kubernetes"


def main():
    helm, kubectl = sys.argv[1:]
    versions = schemas.versions()
    found = []
    for name, made in manifests.manifests(helm):
        path = FOLDER / name
        if not path.is_file() or path.read_text("utf-8") != made:
            found.append(f"{path} is outdated: run tests/chart/manifests.py")
        things = render.objects(made)
        found += [f"{name}: {what}" for what in cluster.problems(things)]
        found += [f"{name}: {what}" for version in versions for what in schemas.problems(things, version)]

    script = ROOT / "helm/maillog-exporter/files/rotate.sh"
    if (FOLDER / "sidecar/rotate.sh").read_text("utf-8") != script.read_text("utf-8"):
        found.append("kubernetes/sidecar/rotate.sh differs from the chart's")

    things = render.objects(render.run(kubectl, "kustomize", FOLDER / "example"))
    native = [version for version in versions if int(version.split(".")[1]) >= 29]
    found += [f"example: {what}" for version in native for what in schemas.problems(things, version)]
    found += [f"example: {what}" for what in cluster.problems(things)]
    pod = cluster.workload(things)[1]
    containers = {container["name"]: container for container in cluster.containers(pod)}
    if sorted(containers) != ["log-rotation", "maillog-exporter", "postfix"]:
        found.append(f"example: the pod has the containers {sorted(containers)}")
    paths = {
        mount["mountPath"]
        for container in containers.values()
        for mount in container["volumeMounts"]
        if mount["name"] == "mail-log"
    }
    if paths != {"/var/log/mail"}:
        found.append(f"example: the log is at {paths}")
    if not all("sizeLimit" in volume["emptyDir"] for volume in pod["spec"]["volumes"] if "emptyDir" in volume):
        found.append("example: a volume has no limit")
    print("\n".join(found) or "the manifests in kubernetes/ are valid")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
