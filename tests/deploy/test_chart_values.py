"""Which values the chart accepts."""

from typing import Any

import pytest
from tests.deploy.chart import CHART, EXAMPLES, NAMES, called, of_kind, refusal, rendered, rendered_with

from tis_esr import __version__

ALL = {
    "name": "all",
    "services": [],
    "replicas": 2,
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
}


def test_there_is_an_example_of_each_way_to_run() -> None:
    assert NAMES == ["apart", "autoscaled", "together"]


def test_without_another_tag_the_image_is_of_this_version() -> None:
    for deployment in of_kind(rendered("together"), "Deployment").values():
        [container] = deployment["spec"]["template"]["spec"]["containers"]
        assert container["image"] == f"registry.example/tis-esr:{__version__}"


@pytest.mark.parametrize("example", NAMES)
def test_helm_finds_nothing_wrong(example: str) -> None:
    done = called("lint", "--strict", str(CHART), f"--values={EXAMPLES / example}.yaml")
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


def test_without_settings_it_says_which_are_missing() -> None:
    done = called("template", "tis-esr", str(CHART))
    assert done.returncode != 0
    assert "TIS_ESR_TCS_URL" in done.stderr
    assert "TIS_ESR_FILES_IN" in done.stderr


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"settings__TIS_ESR_TSC_URL": "x"}, "TIS_ESR_TSC_URL"),
        ({"settings__TIS_ESR_AMQP_URL": "amqp://a:invented@c/d"}, "TIS_ESR_AMQP_URL"),
        ({"settings__TIS_ESR_ENGINE": "embedded"}, "TIS_ESR_ENGINE"),
        ({"settings__TIS_ESR_HTTP_PORT": 8081}, "TIS_ESR_HTTP_PORT"),
        ({"settings__TIS_ESR_FILES_IN": "folder"}, "TIS_ESR_FILES_IN"),
        ({"settings__TIS_ESR_SWEEP_SECONDS": "soon"}, "TIS_ESR_SWEEP_SECONDS"),
        ({"settings__TIS_ESR_SFTP_PORT": 70000}, "TIS_ESR_SFTP_PORT"),
        ({"secret__keys": ["TIS_ESR_AMQP_URL"]}, "/secret/keys"),
        ({"secret__keys": ["TIS_ESR_AMQP_URL", "TIS_ESR_MONGODB_URL", "TIS_ESR_TCS_URL"]}, "/secret/keys"),
        ({"env__TIS_ESR_TCS_URL": "x"}, "invalid propertyName 'TIS_ESR_TCS_URL'"),
        ({"files": [{"name": "a", "path": "/a"}]}, "/files/0"),
        ({"replicas": 2}, "replicas"),
        ({"processes": []}, "/processes"),
        ({"processes": [{**ALL, "replicas": 0}]}, "/processes/0/replicas"),
        ({"processes": [{**ALL, "services": ["Reconcilation"]}]}, "/processes/0/services/0"),
        ({"tcs__concurrencyPerProcess": 201}, "/tcs/concurrencyPerProcess"),
        ({"tcs__concurrencyTotal": 1001}, "/tcs/concurrencyTotal"),
        ({"autoscaling__times": [{"start": "0 6 * *", "end": "0 8 * * *"}]}, "/autoscaling/times/0/start"),
    ],
)
def test_the_schema_refuses(values: dict[str, Any], said: str) -> None:
    refused = refusal("together", **values)
    assert "values don't meet the specifications of the schema" in refused
    assert said in refused


@pytest.mark.parametrize(
    ("example", "values", "said"),
    [
        ("apart", {"processes": [{**ALL, "services": ["InboundDataReader"]}]}, "no entry runs AppGenerator"),
        ("apart", {"processes": [ALL, ALL]}, "two entries have the name all"),
        ("together", {"processes": [{**ALL, "maxReplicas": 1}]}, "maxReplicas of all is below its replicas"),
        (
            "autoscaled",
            {"console__replicas": 1, "tcs__concurrencyPerProcess": 8},
            "the console needs TIS_ESR_CONSOLE_URL",
        ),
        (
            "apart",
            {"secret__keys": ["TIS_ESR_AMQP_URL", "TIS_ESR_MONGODB_URL"]},
            "the console needs TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET",
        ),
        ("autoscaled", {"autoscaling__prometheusUrl": ""}, "prometheusUrl is missing"),
        (
            "together",
            {"settings__TIS_ESR_TCS_URL": "https://tcs.example:8093/tcs"},
            "TIS_ESR_TCS_URL needs port 8093, which egressPorts lacks",
        ),
        (
            "together",
            {"settings__TIS_ESR_TRACES_ENDPOINT": "http://collector:4318"},
            "TIS_ESR_TRACES_ENDPOINT needs port 4318",
        ),
        (
            "together",
            {"settings__TIS_ESR_S3_ENDPOINT": "http://s3.example"},
            "TIS_ESR_S3_ENDPOINT needs port 80",
        ),
        ("apart", {"networkPolicy__egressPorts": [443, 5671, 27017, 587]}, "TIS_ESR_SFTP_HOST needs port 22"),
        ("apart", {"settings__TIS_ESR_SMTP_PORT": 25}, "TIS_ESR_SMTP_HOST needs port 25"),
        ("autoscaled", {"externalSecret__store": ""}, "store is missing"),
    ],
)
def test_what_does_not_fit_together_is_refused(example: str, values: dict[str, Any], said: str) -> None:
    assert said in refusal(example, **values)


@pytest.mark.parametrize(
    ("example", "values", "said"),
    [
        (
            "together",
            {"processes": [{**ALL, "replicas": 3}]},
            "up to 3 processes call TCS, each with 64 calls at once: 192, above concurrencyTotal 128",
        ),
        ("together", {"tcs__concurrencyTotal": 127}, "128, above concurrencyTotal 127"),
        ("together", {"console__replicas": 1}, "up to 3 processes call TCS"),
        (
            "apart",
            {"tcs__concurrencyPerProcess": 16},
            "up to 8 processes call TCS, each with 16 calls at once: 128",
        ),
        ("autoscaled", {"tcs__concurrencyPerProcess": 17}, "up to 8 processes call TCS, each with 17"),
    ],
)
def test_no_values_exceed_the_budget_of_tcs(example: str, values: dict[str, Any], said: str) -> None:
    """Processes that grow count as many as they may become, and processes that never call TCS do not count."""
    assert said in refusal(example, **values)


def test_a_port_may_be_opened_by_a_rule_and_no_policy_needs_no_ports() -> None:
    elsewhere = {"settings__TIS_ESR_TCS_URL": "https://tcs.example:8093/tcs"}
    rule = {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}], "ports": [{"port": 8093}]}
    [policy] = of_kind(
        rendered_with("together", networkPolicy__egress=[rule], **elsewhere), "NetworkPolicy"
    ).values()
    assert rule in policy["spec"]["egress"]
    assert not of_kind(rendered_with("together", networkPolicy__enabled=False, **elsewhere), "NetworkPolicy")


def test_processes_that_do_not_scale_need_no_budget_for_growth() -> None:
    objects = rendered_with("autoscaled", autoscaling__enabled=False, tcs__concurrencyPerProcess=64)
    assert not of_kind(objects, "ScaledObject")
    assert of_kind(objects, "Deployment")["tis-esr-tcs"]["spec"]["replicas"] == 2


def test_an_upgrade_starts_no_process_beyond_the_budget() -> None:
    for example in NAMES:
        for name, deployment in of_kind(rendered(example), "Deployment").items():
            assert deployment["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0, name
