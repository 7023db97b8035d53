"""What the types of the operators say about objects: every field is known, has its type, and the required ones are there."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from servers.__main__ import HOME
from servers.programs import custom_resource_types, one_at_a_time
from tests.deploy.chart import Rendered

MODULES = {
    "ExternalSecret": "@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret",
    "PrometheusRule": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule",
    "ScaledObject": "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject",
    "ServiceMonitor": "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor",
}
_CHECK = [
    "--noEmit",
    "--allowJs",
    "--checkJs",
    "--strict",
    "--skipLibCheck",
    "--module",
    "nodenext",
    "--target",
    "es2022",
]


def problems(folder: Path, objects: Iterable[Rendered]) -> str:
    """Return what TypeScript (names, types) and the models' own validation (values) find; nothing if all is well."""
    with one_at_a_time():
        installed = custom_resource_types(HOME / "custom_resources") / "node_modules"
    (folder / "node_modules").symlink_to(installed)
    checked = folder / "objects.mjs"
    checked.write_text("".join(_statement(number, each) for number, each in enumerate(objects)))
    typed = _called(folder, installed / ".bin" / "tsc", *_CHECK, checked)
    return typed + _called(folder, "node", checked)


def _statement(number: int, each: Rendered) -> str:
    kind = each["kind"]
    return (
        f'/** @type {{import("{MODULES[kind]}").I{kind}}} */\n'
        f"const object{number} = {json.dumps(each, indent=1)};\n"
        f'new (await import("{MODULES[kind]}")).{kind}(object{number}).validate();\n'
    )


def _called(folder: Path, *words: str | Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr
