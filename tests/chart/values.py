"""What each value of the chart does, in the manner of helm-unittest: values, and what the rendered objects must have.

`CASES` together with the files in ci/ must use every value of values.yaml.
"""

import readme
from cluster import workload
from lookup import at, config, exporter, images, one, pod, unscoped

MAIL = {"name": "postfix", "image": "example.com/postfix:3.9", "ports": [{"containerPort": 25}]}

METADATA = {
    "namespaceOverride": "elsewhere",
    "nameOverride": "counter",
    "commonLabels": {"team": "mail"},
    "commonAnnotations": {"example.com/owner": "mail"},
}

# Each case: values, and pairs of what is found and what is expected.
CASES = [
    (
        {"mode": "standalone", **METADATA, "prometheusRule": {"enabled": True}, "dashboards": {"enabled": True}},
        lambda things: [
            ({thing["metadata"]["namespace"] for thing in things}, {"elsewhere"}),
            ({thing["metadata"]["labels"]["team"] for thing in things}, {"mail"}),
            ({thing["metadata"]["annotations"]["example.com/owner"] for thing in things}, {"mail"}),
            (at(pod(things), "metadata.annotations.example~com/owner"), "mail"),
            (at(workload(things)[0], "metadata.name"), "mail-counter"),
        ],
    ),
    (
        {"fullnameOverride": "relay", "mode": "standalone", "global": {"imageRegistry": "mirror.example:5000/proxy"}},
        lambda things: [
            (at(workload(things)[0], "metadata.name"), "relay"),
            (images(things), ["mirror.example:5000/proxy/busybox:stable", "mirror.example:5000/proxy/maillog_exporter:0.1.0"]),
        ],
    ),
    (
        {
            "global": {"imagePullSecrets": ["a", {"name": "b"}]},
            "imagePullSecrets": [{"name": "b"}, {"name": "c"}],
            "image": {"registry": "r.example", "repository": "x/y", "tag": "9", "pullPolicy": "Always"},
            "mode": "standalone",
            "test": {"image": {"registry": "q.example", "repository": "b", "tag": "2"}},
        },
        lambda things: [
            (at(pod(things), "spec.imagePullSecrets"), [{"name": "a"}, {"name": "b"}, {"name": "c"}]),
            (at(one(things, "Pod"), "spec.imagePullSecrets"), [{"name": "a"}, {"name": "b"}, {"name": "c"}]),
            (images(things), ["q.example/b:2", "r.example/x/y:9"]),
            (exporter(things)["imagePullPolicy"], "Always"),
        ],
    ),
    (
        {"mode": "standalone", "test": {"image": {"digest": "sha256:" + "0" * 64}}},
        lambda things: [(images(things)[0], "docker.io/busybox@sha256:" + "0" * 64)],
    ),
    (
        {
            "mode": "standalone",
            "logLevel": "debug",
            "logFormat": "json",
            "port": 9000,
            "extraArgs": ["--config.strict"],
            "extraEnv": [{"name": "TZ", "value": "Europe/Berlin"}],
            "extraEnvFrom": [{"secretRef": {"name": "environment"}}],
            "extraVolumes": [{"name": "ca", "secret": {"secretName": "ca"}}],
            "extraVolumeMounts": [{"name": "ca", "mountPath": "/etc/ca", "readOnly": True}],
            "extraContainers": [{"name": "second", "image": "second"}],
            "extraInitContainers": [{"name": "first", "image": "first"}],
            "extraObjects": [
                {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "{{ .Release.Name }}-object"}},
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {{ .Release.Name }}-text",
            ],
            "livenessProbe": {"periodSeconds": 33},
            "readinessProbe": {"failureThreshold": 7},
            "resources": {"requests": {"cpu": "1"}},
        },
        lambda things: [
            ("level: debug" in config(things) and "format: json" in config(things), True),
            (exporter(things)["args"][1:], ["--web.listen-address=:9000", "--config.strict"]),
            (at(one(things, "Service"), "spec.ports.0.port"), 9000),
            (exporter(things)["env"], [{"name": "TZ", "value": "Europe/Berlin"}]),
            (exporter(things)["envFrom"], [{"secretRef": {"name": "environment"}}]),
            (exporter(things)["volumeMounts"][-1]["mountPath"], "/etc/ca"),
            (at(pod(things), "spec.volumes.1.name"), "ca"),
            (at(pod(things), "spec.containers.1.name"), "second"),
            (at(pod(things), "spec.initContainers.0.name"), "first"),
            (one(things, "ConfigMap", "-object") != {} and one(things, "Secret", "mail-text") != {}, True),
            (at(exporter(things), "livenessProbe.periodSeconds"), 33),
            (at(exporter(things), "livenessProbe.httpGet.path"), "/-/healthy"),
            (at(exporter(things), "readinessProbe.failureThreshold"), 7),
            (at(exporter(things), "resources.requests.cpu"), "1"),
        ],
    ),
    (
        {
            "mode": "standalone",
            "topologySpreadConstraints": [
                {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"},
                {
                    "maxSkew": 2,
                    "topologyKey": "host",
                    "whenUnsatisfiable": "DoNotSchedule",
                    "labelSelector": {"matchLabels": {"a": "b"}},
                },
            ],
            "updateStrategy": {"type": "OnDelete"},
            "revisionHistoryLimit": 2,
            "affinity": {"nodeAffinity": {}},
            "runtimeClassName": "gvisor",
            "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["mx"]}],
            "dnsPolicy": "None",
            "dnsConfig": {"nameservers": ["192.0.2.53"]},
            "terminationGracePeriodSeconds": 5,
        },
        lambda things: [
            (
                at(pod(things), "spec.topologySpreadConstraints.0.labelSelector.matchLabels"),
                at(workload(things)[0], "spec.selector.matchLabels"),
            ),
            (at(pod(things), "spec.topologySpreadConstraints.1.labelSelector.matchLabels"), {"a": "b"}),
            (at(workload(things)[0], "spec.updateStrategy.type"), "OnDelete"),
            (at(workload(things)[0], "spec.revisionHistoryLimit"), 2),
            (at(pod(things), "spec.affinity"), {"nodeAffinity": {}}),
            (at(pod(things), "spec.runtimeClassName"), "gvisor"),
            (at(pod(things), "spec.hostAliases.0.ip"), "192.0.2.1"),
            (at(pod(things), "spec.dnsPolicy"), "None"),
            (at(pod(things), "spec.dnsConfig.nameservers"), ["192.0.2.53"]),
            (at(pod(things), "spec.terminationGracePeriodSeconds"), 5),
        ],
    ),
    (
        {
            "mode": "standalone",
            "serviceAccount": {"name": "own", "labels": {"a": "b"}, "annotations": {"c": "d"}},
            "service": {"labels": {"e": "f"}, "annotations": {"g": "h"}},
            "standalone": {
                "tcp": 6000,
                "udp": 5000,
                "service": {
                    "annotations": {"i": "j"},
                    "labels": {"k": "l"},
                    "tcpPort": 602,
                    "udpPort": 515,
                    "type": "LoadBalancer",
                    "externalTrafficPolicy": "Local",
                    "loadBalancerSourceRanges": ["192.0.2.0/24"],
                },
                "persistence": {"enabled": False},
            },
        },
        lambda things: [
            (at(one(things, "ServiceAccount"), "metadata.name"), "own"),
            (at(one(things, "ServiceAccount"), "metadata.labels.a"), "b"),
            (at(one(things, "ServiceAccount"), "metadata.annotations"), {"c": "d"}),
            (at(pod(things), "spec.serviceAccountName"), "own"),
            (at(one(things, "Service", "exporter"), "metadata.labels.e"), "f"),
            (at(one(things, "Service", "exporter"), "metadata.annotations"), {"g": "h"}),
            (at(one(things, "Service", "syslog"), "metadata.annotations"), {"i": "j"}),
            (at(one(things, "Service", "syslog"), "metadata.labels.k"), "l"),
            ([port["port"] for port in at(one(things, "Service", "syslog"), "spec.ports")], [602, 515]),
            (at(one(things, "Service", "syslog"), "spec.externalTrafficPolicy"), "Local"),
            (at(one(things, "Service", "syslog"), "spec.loadBalancerSourceRanges"), ["192.0.2.0/24"]),
            ("tcp://:6000" in config(things) and "udp://:5000" in config(things), True),
            (at(workload(things)[0], "spec.volumeClaimTemplates"), None),
            (at(pod(things), "spec.volumes.1.emptyDir.sizeLimit"), "64Mi"),
        ],
    ),
    (
        {
            "mode": "standalone",
            "serviceAccount": {"create": False},
            "standalone": {"persistence": {"annotations": {"a": "b"}}},
        },
        lambda things: [
            (one(things, "ServiceAccount"), {}),
            (at(pod(things), "spec.serviceAccountName"), "default"),
            (at(workload(things)[0], "spec.volumeClaimTemplates.0.metadata.annotations"), {"a": "b"}),
        ],
    ),
    (
        # OpenShift chooses users and groups itself.
        {
            "mode": "standalone",
            "podSecurityContext": {"fsGroup": None, "fsGroupChangePolicy": None},
            "securityContext": {"runAsUser": None, "runAsGroup": None},
        },
        lambda things: [
            (at(pod(things), "spec.securityContext"), None),
            ("runAsUser" in exporter(things)["securityContext"], False),
            ("runAsGroup" in exporter(things)["securityContext"], False),
            (exporter(things)["securityContext"]["runAsNonRoot"], True),
            (exporter(things)["securityContext"]["capabilities"], {"drop": ["ALL"]}),
        ],
    ),
    (
        {"mode": "standalone", "podSecurityContext": None, "securityContext": None},
        lambda things: [
            (at(pod(things), "spec.securityContext"), None),
            (exporter(things).get("securityContext"), None),
        ],
    ),
    (
        {"sidecar": {"mail": MAIL, "user": 0, "fsGroup": 7, "kind": "Deployment"}, "updateStrategy": {"type": "Recreate"}},
        lambda things: [
            (
                [exporter(things)["securityContext"][key] for key in ("runAsUser", "runAsGroup", "runAsNonRoot")],
                [0, 0, False],
            ),
            (exporter(things)["securityContext"]["capabilities"], {"drop": ["ALL"]}),
            (at(pod(things), "spec.securityContext.fsGroup"), 7),
            (at(workload(things)[0], "spec.strategy.type"), "Recreate"),
            # The volume is limited, and somebody rotates the log.
            (at(pod(things), "spec.volumes.1.emptyDir.sizeLimit"), "576Mi"),
            (exporter(things, "log-rotation").get("restartPolicy"), "Always"),
            ("rotate.sh" in one(things, "ConfigMap")["data"], True),
        ],
    ),
    (
        {
            "sidecar": {
                "mail": MAIL,
                "native": False,
                "logs": {
                    "pattern": "*.txt",
                    "sizeLimit": "5Gi",
                    "rotation": {
                        "maxMebibytes": 100,
                        "keep": 5,
                        "intervalSeconds": 5,
                        "user": 100,
                        "resources": {"limits": {"memory": "1Gi"}},
                        "image": {"registry": "r.example", "repository": "shell", "tag": "1"},
                    },
                },
            }
        },
        lambda things: [
            ([container["name"] for container in at(pod(things), "spec.containers")], ["postfix", "maillog-exporter", "log-rotation"]),
            (at(pod(things), "spec.volumes.1.emptyDir.sizeLimit"), "5Gi"),
            (exporter(things, "log-rotation")["image"], "r.example/shell:1"),
            (
                {entry["name"]: entry["value"] for entry in exporter(things, "log-rotation")["env"]},
                {
                    "LOG_DIRECTORY": "/var/log/mail",
                    "LOG_PATTERN": "*.txt",
                    "MAX_MEBIBYTES": "100",
                    "KEEP": "5",
                    "INTERVAL_SECONDS": "5",
                },
            ),
            (at(exporter(things, "log-rotation"), "securityContext.runAsUser"), 100),
            (at(exporter(things, "log-rotation"), "resources.limits.memory"), "1Gi"),
        ],
    ),
    (
        {
            "sidecar": {
                "mail": MAIL,
                "logs": {"rotation": {"enabled": False, "image": {"digest": "sha256:" + "1" * 64}}},
            },
            "extraInitContainers": [{"name": "first", "image": "first"}],
        },
        lambda things: [
            (exporter(things, "log-rotation"), {}),
            ([container["name"] for container in at(pod(things), "spec.initContainers")], ["maillog-exporter", "first"]),
        ],
    ),
    (
        {"sidecar": {"mail": MAIL, "transport": "syslog", "syslog": {"socket": "devlog"}}},
        lambda things: [
            ("unix:///var/log/mail/devlog" in config(things), True),
            (exporter(things, "log-rotation"), {}),
            (at(pod(things), "spec.volumes.1.emptyDir.sizeLimit"), "64Mi"),
        ],
    ),
    (
        {
            "mode": "daemonset",
            "daemonset": {"path": "/logs", "statePath": "/state", "linked": ["/other"], "tolerations": []},
            "updateStrategy": {"rollingUpdate": {"maxUnavailable": 2}},
        },
        lambda things: [
            ("/logs/mail_*/*/*.log" in config(things), True),
            (
                [volume.get("hostPath", {}).get("path") for volume in at(pod(things), "spec.volumes")],
                [None, "/state", "/logs", "/other"],
            ),
            (at(pod(things), "spec.tolerations"), None),
            (at(pod(things), "spec.securityContext"), None),
            (exporter(things)["securityContext"]["runAsUser"], 0),
            (at(workload(things)[0], "spec.updateStrategy.rollingUpdate.maxUnavailable"), 2),
        ],
    ),
    (
        {
            "mode": "standalone",
            "ingress": {
                "enabled": True,
                "className": "nginx",
                "labels": {"a": "b"},
                "annotations": {"c": "d"},
                "hosts": [{"host": "mail.example.com", "path": "/maillog/", "pathType": "Exact"}],
                "tls": [{"secretName": "tls", "hosts": ["mail.example.com"]}],
            },
            "podMonitor": {"enabled": True},
        },
        lambda things: [
            ("external_url: https://mail.example.com/maillog\n" in config(things), True),
            (at(one(things, "Ingress"), "spec.ingressClassName"), "nginx"),
            (at(one(things, "Ingress"), "metadata.labels.a"), "b"),
            (at(one(things, "Ingress"), "metadata.annotations"), {"c": "d"}),
            (at(one(things, "Ingress"), "spec.rules.0.http.paths.0.pathType"), "Exact"),
            (at(one(things, "Ingress"), "spec.rules.0.http.paths.0.backend.service.name"), "mail-maillog-exporter"),
            # The pages are below the path, so probes, scrapes and the test are too.
            (at(exporter(things), "readinessProbe.httpGet.path"), "/maillog/-/ready"),
            (at(one(things, "PodMonitor"), "spec.podMetricsEndpoints.0.path"), "/maillog/metrics"),
            (at(one(things, "Pod"), "spec.containers.0.command.6"), "http://mail-maillog-exporter:9925/maillog/-/ready"),
        ],
    ),
    (
        {"mode": "standalone", "web": {"externalUrl": "https://a.example/"}, "ingress": {"enabled": True}},
        lambda things: [
            ("external_url: https://a.example\n" in config(things), True),
            (at(exporter(things), "livenessProbe.httpGet.path"), "/-/healthy"),
        ],
    ),
]

MONITOR = {
    "enabled": True,
    "namespace": "monitoring",
    "interval": "10s",
    "scrapeTimeout": "5s",
    "labels": {"release": "prometheus"},
    "annotations": {"a": "b"},
    "scheme": "https",
    "tlsConfig": {"insecureSkipVerify": True},
    "basicAuth": {"username": {"name": "web", "key": "user"}},
    "authorization": {"credentials": {"name": "web", "key": "token"}},
    "honorLabels": True,
    "podTargetLabels": ["team"],
    "sampleLimit": 5000,
    "relabelings": [{"targetLabel": "cluster", "replacement": "one"}],
    "metricRelabelings": [{"sourceLabels": ["__name__"], "regex": "maillog_delay.*", "action": "drop"}],
}


def monitor(kind, endpoints):
    def check(things):
        spec = at(one(things, kind), "spec")
        return [
            (at(one(things, kind), "metadata.namespace"), "monitoring"),
            (at(one(things, kind), "metadata.labels.release"), "prometheus"),
            (at(one(things, kind), "metadata.annotations"), {"a": "b"}),
            (spec["namespaceSelector"], {"matchNames": ["mail"]}),
            ([spec["podTargetLabels"], spec["sampleLimit"]], [["team"], 5000]),
            *((spec[endpoints][0][key], MONITOR[key]) for key in MONITOR if key in spec[endpoints][0]),
            (len(set(MONITOR) & set(spec[endpoints][0])), 9),
        ]

    return check


