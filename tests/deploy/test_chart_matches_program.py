"""Every command, port, path, setting, secret, queue and metric that the chart names exists in the program."""

import asyncio
import json
import re
from datetime import date, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
import typer
from docgen import metrics_page
from tests.deploy.chart import CHART, NAMES, Rendered, container, environment, of_kind, pods, rendered

from tis_esr.cli import app
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.services.flow import SERVICES, bindings_only
from tis_esr.settings import Settings
from tis_esr.web.console.probes import routes as console_probes
from tis_esr.web.serving import http

INVENTED = {
    "TIS_ESR_AMQP_URL": "amqp://tis-esr:invented@rabbitmq/tis-esr",
    "TIS_ESR_MONGODB_URL": "mongodb://mongodb/?replicaSet=rs0",
}
EVERY_POD = [(example, name) for example in NAMES for name in pods(rendered(example))]


def _pod(example: str, name: str) -> Rendered:
    return pods(rendered(example))[name]


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_a_pod_runs_a_command_that_there_is(example: str, name: str) -> None:
    words = container(_pod(example, name))["args"]
    group = typer.main.get_command(app)
    command = group.commands[words[0]]  # type: ignore[attr-defined]
    given = command.make_context(words[0], list(words[1:])).params
    assert set(given.get("services") or []) <= set(SERVICES)


def test_together_all_services_and_the_console_are_one_command() -> None:
    assert [container(pod)["args"] for pod in pods(rendered("together")).values()] == [
        ["run", "--console"],
        ["install"],
    ]


def test_apart_every_service_runs_in_one_deployment() -> None:
    words = {name: container(pod)["args"] for name, pod in pods(rendered("apart")).items()}
    assert words == {
        "tis-esr-files": ["run", "InboundDataReader", "DataExporter"],
        "tis-esr-positions": ["run", "Reconciliation", "AppGenerator", "NotificationGenerator"],
        "tis-esr-tis": ["run", "InboundDataWriter", "TisChanges"],
        "tis-esr-console": ["console"],
        "tis-esr-install": ["install"],
    }


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_the_program_accepts_a_pods_settings(
    example: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    variables = environment(_pod(example, name))
    ours = {variable for variable in variables if variable.startswith("TIS_ESR_")}
    assert ours <= {f"TIS_ESR_{field.upper()}" for field in Settings.model_fields}
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value if isinstance(value, str) else INVENTED.get(variable, "invented"))
    settings = Settings()
    assert settings.engine == "production"
    assert settings.tcs_url == "https://tcs.example/tcs"
    assert settings.log_format == "json"


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_a_secret_setting_comes_from_the_secret_and_nothing_else_does(example: str, name: str) -> None:
    secret = {
        f"TIS_ESR_{field.upper()}"
        for field, rule in Settings.model_json_schema()["properties"].items()
        if '"format": "password"' in json.dumps(rule)
    }
    for variable, value in environment(_pod(example, name)).items():
        if variable in secret:
            assert value == {"secretKeyRef": {"name": "tis-esr", "key": variable}}
        else:
            assert isinstance(value, str), variable


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_a_port_is_the_one_that_the_program_listens_on(example: str, name: str) -> None:
    pod = _pod(example, name)
    variables = environment(pod)
    for port in container(pod).get("ports", []):
        setting = {"http": "TIS_ESR_HTTP", "console": "TIS_ESR_CONSOLE"}[port["name"]]
        assert variables[f"{setting}_PORT"] == str(port["containerPort"])
        assert variables[f"{setting}_HOST"] == "0.0.0.0"  # noqa: S104 - in a container


@pytest.mark.parametrize("example", NAMES)
def test_services_policies_and_monitors_name_ports_of_the_pods(example: str) -> None:
    objects = rendered(example)
    deployments = {
        each["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/component"]: each
        for each in of_kind(objects, "Deployment").values()
    }
    every: set[str] = set()
    for service in of_kind(objects, "Service").values():
        deployment = deployments[service["spec"]["selector"]["app.kubernetes.io/component"]]
        names = {port["name"] for port in container(deployment["spec"]["template"]["spec"])["ports"]}
        assert {port["targetPort"] for port in service["spec"]["ports"]} == names
        every |= names
    for policy in of_kind(objects, "NetworkPolicy").values():
        assert {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]} <= every
    for monitor in of_kind(objects, "ServiceMonitor").values():
        assert [(each["port"], each["path"]) for each in monitor["spec"]["endpoints"]] == [
            ("http", "/metrics")
        ]


