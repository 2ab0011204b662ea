"""Validates objects against the schemas of Kubernetes that the package kubernetes-validate holds."""

import functools
import pathlib
import re

import kubernetes_validate
from kubernetes_validate import utils

# The definitions of a version are 1 MB, and the package reads them for every object.
utils.schema_contents = functools.lru_cache(maxsize=None)(utils.schema_contents)
utils.all_versions = functools.lru_cache(maxsize=None)(utils.all_versions)


def versions():
    """Every minor version from 1.25 with a schema, oldest first."""
    schemas = pathlib.Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"
    found = {re.match(r"v1\.(\d+)\.", path.name) for path in schemas.iterdir()}
    minors = sorted({int(match.group(1)) for match in found if match})
    return [f"1.{minor}" for minor in minors if minor >= 25]


def of_operator(thing):
    return thing["apiVersion"].startswith("monitoring.coreos.com/")


def problems(things, version):
    """Problems of the objects on this version. Those of the Prometheus operator have schemas of their own."""
    found = []
    for thing in things:
        if of_operator(thing):
            continue
        try:
            kubernetes_validate.validate(thing, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            where = ".".join(map(str, error.path))
            found.append(f"{version}: {thing['kind']} {thing['metadata']['name']}: {where}: {error.message}")
    return found