CASES += [
    ({"mode": "standalone", "serviceMonitor": MONITOR}, monitor("ServiceMonitor", "endpoints")),
    ({"mode": "standalone", "podMonitor": MONITOR}, monitor("PodMonitor", "podMetricsEndpoints")),
    (
        {
            "mode": "standalone",
            "serviceMonitor": {"enabled": True},
            "prometheusRule": {
                "enabled": True,
                "namespace": "rules",
                "annotations": {"a": "b"},
                "language": "zh",
                "additionalRuleLabels": {"team": "mail"},
            },
            "alertmanagerConfig": {"enabled": True, "namespace": "alerts", "annotations": {"a": "b"}},
            "dashboards": {"enabled": True, "namespace": "grafana", "labels": {"show": "1"}},
        },
        lambda things: [
            (unscoped(things, 'job="mail-maillog-exporter",namespace="mail"'), []),
            (at(one(things, "PrometheusRule"), "metadata.namespace"), "rules"),
            (at(one(things, "PrometheusRule"), "metadata.annotations"), {"a": "b"}),
            (at(one(things, "PrometheusRule"), "spec.groups.0.rules.0.labels.team"), "mail"),
            # The operator limits the inhibition rules to the namespace of their object.
            (at(one(things, "PrometheusRule"), "spec.groups.0.rules.0.labels.namespace"), "alerts"),
            (at(one(things, "AlertmanagerConfig"), "metadata.namespace"), "alerts"),
            (at(one(things, "AlertmanagerConfig"), "metadata.annotations"), {"a": "b"}),
            (at(one(things, "ConfigMap", "-codes"), "metadata.namespace"), "grafana"),
            (at(one(things, "ConfigMap", "-codes"), "metadata.labels.show"), "1"),
        ],
    ),
    (
        {"mode": "standalone", "podMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}},
        lambda things: [(unscoped(things, 'job="mail/mail-maillog-exporter",namespace="mail"'), [])],
    ),
    (
        {"mode": "standalone", "serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True, "job": "mx$"}},
        lambda things: [(unscoped(things, 'job=~"mx$"'), [])],
    ),
]


def used(values, prefix=()):
    """Paths of all values in a mapping, also of the mappings themselves."""
    for key, value in values.items():
        yield ".".join((*prefix, key))
        if isinstance(value, dict):
            yield from used(value, (*prefix, key))


def problems(rendered, files):
    """Problems of the cases, and values that neither they nor the `files` of values use. `rendered` are the objects of
    each case."""
    found = []
    tried = set()
    for (values, check), things in zip(CASES, rendered):
        tried |= set(used(values))
        for actual, expected in check(things):
            if actual != expected:
                found.append(f"values {values}: {actual!r} instead of {expected!r}")
    for values in files:
        tried |= set(used(values))
    text = (readme.CHART / "values.yaml").read_text("utf-8")
    return found + [f"no test uses the value {key}" for key, _, _ in readme.rows(text) if key not in tried]