async def test_probes_and_monitors_request_paths_that_a_process_answers() -> None:
    async def missing() -> dict[str, str]:
        return {}

    async def metrics() -> bytes:
        return b""

    asked = {"/metrics"} | {path for path, port in _probes() if port == "http"}
    assert asked == {"/metrics", "/health/live", "/health/ready"}
    async with http("127.0.0.1", 0, troubles=dict, missing=missing, metrics=metrics, hooks=()) as address:
        for path in asked:
            answer = await asyncio.to_thread(urlopen, f"{address}{path}")
            assert answer.status == 200


def test_probes_of_the_console_request_paths_that_it_answers() -> None:
    asked = {path for path, port in _probes() if port == "console"}
    assert asked == {"/health/live", "/health/ready"}
    assert asked <= {route.path for route in console_probes()}


def test_only_liveness_restarts_a_process_and_readiness_never_does() -> None:
    for example in NAMES:
        for pod in pods(rendered(example)).values():
            if "livenessProbe" in container(pod):
                assert container(pod)["livenessProbe"]["httpGet"]["path"] == "/health/live"
                assert container(pod)["startupProbe"]["httpGet"]["path"] == "/health/live"
                assert container(pod)["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def test_processes_grow_by_the_queues_that_their_services_read() -> None:
    [scaled] = of_kind(rendered("autoscaled"), "ScaledObject").values()
    query = scaled["spec"]["triggers"][0]["metadata"]["query"]
    found = re.fullmatch(
        r'sum\(max by \(queue\) \(tis_esr_queue_depth\{namespace="a-namespace",queue=~"([^"]+)"\}\)\)'
        r' or 0 \* max\(tis_esr_outbox_depth\{namespace="a-namespace"\}\)',
        query,
    )
    assert found
    assert "`tis_esr_queue_depth`" in metrics_page.page()
    assert "`tis_esr_outbox_depth`" in metrics_page.page()
    named = set(found[1].split("|"))
    others = {"esr.queue.file.arrived", "esr.queue.apc.split", "esr.queue.dcc.split", "esr.queue.rmt.split"}
    assert named <= {queue.name for queue in queues(bindings_only())}
    assert {"esr.queue.por.saved", "esr.queue.asg.split", "esr.queue.tis.change"} <= named
    assert not named & others


def test_processes_grow_before_the_busy_hours_and_days() -> None:
    """London: APP at 14:00, DNC at 15:00; the first Wednesday of August, and the day 13 weeks before it."""
    [scaled] = of_kind(rendered("autoscaled"), "ScaledObject").values()
    times = [each["metadata"] for each in scaled["spec"]["triggers"] if each["type"] == "cron"]
    assert {each["timezone"] for each in times} == {"Europe/London"}
    assert {each["desiredReplicas"] for each in times} == {"8"}
    daily, *yearly = [(each["start"], each["end"]) for each in times]
    assert daily == ("45 13 * * *", "30 15 * * *")
    assert Settings.model_fields["applicants_cron"].default == "0 14 * * *"
    assert Settings.model_fields["notifications_cron"].default == "0 15 * * *"
    for year in range(2026, 2046):
        rotation = next(
            day for day in (date(year, 8, 1) + timedelta(n) for n in range(7)) if day.weekday() == 2
        )
        for day, (start, end) in zip((rotation - timedelta(weeks=13), rotation), yearly, strict=True):
            assert _day(start, year) < day < _day(end, year)


def test_every_address_that_a_process_connects_to_is_compared_with_the_network_policy() -> None:
    """Except those in secrets, which the chart does not know."""
    addresses = {
        f"TIS_ESR_{name.upper()}"
        for name, rule in Settings.model_json_schema()["properties"].items()
        if re.search(r"_(url|endpoint|issuer|host)$", name) and "password" not in json.dumps(rule)
    }
    own = {"TIS_ESR_HTTP_HOST", "TIS_ESR_CONSOLE_HOST", "TIS_ESR_CONSOLE_URL", "TIS_ESR_ALARM_RUNBOOKS_URL"}
    template = (CHART / "templates" / "_names.tpl").read_text().split('define "tis-esr.ports"')[1]
    assert set(re.findall(r'"(TIS_ESR_\w+)"', template)) == addresses - own
    for name in ("SFTP", "SMTP"):
        [port] = re.findall(rf"TIS_ESR_{name}_PORT \| default (\d+)", template)
        assert Settings.model_fields[f"{name.lower()}_port"].default == int(port)


def test_services_json_has_every_service() -> None:
    assert list(json.loads((CHART / "files" / "services.json").read_text())) == list(SERVICES)


def _probes() -> set[tuple[str, str]]:
    return {
        (container(pod)[probe]["httpGet"]["path"], container(pod)[probe]["httpGet"]["port"])
        for example in NAMES
        for pod in pods(rendered(example)).values()
        for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        if probe in container(pod)
    }


def _day(cron: str, year: int) -> date:
    _, _, day, month, _ = cron.split()
    return date(year, int(month), int(day))
