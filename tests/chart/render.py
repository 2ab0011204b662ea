"""Runs helm."""

import subprocess

import yaml


class Strict(yaml.CSafeLoader):
    """A YAML loader that rejects duplicate keys, like a cluster."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is there twice", node.start_mark)
        return super().construct_mapping(node, deep)


class Failed(Exception):
    """A command failed; the text is its standard error."""


def run(*command, stdin=None):
    """Standard output of the command."""
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed((done.stderr + done.stdout).strip())
    return done.stdout


def objects(text):
    return [thing for thing in yaml.load_all(text, Strict) if thing]


class Chart:
    def __init__(self, helm, folder):
        self.helm = helm
        self.folder = folder

    def template(self, *arguments, version=None, values=None):
        """The rendered objects. `values` is a mapping; `arguments` are those of `helm template`."""
        command = [self.helm, "template", "mail", self.folder, "--namespace", "mail", *arguments]
        if version:
            command += ["--kube-version", f"{version}.0"]
        stdin = None
        if values is not None:
            command += ["--values", "-"]
            stdin = yaml.safe_dump(values)
        return objects(run(*command, stdin=stdin))
