"""The Helm chart as Helm renders it, without a cluster."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from servers.__main__ import HOME
from servers.programs import helm, one_at_a_time

from tis_esr.engine import supervision
from tis_esr.engine.production.mongodb.patience import PATIENCE
from tis_esr.engine.production.rabbitmq import amqp
from tis_esr.tracing.otlp import CLOSE_SECONDS
from tis_esr.web import http_server

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "deploy" / "helm" / "tis-esr"
EXAMPLES = ROOT / "deploy" / "helm" / "examples"
NAMES = sorted(file.stem for file in EXAMPLES.glob("*.yaml"))
NAMESPACE = "a-namespace"
Rendered = dict[str, Any]


@cache
def program() -> Path:
    """Return Helm, installed first if need be; raises NotInstalled where it can't be had."""
    with one_at_a_time():
        return helm(HOME / "helm")


def called(*words: str) -> subprocess.CompletedProcess[str]:
    """Call Helm."""
    return subprocess.run([str(program()), *words], capture_output=True, text=True, check=False)


@cache
def rendered(example: str) -> tuple[Rendered, ...]:
    """Return the objects of an example."""
    done = _template(example)
    assert done.returncode == 0, done.stderr
    return _objects(done.stdout)


def rendered_with(example: str, **values: Any) -> tuple[Rendered, ...]:
    """Return the objects of an example with other values."""
    done = _template(example, **values)
    assert done.returncode == 0, done.stderr
    return _objects(done.stdout)


def refusal(example: str, **values: Any) -> str:
    """Return why Helm refuses an example with other values; dots in a value's name are written as two underscores."""
    done = _template(example, **values)
    assert done.returncode != 0, f"accepted: {values}"
    return done.stderr


def of_kind(objects: tuple[Rendered, ...], kind: str) -> dict[str, Rendered]:
    """Return the objects of a kind by name."""
    return {each["metadata"]["name"]: each for each in objects if each["kind"] == kind}


def pods(objects: tuple[Rendered, ...]) -> dict[str, Rendered]:
    """Return the spec of each pod by the name of what creates it."""
    return {
        name: each["spec"]["template"]["spec"]
        for kind in ("Deployment", "Job")
        for name, each in of_kind(objects, kind).items()
    }


def container(pod: Rendered) -> Rendered:
    """Return a pod's one container."""
    [found] = pod["containers"]
    return found


def environment(pod: Rendered) -> dict[str, Any]:
    """Return a pod's variables: a text, or where it comes from."""
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container(pod)["env"]}


def _template(example: str, **values: Any) -> subprocess.CompletedProcess[str]:
    words = [f"--set-json={name.replace('__', '.')}={json.dumps(value)}" for name, value in values.items()]
    place = (f"--namespace={NAMESPACE}", f"--values={EXAMPLES / example}.yaml")
    return called("template", "tis-esr", str(CHART), *place, *words)


def _objects(text: str) -> tuple[Rendered, ...]:
    return tuple(each for each in yaml.load_all(text, yaml.CSafeLoader) if each)


def longest_stop_after_the_drain() -> float:
    """Return the seconds that a process may take to stop after its drain, by its own limits, with every server away."""
    servers_of_pages = 2 * http_server._DRAIN_SECONDS  # health and metrics, and the console
    stores = 2 * PATIENCE["serverSelectionTimeoutMS"] / 1000  # its announcement, and its part of TCS's budget
    return supervision._STOP_SECONDS + servers_of_pages + stores + amqp._CLOSE_SECONDS + CLOSE_SECONDS
