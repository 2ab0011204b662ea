"""Scans the rendered chart with checkov: `python checkov.py CHART HELM CHECKOV FOLDER`.

A finding must be in EXPLAINED, with the reason why it stays; an explanation without a finding is a failure too. The mail
server of the sidecar is a hardened container, so that all findings are about what this chart creates.
"""

import json
import pathlib
import sys

import yaml

import render

DIGEST = "sha256:" + "0" * 64
POSTFIX = {
    "name": "postfix",
    "image": f"example.com/postfix@{DIGEST}",
    "imagePullPolicy": "Always",
    "ports": [{"containerPort": 2525, "protocol": "TCP"}],
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "1", "memory": "1Gi"}},
    "livenessProbe": {"tcpSocket": {"port": 2525}},
    "readinessProbe": {"tcpSocket": {"port": 2525}},
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 20000,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}
PINNED = {
    "image": {"digest": DIGEST},
    "test": {"image": {"digest": DIGEST}},
    "networkPolicy": {"enabled": True},
    "prometheusRule": {"enabled": True},
    "podDisruptionBudget": {"enabled": True},
}
SCANNED = {
    "standalone": {"mode": "standalone"},
    "daemonset": {"mode": "daemonset"},
    "sidecar": {"sidecar": {"mail": POSTFIX, "logs": {"rotation": {"image": {"digest": DIGEST}}}}},
    "sidecar-syslog": {"sidecar": {"mail": POSTFIX, "transport": "syslog", "native": False}},
}

# By check, and by the scanned files in which it may be found. `test` is the pod of `helm test`.
EXPLAINED = {
    ("CKV_K8S_11", "standalone daemonset sidecar sidecar-syslog test"): (
        "No CPU limit: throttling would delay reading and scrapes; the request is 10m, and resources.limits.cpu sets one"
    ),
    ("CKV_K8S_23", "daemonset sidecar"): (
        "Root, without any capability: pod logs are readable by root only, and Postfix's log is writable by root only"
    ),
    ("CKV_K8S_40", "daemonset sidecar"): "The same: user 0",
    ("CKV_K8S_29", "daemonset test"): (
        "No context of the pod: that of the container has all fields, and there is no volume that needs a group"
    ),
    ("CKV_K8S_8", "sidecar test"): (
        "No liveness probe: the rotation is a shell loop that ends if it fails, and the pod of the test ends by itself"
    ),
    ("CKV_K8S_9", "sidecar sidecar-syslog test"): "No readiness probe beside a mail server: it would stop mail",
    ("CKV2_K8S_6", "test"): "No network policy for the pod of the test, which accepts no connection",
}


def findings(checkov, folder):
    text = render.run(
        checkov, "--directory", folder, "--framework", "kubernetes", "--compact", "--quiet", "--skip-download",
        "--soft-fail", "--output", "json",
    )
    report = json.loads(text)
    if isinstance(report, list):
        report = next(part for part in report if part["check_type"] == "kubernetes")
    if not report["summary"]["passed"]:
        raise render.Failed(f"checkov found no object: {text}")
    for check in report["results"]["failed_checks"]:
        scanned = pathlib.Path(check["file_path"]).stem
        if check["resource"].startswith("Pod.") and check["resource"].endswith("-test"):
            scanned = "test"
        yield check["check_id"], scanned, f"{check['check_name']}: {check['resource']}"


def main():
    chart, helm, checkov, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    for name, values in SCANNED.items():
        things = render.Chart(helm, chart).template(values=PINNED | values)
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(things), "utf-8")
    unused = set(EXPLAINED)
    problems = []
    for check, scanned, text in findings(checkov, folder):
        reasons = {key for key in EXPLAINED if key[0] == check and scanned in key[1].split()}
        unused -= reasons
        if not reasons:
            problems.append(f"{check} {scanned}: {text}")
    problems += [f"explained, but not found: {key}" for key in sorted(unused)]
    print("\n".join(problems) or f"{len(EXPLAINED)} kinds of findings, all explained")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
