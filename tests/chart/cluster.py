"""Checks of rendered objects beyond schemas: selectors, ports, privileges and mounts.

Every function returns a list of problems.
"""


def containers(pod):
    return pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def selects(selector, pod):
    """Whether a label selector matches this pod."""
    labels = pod["metadata"]["labels"]
    return all(labels.get(name) == value for name, value in selector.items())


def of(things, kind):
    return [thing for thing in things if thing["kind"] == kind]


def workload(things):
    """The pod template of the workload of the chart, if any."""
    for thing in things:
        if thing["kind"] in ("Deployment", "StatefulSet", "DaemonSet"):
            return thing, thing["spec"]["template"]
    return None, None


def problems(things):
    """All problems."""
    owner, pod = workload(things)
    if pod is None:
        return []
    found = selectors(things, pod, owner) + ports(things, pod)
    return found + rights(things, pod) + mounts(owner, pod) + policies(things, pod)


def selectors(things, pod, owner=None):
    """Everything with a selector selects the pod, which another chart may have created, and not the pod of the test."""
    tests = of(things, "Pod")
    found = []
    all_of_them = [
        (thing, thing["spec"].get("selector", {}))
        for thing in of(things, "Service")
    ] + [
        (thing, thing["spec"]["selector"]["matchLabels"])
        for kind in ("PodMonitor", "PodDisruptionBudget")
        for thing in of(things, kind)
    ] + [
        (thing, thing["spec"]["podSelector"]["matchLabels"])
        for thing in of(things, "NetworkPolicy")
    ]
    if owner:
        all_of_them.append((owner, owner["spec"]["selector"]["matchLabels"]))
    for thing, selector in all_of_them:
        who = f"{thing['kind']} {thing['metadata']['name']}"
        if not selects(selector, pod):
            found.append(f"{who} does not select the pod")
        found += [f"{who} selects the pod of the test too" for test in tests if selects(selector, test)]
    return found


def ports(things, pod):
    """Services and monitors refer to existing ports.

    By number: before Kubernetes 1.32 a Service does not resolve port names of native sidecars, and some network
    plugins still do not.
    """
    found = []
    listening = {
        (port["containerPort"], port["protocol"])
        for container in containers(pod)
        for port in container.get("ports", [])
        if "protocol" in port
    }
    named = {port["name"] for container in containers(pod) for port in container.get("ports", []) if "name" in port}
    for service in of(things, "Service"):
        for port in service["spec"]["ports"]:
            if (port.get("targetPort"), port["protocol"]) not in listening:
                found.append(f"Service {service['metadata']['name']}: nobody listens on {port}")
    for monitor in of(things, "PodMonitor"):
        for endpoint in monitor["spec"]["podMetricsEndpoints"]:
            if endpoint["port"] not in named:
                found.append(f"PodMonitor: no port is called {endpoint['port']}")
    for monitor in of(things, "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        services = [service for service in of(things, "Service") if selects(wanted, service)]
        names = [{port["name"] for port in service["spec"]["ports"]} for service in services]
        if len(services) != 1 or any(end["port"] not in names[0] for end in monitor["spec"]["endpoints"]):
            found.append(f"ServiceMonitor: it has to find one Service with its port, there are {names}")
    return found


def rights(things, pod):
    """Containers have minimal privileges, and the default container of kubectl is set."""
    found = []
    for made in [pod, *of(things, "Pod")]:
        if made["spec"].get("automountServiceAccountToken") is not False:
            found.append("a pod has a token")
        outer = made["spec"].get("securityContext", {})
        for container in containers(made):
            if container["name"] not in ("maillog-exporter", "log-rotation", "ready"):
                continue
            rights = outer | container["securityContext"]
            # Pod logs are readable by root only, and logs of mail servers are often writable by root only.
            root = any("hostPath" in volume for volume in made["spec"].get("volumes", []))
            root = root or container["name"] == "log-rotation"
            if (
                rights["allowPrivilegeEscalation"]
                or not rights["readOnlyRootFilesystem"]
                or rights["capabilities"] != {"drop": ["ALL"]}
                or rights["seccompProfile"] != {"type": "RuntimeDefault"}
                or (not root and (not rights.get("runAsNonRoot") or rights["runAsUser"] != 65532))
            ):
                found.append(f"{container['name']} has too many rights: {rights}")
    default = pod["metadata"].get("annotations", {}).get("kubectl.kubernetes.io/default-container")
    names = [container["name"] for container in pod["spec"]["containers"]]
    if default is not None and default != names[0]:
        found.append(f"kubectl would speak of {default}, but the pod is for {names[0]}")
    if len(names) > 1 or pod["spec"].get("initContainers"):
        for container in containers(pod):
            if container["name"] == "maillog-exporter" and "readinessProbe" in container:
                found.append("mail would stop while the exporter is not ready")
    return found


def mounts(owner, pod):
    """Mounts have volumes, and volumes are mounted."""
    there = {volume["name"] for volume in pod["spec"].get("volumes", [])}
    if owner:
        there |= {claim["metadata"]["name"] for claim in owner["spec"].get("volumeClaimTemplates", [])}
    mounted = {mount["name"] for container in containers(pod) for mount in container.get("volumeMounts", [])}
    found = [f"volume {name}: either not there or not mounted" for name in sorted(there ^ mounted)]
    # A name and exactly one source.
    return found + [
        f"volume {volume['name']} is {len(volume) - 1} things" for volume in pod["spec"].get("volumes", []) if len(volume) != 2
    ]


def policies(things, pod):
    """The network policy allows the ports of the pod, by number."""
    found = []
    listening = {
        (port["containerPort"], port.get("protocol", "TCP"))
        for container in containers(pod)
        for port in container.get("ports", [])
    }
    for policy in of(things, "NetworkPolicy"):
        rules = policy["spec"]["ingress"]
        opened = {(port["port"], port["protocol"]) for rule in rules for port in rule["ports"]}
        found += [f"NetworkPolicy: nobody reaches {port}" for port in sorted(listening - opened)]
        peers = rules[0].get("from", [])
        for test in of(things, "Pod"):
            picked = [peer["podSelector"]["matchLabels"] for peer in peers if set(peer) == {"podSelector"}]
            if peers and not any(selects(labels, test) for labels in picked):
                found.append("NetworkPolicy: helm test would be kept out")
    return found
